"""The memory: database triggers that write every change, refuse anonymous ones, and seal them in a chain.

`acting` opens a transaction and hands actor, reason and request id to the connection; a write without them is refused
by the database itself, whatever door it came through. Triggers are generated from the models (`track` in a migration),
so a new table costs one line. On PostgreSQL the context is a transaction-local setting and the chain is linked once per
transaction by a deferred trigger; on SQLite it is a function of the connection and each change is linked at once.
Requirements: RELIABILITY AUD-01 to AUD-08 and the traps of its section 5.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import connections, models, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.operations import RunPython

from registry import memory_sql
from registry.access import Scope, scoped, with_reason

#: Models that are no clinical records and are remembered like them.
REMEMBERED = ("CareSite", "Membership", "Acknowledgement", "Query", "QueryMessage", "ContactAttempt", "PatientMerge",
              "Agreement", "AgreementSite")  # fmt: skip
CONTEXT_KEYS = ("actor", "reason", "request_id")
GUARDED = (memory_sql.TABLE, memory_sql.SEAL)
_writing: ContextVar[Scope | None] = ContextVar("registry_writing", default=None)


class AnonymousWrite(RuntimeError):
    """A write needs somebody who acts and a reason."""


@contextmanager
def acting(scope: Scope, reason: str, *, using: str = "default") -> Iterator[Scope]:
    """One transaction in which this actor writes, for this reason; all of it is remembered or undone together."""
    reason = reason.strip()[:500]
    if not scope.actor or not reason:
        raise AnonymousWrite("Say who writes and why: both the actor and the reason are remembered.")
    scope = with_reason(scope, reason)
    connection = connections[using]
    with scoped(scope), transaction.atomic(using=using):
        token = _writing.set(scope)
        _tell(connection, scope)
        try:
            yield scope
        finally:
            _writing.reset(token)
            if connection.in_atomic_block and not connection.needs_rollback:
                _tell(connection, _writing.get())


def _tell(connection: BaseDatabaseWrapper, scope: Scope | None) -> None:
    """Hand the context to PostgreSQL for this transaction; SQLite asks `context_value` instead."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for key in CONTEXT_KEYS:
            value = getattr(scope, key) if scope else ""
            cursor.execute("SELECT set_config(%s, %s, true)", [f"cart19.{key}", value])


def context_value(key: str) -> str | None:
    """What the triggers of SQLite ask: who acts, why, in which request; None outside `acting`."""
    scope = _writing.get()
    return (getattr(scope, key) or "") if scope else None


def sha256_text(text: str | None) -> str:
    return hashlib.sha256((text or "").encode()).hexdigest()


def prepare_connection(sender: object, connection: BaseDatabaseWrapper, **kwargs: object) -> None:
    """Give a new SQLite connection the functions its triggers call."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("cart19_context", 1, context_value)
        connection.connection.create_function("cart19_sha256", 1, sha256_text, deterministic=True)


def tracked_models() -> list[type[models.Model]]:
    """The models whose every change is remembered."""
    from django.apps import apps

    from registry.models import Record

    registry = apps.get_app_config("registry").get_models()
    return [model for model in registry if issubclass(model, Record) or model.__name__ in REMEMBERED]


#: Of each further app that keeps rows by triggers: the vendor of a database to the names it must hold.
WATCHED: list[Callable[[str], Iterable[str]]] = []


def missing_triggers() -> list[str]:
    """Names of triggers that are absent or disabled, the memory's and those that keep snapshots; a write would
    escape them.
    """
    connection = connections["default"]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            held = {name for (name,) in cursor.fetchall()}
            wanted = {f"{table}_no_{what}" for table in GUARDED for what in ("update", "delete", "replace")}
        else:
            cursor.execute("SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'A'")
            held = {name for (name,) in cursor.fetchall()}
            wanted = {f"{table}_{what}" for table in GUARDED for what in ("append_only", "no_truncate")}
        wanted |= {name for model in tracked_models() for name in memory_sql.trigger_names(connection.vendor, model)}
        wanted |= {name for names in WATCHED for name in names(connection.vendor)}
        return sorted((wanted | {f"{memory_sql.TABLE}_seal"}) - held)


def install() -> RunPython:
    """Migration step: the append-only guards and the chain of the change table."""

    def forwards(apps: object, schema_editor: object) -> None:
        _execute(schema_editor, memory_sql.guards(schema_editor.connection.vendor))

    def backwards(apps: object, schema_editor: object) -> None:
        _execute(schema_editor, memory_sql.drop_guards(schema_editor.connection.vendor))

    return RunPython(forwards, backwards)


def _execute(schema_editor: object, statements: list[str]) -> None:
    for statement in statements:
        schema_editor.execute(statement, params=None)


def track(*model_names: str) -> RunPython:
    """Migration step: remember every change of these models from here on; run again after their columns change.

    Rows with a status are closed to changes while they are LOCKED.
    """

    def forwards(apps: object, schema_editor: object) -> None:
        _execute(schema_editor, memory_sql.locks(schema_editor.connection.vendor))
        for name in model_names:
            model = apps.get_model("registry", name)
            _execute(schema_editor, memory_sql.capture(schema_editor.connection.vendor, model))

    def backwards(apps: object, schema_editor: object) -> None:
        for name in model_names:
            model = apps.get_model("registry", name)
            _execute(schema_editor, memory_sql.drop_capture(schema_editor.connection.vendor, model))

    return RunPython(forwards, backwards)
