"""Who made a change of the tables, when and why: read from the memory between the positions of two snapshots."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from analytics.comparison.rows import BIRTH, CORRECTED, RowChange
from registry.entities import model_of
from registry.models import Change, Patient, SubjectIdentity

BATCH = 500
#: Columns whose change takes a row out of every table, or brings it back.
PRESENCE = {"voided", "merged_into_id"}
NOBODY = ""


@dataclass(frozen=True)
class Told:
    """By whom, when (ISO 8601, UTC) and why; empty where the memory does not say."""

    by: str = NOBODY
    at: str = ""
    reason: str = ""


@dataclass(frozen=True)
class _Remembered:
    number: int
    told: Told
    operation: str
    columns: frozenset[str]


def explain(
    changes: Iterable[RowChange], positions: tuple[int, int], patients: Mapping[str, int]
) -> dict[RowChange, Told]:
    """The remembered change behind every difference.

    The last one between the two positions that touches the item; for a fact that only a later cut-off brought into
    view, the one that entered it.
    """
    changes = list(changes)
    window = range(min(positions) + 1, max(positions) + 1)
    known = _remembered(_wanted(changes, patients), window.stop - 1)
    return {change: _told(change, known, window, patients) for change in changes}


def _wanted(changes: list[RowChange], patients: Mapping[str, int]) -> dict[str, set[int]]:
    """Table -> rows to look up."""
    wanted: dict[str, set[int]] = {}
    for change in changes:
        for table, row in _places(change, patients):
            wanted.setdefault(table, set()).add(row)
    return wanted


def _places(change: RowChange, patients: Mapping[str, int]) -> list[tuple[str, int]]:
    """The remembered rows that may tell of a change, the nearest first."""
    if change.slug == "findings":
        return []
    owner = patients.get(change.patient, 0)
    if change.item == BIRTH:
        return [(SubjectIdentity._meta.db_table, owner)]
    own = (model_of(change.slug)._meta.db_table, change.row)
    return [own] if change.kind == CORRECTED or not owner else [own, (Patient._meta.db_table, owner)]


def _remembered(wanted: Mapping[str, set[int]], last: int) -> dict[tuple[str, int], list[_Remembered]]:
    found: dict[tuple[str, int], list[_Remembered]] = {}
    columns = ("pk", "at", "actor", "reason", "record_id", "patient_id", "operation", "changes")
    for table, rows in wanted.items():
        identity = table == SubjectIdentity._meta.db_table
        ids = sorted(rows)
        for start in range(0, len(ids), BATCH):
            batch = {("patient_id" if identity else "record_id") + "__in": ids[start : start + BATCH]}
            query = Change.objects.filter(entity=table, pk__lte=last, **batch).order_by("pk")
            for number, at, actor, reason, record, patient, operation, told in query.values_list(*columns):
                row = patient if identity else record
                one = _Remembered(number, Told(actor, at, reason), operation, frozenset(json.loads(told)))
                found.setdefault((table, row), []).append(one)
    return found


def _told(
    change: RowChange,
    known: Mapping[tuple[str, int], list[_Remembered]],
    window: range,
    patients: Mapping[str, int],
) -> Told:
    columns = _columns(change)
    earlier: Told | None = None
    for place in _places(change, patients):
        touching = [one for one in known.get(place, ()) if _touches(change, one, columns)]
        inside = [one for one in touching if one.number in window]
        if inside:
            return inside[-1].told
        if touching and earlier is None:
            earlier = touching[-1].told
    return earlier or Told()


def _touches(change: RowChange, one: _Remembered, columns: set[str]) -> bool:
    return one.operation in ("I", "D") or bool(one.columns & columns)


def _columns(change: RowChange) -> set[str]:
    """The database columns in which a change of this item shows."""
    own = {change.item, f"{change.item}_id", f"{change.item}_precision"}
    if change.kind != CORRECTED and change.old == change.new:
        return own | PRESENCE
    return own | {"missing", "comparators"} if change.item != BIRTH else own | {"missing"}
