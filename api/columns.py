"""What one row looks like outside: the columns of every entity, compiled from the dictionary.

A value and the reason for its absence stand in two columns: `<item>` is null and `<item>_missing` says why.
A partial date is the stand-in day with `<item>_precision`. What could name a person never becomes a column:
direct identifiers (birth date, subject number) and typed prose are left out for every reader, whatever their
rights on the screens.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from operator import attrgetter
from typing import Any

from rest_framework import serializers

from registry.dictionary.cells import COMPARATORS
from registry.dictionary.codelists import code_list
from registry.dictionary.compiled import EntitySpec, ItemSpec
from registry.dictionary.items import MISSING, Kind, Privacy
from registry.entities import dictionary, model_of
from registry.models import Record, Status

WITHHELD = (Privacy.DIRECT, Privacy.FREE_TEXT)
NULLABLE = {"read_only": True, "allow_null": True}
PRECISIONS = {"D": "day", "M": "month", "Y": "year", "U": "unknown"}


class CodeField(serializers.CharField):
    """One word of a closed list, which the OpenAPI document shows as a component of its own."""

    def __init__(self, *, component: str, words: dict[str, str], **more: Any) -> None:
        self.component, self.words = component, words
        super().__init__(**more)


@dataclass(frozen=True)
class Column:
    """One key of the answer: its name, its type for the OpenAPI document, how it is read off a row."""

    name: str
    field: serializers.Field
    read: Callable[[Record], Any]


def _fixed(component: str, words: dict[str, str], help_text: str) -> CodeField:
    return CodeField(component=component, words=words, help_text=help_text, **NULLABLE)


def _missing(name: str) -> Column:
    field = _fixed("MissingReason", dict(MISSING), f"Why `{name}` has no value, if a reason was given.")
    return Column(f"{name}_missing", field, lambda row: row.missing.get(name) or None)


def _comparator(name: str) -> Column:
    field = _fixed("Comparator", dict.fromkeys(COMPARATORS, ""), f"How `{name}` was limited by the method, if it was.")
    return Column(f"{name}_comparator", field, lambda row: row.comparators.get(name) or None)


def _precision(name: str) -> Column:
    field = _fixed("DatePrecision", PRECISIONS, f"How exactly `{name}` is known; the day given stands for the period.")
    return Column(f"{name}_precision", field, lambda row: getattr(row, f"{name}_precision") or None)


def _codes(spec: ItemSpec) -> dict[str, Any]:
    name = spec.item.codes
    words = {entry.code: entry.label for entry in code_list(name).codes}
    return {"component": "".join(part.title() for part in name.split("_")) + "Code", "words": words}


def _number(value: Decimal | None) -> float | None:
    """At most 14 digits, so the double holds every one of them."""
    return None if value is None else float(value)


def _text(value: str) -> str | None:
    return value or None


def _same(value: Any) -> Any:
    return value


_FIELDS: dict[Kind, tuple[Callable[[ItemSpec, dict], serializers.Field], Callable[[Any], Any]]] = {
    Kind.TEXT: (lambda spec, more: serializers.CharField(**more), _text),
    Kind.CODE: (lambda spec, more: CodeField(**_codes(spec), **more), _text),
    Kind.CODES: (lambda spec, more: serializers.ListField(child=CodeField(**_codes(spec)), **more), _same),
    Kind.INTEGER: (lambda spec, more: serializers.IntegerField(**more), _same),
    Kind.DECIMAL: (lambda spec, more: serializers.FloatField(**more), _number),
    Kind.DATE: (lambda spec, more: serializers.DateField(**more), lambda day: day and day.isoformat()),
    Kind.BOOLEAN: (lambda spec, more: serializers.BooleanField(**more), _same),
}


def _words(spec: ItemSpec) -> str:
    item = spec.item
    return f"{item.label}: {item.definition}" + (f" Unit: {item.unit}." if item.unit else "")


def _reference(spec: ItemSpec) -> tuple[serializers.Field, Callable[[Record], Any]]:
    """A shared row by its code; another row of the same patient by its id."""
    key = dictionary()[spec.target].entity.natural_key
    if key:
        held = attrgetter(spec.name)
        field = serializers.CharField(read_only=True, help_text=_words(spec), allow_null=True)
        return field, lambda row: getattr(held(row), key, None)
    return serializers.IntegerField(read_only=True, help_text=_words(spec), allow_null=True), attrgetter(
        f"{spec.name}_id"
    )


def _value(spec: ItemSpec) -> Column:
    """The value itself; null where a reason for its absence is recorded."""
    if spec.kind is Kind.REFERENCE:
        field, read = _reference(spec)
    else:
        make, shape = _FIELDS[spec.kind]
        field = make(spec, {"help_text": _words(spec), **NULLABLE})
        held = attrgetter(spec.name)

        def read(row: Record) -> Any:
            return shape(held(row))

    return Column(spec.name, field, lambda row: None if spec.name in row.missing else read(row))


def _of_item(entity: EntitySpec, spec: ItemSpec) -> Iterator[Column]:
    if spec.name == entity.entity.natural_key:
        yield Column(spec.name, serializers.CharField(read_only=True, help_text=_words(spec)), attrgetter(spec.name))
        return
    yield _value(spec)
    if spec.kind is Kind.DATE and spec.item.partial:
        yield _precision(spec.name)
    if spec.kind in (Kind.INTEGER, Kind.DECIMAL):
        yield _comparator(spec.name)
    yield _missing(spec.name)


def shown_items(entity: EntitySpec) -> list[ItemSpec]:
    """The items that leave by the API: without what could name a person, and without its companions."""
    withheld = {spec.name for spec in entity.items if spec.item.privacy in WITHHELD}
    withheld |= {f"{name}_source" for name in withheld}
    return [spec for spec in entity.items if spec.name not in withheld]


def _head(entity: EntitySpec) -> Iterator[Column]:
    """Who the row is: its id, its patient, its parents."""
    yield Column(
        "id",
        serializers.IntegerField(read_only=True, help_text="Id of the row, unique in its table."),
        attrgetter("pk"),
    )
    if entity.slug == "patient":
        words = "Pseudonymous number of the patient in the registry."
        yield Column("registry_id", serializers.CharField(read_only=True, help_text=words), attrgetter("registry_id"))
    if entity.of_patient:
        words = "Registry id of the patient."
        yield Column(
            "patient",
            serializers.CharField(read_only=True, help_text=words),
            attrgetter("patient.registry_id"),
        )
    for name, slug in entity.parents:
        words = f"Id of the row's {dictionary()[slug].entity.label}."
        yield Column(
            name,
            serializers.IntegerField(read_only=True, help_text=words, allow_null=True),
            attrgetter(f"{name}_id"),
        )


def _tail() -> Iterator[Column]:
    """In which state the row is."""
    words = {status.value: status.label for status in Status}
    about = {"read_only": True, "help_text": "How far the record has come."}
    yield Column(
        "record_status",
        CodeField(component="RecordStatus", words=words, **about),
        attrgetter("record_status"),
    )
    version = serializers.IntegerField(read_only=True, help_text="Raised by one at every save.")
    yield Column("version", version, attrgetter("version"))
    voided = serializers.BooleanField(read_only=True, help_text="Taken out of force, with a reason.")
    yield Column("voided", voided, attrgetter("voided"))
    saved = serializers.DateTimeField(read_only=True, help_text="When it was last saved (UTC).")
    yield Column("modified_at", saved, attrgetter("modified_at"))


def columns_of(entity: EntitySpec) -> tuple[Column, ...]:
    """Every column of an entity, in the order of the answer."""
    head = list(_head(entity))  # made first: the OpenAPI document shows columns in the order they are made
    items = [column for spec in shown_items(entity) for column in _of_item(entity, spec)]
    return (*head, *items, *_tail())


def joined_for(entity: EntitySpec) -> tuple[str, ...]:
    """The links that a page reads together with its rows: 200 rows take as many queries as 1."""
    links = [spec.name for spec in shown_items(entity) if spec.kind is Kind.REFERENCE
             and dictionary()[spec.target].entity.natural_key]  # fmt: skip
    return (*(["patient"] if entity.of_patient else []), *links)


def withheld_fields(entity: EntitySpec) -> tuple[str, ...]:
    """Columns of the table that a page does not even read."""
    shown = {spec.name for spec in shown_items(entity)}
    own = {field.name for field in model_of(entity.slug).item_fields()}
    return tuple(sorted(own - shown))
