"""Every row of every table in one portable form: a line of JSON per row, the same from SQLite and from PostgreSQL."""

import base64
import json
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.db import connection, models

BATCH = 500
#: Sessions end with their instance: a restored registry is signed into anew.
LEFT_OUT = frozenset({"django_session"})


def kept_models() -> list[type[models.Model]]:
    """The models whose tables a backup holds, by table name."""
    every = apps.get_models(include_auto_created=True)
    kept = [one for one in every if one._meta.managed and not one._meta.proxy and one._meta.db_table not in LEFT_OUT]
    return sorted(kept, key=lambda model: model._meta.db_table)


def columns_of(model: type[models.Model]) -> list[str]:
    return [field.column for field in model._meta.concrete_fields]


def lines_of(model: type[models.Model]) -> Iterator[bytes]:
    """The rows of a table in the order of their keys; the same rows are the same bytes on both databases."""
    names = [field.attname for field in model._meta.concrete_fields]
    for row in model._base_manager.order_by("pk").values_list(*names).iterator(chunk_size=BATCH):
        yield (json.dumps([_plain(value) for value in row], ensure_ascii=False, sort_keys=True) + "\n").encode()


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, bytes | memoryview):
        return base64.b64encode(bytes(value)).decode("ascii")
    return value if isinstance(value, str | int | float | bool | None | dict | list) else str(value)


def write_rows(model: type[models.Model], lines: Iterable[bytes]) -> int:
    """Insert rows as they were kept; no trigger and no default of a field adds anything. Returns how many."""
    fields = model._meta.concrete_fields
    quote = connection.ops.quote_name
    columns, places = ", ".join(quote(field.column) for field in fields), ", ".join(["%s"] * len(fields))
    insert = f"INSERT INTO {quote(model._meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608 - our own names
    count, batch = 0, []
    with connection.cursor() as cursor:
        for line in lines:
            batch.append([_stored(field, value) for field, value in zip(fields, json.loads(line), strict=True)])
            if len(batch) == BATCH:
                cursor.executemany(insert, batch)
                count, batch = count + len(batch), []
        if batch:
            cursor.executemany(insert, batch)
    return count + len(batch)


def _stored(field: models.Field, value: Any) -> Any:
    if isinstance(field, models.BinaryField) and value is not None:
        value = base64.b64decode(value)
    elif not isinstance(field, models.JSONField):
        value = field.to_python(value)
    return field.get_db_prep_save(value, connection)
