"""People: an account, a role at a site or at all of them, a token. Called by commands, demo and tests alike.

Accounts are never shared, renamed to another person or deleted (RELIABILITY AUT-08); what a person may do
follows from memberships alone.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError

from registry import agreements, tokens
from registry.access import ROLES, Role, scope_of, system_scope
from registry.backends import may_enter
from registry.memory import acting
from registry.models import Agreement, Membership, Site, User


class Refused(ValueError):
    """What was asked cannot be done; the sentence says why and what to do instead."""


@dataclass(frozen=True)
class Person:
    """Who was added: the account, the one-time password (blank for an account that existed), what is new."""

    user: User
    password: str
    added: tuple[str, ...]
    held: tuple[str, ...]


def role_named(key: str) -> Role:
    """The role of that key."""
    role = ROLES.get(key)
    if role is None:
        raise Refused(f"There is no role '{key}'; the roles are {', '.join(ROLES)}.")
    return role


def _sites(role: Role, codes: Iterable[str]) -> list[Site | None]:
    """The places of a membership; None is all sites. The scope must see the sites."""
    codes = list(dict.fromkeys(codes))
    if not codes:
        return [None]
    if role.all_sites:
        raise Refused(f"A {role.label.lower()} works for all sites; leave --site out.")
    known = {site.code: site for site in Site.objects.filter(voided=False)}
    unknown = [code for code in codes if code not in known]
    if unknown and not known:
        raise Refused(f"There is no site '{unknown[0]}': no site has been entered yet.")
    if unknown:
        shown = ", ".join(sorted(known)[:20])
        raise Refused(f"There is no site '{unknown[0]}'; the sites are {shown}.")
    return [known[code] for code in codes]


def _account(name: str) -> tuple[User, str]:
    """The account of that name; a new one with a one-time password when there is none."""
    found = User.objects.filter(username__iexact=name).first()
    if found is None:
        user = User(username=name, must_change_password=True)
        try:
            user.clean_fields(exclude=["password"])
        except ValidationError:
            raise Refused(
                "A user name has 1 to 150 letters, digits and the characters @ . + - _, and no space."
            ) from None
        password = secrets.token_urlsafe(15)
        user.set_password(password)
        return user, password
    if found.username != name:
        raise Refused(f"There is an account '{found.username}' already; names must differ by more than case.")
    if not found.is_active:
        raise Refused(f"The account '{name}' is closed; accounts are not opened again for somebody else.")
    return found, ""


def add_person(
    name: str, *, role: str, sites: Iterable[str] = (), password: str = "", reason: str = "create_user"
) -> Person:
    """Give a person a role at these sites, at all sites when none is named; make the account if need be.

    An account that exists keeps its password and gains the membership; one it already holds changes nothing.
    """
    chosen = role_named(role)
    with acting(system_scope("create_user"), reason):
        places = _sites(chosen, sites)
        user, one_time = _account(name)
        if password and one_time:
            user.set_password(password)
            one_time = password
        user.save()
        added, held = [], []
        for site in places:
            _, new = Membership.objects.get_or_create(
                user=user, role=chosen.key, site=site, defaults={"all_sites": site is None}
            )
            (added if new else held).append(site.code if site else "all sites")
        user.is_staff = may_enter(scope_of(user))
        user.save(update_fields=["is_staff"])
    return Person(user, one_time, tuple(added), tuple(held))


def _agreement(code: str) -> Agreement:
    try:
        return agreements.holding(code)
    except agreements.Refused as refusal:
        raise Refused(str(refusal)) from None


def give_token(name: str, *, days: int = tokens.DEFAULT_DAYS, agreement: str = "") -> tuple[User, str]:
    """A new token for the API, shown once: a personal one, or one that reads under the agreement of that code."""
    user = User.objects.filter(username=name).first()
    if user is None:
        raise Refused(f"There is no account '{name[:150]}'; make it with create_user.")
    if not user.is_active:
        raise Refused(f"The account '{name}' is closed.")
    under = _agreement(agreement) if agreement else None
    if under is None and not scope_of(user).can("api"):
        able = ", ".join(role.key for role in ROLES.values() if "api" in role.permissions)
        raise Refused(f"'{name}' holds no role that reads by the API (those are {able}).")
    try:
        return user, tokens.issue(user, days=days, agreement=under)
    except ValueError as fault:
        raise Refused(f"{fault}.") from None
