"""Answer a survival question on the registry as it stands."""

import json
from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from analytics import live
from analytics.management.command import SentenceCommand, a_date
from analytics.snapshots import Refused
from registry.access import scoped, system_scope

LINE = "{:<22} {:>9} {:>9}  {}"


class Command(SentenceCommand):
    """Quick and kept nowhere: for a look, or to see whether a plan is worth a snapshot."""

    help = (
        "Answer a survival question of the founding plan on the registry as it stands, without a snapshot. "
        "A number to be cited comes from take_snapshot. Example: manage.py estimate os_relapse_by_timing"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("question", metavar="QUESTION", help=f"one of {', '.join(live.QUESTIONS)}")
        parser.add_argument("--cutoff", metavar="DATE", help="the last day that exists (default: today)")
        parser.add_argument("--json", metavar="FILE", help="also write the whole result as JSON ('-' for the output)")

    def handle(self, *args: Any, **options: Any) -> None:
        cutoff = a_date(options["cutoff"]) if options["cutoff"] else timezone.localdate()
        keep = self.json_to(options["json"])
        with scoped(system_scope("estimate")):
            try:
                found = live.answer(options["question"], cutoff=cutoff)
            except live.NotLive as fault:
                raise Refused(str(fault)) from None
        self.stdout.write(LINE.format("group", "patients", "deaths", "median, days"))
        for group in found["groups"]:
            median = (group["median"] or {}).get("days")
            told = "not reached" if median is None else f"{median:g}"
            self.stdout.write(LINE.format(group["label"], group["n"], group["events"], told))
        if found["comparison"]:
            self.stdout.write(f"log-rank test: chi-square {found['comparison']['statistic']:.3f}")
        if keep:
            keep((json.dumps(found, indent=2) + "\n").encode())
