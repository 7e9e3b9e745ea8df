"""manage.py create_token"""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError

from registry.people import Refused, give_token
from registry.tokens import DEFAULT_DAYS, MAX_DAYS

EPILOG = """examples:
  python manage.py create_token carla --days 30
  TOKEN=$(python manage.py create_token carla)
  curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8000/api/v1/patients/

The token reads what its owner may read, and stops with the account. Standard output holds the token alone;
it is shown only now and stored as a hash.
"""


class Command(BaseCommand):
    help = "Print a new API token of a person, once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EPILOG
        parser.add_argument("user", metavar="USER", help="user name of the owner")
        parser.add_argument(
            "--days", type=int, default=DEFAULT_DAYS, metavar="N",
            help=f"days until it ends, 1 to {MAX_DAYS} (default {DEFAULT_DAYS})"
        )  # fmt: skip
        parser.add_argument("--agreement", metavar="CODE", help="a token of an agreement: comes with exports")
        parser.add_argument("--redcap", action="store_true", help="a REDCap-compatible token: comes with exports")

    def handle(self, *args: Any, user: str, days: int, **options: Any) -> None:
        for option in ("agreement", "redcap"):
            if options[option]:
                raise CommandError(f"--{option} comes with exports, which are not built yet; no token was made.")
        try:
            owner, token = give_token(user, days=days)
        except Refused as refusal:
            raise CommandError(str(refusal)) from None
        except (OperationalError, ProgrammingError) as fault:
            raise CommandError(f"The database cannot be used ({fault}); run python manage.py migrate.") from None
        self.stderr.write(f"A token of {owner.username} for {days} days; it is not shown again.", str)
        self.stdout.write(token)
