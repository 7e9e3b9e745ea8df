"""From cells to answers: every cell of a table is read by its item; whatever cannot be is a fault with its place."""

from dataclasses import dataclass, field
from datetime import date

from registry.dictionary.cells import Answer, CellError, check_text, read_cell
from registry.dictionary.compiled import EntitySpec, ItemSpec
from registry.dictionary.items import MISSING, Kind
from registry.dictionary.partial_date import DAY, MONTH, UNKNOWN, YEAR, PartialDate
from registry.importing.report import ERROR, FLAG, Fault
from registry.importing.source import Table
from registry.models.base import SYSTEM_COLUMNS

REFERENCES = ("site", "protocol", "product")
#: A parent column that the file does not have at all: the only possible parent is meant.
ABSENT = object()


@dataclass(slots=True)
class ParsedRow:
    """One row of a file on its way into the registry.

    `parents` maps a parent column to the key written in it, None for a blank cell, ABSENT when there is no column.
    `ref` is the id it will have: a database id, or a negative stand-in until it is inserted. `faulty` names the columns
    that cannot be relied on, "" the whole row: what follows from them is not judged, so that every fault is told
    once, at its root.
    """

    slug: str
    file: str
    line: int
    patient: str
    key: str
    answers: dict[str, Answer]
    header: tuple[str, ...]
    texts: tuple[str, ...]
    parents: dict[str, object] = field(default_factory=dict)
    parent_refs: dict[str, int | None] = field(default_factory=dict)
    target: object = None
    instance: object = None
    before: dict | None = None
    ref: int = 0
    faulty: frozenset[str] = frozenset()

    @property
    def cells(self) -> dict[str, str]:
        """What is written in each column; not held as a mapping, of which a large import would hold very many."""
        return dict(zip(self.header, self.texts, strict=False))

    def fault(self, rule: str, message: str, *, column: str = "", severity: str = ERROR) -> Fault:
        if severity == ERROR:
            self.faulty |= {column}
        return Fault(self.file, self.line, self.patient, column, self.cells.get(column, ""), rule, severity, message)

    def unsure(self, *columns: str) -> bool:
        """Whether one of these columns, or the whole row, cannot be relied on."""
        return not self.faulty.isdisjoint(("", *columns))


def links(spec: EntitySpec) -> dict[str, str]:
    """Columns that hold the key of another row of the same patient: name -> slug."""
    found = dict(spec.parents)
    found.update(
        {item.name: item.target for item in spec.items if item.kind is Kind.REFERENCE and item.target not in REFERENCES}
    )
    return found


def parse_table(table: Table, spec: EntitySpec, default_site: str) -> tuple[list[ParsedRow] | None, list[Fault]]:
    """The rows of one table and every fault in them; no rows when nothing says whose they are."""
    faults = _header_faults(table, spec)
    if not spec.entity.reference and "patient" not in table.header:
        return None, faults
    rows, keys, reader = [], {}, _Reader()
    for line, cells in table.rows:
        row = _row(table, spec, line, cells)
        if len(cells) == len(table.header):
            _read_row(row, spec, default_site, faults, reader)
        else:
            faults.append(row.fault("column", f"{len(cells)} cells where the header has {len(table.header)}"))
        if row.key and row.key in keys:
            faults.append(
                row.fault("duplicate", f"Key '{row.key}' stands already in line {keys[row.key]}", column="key")
            )
        keys.setdefault(row.key, line)
        rows.append(row)
    return rows, faults


def _precision_columns(spec: EntitySpec) -> dict[str, str]:
    return {f"{item.name}_precision": item.name for item in spec.items if item.kind is Kind.DATE and item.item.partial}


def _ignored(spec: EntitySpec) -> set[str]:
    return {*spec.entity.derived, *SYSTEM_COLUMNS, "age_days"} - set(spec.by_name)


