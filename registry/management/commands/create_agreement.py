"""manage.py create_agreement"""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.utils import timezone

from registry.agreements import Refused, make_agreement
from registry.management.command import SentenceCommand, a_date

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


class Command(SentenceCommand):
    refusals = (Refused,)
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
        made = make_agreement(code, tier=tier, until=a_date(until), sites=site, terms=terms, now=timezone.now())
        places = ", ".join(dict.fromkeys(site)) or "all sites"
        self.stdout.write(f"Agreement {made.code}: {made.get_tier_display()}, {places}, until {made.until}.")
