"""Puts a backup into an empty registry."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command

from registry import backup
from registry.access import scoped, system_scope
from registry.management.command import SentenceCommand
from registry.management.progress import Bar


class Command(SentenceCommand):
    """Checks the file first, writes all of it or nothing, reads it back and verifies the chain."""

    help = (
        "Put a backup into an empty registry, on SQLite or PostgreSQL, whichever it came from. The tables are made "
        "first where there are none. A file that is damaged, of another version or of another key is refused, and so "
        "is a registry that holds anything; nothing is written then. Rows are read back and compared, and the memory's "
        "chain is verified, before it counts. Example: INSTANCE_DIR=/srv/new manage.py restore "
        "/srv/backups/registry-2026-11-26.zip"
    )
    refusals = (backup.BackupRefused,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE", help="a file written by `backup`")

    def handle(self, *args: Any, **options: Any) -> None:
        file = Path(options["file"])
        backup.looked_at(file)
        call_command("migrate", verbosity=0)
        with Bar(self.stderr) as bar, scoped(system_scope("restore")):
            told = backup.restore(file, progress=bar.step)
        rows = sum(table["rows"] for table in told["tables"].values())
        self.stdout.write(f"{rows} rows of {len(told['tables'])} tables as of {told['taken_at']}, read back equal")
        self.stdout.write("The chain of the memory is whole. Start web, worker and scheduler anew.")
