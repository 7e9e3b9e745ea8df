"""Which warnings are accepted: those whose acknowledgement still fits the values that the check reads.

An acknowledgement is bound to rule, row and column, and to a digest of the values the check read. A corrected date, a
further row of an entity the check looked for: the digest is another, the warning open again (data dictionary 1.2).
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from registry.checks import engine
from registry.checks.case import Case, Row
from registry.models import Acknowledgement

#: (rule, entity, record, column, digest) -> id of the acknowledgement.
Held = Mapping[tuple, int]


def digest(case: Case, finding: Any) -> str:
    """A fingerprint of every value the check read; of an entity without a named row, of all its rows.

    Row ids are left out, so that it holds while an import gives new rows their ids.
    """
    columns: dict[str, list[str]] = defaultdict(list)
    for name in finding.columns:
        slug, column = name.split(".", 1)
        columns[slug].append(column)
    named = {key.split(":")[0] for key in finding.rows}
    told = []
    for slug in sorted(columns):
        rows = case.every(slug)
        if slug in named:
            rows = tuple(row for row in rows if row.key in finding.rows)
        told.append(
            [slug, sorted(json.dumps([_told(row, column) for column in sorted(columns[slug])]) for row in rows)]
        )
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _told(row: Row, column: str) -> list[str]:
    value = row.values.get(column, row.parents.get(column))
    words = f"{value}{getattr(value, 'precision', '')}" if value is not None else ""
    return [column, words, row.missing.get(column, ""), row.comparators.get(column, "")]


def held_for(patient_ids: Iterable[int]) -> dict[int, Held]:
    """The acknowledgements in force of these patients, by patient."""
    held: dict[int, dict[tuple, int]] = defaultdict(dict)
    rows = Acknowledgement._base_manager.filter(patient_id__in=list(patient_ids), withdrawn_at=None)
    for patient, *key, pk in rows.order_by("pk").values_list(
        "patient_id", "rule", "entity", "record_id", "column", "digest", "pk"
    ):
        held[patient][tuple(key)] = pk
    return held


def covered(case: Case, findings: Iterable[engine.Finding], held: Held) -> dict[engine.Finding, int]:
    """The warnings that an acknowledgement still covers, with its id."""
    if not held:
        return {}
    rules = {key[0] for key in held}
    found = {}
    for one in findings:
        if one.severity == engine.WARNING and one.rule in rules:
            pk = held.get((one.rule, one.entity, one.record_id, one.column, digest(case, one)))
            if pk is not None:
                found[one] = pk
    return found


def blocks(finding: engine.Finding, acknowledged: Mapping[engine.Finding, int]) -> bool:
    """Whether a finding keeps its row a draft: every error, every warning that nobody acknowledged."""
    return finding.severity == engine.ERROR or (finding.severity == engine.WARNING and finding not in acknowledged)
