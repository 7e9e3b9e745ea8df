"""manage.py end_agreement"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError
from django.utils import timezone

from registry.agreements import Refused, end_agreement


class Command(BaseCommand):
    help = (
        "End an agreement now: its tokens, exports and downloads stop with the next request. "
        "Example: manage.py end_agreement GOCART-1 --reason 'the study was closed'"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("code", metavar="CODE", help="code of the agreement")
        parser.add_argument("--reason", required=True, metavar="TEXT", help="why, remembered with the change")

    def handle(self, *args: Any, code: str, reason: str, **options: Any) -> None:
        try:
            ended = end_agreement(code, reason=reason, now=timezone.now())
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        except (OperationalError, ProgrammingError) as fault:
            raise CommandError(f"The database cannot be used ({fault}); run python manage.py migrate.") from None
        self.stdout.write(f"Agreement {ended.code} has ended.")
