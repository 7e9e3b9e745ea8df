"""Writes the whole registry into one file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.utils import timezone

from registry import backup
from registry.access import scoped, system_scope
from registry.management.command import SentenceCommand, writable
from registry.management.progress import Bar


class Command(SentenceCommand):
    """Reads every table at one moment; work may go on meanwhile."""

    help = (
        "Write the whole registry - records, memory, snapshots, people - into one file that `restore` puts into an "
        "empty registry on SQLite or PostgreSQL. The file holds patient data and, unless FIELD_KEY is set or "
        "--without-key is given, the key of the source ids: keep it as safe as the registry. SECRET_KEY, sessions and "
        "waiting uploads stay out. Example: manage.py backup /srv/backups/registry-2026-11-26.zip"
    )
    refusals = (backup.BackupRefused,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="where to write; an older file there is replaced at the end")
        parser.add_argument("--without-key", action="store_true", help="leave the key of the source ids out")

    def handle(self, *args: Any, **options: Any) -> None:
        file = writable(Path(options["file"]))
        with Bar(self.stderr) as bar, scoped(system_scope("backup")):
            told = backup.take(file, now=timezone.now(), with_key=not options["without_key"], progress=bar.step)
        rows = sum(table["rows"] for table in told["tables"].values())
        self.stdout.write(f"{file}: {rows} rows of {len(told['tables'])} tables, {len(told['files'])} files")
        head = told["memory"]
        self.stdout.write(f"memory: change {head['last_id']}, chain {head['hash']}" if head else "memory: empty")
        inside = told["key"]["inside"]
        self.stdout.write(f"key of the source ids: {'inside' if inside else 'not inside; keep FIELD_KEY apart'}")
