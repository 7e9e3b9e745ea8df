"""Agreements: made, ended, found by code; what is wrong is said in one sentence."""

import re
from collections.abc import Iterable
from datetime import date, datetime

from django.utils import timezone

from registry.access import system_scope
from registry.memory import acting
from registry.models import Agreement, AgreementSite, Site
from registry.models.agreement import Tier

CODE = re.compile(r"[A-Z0-9][A-Z0-9_-]{0,39}")
LONGEST_YEARS = 25


class Refused(ValueError):
    """What was asked cannot be done; the sentence says why and what to do instead."""


def make_agreement(
    code: str, *, tier: str, until: date, sites: Iterable[str] = (), terms: str = "", now: datetime
) -> Agreement:
    """A new agreement of a tier, for these sites (none named: all of them), up to and with the day `until`."""
    if not CODE.fullmatch(code):
        raise Refused(
            f"'{code[:60]}' is no code of an agreement: 1 to 40 capital letters, digits, - and _, for example GOCART-1."
        )
    if tier not in Tier.values:
        raise Refused(f"There is no tier '{tier[:20]}'; the tiers are {', '.join(Tier.values)}.")
    if until < now.date():
        raise Refused(f"The agreement would have ended on {until}; name a day to come.")
    if until.year > now.year + LONGEST_YEARS:
        raise Refused(f"An agreement holds at most {LONGEST_YEARS} years, not until {until}.")
    with acting(system_scope("create_agreement"), "a new agreement") as scope:
        if Agreement.objects.filter(code=code).exists():
            raise Refused(
                f"There is an agreement '{code}' already; agreements are not changed, make one of another code."
            )
        covered = _sites(sites)
        if tier == Tier.T3 and len(covered) != 1:
            raise Refused("A T3 agreement covers exactly one site: name it with --site CODE.")
        made = Agreement.objects.create(
            code=code, tier=tier, until=until, terms=terms[:500], created_at=now, created_by=scope.actor
        )
        for site in covered:
            AgreementSite.objects.create(agreement=made, site=site)
    return made


def _sites(codes: Iterable[str]) -> list[Site]:
    known = {site.code: site for site in Site.objects.filter(voided=False)}
    wanted = list(dict.fromkeys(codes))
    for code in wanted:
        if code not in known:
            told = f"the sites are {', '.join(sorted(known)[:20])}" if known else "no site has been entered yet"
            raise Refused(f"There is no site '{code[:40]}'; {told}.")
    return [known[code] for code in wanted]


def end_agreement(code: str, *, reason: str, now: datetime) -> Agreement:
    """End an agreement now: its tokens and downloads stop with the next request."""
    if not reason.strip():
        raise Refused("Say why the agreement ends: the reason is remembered.")
    found = agreement_named(code)
    if found.ended_at is not None:
        raise Refused(f"The agreement '{code}' was ended on {found.ended_at:%Y-%m-%d} already.")
    with acting(system_scope("end_agreement"), reason):
        found.ended_at = now
        found.save(update_fields=["ended_at"])
    return found


def agreement_named(code: str) -> Agreement:
    """The agreement of that code."""
    found = Agreement.objects.filter(code=code).first() if "\x00" not in code else None
    if found is None:
        raise Refused(f"There is no agreement '{code[:60]}'; make it with create_agreement.")
    return found


def holding(code: str, *, tier: str = "") -> Agreement:
    """The agreement of that code if something may be received under it today, at that tier."""
    found = agreement_named(code)
    if over := found.over(timezone.now().date()):
        raise Refused(f"The agreement '{code}' {over}.")
    if tier and tier != found.tier:
        raise Refused(f"The agreement '{code}' is for {found.tier}; {tier} needs an agreement of that tier.")
    return found
