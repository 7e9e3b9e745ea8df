"""A registry restored on SQLite and on PostgreSQL is the same registry, to the byte of its snapshots."""

import json
from pathlib import Path

import psycopg
import pytest

from tests.conftest import Instance
from tests.registry.bundles import bundle, write

pytestmark = [pytest.mark.proof, pytest.mark.needs("postgres")]
ELSEWHERE = "cart19_restored_elsewhere"


@pytest.fixture
def postgres_database(postgres_url: str):
    """The address of an empty database, dropped afterwards."""
    server = postgres_url.replace("postgres://", "postgresql://", 1)
    with psycopg.connect(server, autocommit=True) as link:
        link.execute(f"DROP DATABASE IF EXISTS {ELSEWHERE}")
        link.execute(f"CREATE DATABASE {ELSEWHERE}")
    yield f"{postgres_url.rpartition('/')[0]}/{ELSEWHERE}"
    with psycopg.connect(server, autocommit=True) as link:
        link.execute(f"DROP DATABASE {ELSEWHERE} WITH (FORCE)")


def run(instance: Instance, *arguments: str, **variables: str) -> str:
    done = instance.manage(*arguments, **variables)
    assert done.returncode == 0, done.stderr
    return done.stdout


def snapshot(instance: Instance, file: Path, **variables: str) -> dict:
    run(instance, "take_snapshot", "post_infusion", "--cutoff", "2020-01-01", "--json", str(file), **variables)
    return json.loads(file.read_text())["snapshot"]


def test_from_sqlite_to_postgresql_and_back(instance: Instance, tmp_path: Path, postgres_database: str):
    first, second = str(tmp_path / "first.zip"), str(tmp_path / "second.zip")
    there = {"DATABASE_URL": postgres_database, "INSTANCE_DIR": str(tmp_path / "there")}
    again = {"INSTANCE_DIR": str(tmp_path / "again")}
    run(instance, "migrate", "-v0")
    run(instance, "import_registry", str(write(tmp_path / "b", bundle())))
    here = snapshot(instance, tmp_path / "here.json")
    run(instance, "backup", first)

    run(instance, "restore", first, **there)
    assert "verified=1 different=0" in run(instance, "verify_snapshot", "all", **there)
    assert snapshot(instance, tmp_path / "there.json", **there) == here
    run(instance, "backup", second, **there)
    run(instance, "restore", second, **again)
    assert snapshot(instance, tmp_path / "again.json", **again) == here
    assert "faults=0" in run(instance, "verify_chain", **again)
