"""List the snapshots."""

from argparse import ArgumentParser
from typing import Any

from analytics.management.command import SentenceCommand
from analytics.models import Snapshot

LINE = "{:>6}  {:<18} {:<10}  {:<16}  {:>8}  {:<16}  {}"


class Command(SentenceCommand):
    """Newest last, one line each."""

    help = "List the snapshots, newest last: number, plan, cut-off, time (UTC), patients, data hash, headline. Example: manage.py list_snapshots --plan post_transplant"  # noqa: E501

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--plan", metavar="PLAN", help="only snapshots of this plan")

    def handle(self, *args: Any, **options: Any) -> None:
        snapshots = Snapshot.objects.order_by("pk").defer("manifest")
        if options["plan"]:
            snapshots = snapshots.filter(plan=options["plan"])
        if not snapshots:
            self.stdout.write("There are no snapshots yet.")
            return
        self.stdout.write(LINE.format("id", "plan", "cut-off", "taken (UTC)", "patients", "data", "headline"))
        for snapshot in snapshots:
            said = "; ".join(f"{label}: {phrase}" for label, phrase in snapshot.headline["open"][:1])
            marks = [f"by {snapshot.strata}"] if snapshot.strata else []
            marks += ["SYNTHETIC"] if snapshot.synthetic else []
            self.stdout.write(
                LINE.format(
                    snapshot.pk,
                    snapshot.plan,
                    f"{snapshot.cutoff}",
                    f"{snapshot.taken_at:%Y-%m-%d %H:%M}",
                    snapshot.patients,
                    snapshot.data_sha256[:16],
                    " ".join([said, *(f"[{mark}]" for mark in marks)]),
                )  # fmt: skip
            )
