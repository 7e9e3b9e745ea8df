"""Who else is at work in the same form or table: known from the unsent input kept for them, which is never shown."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from registry.access import Scope
from registry.models import FormDraft, User

#: Who typed last longer ago than a working day is not at work any more; the input still waits for its writer.
AT_WORK = timedelta(hours=8)
ELSEWHERE = "Somebody at another site"


@dataclass(frozen=True)
class Present:
    """Somebody with unsent input in a form, since when, and when they typed last."""

    who: str
    since: datetime
    at: datetime
    today: bool


def others_at(places: Collection[str], *, user: User, scope: Scope, now: datetime) -> list[Present]:
    """Other people with unsent input in the forms at these addresses, who began first before; one query.

    The reader must have been let into the form before. People of the reader's own sites, and those who work for all
    sites, are named; of others it is told only that they are there."""
    at_work = (
        FormDraft.objects.filter(place__in=places, at__gt=now - AT_WORK, expires_at__gt=now, user__is_active=True)
        .exclude(user=user)
        .order_by("since")
        .values_list("user__username", "since", "at", "user__memberships__site", "user__memberships__all_sites")
    )
    people: dict[str, list[tuple]] = {}
    for name, *told in at_work:
        people.setdefault(name, []).append(tuple(told))
    return [_present(name, told, scope.sites("read"), now) for name, told in people.items()]


def _present(name: str, told: list[tuple], sites: tuple[int, ...] | None, now: datetime) -> Present:
    """One person out of (since, at, site, all sites) of each draft and membership, for a reader at these sites."""
    known = sites is None or any(all_sites or site in sites for _since, _at, site, all_sites in told)
    since, at = min(row[0] for row in told), max(row[1] for row in told)
    return Present(name if known else ELSEWHERE, since, at, today=since.date() == now.date())
