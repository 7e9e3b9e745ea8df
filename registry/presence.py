"""Who else is at work in the same form: known from the unsent input kept for them, of which nothing is shown."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, Max, Min, OuterRef, Q, QuerySet

from registry.access import Scope
from registry.models import FormDraft, Membership, User

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


def others_at(place: str, *, user: User, scope: Scope, now: datetime) -> list[Present]:
    """Other people with unsent input in the form at this address, who began first before; one query.

    The reader must have been let into the form before. People of the reader's own sites, and those who work for all
    sites, are named; of others it is told only that they are there."""
    rows = (
        FormDraft.objects.filter(place=place, at__gt=now - AT_WORK, expires_at__gt=now, user__is_active=True)
        .exclude(user=user)
        .values("user__username", known=Exists(_colleagues(scope)))
        .annotate(since=Min("since"), at=Max("at"))
        .order_by("since")
    )
    return [
        Present(
            row["user__username"] if row["known"] else ELSEWHERE,
            row["since"],
            row["at"],
            today=row["since"].date() == now.date(),
        )
        for row in rows
    ]


def _colleagues(scope: Scope) -> QuerySet:
    """Memberships of the draft's writer by which the reader knows them."""
    sites: Iterable[int] | None = scope.sites("read")
    held = Membership.objects.filter(user=OuterRef("user"))
    return held if sites is None else held.filter(Q(site__in=sites) | Q(all_sites=True))
