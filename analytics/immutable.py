"""Database triggers that keep snapshots as they were taken: no change, no deletion, by any door.

SQLite and PostgreSQL alike (RELIABILITY SNP-01). The owner of the database can drop a trigger;
`verify_snapshot` then finds what was altered, because every file is named by its own hash.
"""

from collections.abc import Callable

from django.db.migrations.operations import RunPython

REFUSAL = "snapshots are immutable"
KEPT = {
    "analytics_snapshot": "id",
    "analytics_frozen_file": "sha256",
    "analytics_snapshot_label": "id",
    "analytics_companion": "id",
    "analytics_handover": "id",
    "analytics_release": "id",
    "analytics_report": "id",
}
#: The triggers of each table, by how their names end.
KINDS = {"sqlite": ("no_update", "no_delete", "no_replace"), "postgresql": ("keep", "no_truncate")}
#: The tables that the first migration guards; later ones name theirs.
FIRST = ("analytics_snapshot", "analytics_frozen_file")


def trigger_names(vendor: str) -> list[str]:
    """Every trigger that keeps a table, by name."""
    return [f"{table}_{kind}" for table in KEPT for kind in KINDS[vendor]]


def statements(vendor: str, tables: tuple[str, ...] = FIRST) -> list[str]:
    """SQL that guards the kept tables."""
    return _sqlite(tables) if vendor == "sqlite" else _postgres(tables)


def drop_statements(vendor: str, tables: tuple[str, ...] = FIRST) -> list[str]:
    """SQL that takes the guards away, for a migration that changes a table and puts them back."""
    on = "" if vendor == "sqlite" else " ON {table}"
    names = ((table, f"{table}_{kind}") for table in tables for kind in KINDS[vendor])
    return [f"DROP TRIGGER IF EXISTS {name}{on.format(table=table)}" for table, name in names]


def _sqlite(tables: tuple[str, ...]) -> list[str]:
    found = []
    for table in tables:
        key = KEPT[table]
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


def _postgres(tables: tuple[str, ...]) -> list[str]:
    found = [
        "CREATE OR REPLACE FUNCTION cart19_keep_snapshot() RETURNS trigger LANGUAGE plpgsql AS $$ "
        f"BEGIN RAISE EXCEPTION '{REFUSAL}'; END $$"
    ]
    for table in tables:
        for name, when in (("keep", "UPDATE OR DELETE"), ("no_truncate", "TRUNCATE")):
            each = "STATEMENT" if when == "TRUNCATE" else "ROW"
            found += [
                f"CREATE TRIGGER {table}_{name} BEFORE {when} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION cart19_keep_snapshot()",
                f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_{name}",
            ]
    return found


def install(*tables: str) -> RunPython:
    """Migration step: guard these tables of snapshots."""
    return RunPython(_run(statements, tables or FIRST), _run(drop_statements, tables or FIRST))


def lift(*tables: str) -> RunPython:
    """Migration step: take the guards away while the same migration changes the table; `install` follows."""
    return RunPython(_run(drop_statements, tables), _run(statements, tables))


def _run(sql: Callable[[str, tuple[str, ...]], list[str]], tables: tuple[str, ...]) -> Callable[..., None]:
    def execute(apps: object, schema_editor: object) -> None:
        for statement in sql(schema_editor.connection.vendor, tables):
            schema_editor.execute(statement, params=None)

    return execute
