"""The query inbox: what waits for whom, narrowed, as a page and as CSV; how long the sites take."""

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views import View

from registry.access import Scope, current_scope
from registry.asking import whole_number
from registry.csv_download import csv_download
from registry.inbox import inbox, site_figures
from registry.models import Query, QueryState, Site
from registry.models.query import ACTIVE, WAITING
from registry.places import raise_denied
from registry.threads import inbox_lines

PAGE_QUERIES = 50
#: What the inbox can be narrowed to: key -> (words, states).
STATES = {
    "active": ("Not closed", ACTIVE),
    "waiting": ("Waiting for an answer", WAITING),
    "answered": ("Answered, to be looked at", (QueryState.ANSWERED,)),
    "closed": ("Closed", (QueryState.CLOSED,)),
    "all": ("All", tuple(QueryState.values)),
}
AGES = (7, 14, 30, 90)
COLUMNS = (
    "query", "state", "opened_at", "opened_by", "age_days", "site", "registry_id", "entity", "record_id", "field",
    "rule", "assignee", "last_message", "answered_at", "closed_at", "closed_by", "times_reopened",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """How the inbox is narrowed, as the address says it; what is not understood narrows nothing."""

    state: str
    site: int | None
    age: int | None
    rule: str
    patient: str
    mine: bool

    @property
    def narrowed(self) -> bool:
        return self != Asked("active", None, None, "", "", False)


def asked_of(given: Any) -> Asked:
    state, age = given.get("state", ""), whole_number(given.get("age"))
    return Asked(
        state if state in STATES else "active",
        whole_number(given.get("site")),
        age if age in AGES else None,
        given.get("rule", "").replace("\x00", "").strip()[:8],
        given.get("patient", "").replace("\x00", "").strip()[:40],
        given.get("mine", "") == "1",
    )


def narrowed(asked: Asked, user_id: int) -> QuerySet[Query]:
    rows = inbox(
        states=STATES[asked.state][1],
        site=asked.site,
        older_than_days=asked.age,
        rule=asked.rule or None,
        assignee=user_id if asked.mine else None,
    )
    return rows.filter(patient__registry_id__icontains=asked.patient) if asked.patient else rows


def require_queries(scope: Scope) -> None:
    """Whoever reads records may see what is asked about them."""
    if not scope.can("read"):
        raise_denied("read")


class Inbox(LoginRequiredMixin, View):
    """Queries oldest first, with filters, and how each site stands."""

    def get(self, request: HttpRequest) -> HttpResponse:
        scope, now = current_scope(), timezone.now()
        require_queries(scope)
        asked = asked_of(request.GET)
        page = Paginator(narrowed(asked, request.user.pk), PAGE_QUERIES).get_page(request.GET.get("page"))
        sites = Site.objects.filter(voided=False).order_by("code")
        mine = scope.sites("read")
        context = {
            "page_of": page,
            "lines": inbox_lines(page.object_list, now),
            "figures": site_figures(now),
            "asked": asked,
            "states": [(key, words) for key, (words, _states) in STATES.items()],
            "ages": AGES,
            "sites": list(sites if mine is None else sites.filter(pk__in=mine)),
            "rules": list(Query.objects.exclude(rule="").order_by("rule").values_list("rule", flat=True).distinct()),
        }
        return render(request, "queries/inbox.html", context)


class InboxCsv(LoginRequiredMixin, View):
    """The narrowed inbox as a file, one line per query."""

    def get(self, request: HttpRequest) -> HttpResponse:
        now = timezone.now()
        require_queries(current_scope())
        rows = narrowed(asked_of(request.GET), request.user.pk)
        lines = [
            (
                one.query.pk, one.query.state, one.query.opened_at.isoformat(), one.query.opened_by, one.age,
                one.query.patient.site.code, one.query.patient.registry_id, one.query.entity, one.query.record_id,
                one.query.column, one.query.rule, one.query.assignee or "", one.query.last_message,
                _moment(one.query.answered_at), _moment(one.query.closed_at), one.query.closed_by,
                one.query.times_reopened,
            )
            for one in inbox_lines(rows, now)
        ]  # fmt: skip
        return csv_download("queries.csv", COLUMNS, lines)


def _moment(at: Any) -> str:
    return at.isoformat() if at else ""
