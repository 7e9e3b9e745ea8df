"""Lets transactional tests empty the database although the memory is append-only.

Django empties tables between such tests; the memory's own triggers rightly refuse. Here, and only here, they are
lifted while the tables are emptied and put back as they were.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.backends.base.operations import BaseDatabaseOperations


@contextmanager
def _lifted_sqlite() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        held = cursor.fetchall()
        for name, _sql in held:
            cursor.execute(f'DROP TRIGGER "{name}"')
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for _name, sql in held:
                cursor.execute(sql)


@contextmanager
def _lifted_postgres() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger "
            "WHERE NOT tgisinternal AND tgenabled <> 'D'"
        )
        held = cursor.fetchall()
        for table, name, _how in held:
            cursor.execute(f'ALTER TABLE {table} DISABLE TRIGGER "{name}"')
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            for table, name, how in held:
                always = "ALWAYS " if how == "A" else ""
                cursor.execute(f'ALTER TABLE {table} ENABLE {always}TRIGGER "{name}"')


def allow_flush() -> None:
    """Wrap Django's emptying of tables for this test session."""
    plain = BaseDatabaseOperations.execute_sql_flush
    if getattr(plain, "lifts_triggers", False):
        return

    def execute_sql_flush(self: BaseDatabaseOperations, statements: list[str]) -> None:
        with (_lifted_sqlite if self.connection.vendor == "sqlite" else _lifted_postgres)():
            plain(self, statements)

    execute_sql_flush.lifts_triggers = True
    BaseDatabaseOperations.execute_sql_flush = execute_sql_flush
