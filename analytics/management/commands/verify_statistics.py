"""Compares every number the registry's statistics give with reference values computed in R.

python manage.py verify_statistics
python manage.py verify_statistics --oracle DIR --json outcome.json
"""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from analytics.management.command import SentenceCommand
from analytics.stats.oracle import STATUSES, CaseOutcome, run_oracle


class Command(SentenceCommand):
    """One line per reference case, one line of totals; exit 1 unless all passed."""

    help = (
        "Runs every reference case of DIR/oracle.json through the registry's own statistics and compares "
        "each number within its tolerance. Example: manage.py verify_statistics --json outcome.json"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The oracle's folder and a file for the outcome."""
        parser.add_argument("--oracle", metavar="DIR", help="folder with oracle.json (tests/oracle)")
        parser.add_argument("--json", metavar="FILE", help="write every outcome here, as JSON ('-' for the output)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run, print, and fail unless every case passed."""
        keep = self.json_to(options["json"])
        directory = Path(options["oracle"] or Path(settings.BASE_DIR) / "tests" / "oracle")
        try:
            outcomes = run_oracle(directory)
        except ValueError as fault:
            raise CommandError(str(fault)) from None
        for outcome in outcomes:
            self.stdout.write(str(outcome))
        totals = {status: sum(one.status == status for one in outcomes) for status in STATUSES}
        if keep:
            payload = {"cases": len(outcomes), **totals, "outcomes": [_plain(one) for one in outcomes]}
            keep((json.dumps(payload, indent=1) + "\n").encode())
        counted = " ".join(f"{status}={number}" for status, number in totals.items())
        self.stdout.write(f"cases={len(outcomes)} {counted}")
        if totals["passed"] != len(outcomes):
            raise SystemExit(1)


def _plain(outcome: CaseOutcome) -> dict[str, Any]:
    finite = outcome.worst if outcome.worst < float("inf") else None
    return asdict(outcome) | {"worst": finite}
