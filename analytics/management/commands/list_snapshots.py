"""List the snapshots."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from analytics import labels
from analytics.management.command import SentenceCommand
from analytics.models import Snapshot
from analytics.report.headline import lines

LINE = "{:>6}  {:<18} {:<10}  {:<16}  {:>8}  {:<16}  {}"


class Command(SentenceCommand):
    """Newest last, one line each."""

    help = "List the snapshots, newest last: number, plan, cut-off, time (UTC), patients, data hash, headline, tags. Hidden ones with --all. Example: manage.py list_snapshots --plan post_transplant"  # noqa: E501

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--plan", metavar="PLAN", help="only snapshots of this plan")
        parser.add_argument("--all", action="store_true", help="hidden snapshots too")

    def handle(self, *args: Any, **options: Any) -> None:
        choose = labels.with_hidden if options["all"] else labels.listed
        snapshots = choose(Snapshot.objects.order_by("pk").defer("manifest"))
        if options["plan"]:
            snapshots = snapshots.filter(plan=options["plan"])
        if not snapshots:
            _refuse_unknown(options["plan"])
            self.stdout.write("There are no snapshots to list.")
            return
        tags = labels.tags_of(snapshot.pk for snapshot in snapshots)
        self.stdout.write(LINE.format("id", "plan", "cut-off", "taken (UTC)", "patients", "data", "headline"))
        for snapshot in snapshots:
            said = " ".join(map(str, lines(snapshot.headline["open"])[:1]))
            marks = [f"by {snapshot.strata}"] if snapshot.strata else []
            marks += [f"as of {snapshot.as_of:%Y-%m-%d %H:%M}"] if snapshot.as_of else []
            marks += ["SYNTHETIC"] if snapshot.synthetic else []
            marks += ["HIDDEN"] if snapshot.shown_or_hidden == labels.Kind.HIDE else []
            marks += [f'"{tag}"' for tag in tags.get(snapshot.pk, ())]
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


def _refuse_unknown(plan: str | None) -> None:
    """A plan that does not exist has no snapshots for another reason than one that was never taken."""
    from analytics.study.run import plan_of

    if plan:
        try:
            plan_of(plan)
        except ValueError as fault:
            raise CommandError(f"{fault}.".replace("..", ".")) from None
