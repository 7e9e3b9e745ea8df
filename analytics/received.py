"""A snapshot as it is read under an agreement: the head at the agreement's tier, the results that were exported.

Nothing is made anew for a token: the results are the bytes of `results.json` of an export under its agreement, with
the codes that stand in the export's tables. Two makings of the same numbers could be laid side by side.
"""

import json
from collections.abc import Mapping
from typing import Any

from analytics import ledger
from analytics.models import Export, Snapshot
from analytics.snapshots import head_of
from registry.models.agreement import Tier

#: What a head tells of days.
DAYS = ("cutoff", "taken_at", "as_of")


def dated(head: Mapping[str, Any], tier: str) -> dict[str, Any]:
    """The head with its days as a tier tells them: at T1 no date more exact than a year."""
    if tier != Tier.T1:
        return dict(head)
    return {name: value[:4] if name in DAYS else value for name, value in head.items()}


def head(snapshot: Snapshot, tier: str) -> dict[str, Any]:
    """Which snapshot it is, for manifest and API alike."""
    return dated(head_of(snapshot), tier)


def reading(export: Export) -> dict[str, Any]:
    """What an export tells of its snapshot; `ledger.Ended` or `ledger.Held` when nothing may be received."""
    results = ledger.bodies(export, [ledger.RESULTS])[ledger.RESULTS]
    return {"snapshot": head(export.snapshot, export.tier), **json.loads(results)}
