"""Restoring: all is checked before anything is written, rows go in at once and are read again to compare."""

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.color import no_style
from django.db import connection, models, transaction
from django.db.migrations.recorder import MigrationRecorder

from registry.backup import triggers
from registry.backup.rows import columns_of, kept_models, lines_of, write_rows
from registry.backup.words import FORMAT, KEY_FILE, MANIFEST, PRODUCT, BackupRefused, key_fingerprint, table_path
from registry.history import verify_chain
from registry.memory import missing_triggers

Progress = Callable[[str, int], None]
CHUNK = 1024 * 1024
#: What a registry without any content holds already: the framework's own lists and the default schedules.
OF_A_FRESH_REGISTRY = ("auth_permission", "django_content_type", "django_celery_beat_")


def looked_at(file: Path) -> dict[str, Any]:
    """The manifest of a file that is a backup; BackupRefused for any other, before anything is made for it."""
    try:
        with zipfile.ZipFile(file) as packed:
            return _manifest(packed)
    except (zipfile.BadZipFile, EOFError, NotImplementedError):
        raise BackupRefused(f"{file} is damaged, cut short or no backup; nothing was restored.") from None
    except (OSError, ValueError) as fault:
        why = getattr(fault, "strerror", None) or fault
        raise BackupRefused(f"{str(file)!r} cannot be read: {why}.") from None


def restore(file: Path, *, progress: Progress) -> dict[str, Any]:
    """Put a backup into an empty, migrated registry; BackupRefused leaves it empty. Returns the manifest."""
    try:
        manifest = looked_at(file)
        with zipfile.ZipFile(file) as packed:
            _refuse_other_version(manifest)
            _refuse_used_target()
            key = _key(packed, manifest)
            _check_members(packed, manifest, progress)
            with transaction.atomic():
                _write(packed, manifest, progress)
            _write_files(packed, manifest)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise BackupRefused(f"{file} is damaged; nothing was restored.") from None
    if key:
        _keep_key(key)
    return manifest


def _manifest(packed: zipfile.ZipFile) -> dict[str, Any]:
    try:
        found = json.loads(packed.read(MANIFEST))
        if found["product"] != PRODUCT:
            raise ValueError
    except (KeyError, ValueError, TypeError):
        raise BackupRefused("The file is no backup of this registry; nothing was restored.") from None
    if found["format"] != FORMAT:
        raise BackupRefused(
            f"The backup has format {found['format']}, this version reads {FORMAT}; use the version that made it."
        )
    return found


def _refuse_other_version(manifest: dict[str, Any]) -> None:
    """Tables must be those of the backup, column by column: restore with its version, then migrate."""
    theirs = {tuple(one) for one in manifest["migrations"]}
    ours = set(MigrationRecorder(connection).applied_migrations())
    if newer := sorted(theirs - ours):
        raise BackupRefused(
            f"The backup comes from a newer version (migration {'.'.join(newer[0])}); restore with that version."
        )
    if older := sorted(ours - theirs):
        raise BackupRefused(
            f"The backup comes from an older version (without migration {'.'.join(older[0])}); restore with that "
            "version, then update."
        )
    tables = {model._meta.db_table: columns_of(model) for model in kept_models()}
    if tables != {table: told["columns"] for table, told in manifest["tables"].items()}:
        raise BackupRefused("The tables of the backup are not those of this version; restore with that version.")


def _refuse_used_target() -> None:
    for model in kept_models():
        table = model._meta.db_table
        if not table.startswith(OF_A_FRESH_REGISTRY) and model._base_manager.exists():
            raise BackupRefused(
                f"This registry is not empty (it has {model._meta.verbose_name_plural}); restore into a fresh one: "
                "another DATABASE_URL or INSTANCE_DIR, then migrate."
            )


def _key(packed: zipfile.ZipFile, manifest: dict[str, Any]) -> str | None:
    """The key to keep with the restored rows; None when this instance has it already."""
    wanted = manifest["key"]["fingerprint"]
    if key_fingerprint(settings.FIELD_KEY) == wanted:
        return None
    key = packed.read(KEY_FILE).decode("ascii") if manifest["key"]["inside"] else ""
    if key_fingerprint(key) != wanted:
        raise BackupRefused("The backup needs the FIELD_KEY of its registry, which is not in it; set it and try again.")
    if os.environ.get("FIELD_KEY", "").strip():
        raise BackupRefused("FIELD_KEY is set and is not the key of this backup; unset it, or set the right one.")
    return key


def _check_members(packed: zipfile.ZipFile, manifest: dict[str, Any], progress: Progress) -> None:
    wanted = {table_path(table): told["sha256"] for table, told in manifest["tables"].items()}
    wanted |= {f"files/{path}": told["sha256"] for path, told in manifest["files"].items()}
    for path, sha256 in wanted.items():
        try:
            with packed.open(path) as member:
                digest = hashlib.sha256()
                for chunk in iter(lambda: member.read(CHUNK), b""):
                    digest.update(chunk)
        except KeyError:
            raise BackupRefused(f"{path} is missing from the backup; nothing was restored.") from None
        if digest.hexdigest() != sha256:
            raise BackupRefused(f"{path} is not what the backup says it is; nothing was restored.")
        progress("checked", 1)


def _write(packed: zipfile.ZipFile, manifest: dict[str, Any], progress: Progress) -> None:
    kept = kept_models()
    with triggers.set_aside():
        with connection.cursor() as cursor:
            for model in kept:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(model._meta.db_table)}")  # noqa: S608
        for model in kept:
            with packed.open(table_path(model._meta.db_table)) as lines:
                progress(str(model._meta.verbose_name_plural), write_rows(model, lines))
    _next_numbers(kept)
    for fault in _faults(kept, manifest):
        raise BackupRefused(f"{fault} Nothing was restored.")


def _next_numbers(kept: list[type[models.Model]]) -> None:
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), kept):
            cursor.execute(statement)


def _faults(kept: list[type[models.Model]], manifest: dict[str, Any]) -> Iterator[str]:
    """What is not as it was: rows read back and compared, references, the chain of the memory and its triggers."""
    connection.check_constraints()
    for model in kept:
        digest = hashlib.sha256()
        for line in lines_of(model):
            digest.update(line)
        if digest.hexdigest() != manifest["tables"][model._meta.db_table]["sha256"]:
            yield f"The rows of {model._meta.db_table} read back differ from the backup."
    yield from verify_chain()
    yield from (f"Trigger {name} is missing." for name in missing_triggers())


def _write_files(packed: zipfile.ZipFile, manifest: dict[str, Any]) -> None:
    root = Path(settings.MEDIA_ROOT)
    for name in manifest["files"]:
        path = (root / name).resolve()
        if not path.is_relative_to(root.resolve()):
            raise BackupRefused(f"The backup names a file outside its folder ({name}).")
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.write_bytes(packed.read(f"files/{name}"))


def _keep_key(key: str) -> None:
    path = settings.INSTANCE_DIR / KEY_FILE
    draft = path.with_name(f"{path.name}.restored")
    draft.touch(mode=0o600)
    draft.write_text(key, encoding="ascii")
    os.replace(draft, path)
