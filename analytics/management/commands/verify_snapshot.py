"""Recompute snapshots from their frozen tables and say every difference."""

import sys
from argparse import ArgumentParser
from typing import Any

from analytics.management.command import SentenceCommand, a_snapshot
from analytics.models import Snapshot
from analytics.verification import verify


class Command(SentenceCommand):
    """One line per snapshot; exit 1 on any difference."""

    help = (
        "Check the hashes of a snapshot's files and compute its results again from its frozen tables; exit 1 "
        "on any difference. Example: manage.py verify_snapshot 12, or: manage.py verify_snapshot all"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("snapshot", metavar="ID|all", help="number of a snapshot, or 'all'")

    def handle(self, *args: Any, **options: Any) -> None:
        asked = options["snapshot"]
        chosen = Snapshot.objects.order_by("pk") if asked == "all" else [a_snapshot(asked)]
        checked = failed = 0
        for snapshot in chosen:
            found = verify(snapshot)
            checked += 1
            failed += bool(found.differences)
            state = "DIFFERENT" if found.differences else "verified"
            self.stdout.write(f"{snapshot} {snapshot.plan} {snapshot.cutoff}: {state}")
            for line in (*found.differences, *found.remarks):
                self.stdout.write(f"  {line}")
        self.stdout.write(f"snapshots={checked} verified={checked - failed} different={failed}")
        if failed:
            sys.exit(1)
