"""Answers and rows in words, for pages: one way to say a value, wherever it is shown."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from registry.dictionary.cells import Answer, plain_number, write_cell
from registry.dictionary.codelists import code_list
from registry.dictionary.compiled import EntitySpec, ItemSpec
from registry.dictionary.items import DIRECT, MISSING, Kind
from registry.dictionary.partial_date import DAY, MONTH, YEAR, PartialDate
from registry.history import Told
from registry.models import Record, Status

#: What is said beside a date that is not known to the day.
COARSE = {MONTH: "day unknown", YEAR: "month and day unknown"}
SUMMARY_WORDS = 4
#: Lists whose codes repeat what the row's parent says already.
SAID_BY_PARENT = ("response_context",)


@dataclass(frozen=True)
class Shown:
    """A value in words; `note` explains it, `absent` is true when there is only a reason, or nothing."""

    text: str
    note: str = ""
    absent: bool = False
    blank: bool = False
    unit: str = ""


def shown_answer(item: ItemSpec, answer: Answer, record: Record | None = None) -> Shown:
    """One answer as a reader wants it: labels for codes, units for numbers, how exact a date is."""
    if answer.missing:
        return Shown(answer.missing, MISSING.get(answer.missing, ""), absent=True)
    if answer.blank:
        return Shown("", absent=True, blank=True)
    match item.kind:
        case Kind.CODE:
            return Shown(code_list(item.item.codes).label(answer.value))
        case Kind.CODES:
            return Shown(", ".join(code_list(item.item.codes).label(code) for code in answer.value))
        case Kind.BOOLEAN:
            return Shown("Yes" if answer.value else "No")
        case Kind.DATE:
            return Shown(write_cell(item, answer), COARSE.get(answer.precision, ""))
        case Kind.INTEGER | Kind.DECIMAL:
            number = f"{answer.comparator} {plain_number(answer.value)}".strip()
            return Shown(number, unit=item.item.unit)
        case Kind.REFERENCE:
            return Shown(reference_words(item, record))
    return Shown(str(answer.value))


def reference_words(item: ItemSpec, record: Record | None) -> str:
    target = getattr(record, item.name, None) if record is not None else None
    if target is None:
        return ""
    return target_words(target)


def target_words(target: Record) -> str:
    """A site, protocol or product by its code; a product by the label of its code."""
    code = getattr(target, "code", None) or getattr(target, "short_code", None)
    if code and target.entity.slug == "product":
        return code_list("product_code").label(code)
    return str(code or target)


def dated_on(spec: EntitySpec, record: Record) -> PartialDate | None:
    """The date that places the row in time, as exactly as it is known."""
    name = spec.entity.dated_by
    if not name:
        return None
    answer = record.answer(name)
    return PartialDate(answer.value, answer.precision or DAY) if answer.value else None


def with_links(spec: EntitySpec, rows: QuerySet) -> QuerySet:
    """The rows together with the sites, protocols and products that their titles name: no query per row."""
    links = [item.name for item in spec.items if item.kind is Kind.REFERENCE]
    return rows.select_related(*links) if links else rows


def row_title(spec: EntitySpec, record: Record) -> str:
    """A row in one line, as choosers and headings name it."""
    if spec.entity.reference:
        return target_words(record)
    on = dated_on(spec, record)
    words = summary(spec, record, most=2)
    return " - ".join(part for part in (f"{spec.entity.label} {on or '(no date)'}", ", ".join(words)) if part)


def summary(spec: EntitySpec, record: Record, *, most: int = SUMMARY_WORDS) -> list[str]:
    """The few words that tell rows apart: core codes and references; a yes is told by its question."""
    words: list[str] = []
    for item in spec.items:
        if item.item.level.value != "C" or item.kind not in (Kind.CODE, Kind.CODES, Kind.REFERENCE):
            continue
        if item.kind is Kind.REFERENCE and item.target not in ("protocol", "product"):
            continue
        answer = record.answer(item.name)
        if answer.blank or answer.missing or item.item.codes in SAID_BY_PARENT:
            continue
        words.append(_word(item, answer, record))
    return [word for word in words if word][:most]


def _word(item: ItemSpec, answer: Answer, record: Record) -> str:
    if item.item.codes == "yes_no":
        return item.item.label if answer.value == "Y" else ""
    text = shown_answer(item, answer, record).text
    return f"{item.item.label} {text.lower()}" if text in ("Positive", "Negative", "Unknown") else text


# History


@dataclass(frozen=True)
class ToldField:
    """One field of one remembered change: its label with the old and the new words."""

    label: str
    old: str
    new: str


#: Columns that every new row has with the same value: not told of a row just entered.
PLAIN_AT_FIRST = {"record status": ("DRAFT",), "voided": (0, False)}


def told_fields(
    spec: EntitySpec | None, told: Told, *, identity: bool, names: Mapping[str, Mapping[int, str]]
) -> list[ToldField]:
    """The fields of a change in words; direct identifiers only for readers who may see them.

    `names` gives, for each kind of row, the words of an id."""
    items = {item.item.label: item for item in spec.items} if spec else {}
    parents = {column.replace("_", " "): slug for column, slug in spec.parents} if spec else {}
    hidden = {label for label, item in items.items() if item.item.privacy is DIRECT and not identity}
    precisions = {f"{name} precision".replace("_", " "): item.item.label for name, item in _dates(spec)}
    exactness = {precisions[label]: (old, new) for label, old, new in told.fields if label in precisions}
    result = []
    for label, old, new in told.fields:
        if label in hidden or label in precisions or (old is None and new in PLAIN_AT_FIRST.get(label, ())):
            continue
        was, became = exactness.get(label, ("", ""))
        item = items.get(label)
        known = names.get(item.target if item else parents.get(label, ""), {})
        words = (_told(item, old, was, known), _told(item, new, became, known))
        result.append(ToldField(label[:1].upper() + label[1:], *words))
    return result


def _dates(spec: EntitySpec | None) -> list[tuple[str, ItemSpec]]:
    return [(item.name, item) for item in spec.items if item.item.partial] if spec else []


def _told(item: ItemSpec | None, value: Any, precision: str | None, known: Mapping[int, str]) -> str:
    if value is None or value in ("", "[]", "{}", [], {}):
        return ""
    if known:
        return known.get(value, str(value))
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if item is None and value in Status.values:
        return Status(value).label
    return _TOLD.get(item.kind if item else None, _as_text)(item, value, precision)


def _as_text(item: ItemSpec | None, value: Any, precision: str | None) -> str:
    """Anything else as it stands; a JSON list or mapping without its brackets."""
    if isinstance(value, str) and value[:1] in "[{":
        try:
            value = json.loads(value)
        except ValueError:
            return value
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {code}" for name, code in value.items())
    if isinstance(value, list):
        listed = code_list(item.item.codes) if item and item.item.codes else None
        return ", ".join(listed.label(code) if listed else str(code) for code in value)
    return str(value)


_TOLD = {
    Kind.CODE: lambda item, value, precision: code_list(item.item.codes).label(str(value)),
    Kind.DATE: lambda item, value, precision: {MONTH: str(value)[:7], YEAR: str(value)[:4]}.get(precision, str(value)),
    Kind.BOOLEAN: lambda item, value, precision: "Yes" if value else "No",
    Kind.DECIMAL: lambda item, value, precision: plain_number(value),
}
