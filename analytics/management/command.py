"""What the commands of snapshots share: faults end in one sentence, files are written whole or not at all."""

import os
import re
import tempfile
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from analytics.models import Snapshot
from analytics.snapshots import Refused


class SentenceCommand(BaseCommand):
    """A command whose every foreseeable fault ends in one clear sentence and a non-zero code."""

    requires_migrations_checks = False
    requires_system_checks = []  # they load every page of the web process: a second, for nothing

    def execute(self, *args: Any, **options: Any) -> Any:
        try:
            return super().execute(*args, **options)
        except Refused as fault:
            raise CommandError(str(fault)) from None
        except DatabaseError as fault:
            raise CommandError(
                f"The database does not answer as expected ({type(fault).__name__}); is it up, and was "
                "`python manage.py migrate` run?"
            ) from None


def a_date(text: str) -> date:
    """A day as YYYY-MM-DD."""
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"'{text}' is not a date; write YYYY-MM-DD, for example 2026-12-31.") from None


def a_moment(text: str, *, now: datetime) -> datetime | None:
    """A past moment: a day (its end, UTC) or a time; None for today, whose registry is the one that stands."""
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            day = date.fromisoformat(text)
            return None if day == now.date() else datetime.combine(day, time.max, UTC)
        read = datetime.fromisoformat(text)
        return (read if read.tzinfo else read.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise CommandError(
            f"'{text}' is neither a day nor a time; write 2026-12-31 or 2026-12-31T18:00 (UTC unless it says +01:00)."
        ) from None


def a_snapshot(text: str) -> Snapshot:
    """The snapshot with this number."""
    found = Snapshot.objects.filter(pk=int(text)).first() if re.fullmatch(r"[0-9]{1,18}", text) else None
    if found is None:
        raise CommandError(f"There is no snapshot '{text}'; `python manage.py list_snapshots` lists them.")
    return found


def writable(path: Path) -> Path:
    """The path of a file that can be written; said before long work, not after."""
    folder = path.parent
    if path.is_dir():
        raise CommandError(f"Cannot write {path}: it is a directory.")
    if not folder.is_dir():
        raise CommandError(f"Cannot write {path}: the directory {folder} does not exist.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise CommandError(f"Cannot write {path}: the directory {folder} is not writable.")
    return path


def write(path: Path, body: bytes) -> None:
    """Write a file whole: a draft beside it takes its place at the end."""
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as draft:
            draft.write(body)
        os.chmod(draft.name, 0o600)
        os.replace(draft.name, path)
    except OSError as fault:
        raise CommandError(f"Cannot write {path}: {fault.strerror}.") from None


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write files by their paths inside a folder; each is whole or not there."""
    for path, body in files.items():
        place = folder / path
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
        except OSError as fault:
            raise CommandError(f"Cannot make the directory {place.parent}: {fault.strerror}.") from None
        write(place, body)
