"""From cells to answers: every cell of a table is read by its item; whatever cannot be is a fault with its place."""

from dataclasses import dataclass, field
from datetime import date

from registry.dictionary.cells import Answer, CellError, read_cell
from registry.dictionary.compiled import EntitySpec
from registry.dictionary.items import Kind
from registry.dictionary.partial_date import PartialDate
from registry.importing.report import ERROR, FLAG, Fault
from registry.importing.source import Table
from registry.models.base import SYSTEM_COLUMNS

REFERENCES = ("site", "protocol", "product")
#: A parent column that the file does not have at all: the only possible parent is meant.
ABSENT = object()


@dataclass
class ParsedRow:
    """One row of a file on its way into the registry.

    `parents` maps a parent column to the key written in it, None for a blank cell, ABSENT when there is no column.
    `ref` is the id it will have: a database id, or a negative stand-in until it is inserted.
    """

    slug: str
    file: str
    line: int
    patient: str
    key: str
    answers: dict[str, Answer]
    cells: dict[str, str]
    parents: dict[str, object] = field(default_factory=dict)
    parent_refs: dict[str, int | None] = field(default_factory=dict)
    target: object = None
    instance: object = None
    before: dict | None = None
    ref: int = 0

    def fault(self, rule: str, message: str, *, column: str = "", severity: str = ERROR) -> Fault:
        return Fault(self.file, self.line, self.patient, column, self.cells.get(column, ""), rule, severity, message)


def links(spec: EntitySpec) -> dict[str, str]:
    """Columns that hold the key of another row of the same patient: name -> slug."""
    found = dict(spec.parents)
    found.update(
        {item.name: item.target for item in spec.items if item.kind is Kind.REFERENCE and item.target not in REFERENCES}
    )
    return found


def parse_table(table: Table, spec: EntitySpec, default_site: str) -> tuple[list[ParsedRow], list[Fault]]:
    """The rows of one table and every fault in them."""
    faults = _header_faults(table, spec)
    if any(fault.severity == ERROR for fault in faults):
        return [], faults
    rows, keys = [], {}
    for line, cells in table.rows:
        row = _parse_row(table, spec, line, dict(zip(table.header, cells, strict=True)), default_site, faults)
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
            faults.append(_column_fault(table, name, f"Unknown column '{name}'; known are {' '.join(sorted(known))}"))
    if not spec.entity.reference and "patient" not in table.header:
        faults.append(_column_fault(table, "patient", "The column 'patient' is missing: it says whose row it is"))
    return faults


def _column_fault(table: Table, name: str, message: str, severity: str = ERROR) -> Fault:
    return Fault(table.file, 1, "", name[:100], "", "column", severity, message)


def _parse_row(
    table: Table, spec: EntitySpec, line: int, cells: dict[str, str], default_site: str, faults: list[Fault]
) -> ParsedRow:
    row = ParsedRow(
        spec.slug, table.file, line, cells.get("patient", "").strip(), cells.get("key", "").strip(), {}, cells
    )
    if not spec.entity.reference and not row.patient:
        faults.append(row.fault("parent", "The row names no patient", column="patient"))
    linked = links(spec)
    for name in linked:
        row.parents[name] = (cells[name].strip() or None) if name in cells else ABSENT
    for item in spec.items:
        if item.name in linked or item.name not in cells:
            continue
        try:
            row.answers[item.name] = read_cell(item, cells[item.name])
        except CellError as error:
            faults.append(row.fault(error.rule, str(error), column=item.name))
    for column, name in _precision_columns(spec).items():
        _coarsen(row, cells.get(column, "").strip(), name, column, faults)
    if default_site and "site" in spec.by_name and spec.slug != "site":
        answer = row.answers.get("site")
        if answer is None or answer.blank:
            row.answers["site"] = Answer(default_site)
    return row


def _coarsen(row: ParsedRow, precision: str, name: str, column: str, faults: list[Fault]) -> None:
    """A precision given beside a full date makes it a month or a year; it never makes a date finer."""
    answer = row.answers.get(name)
    if precision not in ("", "D", "M", "Y", "U"):
        faults.append(row.fault("code", f"'{precision[:20]}' is not a precision: D M Y U", column=column))
    elif answer is not None and isinstance(answer.value, date) and precision in ("M", "Y"):
        known = PartialDate(answer.value, answer.precision or "D").coarsened(precision)
        row.answers[name] = Answer(known.value, precision=known.precision)
