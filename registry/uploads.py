"""Uploads of the import page: taken in sealed, within limits, for the person who sent them.

No name of a file and no value of a cell goes into the database, a log or a message: the sealed files hold them.
"""

import io
import json
import secrets
import shutil
import struct
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from registry.importing.source import MAX_ENTRIES, MAX_FILE
from registry.models import ImportUpload, User
from registry.sealing import Unreadable, seal, unseal

KEPT = timedelta(days=7)
#: No worker is at one upload for longer.
LONGEST_WORK = timedelta(hours=2)
OPEN = "open"
SOURCE, CHANGES, FINDINGS, PROGRESS = "source", "changes", "findings", "progress"
#: So many changes or findings are sealed together and read together: one page of them.
CHUNK = 20
ZIP_START = b"PK\x03\x04"
NOT_TAKEN = "Send one .zip, one .xlsx, or one or more .csv files named by their entity (relapse.csv)."


def take_in(user: User, files: Sequence[UploadedFile], *, site_code: str, now: datetime) -> ImportUpload:
    """Seal what was sent; ValidationError for the wrong kind or too much of it, before anything is parsed."""
    if not files:
        raise ValidationError("Choose what to import first.")
    if sum(file.size for file in files) > MAX_FILE:
        raise ValidationError("At most 50 MB can be sent at once.")
    kind, content = _packed(files)
    upload = ImportUpload.objects.create(
        user=user, site_code=site_code, kind=kind, size=len(content), at=now, expires_at=now + KEPT,
        request_id=f"import-{secrets.token_hex(12)}",
    )  # fmt: skip
    _write(upload, SOURCE, content)
    return upload


def _packed(files: Sequence[UploadedFile]) -> tuple[str, bytes]:
    """One packed source: a .zip or .xlsx as it is, .csv files packed together."""
    endings = {file.name.rpartition(".")[2].lower() for file in files}
    if len(files) == 1 and endings <= {"zip", "xlsx"}:
        content = files[0].read()
        if not content.startswith(ZIP_START):
            raise ValidationError("The file is damaged, or not what its name says.")
        return endings.pop(), content
    if endings != {"csv"} or len(files) > MAX_ENTRIES:
        raise ValidationError(NOT_TAKEN)
    if len({file.name for file in files}) < len(files):
        raise ValidationError("Two of the files have the same name.")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for file in files:
            packed.writestr(file.name, file.read())
    return "zip", buffer.getvalue()


@contextmanager
def opened(upload: ImportUpload) -> Iterator[Path]:
    """The source in the clear, in a folder of its own that is gone afterwards.

    What a killed worker leaves goes when the work is done again, or with the nightly sweep.
    """
    folder = _path(upload, OPEN)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    try:
        path = folder / f"upload.{upload.kind}"
        path.write_bytes(_read(upload, SOURCE))
        yield path
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def keep_pages(upload: ImportUpload, part: str, items: Iterable[dict[str, Any]]) -> None:
    """Seal what was found, some at a time, so that a page of it can be read without the rest."""
    offsets, count = [0], 0
    path = _path(upload, part)
    path.touch(mode=0o600)
    with path.open("wb") as handle:
        waiting = iter(items)
        while chunk := list(islice(waiting, CHUNK)):
            content = json.dumps(chunk, ensure_ascii=False).encode("utf-8", "surrogatepass")
            handle.write(seal(content, bound=_bound(upload, f"{part}-{len(offsets) - 1}")))
            offsets.append(handle.tell())
            count += len(chunk)
    _path(upload, f"{part}-index").write_bytes(struct.pack(f"<Q{len(offsets)}Q", count, *offsets))


class Pages(Sequence):
    """Sealed items for a paginator; empty once they have expired."""

    def __init__(self, upload: ImportUpload, part: str) -> None:
        self.upload, self.part, self.numbers = upload, part, (0, 0)
        with suppress(FileNotFoundError):
            index = _path(upload, f"{part}-index").read_bytes()
            self.numbers = struct.unpack(f"<{len(index) // 8}Q", index)

    def __len__(self) -> int:
        return self.numbers[0]

    def __getitem__(self, wanted: slice) -> list[dict[str, Any]]:
        start, stop, _step = wanted.indices(len(self))
        found: list[dict[str, Any]] = []
        for chunk in range(start // CHUNK, -(-stop // CHUNK)):
            found += self._chunk(chunk)
        first = start // CHUNK * CHUNK
        return found[start - first : stop - first]

    def _chunk(self, number: int) -> list[dict[str, Any]]:
        begin, end = self.numbers[1 + number], self.numbers[2 + number]
        try:
            with _path(self.upload, self.part).open("rb") as handle:
                handle.seek(begin)
                sealed = handle.read(end - begin)
            return json.loads(unseal(sealed, bound=_bound(self.upload, f"{self.part}-{number}")))
        except (FileNotFoundError, Unreadable):
            return []


def note_progress(upload: ImportUpload, done: int, step: str = "checked") -> None:
    """How many rows are through; beside the database, where the import's transaction does not hide it."""
    _path(upload, PROGRESS).write_text(f"{done} {step}", encoding="ascii")


def progress_of(upload: ImportUpload) -> tuple[int, str]:
    with suppress(OSError, ValueError):
        done, step = _path(upload, PROGRESS).read_text(encoding="ascii").split()
        return int(done), step
    return 0, "checked"


def forget_files(upload: ImportUpload, *parts: str) -> None:
    for part in parts or (SOURCE, CHANGES, FINDINGS, PROGRESS):
        _path(upload, part).unlink(missing_ok=True)
        _path(upload, f"{part}-index").unlink(missing_ok=True)


def forget_expired(now: datetime) -> None:
    """Remove sealed files whose time is over; an upload that nobody decided on goes with them."""
    for folder in _folder().glob(f"*.{OPEN}"):
        if now.timestamp() - folder.stat().st_mtime > LONGEST_WORK.total_seconds():
            shutil.rmtree(folder, ignore_errors=True)
    for upload in ImportUpload.objects.filter(expires_at__lte=now):
        forget_files(upload)
    ImportUpload.objects.filter(expires_at__lte=now, batch=None).delete()


def _path(upload: ImportUpload, part: str) -> Path:
    return _folder() / f"{upload.pk}.{part}"


def _folder() -> Path:
    folder = Path(settings.INSTANCE_DIR) / "imports"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _write(upload: ImportUpload, part: str, content: bytes) -> None:
    path = _path(upload, part)
    path.touch(mode=0o600)
    path.write_bytes(seal(content, bound=_bound(upload, part)))


def _read(upload: ImportUpload, part: str) -> bytes:
    return unseal(_path(upload, part).read_bytes(), bound=_bound(upload, part))


def _bound(upload: ImportUpload, part: str) -> str:
    return f"upload:{upload.request_id}:{upload.user_id}:{part}"
