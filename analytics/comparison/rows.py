"""What changed between the frozen tables of two snapshots: rows that came, rows that left, items corrected.

Rows are told apart by entity and id. Reference codes are compared by what they stand for: a site that was renamed is
one correction of that site, not one of every patient. A row counts as there when its date lies within the cut-off of
its own snapshot, so a later cut-off brings rows into view.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from analytics.study.schema import LAYOUTS, UNDATED

ADDED, CORRECTED, REMOVED = "added", "corrected", "removed"
REFERENCES = {"site": "code", "protocol": "short_code", "product": "code"}
#: What a row is named by where it has no date.
NAMED_BY = {**REFERENCES, "patient": "registry_id"}
BIRTH = "birth_date"
#: Cells that follow from others of the row, or are folded into their item.
DERIVED = {"id", "patient", "age_days", "missing", "comparators"}
Cells = dict[str, str]
Key = tuple[str, int]


@dataclass(frozen=True)
class RowChange:
    """One difference between the tables: which row, which item, from what to what.

    `unit` names what is put back together when its share is proved: the patient, or the reference row.
    """

    kind: str
    slug: str
    row: int
    patient: str
    item: str
    old: str = ""
    new: str = ""

    @property
    def column(self) -> str:
        return f"{self.slug}.{self.item}" if self.item else self.slug

    @property
    def unit(self) -> str:
        return self.patient or f"{self.slug}:{self.row}"


@dataclass(frozen=True)
class Tables:
    """The frozen tables of a snapshot, read; `cutoff` is the last day that its results look at."""

    texts: Mapping[str, str]
    cutoff: date
    rows: dict[str, dict[int, Cells]] = field(init=False)
    headers: dict[str, list[str]] = field(init=False)

    def __post_init__(self) -> None:
        rows, headers = {}, {}
        for slug, text in self.texts.items():
            reader = csv.DictReader(io.StringIO(text, newline=""))
            headers[slug] = list(reader.fieldnames or ())
            if slug != "findings":
                rows[slug] = {int(cells["id"]): cells for cells in reader}
        object.__setattr__(self, "rows", rows)
        object.__setattr__(self, "headers", headers)

    @cached_property
    def patients(self) -> dict[str, int]:
        """Registry id -> the patient's row."""
        return {cells["patient"]: row for row, cells in self.rows.get("patient", {}).items()}

    @cached_property
    def findings(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        """The open findings of every patient."""
        found: dict[str, list[tuple[str, ...]]] = {}
        for cells in csv.DictReader(io.StringIO(self.texts.get("findings", ""), newline="")):
            found.setdefault(cells["patient"], []).append(tuple(cells.values()))
        return {patient: tuple(sorted(lines)) for patient, lines in found.items()}

    def in_view(self, slug: str, cells: Cells) -> Cells | None:
        """The row as a look up to the cut-off finds it; None when it is dated later."""
        layout, limit = LAYOUTS.get(slug), self.cutoff.isoformat()
        if layout is None or slug in UNDATED:
            return cells
        if cells.get(layout.dated_by, "") > limit:
            return None
        later = [name for name in layout.dates if cells.get(name, "") > limit]
        blanked = {f"{name}{end}": "" for name in later for end in ("", "_precision")}
        return {name: blanked.get(name, cell) for name, cell in cells.items()} if later else cells


def row_changes(before: Tables, after: Tables) -> list[RowChange]:
    """Every difference between the tables of two snapshots, each within its own cut-off."""
    renamed = renamings(before, after)
    found = [change for slug in _slugs(before, after) for change in _of_table(slug, before, after, renamed)]
    found = list(dict.fromkeys(found))  # a corrected birth date shows in every dated row
    touched = {change.patient for change in found}
    for patient in sorted({*before.findings, *after.findings} - touched):
        mine = [set(side.findings.get(patient, ())) for side in (before, after)]
        for rule in sorted({line[1] for line in mine[0] ^ mine[1]}):
            found.append(RowChange(CORRECTED, "findings", 0, patient, rule))
    return found


def _slugs(before: Tables, after: Tables) -> list[str]:
    return [slug for slug in dict.fromkeys([*before.rows, *after.rows])]


def renamings(before: Tables, after: Tables) -> dict[str, dict[str, str]]:
    """Reference rows whose code changed: entity -> old code -> new code."""
    found: dict[str, dict[str, str]] = {}
    for slug, code in REFERENCES.items():
        now = after.rows.get(slug, {})
        for row, cells in before.rows.get(slug, {}).items():
            if row in now and now[row][code] != cells[code]:
                found.setdefault(slug, {})[cells[code]] = now[row][code]
    return found


def _of_table(
    slug: str, before: Tables, after: Tables, renamed: Mapping[str, Mapping[str, str]]
) -> Iterator[RowChange]:
    was, now = before.rows.get(slug, {}), after.rows.get(slug, {})
    for row in sorted({*was, *now}):
        if was.get(row) == now.get(row) and before.cutoff == after.cutoff:
            continue
        old = before.in_view(slug, was[row]) if row in was else None
        new = after.in_view(slug, now[row]) if row in now else None
        if old is None and new is None:
            continue
        cells = new or old or {}
        patient = cells["patient"] if slug not in REFERENCES else ""
        if old is not None and new is not None:
            yield from _corrected(slug, row, patient, _translated(old, renamed), new)
        elif row in was and row in now and _dating(slug, was[row]) != _dating(slug, now[row]):  # moved in or out
            yield from _corrected(slug, row, patient, _translated(was[row], renamed), now[row])
        else:
            yield RowChange(ADDED if old is None else REMOVED, slug, row, patient, _dated_by(slug))


def _translated(cells: Cells, renamed: Mapping[str, Mapping[str, str]]) -> Cells:
    """The row with reference codes as they are called after."""
    if not any(name in renamed and cells.get(name) in renamed[name] for name in REFERENCES):
        return cells
    return {name: renamed.get(name, {}).get(cell, cell) for name, cell in cells.items()}


def _dated_by(slug: str) -> str:
    return (LAYOUTS[slug].dated_by if slug in LAYOUTS else "") or NAMED_BY.get(slug, "id")


def _dating(slug: str, cells: Cells) -> str:
    return cells.get(_dated_by(slug), "")


def _corrected(slug: str, row: int, patient: str, old: Cells, new: Cells) -> Iterator[RowChange]:
    was, now = items(old), items(new)
    for item in dict.fromkeys([*was, *now]):
        if was.get(item, "") != now.get(item, ""):
            kind = CORRECTED
            if (slug, item, now.get(item)) == ("consent", "status", "WITHDRAWN"):
                kind = REMOVED
            yield RowChange(kind, slug, row, patient, item, was.get(item, ""), now.get(item, ""))
    if old.get("patient") != new.get("patient"):
        yield RowChange(CORRECTED, slug, row, patient, "patient", old["patient"], new["patient"])
    dated = _dating(slug, old) == _dating(slug, new)
    if dated and old.get("age_days", "") != new.get("age_days", ""):
        yield RowChange(CORRECTED, "patient", 0, patient, BIRTH)


def items(cells: Cells) -> Cells:
    """The answers of a row as a person would say them: `2015-08`, `<5`, `UNK`."""
    missing, comparators = _pairs(cells.get("missing", "")), _pairs(cells.get("comparators", ""))
    told = {}
    for name, cell in cells.items():
        if name in DERIVED or (name.endswith("_precision") and name.removesuffix("_precision") in cells):
            continue
        exact = {"M": 7, "Y": 4}.get(cells.get(f"{name}_precision", ""), len(cell))
        told[name] = comparators.get(name, "") + cell[:exact] if cell else missing.get(name, "")
    return told


def _pairs(text: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in text.split(";") if "=" in pair)


# Tables put together ------------------------------------------------------------------------------------------------


@dataclass
class Mixture:
    """Tables of one snapshot in which some units stand as in another one; what is not in view is left out."""

    base: Tables
    other: Tables
    renamed: Mapping[str, Mapping[str, str]]  # entity -> code in other -> code in base

    def texts(self, units: Iterable[str]) -> dict[str, str]:
        """The tables with the rows of these patients and reference rows taken from the other snapshot."""
        taken = set(units)
        texts = {slug: self._text(slug, taken) for slug in self.base.texts if slug != "findings"}
        texts["findings"] = self._findings(taken)
        return texts

    def _text(self, slug: str, taken: set[str]) -> str:
        def mine(cells: Cells) -> str:
            return cells["patient"] or f"{slug}:{cells['id']}"

        base = [cells for cells in self.base.rows[slug].values() if mine(cells) not in taken]
        there = [cells for cells in self.other.rows.get(slug, {}).values() if mine(cells) in taken]
        back = self._names_back(taken)
        kept = [_translated(view, back) for cells in base if (view := self.base.in_view(slug, cells))]
        put = [
            _translated(_translated(view, {} if slug in REFERENCES else self.renamed), back)
            for cells in there
            if (view := self.other.in_view(slug, cells))
        ]
        return _csv(self.base.headers[slug], kept + put)

    def _names_back(self, taken: set[str]) -> dict[str, dict[str, str]]:
        """Codes of the reference rows that stand as in the other snapshot: base's code -> the other's."""
        found: dict[str, dict[str, str]] = {}
        for slug, codes in self.renamed.items():
            rows = {cells[REFERENCES[slug]]: row for row, cells in self.other.rows[slug].items()}
            mine = {new: old for old, new in codes.items() if f"{slug}:{rows.get(old)}" in taken}
            if mine:
                found[slug] = mine
        return found

    def _findings(self, taken: set[str]) -> str:
        sides = ((self.base, False), (self.other, True))
        lines = [
            line
            for side, wanted in sides
            for patient, mine in side.findings.items()
            for line in mine
            if (patient in taken) == wanted
        ]
        header = self.base.headers.get("findings") or ["patient", "rule", "severity", "columns", "rows"]
        return _csv(header, [dict(zip(header, line, strict=False)) for line in lines])


def _csv(header: list[str], rows: list[Cells]) -> str:
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, header, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return buffer.getvalue()
