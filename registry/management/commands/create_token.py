"""manage.py create_token"""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import CommandError

from registry.management.command import SentenceCommand
from registry.people import Refused, give_token
from registry.tokens import DEFAULT_DAYS, MAX_DAYS

EPILOG = """examples:
  python manage.py create_token carla --days 30
  TOKEN=$(python manage.py create_token carla)
  curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8000/api/v1/patients/
  python manage.py create_token colin --agreement GOCART-1 --days 365

The token reads what its owner may read, and stops with the account; with --agreement it reads what was exported
under that agreement and nothing else, and stops with the agreement too. Standard output holds the token alone; it
is shown only now and stored as a hash.
"""


class Command(SentenceCommand):
    help = "Print a new API token of a person, once."
    refusals = (Refused,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EPILOG
        parser.add_argument("user", metavar="USER", help="user name of the owner")
        parser.add_argument(
            "--days", type=int, default=DEFAULT_DAYS, metavar="N",
            help=f"days until it ends, 1 to {MAX_DAYS} (default {DEFAULT_DAYS})"
        )  # fmt: skip
        parser.add_argument("--agreement", metavar="CODE", default="", help="a token that reads under this agreement")
        parser.add_argument("--redcap", action="store_true", help="a REDCap-compatible token: not built yet")

    def handle(self, *args: Any, user: str, days: int, agreement: str, redcap: bool, **options: Any) -> None:
        if redcap:
            raise CommandError("--redcap comes with the REDCap-compatible endpoint, which is not built yet; "
                               "no token was made.")  # fmt: skip
        owner, token = give_token(user, days=days, agreement=agreement)
        under = f" under the agreement {agreement}" if agreement else ""
        self.stderr.write(f"A token of {owner.username}{under} for {days} days; it is not shown again.", str)
        self.stdout.write(token)
