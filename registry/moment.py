"""Reading everything as of one moment, while others go on writing."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def one_moment() -> Iterator[None]:
    """A transaction that sees one moment.

    SQLite's always does; PostgreSQL is asked to, where this opens the transaction.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost and connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


@contextmanager
def same_moment(ours: BaseDatabaseWrapper) -> Iterator[list[Any]]:
    """PostgreSQL's own connections that see one moment: ours, and inside `one_moment` a second one for its other half.

    Two processes of the server then read beside each other. Outside of `one_moment` ours is the only one.
    """
    ours.ensure_connection()
    with ours.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        moment = None
        if cursor.fetchone()[0] == "repeatable read":
            cursor.execute("SELECT pg_export_snapshot()")
            moment = cursor.fetchone()[0]
    if moment is None:
        yield [ours.connection]
        return
    twin = ours.copy()
    try:
        with twin.cursor() as cursor:
            cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            cursor.execute("SET TRANSACTION SNAPSHOT %s", [moment])
        yield [ours.connection, twin.connection]
    finally:
        twin.close()
