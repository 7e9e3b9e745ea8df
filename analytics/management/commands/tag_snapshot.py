"""Give a snapshot a name that people know it by, or take it off."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from analytics import labels
from analytics.management.command import SentenceCommand, a_snapshot


class Command(SentenceCommand):
    """The snapshot itself never changes; the tag is a row beside it."""

    help = 'Tag a snapshot; lists show its tags. Example: manage.py tag_snapshot 12 "ASPHO 2023"'

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("snapshot", metavar="ID", help="number of the snapshot")
        parser.add_argument("text", metavar="TEXT", help="the tag, at most 80 characters")
        parser.add_argument("--remove", action="store_true", help="take the tag off")

    def handle(self, *args: Any, **options: Any) -> None:
        snapshot = a_snapshot(options["snapshot"])
        do = labels.untag if options["remove"] else labels.tag
        try:
            done = do(snapshot, options["text"], actor="system:tag_snapshot")
        except labels.LabelRefused as refused:
            raise CommandError(str(refused)) from None
        if not done:
            self.stdout.write("Nothing to do: the snapshot already is as you want it.")
        tags = ", ".join(f'"{tag}"' for tag in labels.tags(snapshot)) or "none"
        self.stdout.write(f"{snapshot}: tags {tags}")
