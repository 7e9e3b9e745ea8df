"""manage.py create_agreement"""

import re
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError
from django.utils import timezone

from registry.agreements import Refused, make_agreement

EPILOG = """examples:
  python manage.py create_agreement GOCART-1 --tier T1 --until 2028-12-31
      de-identified exports of all sites
  python manage.py create_agreement OWN-BOS --tier T3 --site BOS --until 2027-06-30
      a site's own patients

tiers:
  T1  de-identified: days since day 0 instead of dates, sites and protocols as codes, no typed text
  T2  limited data set: true dates, pseudonymous patients
  T3  full: one site's own patients with their registry ids
T1 and T2 hold patients with an active REGISTRY or WAIVER consent and SHARING_EXTERNAL, T3 those with the former.
"""


class Command(BaseCommand):
    help = "Record an agreement under which snapshots may be exported at one tier."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EPILOG
        parser.add_argument("code", metavar="CODE", help="capital letters, digits, - and _")
        parser.add_argument("--tier", required=True, metavar="T", help="T1, T2 or T3")
        parser.add_argument(
            "--site", action="append", default=[], metavar="CODE",
            help="a site it covers, repeatable; without it all sites"
        )  # fmt: skip
        parser.add_argument("--until", required=True, metavar="DATE", help="last day it holds, YYYY-MM-DD")
        parser.add_argument("--terms", default="", metavar="TEXT", help="what may be done with the data, in words")

    def handle(self, *args: Any, code: str, tier: str, site: list[str], until: str, terms: str, **options: Any) -> None:
        try:
            made = make_agreement(code, tier=tier, until=_day(until), sites=site, terms=terms, now=timezone.now())
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        except (OperationalError, ProgrammingError) as fault:
            raise CommandError(f"The database cannot be used ({fault}); run python manage.py migrate.") from None
        places = ", ".join(dict.fromkeys(site)) or "all sites"
        self.stdout.write(f"Agreement {made.code}: {made.get_tier_display()}, {places}, until {made.until}.")


def _day(text: str) -> date:
    try:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"'{text}' is not a date; write YYYY-MM-DD, for example 2028-12-31.") from None
