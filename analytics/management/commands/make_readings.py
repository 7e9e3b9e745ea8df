"""Compute what is said beside a snapshot's results, where no worker has done it."""

from argparse import ArgumentParser
from typing import Any

from analytics import companions
from analytics.management.command import SentenceCommand, a_snapshot
from analytics.models import Snapshot


class Command(SentenceCommand):
    """One line per snapshot; those that have their readings are left alone."""

    help = (
        "Compute the readings beside a snapshot's results - notes, sensitivity runs, date bands, comparisons free of "
        "immortal time, regressions - and what each patient gives to each result. Workers do this after every run. "
        "Example: manage.py make_readings 12, or: manage.py make_readings all"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("snapshot", metavar="ID|all", help="number of a snapshot, or 'all'")

    def handle(self, *args: Any, **options: Any) -> None:
        asked = options["snapshot"]
        chosen = list(Snapshot.objects.order_by("pk")) if asked == "all" else [a_snapshot(asked)]
        for snapshot in companions.without(chosen):
            companion = companions.made(snapshot)
            self.stdout.write(f"{snapshot} {snapshot.plan} {snapshot.cutoff}: read in {companion.seconds:.1f} s")
        self.stdout.write(f"snapshots={len(chosen)} without readings={len(companions.without(chosen))}")
