"""The query inbox: what waits for whom, how old it is, how long sites take."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from django.db.models import OuterRef, QuerySet, Subquery
from django.utils import timezone

from registry.models import Query, QueryMessage, QueryState, Site
from registry.models.query import ACTIVE, WAITING

DAY_SECONDS = 24 * 3600


@dataclass(frozen=True)
class SiteFigures:
    """How one site stands with its queries; days are None where there is nothing to count."""

    site: Site
    waiting: int
    answered: int
    median_age_days: float | None
    closed: int
    median_days_to_resolve: float | None
    reopened: int


def inbox(
    *,
    states: Iterable[str] = ACTIVE,
    site: int | None = None,
    older_than_days: int | None = None,
    rule: str | None = None,
    assignee: int | None = None,
    patient: int | None = None,
    now: datetime | None = None,
) -> QuerySet[Query]:
    """Queries of the reader's sites, oldest first, each with its `last_message`; the site is the enrolling one."""
    rows = Query.objects.filter(state__in=list(states)).select_related("patient__site", "assignee")
    narrow = {"patient__site_id": site, "rule": rule, "assignee_id": assignee, "patient_id": patient}
    rows = rows.filter(**{name: value for name, value in narrow.items() if value is not None})
    if older_than_days is not None:
        rows = rows.filter(opened_at__lt=(now or timezone.now()) - timedelta(days=older_than_days))
    last = QueryMessage._base_manager.filter(query=OuterRef("pk")).order_by("-pk").values("text")[:1]
    return rows.annotate(last_message=Subquery(last)).order_by("opened_at", "pk")


def age_days(query: Query, now: datetime) -> int:
    """Whole days since the query was raised, or until it was closed."""
    return ((query.closed_at or now) - query.opened_at).days


def site_figures(now: datetime) -> list[SiteFigures]:
    """How every site of the reader stands, in order of the site's code; sites without queries are left out."""
    ages, times = defaultdict(list), defaultdict(list)
    counts: dict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    rows = Query.objects.values_list("patient__site_id", "state", "opened_at", "closed_at", "times_reopened")
    for site, state, opened, closed, reopened in rows:
        counts[site]["reopened"] += reopened
        if state == QueryState.CLOSED:
            counts[site]["closed"] += 1
            times[site].append((closed - opened).total_seconds() / DAY_SECONDS)
        else:
            counts[site]["waiting" if state in WAITING else "answered"] += 1
            ages[site].append((now - opened).total_seconds() / DAY_SECONDS)
    sites = Site.objects.filter(pk__in=list(counts)).order_by("code")
    return [
        SiteFigures(one, counts[one.pk]["waiting"], counts[one.pk]["answered"], _median(ages[one.pk]),
                    counts[one.pk]["closed"], _median(times[one.pk]), counts[one.pk]["reopened"])
        for one in sites
    ]  # fmt: skip


def _median(days: list[float]) -> float | None:
    return round(median(days), 1) if days else None
