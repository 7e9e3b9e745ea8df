"""manage.py create_user"""

from argparse import ArgumentParser, RawDescriptionHelpFormatter
from typing import Any

from registry.access import ROLES
from registry.management.command import SentenceCommand
from registry.people import Refused, add_person

EPILOG = """examples:
  python manage.py create_user ada --role administrator
      the first administrator
  python manage.py create_user carla --role coordinator --site BOS --site DFC
      a coordinator of two sites; without --site, of all sites

Somebody who has an account gains the role and keeps the password. The output ends with a line
  user=NAME password=ONE-TIME-PASSWORD
to be handed over in person; it must be changed at the first sign-in and is shown only now.

roles:
""" + "\n".join(f"  {role.key:<14} {role.prose}" for role in ROLES.values())


class Command(SentenceCommand):
    help = "Give a person a role at sites (without --site: at all sites); make the account if need be."
    refusals = (Refused,)

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.formatter_class = RawDescriptionHelpFormatter
        parser.epilog = EPILOG
        parser.add_argument("name", metavar="NAME", help="the person's user name")
        parser.add_argument("--role", required=True, metavar="ROLE", help=f"one of {', '.join(ROLES)}")
        parser.add_argument(
            "--site", action="append", default=[], metavar="CODE",
            help="a site of the role, repeatable; without it all sites"
        )  # fmt: skip

    def handle(self, *args: Any, name: str, role: str, site: list[str], **options: Any) -> None:
        person = add_person(name, role=role, sites=site)
        label = ROLES[role].label
        if person.added:
            self.stdout.write(f"{name}: {label} at {', '.join(person.added)}.")
        if person.held:
            self.stdout.write(f"{name} was {label} at {', '.join(person.held)} already; nothing changed there.")
        if person.password:
            self.stdout.write("The password below is for one sign-in and is not shown again.")
            self.stdout.write(f"user={name} password={person.password}")
        else:
            self.stdout.write(f"The account {name} existed; its password is unchanged.")
