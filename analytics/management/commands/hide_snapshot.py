"""Leave a snapshot out of lists, or list it again; it is never deleted."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from analytics import labels
from analytics.management.command import SentenceCommand, a_snapshot


class Command(SentenceCommand):
    """Who hid it, when and why is a row beside the snapshot."""

    help = (
        "Leave a snapshot out of lists, with a reason; its page, numbers and files stay. "
        'Example: manage.py hide_snapshot 12 --reason "cut-off mistyped"'
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("snapshot", metavar="ID", help="number of the snapshot")
        parser.add_argument("--reason", metavar="TEXT", default="", help="why")
        parser.add_argument("--undo", action="store_true", help="list the snapshot again")

    def handle(self, *args: Any, **options: Any) -> None:
        snapshot = a_snapshot(options["snapshot"])
        do = labels.show if options["undo"] else labels.hide
        try:
            done = do(snapshot, actor="system:hide_snapshot", reason=options["reason"])
        except labels.LabelRefused as refused:
            raise CommandError(str(refused)) from None
        state = "listed" if options["undo"] else "hidden; list_snapshots --all shows it"
        self.stdout.write(f"{snapshot} is {'now' if done else 'already'} {state}.")
