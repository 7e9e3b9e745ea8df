"""What commands share: faults end in one sentence, files are written whole or not at all."""

import os
import re
import tempfile
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

#: What file systems take as one name, less what a draft beside the file adds.
LONGEST_NAME = 240


class SentenceCommand(BaseCommand):
    """A command whose every foreseeable fault ends in one clear sentence and a non-zero code."""

    requires_migrations_checks = False
    requires_system_checks = []  # they load every page of the web process: a second, for nothing
    #: Exceptions of the work itself whose message is the sentence.
    refusals: tuple[type[Exception], ...] = ()

    def execute(self, *args: Any, **options: Any) -> Any:
        _refuse_no_text(options.values())
        try:
            return super().execute(*args, **options)
        except self.refusals as fault:
            raise CommandError(str(fault)) from None
        except DatabaseError as fault:
            raise CommandError(unanswered(fault)) from None

    def json_to(self, file: str | None) -> Callable[[bytes], object] | None:
        """What writes the JSON of a run: to a file, looked at before long work; for `-` to the output, whose words
        then go where errors go. None when none is asked for.
        """
        if not file:
            return None
        if file == "-":
            out, self.stdout = self.stdout, self.stderr
            return lambda body: out.write(body.decode("utf-8"), ending="")
        path = writable(Path(file))
        return lambda body: write(path, body)


def unanswered(fault: DatabaseError) -> str:
    """What to tell of a database that is not there, not reached or not migrated; never an address or a password."""
    return (
        f"The database does not answer as expected ({type(fault).__name__}): is it up, is DATABASE_URL right, is its "
        "directory there, and was `python manage.py migrate` run?"
    )


def _refuse_no_text(values: Iterable[Any]) -> None:
    """Arguments become paths, queries and output: all of them refuse NUL, and output refuses what is no character."""
    for value in values:
        if isinstance(value, list | tuple):
            _refuse_no_text(value)
        elif isinstance(value, str) and re.search("[\0\ud800-\udfff]", value):
            raise CommandError(f"The argument {value!r} holds bytes that are no text.")


def a_date(text: str) -> date:
    """A day as YYYY-MM-DD."""
    try:
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"'{text}' is not a date; write YYYY-MM-DD, for example 2026-12-31.") from None


def writable(path: Path) -> Path:
    """The path of a file that can be written; said before long work, not after."""
    folder = path.parent
    if len(path.name.encode()) > LONGEST_NAME:
        raise CommandError(f"Cannot write {path}: the name is too long.")
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
