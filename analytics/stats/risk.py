"""Where a curve rests on few patients: how many are still at risk on a day.

An estimate that rests on fewer than ten is never told or drawn without a mark. Source: ENDPOINTS 6.5.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

FEW = 10
MEANING = f"fewer than {FEW} at risk"


def at_risk(steps: Mapping[str, Sequence[Any]], day: float) -> int | None:
    """How many are still followed on a day, from the steps of a curve; None beyond its last day."""
    place = bisect_left(steps["days"], day)
    return steps["n_risk"][place] if place < len(steps["days"]) else None


def rests_on_few(steps: Mapping[str, Sequence[Any]], day: float) -> bool:
    """Whether fewer than ten are at risk on a day of a curve; beyond its last day nobody is."""
    n = at_risk(steps, day)
    return n is None or n < FEW
