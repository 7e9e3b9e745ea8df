"""The registry as it stood at a past moment, replayed from the memory, read like the registry as it stands.

The memory holds each change as text, in the words of the database that wrote it: SQLite says 0 and 1, JSON as text,
numbers without trailing zeros; PostgreSQL true and false, JSON as it is. Replayed rows are what the ORM would have
read then, so that tables and checks come from the same writers (`registry.extract`). Findings are computed anew, with
the past day as today. The columns `version`, `modified_at` and `modified_by` are not remembered and stay as entered.

A moment is a date and time - what was written until then - or the number of a change: exact to the write. The past is
replayed for every site at once, so only scopes that read every site may ask.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models
from django.utils import timezone

from registry import extract
from registry.access import current_scope
from registry.checks import engine
from registry.models import Change

#: A time, or the number of the last change that counts.
Moment = datetime | int
Row = dict[str, Any]


def tables_as_of(at: Moment, *, today: date | None = None) -> dict[str, str]:
    """Every entity as canonical CSV text, and the findings, as `registry.extract.tables()` would have told then."""
    return extract.tables(Past(at, today=today))


def rows_as_of(model: type[models.Model], at: Moment) -> list[Row]:
    """The rows of a table as they stood: column -> value, by id; voided ones included, deleted ones not."""
    _every_site()
    rows: dict[int, Row] = {}
    changes = changes_until(at).filter(entity=model._meta.db_table).order_by("pk")
    for record, operation, told in changes.values_list("record_id", "operation", "changes").iterator():
        if operation == "D":
            rows.pop(record, None)
            continue
        became = {column: values[1] for column, values in json.loads(told, parse_float=Decimal).items()}
        if operation == "I":
            rows[record] = dict(blank(model))
        rows[record].update(remembered(model, became))
    return [rows[record] for record in sorted(rows)]


def changes_until(at: Moment) -> models.QuerySet[Change]:
    """What was remembered up to a moment."""
    if isinstance(at, int):
        return Change.objects.filter(pk__lte=at)
    return Change.objects.filter(at__lte=moment_text(at))


def moment_text(at: datetime) -> str:
    """A time as the memory writes it, so that texts compare like times."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Past:
    """The registry as it stood: a source of rows for `registry.extract`."""

    def __init__(self, at: Moment, *, today: date | None = None) -> None:
        self.at = at
        self.today = today or (at if isinstance(at, datetime) else timezone.now()).astimezone(UTC).date()
        self._held: dict[type[models.Model], list[Row]] = {}

    def rows(self, model: type[models.Model]) -> list[Row]:
        """Every row of a table then; read once."""
        if model not in self._held:
            self._held[model] = rows_as_of(model, self.at)
        return self._held[model]

    def lists(self, model: type[models.Model], columns: Iterable[str]) -> Iterator[tuple]:
        wanted = tuple(columns)
        return (tuple(row[column] for column in wanted) for row in self.rows(model))

    def dicts(self, model: type[models.Model], patients: list[int]) -> Iterator[Row]:
        whose, among = extract.owner(model), set(patients)
        return (row for row in self.rows(model) if row[whose] in among)

    def findings(self) -> Iterator[tuple]:
        for case in extract.cases(sorted(extract.patient_ids(self)), self):
            for one in engine.run(case, self.today):
                yield case.patient.id, one.rule, one.severity, one.columns, one.rows


def _every_site() -> None:
    if current_scope().sites("read") is not None:
        raise PermissionDenied("The past is replayed for every site at once; you read some of them.")


# Columns ------------------------------------------------------------------------------------------------------------


@cache
def blank(model: type[models.Model]) -> Row:
    """What a row holds where the memory says nothing: null, or the default of a column that came later."""
    return {
        field.attname: None if field.null or not field.has_default() else _default(field)
        for field in model._meta.concrete_fields
    }


def _default(field: models.Field) -> Any:
    default = field.default
    return default() if callable(default) else default


def remembered(model: type[models.Model], told: Row) -> Row:
    """Remembered values as the ORM reads them; columns that no longer exist are left aside."""
    readers = _readers(model)
    return {
        column: None if value is None else readers[column](value) for column, value in told.items() if column in readers
    }


@cache
def _readers(model: type[models.Model]) -> dict[str, Callable[[Any], Any]]:
    return {field.attname: _reader(field) for field in model._meta.concrete_fields}


def _reader(field: models.Field) -> Callable[[Any], Any]:
    if isinstance(field, models.JSONField):
        return lambda value: json.loads(value) if isinstance(value, str) else value
    if isinstance(field, models.BooleanField):
        return bool
    if isinstance(field, models.DecimalField):
        step = Decimal(1).scaleb(-field.decimal_places)
        return lambda value: Decimal(str(value)).quantize(step)
    if isinstance(field, models.DateTimeField):
        return _time
    if isinstance(field, models.DateField):
        return date.fromisoformat
    return lambda value: value


def _time(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)
