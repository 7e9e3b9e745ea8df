"""Database triggers that keep snapshots as they were taken: no change, no deletion, by any door.

SQLite and PostgreSQL alike (RELIABILITY SNP-01). The owner of the database can drop a trigger;
`verify_snapshot` then finds what was altered, because every file is named by its own hash.
"""

from django.db.migrations.operations import RunPython

REFUSAL = "snapshots are immutable"
KEPT = {"analytics_snapshot": "id", "analytics_frozen_file": "sha256"}


def statements(vendor: str) -> list[str]:
    """SQL that guards the kept tables."""
    return _sqlite() if vendor == "sqlite" else _postgres()


def drop_statements(vendor: str) -> list[str]:
    if vendor == "sqlite":
        return [
            f"DROP TRIGGER IF EXISTS {table}_no_{what}"
            for table in KEPT
            for what in ("update", "delete", "replace")
        ]
    return ["DROP FUNCTION IF EXISTS cart19_keep_snapshot() CASCADE"]


def _sqlite() -> list[str]:
    found = []
    for table, key in KEPT.items():
        for verb in ("UPDATE", "DELETE"):
            found.append(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            )
        # INSERT OR REPLACE removes the old row without asking a delete trigger: ask here too.
        twin = f"EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key})"  # noqa: S608 - our own names
        found.append(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}') WHERE {twin}; END"
        )
    return found


def _postgres() -> list[str]:
    found = [
        "CREATE OR REPLACE FUNCTION cart19_keep_snapshot() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    ]
    for table in KEPT:
        for name, when in (("keep", "UPDATE OR DELETE"), ("no_truncate", "TRUNCATE")):
            each = "STATEMENT" if when == "TRUNCATE" else "ROW"
            found += [
                f"CREATE TRIGGER {table}_{name} BEFORE {when} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION cart19_keep_snapshot()",
                f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{name}",
            ]
    return found


def install() -> RunPython:
    """Migration step: guard the tables of snapshots."""

    def forwards(apps: object, schema_editor: object) -> None:
        for statement in statements(schema_editor.connection.vendor):
            schema_editor.execute(statement, params=None)

    def backwards(apps: object, schema_editor: object) -> None:
        for statement in drop_statements(schema_editor.connection.vendor):
            schema_editor.execute(statement, params=None)

    return RunPython(forwards, backwards)
