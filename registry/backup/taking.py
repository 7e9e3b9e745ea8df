"""Taking a backup: one moment of every table, with hashes, versions and where the memory stood, in one packed file."""

import hashlib
import json
import os
import tempfile
import zipfile
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.db.migrations.recorder import MigrationRecorder

from registry.backup.rows import columns_of, kept_models, lines_of
from registry.backup.words import (
    FORMAT,
    KEY_FILE,
    MANIFEST,
    PRODUCT,
    BackupRefused,
    key_fingerprint,
    own_key_file,
    table_path,
)
from registry.models import ChangeSeal
from registry.moment import one_moment

Progress = Callable[[str, int], None]


def take(file: Path, *, now: datetime, with_key: bool, progress: Progress) -> dict[str, Any]:
    """Write the backup whole or not at all, readable by its owner only; returns its manifest."""
    try:
        draft = Path(tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")[1])  # mode 0600
        try:
            with zipfile.ZipFile(draft, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
                manifest = _write(packed, now=now, with_key=with_key, progress=progress)
            with draft.open("rb") as written:
                os.fsync(written.fileno())
            os.replace(draft, file)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as fault:
        raise BackupRefused(f"The backup cannot be written to {file}: {fault.strerror}.") from None
    return manifest


def _write(packed: zipfile.ZipFile, *, now: datetime, with_key: bool, progress: Progress) -> dict[str, Any]:
    with one_moment():
        tables = {model._meta.db_table: _table(packed, model, progress) for model in kept_models()}
        head = ChangeSeal.objects.order_by("-pk").values("last_id", "hash").first()
        migrations = sorted(MigrationRecorder(connection).applied_migrations())
    key = own_key_file() if with_key else None
    files = {path: _member(packed, f"files/{path}", [body]) for path, body in _files()}
    manifest = {
        "product": PRODUCT,
        "format": FORMAT,
        "taken_at": now.isoformat(),
        "database": connection.vendor,
        "migrations": [list(one) for one in migrations],
        "memory": head or {},
        "key": {"fingerprint": key_fingerprint(settings.FIELD_KEY), "inside": key is not None},
        "tables": tables,
        "files": files,
    }
    if key is not None:
        packed.writestr(KEY_FILE, key)
    packed.writestr(MANIFEST, json.dumps(manifest, indent=1, sort_keys=True))
    return manifest


def _table(packed: zipfile.ZipFile, model: type[models.Model], progress: Progress) -> dict[str, Any]:
    told = _member(packed, table_path(model._meta.db_table), lines_of(model))
    progress(str(model._meta.verbose_name_plural), told["lines"])
    return {"columns": columns_of(model), "rows": told["lines"], "sha256": told["sha256"]}


def _member(packed: zipfile.ZipFile, path: str, parts: Iterable[bytes]) -> dict[str, Any]:
    digest, count = hashlib.sha256(), 0
    with packed.open(path, "w", force_zip64=True) as member:
        for part in parts:
            digest.update(part)
            member.write(part)
            count += 1
    return {"sha256": digest.hexdigest(), "lines": count}


def _files() -> Iterable[tuple[str, bytes]]:
    """Files that belong to rows: what the instance keeps for good, not what it keeps for a week."""
    root = Path(settings.MEDIA_ROOT)
    for path in sorted(root.rglob("*")):
        if path.is_file():
            yield path.relative_to(root).as_posix(), path.read_bytes()