def _header_faults(table: Table, spec: EntitySpec) -> list[Fault]:
    known = {"key", *spec.by_name, *links(spec), *_precision_columns(spec)}
    if not spec.entity.reference:
        known.add("patient")
    ignored = _ignored(spec)
    faults = []
    for name in dict.fromkeys(table.header):
        if table.header.count(name) > 1:
            faults.append(_column_fault(table, name, f"Column '{name}' stands twice"))
        elif name not in known and name in ignored:
            faults.append(
                _column_fault(table, name, f"Column '{name}' is computed by the registry and was ignored", FLAG)
            )
        elif name not in known:
            what = f"Unknown column '{name}'" if name else "A column without a name"
            faults.append(_column_fault(table, name, f"{what}; known are {' '.join(sorted(known))}"))
    if not spec.entity.reference and "patient" not in table.header:
        faults.append(_column_fault(table, "patient", "The column 'patient' is missing: it says whose row it is"))
    return faults


def _column_fault(table: Table, name: str, message: str, severity: str = ERROR) -> Fault:
    return Fault(table.file, 1, "", name[:100], "", "column", severity, message)


def _row(table: Table, spec: EntitySpec, line: int, texts: tuple[str, ...]) -> ParsedRow:
    cells = dict(zip(table.header, texts, strict=False))
    patient, key = cells.get("patient", "").strip(), cells.get("key", "").strip()
    parents = {name: (cells[name].strip() or None) if name in cells else ABSENT for name in links(spec)}
    return ParsedRow(spec.slug, table.file, line, patient, key, {}, table.header, texts, parents)


class _Reader:
    """Reads the cells of one table; the same text in the same column is read, and its answer held, once."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], Answer] = {}

    def answer(self, item: ItemSpec, text: str) -> Answer:
        """What the cell says; CellError when it cannot be."""
        known = self._known.get((item.name, text))
        if known is None:
            known = read_cell(item, text)
            if not isinstance(known.value, list):  # a list could be changed by the row that holds it
                self._known[item.name, text] = known
        return known


def _read_row(row: ParsedRow, spec: EntitySpec, default_site: str, faults: list[Fault], reader: _Reader) -> None:
    cells = row.cells
    _read_cells(row, cells, spec, faults, reader)
    if not spec.entity.reference and not row.patient:
        faults.append(row.fault("parent", "The row names no patient", column="patient"))
    for column, name in _precision_columns(spec).items():
        if cells.get(column, "").strip() not in ("", *MISSING):
            _coarsen(row, spec, cells[column].strip(), name, column, faults)
    if default_site and "site" in spec.by_name and spec.slug != "site":
        answer = row.answers.get("site")
        if "site" not in row.faulty and (answer is None or answer.blank):
            row.answers["site"] = Answer(default_site)


def _read_cells(row: ParsedRow, cells: dict[str, str], spec: EntitySpec, faults: list[Fault], reader: _Reader) -> None:
    """Every cell by its item; the row's own names (patient, key, parents) are texts."""
    for name in ("patient", "key", *row.parents):
        try:
            check_text(name, cells.get(name, ""))
        except CellError as error:
            faults.append(row.fault(error.rule, str(error), column=name))
    for item in spec.items:
        if item.name in row.parents or item.name not in cells:
            continue
        try:
            row.answers[item.name] = reader.answer(item, cells[item.name])
        except CellError as error:
            faults.append(row.fault(error.rule, str(error), column=item.name))


def _coarsen(row: ParsedRow, spec: EntitySpec, precision: str, name: str, column: str, faults: list[Fault]) -> None:
    """A precision beside a full date makes it a month or a year, beside a blank one unknown; never a date finer."""
    answer = row.answers.get(name, Answer())
    allowed = spec.by_name[name].item.finest
    if precision not in (DAY, MONTH, YEAR, UNKNOWN):
        faults.append(row.fault("code", f"'{precision[:20]}' is not a precision: D M Y U", column=column))
    elif precision == UNKNOWN and isinstance(answer.value, date):
        faults.append(row.fault("precision", "A date is given and called unknown (U); drop one", column=column))
    elif precision == UNKNOWN and answer.blank and name not in row.faulty:
        row.answers[name] = Answer(missing="UNK", precision=UNKNOWN)
    elif precision in (MONTH, YEAR) and precision not in allowed:
        faults.append(row.fault("precision", f"'{precision}' is too coarse here; at least the month", column=column))
    elif isinstance(answer.value, date) and precision in (MONTH, YEAR):
        known = PartialDate(answer.value, answer.precision or DAY).coarsened(precision)
        row.answers[name] = Answer(known.value, precision=known.precision)
