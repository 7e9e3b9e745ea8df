"""Setting the triggers aside while rows are put back as they were, and back in place in the same transaction.

The memory must not remember a restore row by row, and kept tables refuse every change: both are right for every other
door. Nobody else sees the database without its triggers, for all of it is one transaction.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def set_aside() -> Iterator[None]:
    """No trigger fires inside; afterwards each is as it was before. Within a transaction only."""
    if not connection.in_atomic_block:
        raise RuntimeError("Triggers are set aside within a transaction only.")
    off, on = (_sqlite if connection.vendor == "sqlite" else _postgres)()
    _run(off)
    yield
    _run(on)


def _run(statements: list[str]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _rows(query: str) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def _sqlite() -> tuple[list[str], list[str]]:
    held = _rows("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' ORDER BY name")
    return [f'DROP TRIGGER "{name}"' for name, _sql in held], [sql for _name, sql in held]


def _postgres() -> tuple[list[str], list[str]]:
    held = _rows(
        "SELECT c.relname, t.tgname, t.tgenabled::text FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
        "WHERE NOT t.tgisinternal AND c.relnamespace = current_schema()::regnamespace ORDER BY 1, 2"
    )
    how = {"A": "ENABLE ALWAYS", "O": "ENABLE", "R": "ENABLE REPLICA", "D": "DISABLE"}
    off = [f'ALTER TABLE "{table}" DISABLE TRIGGER "{name}"' for table, name, _state in held]
    on = [f'ALTER TABLE "{table}" {how[state]} TRIGGER "{name}"' for table, name, state in held]
    # foreign keys are looked at now: a table with checks still to come cannot be altered
    now, later = "SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED"
    return [now, *off, later], [now, *on, later]
