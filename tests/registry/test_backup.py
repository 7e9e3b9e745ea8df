"""Backup and restore: everything comes back as it was, on either database; whatever is wrong is one sentence."""

import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from registry import backup, extract
from registry.backup import triggers
from registry.backup.rows import kept_models
from registry.history import verify_chain
from registry.memory import missing_triggers
from registry.models import Change, Patient, User
from registry.people import add_person
from tests.factories import as_system
from tests.registry.bundles import NOW, bundle, take, write

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def quiet(_what: str, _rows: int) -> None:
    pass


def kept(file: Path, *, with_key: bool = True) -> Path:
    connection.check_constraints()  # PostgreSQL links the chain when a transaction ends; a test's never does
    with as_system():
        backup.take(file, now=NOW, with_key=with_key, progress=quiet)
    return file


def back(file: Path) -> dict:
    with as_system(), transaction.atomic():
        return backup.restore(file, progress=quiet)


def empty() -> None:
    """The registry as a fresh one is, for the tests only: no door of the product does this."""
    fresh = ("auth_permission", "django_content_type", "django_celery_beat_")
    with triggers.set_aside(), connection.cursor() as cursor:
        for model in kept_models():
            if not model._meta.db_table.startswith(fresh):
                cursor.execute(f'DELETE FROM "{model._meta.db_table}"')


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A registry with a patient and a person, and its backup."""
    assert take(write(tmp_path / "bundle", bundle())).status == "committed"
    add_person("ada", role="administrator", sites=[])
    return kept(tmp_path / "a.zip")


def everything() -> dict:
    with as_system():
        return {
            "tables": extract.tables(),
            "memory": list(Change.objects.order_by("pk").values()),
            "people": list(User.objects.order_by("pk").values()),
        }


def test_everything_comes_back_as_it_was(filled: Path, tmp_path: Path):
    before = everything()
    empty()
    with as_system():
        assert not Patient.objects.exists()

    told = back(filled)

    assert everything() == before and told["memory"]["last_id"] == before["memory"][-1]["id"]
    with as_system():
        assert not list(verify_chain()) and not missing_triggers()
    again = take(tmp_path / "bundle")  # the key of the source ids is the same: nothing is created twice
    assert (again.created, again.updated) == ({}, {})


def test_a_restored_registry_goes_on_writing(filled: Path, tmp_path: Path):
    empty()
    back(filled)

    contact = [{"patient": "local-001", "contact_date": "2016-03-01", "contact_kind": "PHONE"}]
    assert take(write(tmp_path / "c", {"follow_up": contact})).created == {"follow_up": 1}
    connection.check_constraints()
    with as_system():
        assert not list(verify_chain())


def test_the_file_is_the_owners_alone_and_holds_no_session_and_no_secret_key(filled: Path, settings):
    with zipfile.ZipFile(filled) as packed:
        held = b"".join(packed.read(name) for name in packed.namelist())

    assert filled.stat().st_mode & 0o077 == 0
    assert settings.SECRET_KEY.encode() not in held and b"local-001" not in held
    assert "tables/django_session.jsonl" not in zipfile.ZipFile(filled).namelist()


def test_a_registry_that_holds_anything_is_no_target(filled: Path):
    with pytest.raises(backup.BackupRefused, match="not empty"):
        back(filled)


def changed(source: Path, name: str, change: Callable[[bytes], bytes]) -> Path:
    """A copy of a backup in which one member says something else."""
    made = source.with_name("changed.zip")
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(made, "w") as new:
        for member in old.namelist():
            new.writestr(member, change(old.read(member)) if member == name else old.read(member))
    return made


def manifest(**told: object) -> Callable[[bytes], bytes]:
    return lambda body: json.dumps(json.loads(body) | told).encode()


def one_more_migration(body: bytes) -> bytes:
    told = json.loads(body)
    return json.dumps(told | {"migrations": [*told["migrations"], ["registry", "9999_future"]]}).encode()


@pytest.mark.parametrize(
    ("name", "change", "says"),
    [
        ("manifest.json", one_more_migration, "newer version"),
        ("manifest.json", manifest(migrations=[]), "older version"),
        ("manifest.json", manifest(format=2), "format 2"),
        ("manifest.json", manifest(product="another"), "no backup"),
        ("manifest.json", lambda _body: b"{", "no backup"),
        ("tables/registry_death.jsonl", lambda body: body.replace(b"ACTIVE", b"REMISS"), "not what the backup says"),
        ("tables/registry_change.jsonl", lambda _body: b"", "not what the backup says"),
    ],
)
def test_a_file_of_another_kind_is_refused_and_nothing_is_written(filled: Path, name: str, change, says: str):
    file = changed(filled, name, change)
    empty()

    with pytest.raises(backup.BackupRefused, match=says):
        back(file)
    assert not everything()["people"]


def test_an_altered_memory_is_refused_although_its_checksums_were_made_anew(filled: Path):
    import hashlib

    file = changed(filled, "tables/registry_change.jsonl", lambda body: body.replace(b"HOSP_A", b"HOSP_B"))
    altered = hashlib.sha256(zipfile.ZipFile(file).read("tables/registry_change.jsonl")).hexdigest()

    def sealed(body: bytes) -> bytes:
        told = json.loads(body)
        told["tables"]["registry_change"]["sha256"] = altered
        return json.dumps(told).encode()

    file = changed(file.rename(file.with_name("b.zip")), "manifest.json", sealed)
    empty()
    with pytest.raises(backup.BackupRefused, match="was altered"):
        back(file)
    assert not everything()["people"]


def test_without_its_key_a_backup_is_refused_where_the_key_is_another(filled: Path, tmp_path: Path, settings):
    file = kept(tmp_path / "keyless.zip", with_key=False)
    empty()
    settings.FIELD_KEY = "another key"

    with pytest.raises(backup.BackupRefused, match="FIELD_KEY"):
        back(file)


@pytest.mark.parametrize("content", [None, b"", b"hello", "cut"], ids=["missing", "empty", "text", "cut short"])
def test_what_is_no_backup_is_one_sentence(filled: Path, tmp_path: Path, content):
    file = tmp_path / "given.zip"
    if content is not None:
        file.write_bytes(filled.read_bytes()[:-500] if content == "cut" else content)

    with pytest.raises(CommandError, match="given.zip"):
        call_command("restore", str(file))
    with pytest.raises(CommandError, match=tmp_path.name):
        call_command("restore", str(tmp_path))


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path):
    for place in (tmp_path, tmp_path / "none" / "a.zip"):
        with pytest.raises(CommandError, match="Cannot write"):
            call_command("backup", str(place))
