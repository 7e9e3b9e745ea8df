"""manage.py end_agreement"""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from registry.agreements import Refused, end_agreement
from registry.management.command import SentenceCommand


class Command(SentenceCommand):
    refusals = (Refused,)
    help = (
        "End an agreement now: its tokens, exports and downloads stop with the next request. "
        "Example: manage.py end_agreement GOCART-1 --reason 'the study was closed'"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", metavar="CODE", help="code of the agreement")
        parser.add_argument("--reason", required=True, metavar="TEXT", help="why, remembered with the change")

    def handle(self, *args: Any, code: str, reason: str, **options: Any) -> None:
        ended = end_agreement(code, reason=reason, now=timezone.now())
        self.stdout.write(f"Agreement {ended.code} has ended.")
