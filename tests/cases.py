"""Tiny charts as text -> a `Case`; example files -> passing and failing charts of each check.

    H10 birth, diagnosis, infusion
      passes: diagnosed ten months before the infusion
        diagnosis  diagnosis_date=2014-03-01
        infusion   infusion_date=d0
      fails: diagnosed on the day of the infusion
        diagnosis  diagnosis_date=d0
        infusion   infusion_date=d0
        reads      diagnosis.diagnosis_date infusion.infusion_date

`d28` is 28 days after 2015-01-01; `2015-08` and `2015` are known to the month and the year; UNK is unknown.
Rows are numbered within their entity; a child names its parent by that number (`infusion=1`). `reads` states
all columns the finding must name, `at` its place (`relapse:2 relapse_date`). Charts are read on 2020-01-01. A line
`site` or `protocol` is the row that others name by its code; `entered 2019-06-01` is the day the chart was entered.
"""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from registry.checks.case import Case, Row, build_case, dated
from registry.checks.plausible import plausible_ranges
from registry.dictionary.cells import read_cell
from registry.dictionary.compiled import EntitySpec
from registry.dictionary.items import Kind
from registry.entities import dictionary

DAY_0 = date(2015, 1, 1)
TODAY = date(2020, 1, 1)
VERDICTS = ("passes", "fails", "undecided")


@dataclass
class Example:
    """One chart of an example file, with what the check must say about it."""

    rule: str
    verdict: str
    title: str
    lines: list[str] = field(default_factory=list)
    reads: tuple[str, ...] = ()
    place: str = ""

    @property
    def case(self) -> Case:
        return chart("\n".join(self.lines))


def examples(folder: Path) -> list[Example]:
    """Every example of the files of a folder."""
    return [one for path in sorted(folder.glob("*.txt")) for one in _examples(path)]


def _examples(path: Path) -> Iterator[Example]:
    rule, example = "", None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        word, _, rest = line.strip().partition(" ")
        if not word or word.startswith("#"):
            continue
        if line[0] != " ":
            rule = word
        elif word.split(":")[0] in VERDICTS:
            if example:
                yield example
            example = Example(rule, word.rstrip(":"), f"{path.name}:{number} {rest.strip()}")
        elif word == "reads":
            example.reads = tuple(sorted(rest.split()))
        elif word == "at":
            example.place = rest.strip()
        else:
            example.lines.append(line)
    if example:
        yield example


def chart(text: str) -> Case:
    """The case of one patient, one row a line: `entity column=value ...`. Columns left out are blank."""
    patient, rows, counted, shared, entered = row_of("patient", 1, {}), [], {}, {}, None
    for line in text.strip().splitlines():
        entity, *cells = shlex.split(line)
        if entity == "entered":
            entered = date.fromisoformat(cells[0])
            continue
        values = dict(cell.split("=", 1) for cell in cells)
        if entity == "patient":
            patient = row_of(entity, 1, values)
            continue
        counted[entity] = counted.get(entity, 0) + 1
        row = row_of(entity, counted[entity], values)
        if dictionary()[entity].entity.reference:
            shared.setdefault(entity, {})[row.values[dictionary()[entity].entity.natural_key]] = row
        else:
            rows.append(row)
    dated_by = {spec.slug: spec.entity.dated_by for spec in dictionary()}
    ranges = plausible_ranges(dictionary())
    return build_case(patient, rows, dated_by, plausible=ranges, references=shared, entered_on=entered)


def row_of(entity: str, number: int, cells: dict[str, str]) -> Row:
    spec = dictionary()[entity]
    parents = {name: int(cells.pop(name)) if name in cells else None for name, _slug in spec.parents}
    values: dict[str, Any] = {item.name: None for item in spec.items}
    if "product_target" in cells:
        values["product_target"] = tuple(cells.pop("product_target").split(";"))
    missing, comparators = {}, {}
    for name, text in cells.items():
        values[name], why, comparator = _value(spec, name, text)
        if why:
            missing[name] = why
        if comparator:
            comparators[name] = comparator
    return Row(entity, number, values, missing, parents, comparators)


def _value(spec: EntitySpec, name: str, text: str) -> tuple[Any, str, str]:
    item = spec.by_name[name]
    if item.kind is Kind.REFERENCE:
        return (int(text) if item.target in dictionary() and text.isdigit() else text), "", ""
    if item.kind is Kind.DATE and re.fullmatch(r"d-?\d+", text):
        text = (DAY_0 + timedelta(int(text[1:]))).isoformat()
    answer = read_cell(item, text)
    if item.kind is Kind.DATE:
        return dated(answer.value, answer.precision), answer.missing, ""
    if item.kind is Kind.CODES:
        return tuple(answer.value or ()) or None, answer.missing, ""
    return answer.value, answer.missing, answer.comparator
