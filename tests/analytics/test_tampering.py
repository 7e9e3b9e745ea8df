"""Whoever owns the database can set the guards aside; verification then finds what was altered, wherever it stands."""

import json
import zlib

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from analytics import immutable
from analytics.freezing import list_sha256, sha256, under
from analytics.models import Snapshot
from analytics.verification import verify
from registry.backup import triggers

pytestmark = pytest.mark.both_databases
TABLE = "tables/relapse.csv"


def altered(snapshot: Snapshot, **columns: object) -> Snapshot:
    """The snapshot after somebody changed its row by raw SQL."""
    named = ", ".join(f"{name} = %s" for name in columns)
    with transaction.atomic(), triggers.set_aside(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE analytics_snapshot SET {named} WHERE id = %s", [*columns.values(), snapshot.pk])
    return Snapshot.objects.get(pk=snapshot.pk)


def planted(body: bytes) -> str:
    """A frozen file under its own right hash."""
    name = sha256(body)
    with transaction.atomic(), triggers.set_aside(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO analytics_frozen_file (sha256, size, packed) VALUES (%s, %s, %s)",
            [name, len(body), zlib.compress(body)],
        )
    return name


def with_file(snapshot: Snapshot, path: str, body: bytes) -> dict:
    manifest = json.loads(json.dumps(snapshot.manifest))
    manifest["files"][path] = {"sha256": planted(body), "bytes": len(body)}
    return manifest


def found(snapshot: Snapshot) -> str:
    return "\n".join(verify(snapshot).differences)


def test_an_untouched_snapshot_is_verified(snapshot: Snapshot):
    assert found(snapshot) == ""


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("patients", 1),
        ("synthetic", False),
        ("headline", json.dumps({"open": [], "disclosed": []})),
        ("cutoff", "2014-01-01"),
        ("data_sha256", "0" * 64),
        ("results_sha256", "0" * 64),
    ],
)
def test_a_column_that_says_something_else_is_found(snapshot: Snapshot, column: str, value: object):
    assert found(altered(snapshot, **{column: value}))


@pytest.mark.parametrize(
    ("manifest", "told"),
    [({}, "does not tell conventions, files"), ([], "does not tell conventions, files"),
     ({"conventions": {}, "rows": {}, "patients_per_site": {}, "files": {"a": {}}}, "the SHA-256 of every file")],
)  # fmt: skip
def test_a_manifest_that_lost_its_form_is_found_in_a_sentence(snapshot: Snapshot, manifest: object, told: str):
    assert told in found(altered(snapshot, manifest=json.dumps(manifest)))


def test_a_table_replaced_with_all_its_hashes_is_found_by_recomputing(snapshot: Snapshot):
    lines = snapshot.read(TABLE).decode().splitlines(keepends=True)
    manifest = with_file(snapshot, TABLE, "".join(lines[:-3]).encode())
    hashes = {path: entry["sha256"] for path, entry in manifest["files"].items()}

    told = found(altered(snapshot, manifest=json.dumps(manifest), data_sha256=list_sha256(under(hashes, "tables"))))

    assert "recomputed" in told


def test_a_figure_replaced_with_its_hash_is_found_by_drawing_it_again(snapshot: Snapshot):
    path = next(path for path in snapshot.hashes if path.startswith("figures/"))
    told = found(altered(snapshot, manifest=json.dumps(with_file(snapshot, path, b"<svg/>"))))

    assert told.startswith(f"{path}: drawn again")


@pytest.mark.parametrize("table", sorted(immutable.KEPT))
def test_a_trigger_that_kept_snapshots_is_missed_when_it_is_gone(table: str, db: object, capsys: pytest.CaptureFixture):
    kind = immutable.KINDS[connection.vendor][0]
    with connection.cursor() as cursor:
        cursor.execute(f'DROP TRIGGER "{table}_{kind}"' + (f' ON "{table}"' if connection.vendor != "sqlite" else ""))

    with pytest.raises(SystemExit) as ended:
        call_command("verify_chain")

    assert ended.value.code == 1
    assert f"Trigger {table}_{kind} is missing or disabled." in capsys.readouterr().err
