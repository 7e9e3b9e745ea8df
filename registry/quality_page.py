"""The data-quality pages: rules, the patients behind one, completeness, follow-up, who is overdue; each as CSV too."""

from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views import View

from registry import quality
from registry.access import current_scope
from registry.asking import whole_number
from registry.csv_download import csv_download
from registry.due import due_items
from registry.entities import dictionary
from registry.models import DueItem, Finding, Site
from registry.places import raise_denied
from registry.schedule import DUE, OVERDUE

PAGE_ROWS = 50
HOME = ("Data quality", "quality")


class QualityView(LoginRequiredMixin, View):
    """A page for whoever reads records; `?format=csv` gives the same as a file."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        self.scope = current_scope()
        if not self.scope.can("read"):
            raise_denied("read")
        self.as_csv = request.GET.get("format") == "csv"
        return super().dispatch(request, *args, **kwargs)

    def page(self, template: str, **context: Any) -> HttpResponse:
        return render(self.request, f"quality/{template}.html", context)

    def paged(self, rows: Any) -> Any:
        return Paginator(rows, PAGE_ROWS).get_page(self.request.GET.get("page"))


class Rules(QualityView):
    """Every rule with what it finds now and found at the last sweeps."""

    def get(self, request: HttpRequest) -> HttpResponse:
        rules, days = quality.rules(self.scope)
        if self.as_csv:
            head = ("rule", "severity", "sentence", "source", "open", "acknowledged", "patients", *days)
            rows = [
                (one.rule, one.severity, one.sentence, one.source, one.open, one.acknowledged, one.patients, *one.trend)
                for one in rules
            ]
            return csv_download("data-quality-rules.csv", head, rows)
        quiet = request.GET.get("all") == "1"
        shown = rules if quiet else [one for one in rules if one.open or one.acknowledged or any(one.trend)]
        return self.page("rules", rules=shown, silent=len(rules) - len(shown), days=days, all=quiet)


class Rule(QualityView):
    """The findings of one rule: which patients, which rows, since when."""

    def get(self, request: HttpRequest, rule: str) -> HttpResponse:
        figures = next((one for one in quality.rules(self.scope)[0] if one.rule == rule), None)
        if figures is None:
            raise Http404("There is no such rule.")
        rows = quality.hits(self.scope).filter(rule=rule).select_related("patient__site", "acknowledgement")
        rows = rows.order_by("acknowledged", "patient__site__code", "patient__registry_id", "pk")
        if self.as_csv:
            head = ("rule", "severity", "site", "registry_id", "entity", "record_id", "column", "message", "since",
                    "acknowledged", "reason")  # fmt: skip
            return csv_download(f"findings-{rule}.csv", head, [_finding_cells(one) for one in rows])
        page = self.paged(rows)
        lines = [(one, _address(one), _field(one)) for one in page.object_list]
        return self.page("rule", one=figures, page_of=page, lines=lines, trail=[(HOME[0], reverse(HOME[1]))])


def _finding_cells(one: Finding) -> tuple:
    reason = one.acknowledgement.reason if one.acknowledgement else ""
    return (
        one.rule, one.severity, one.patient.site.code if one.patient.site else "", one.patient.registry_id, one.entity,
        one.record_id, one.column, one.message, one.since.date().isoformat(), "yes" if one.acknowledged else "no",
        reason,
    )  # fmt: skip


def _address(one: Finding) -> str:
    if one.entity in ("", "patient") or one.record_id is None:
        return reverse("patient", args=[one.patient.registry_id])
    return reverse("record-detail", args=[one.patient.registry_id, one.entity, one.record_id])


def _field(one: Finding) -> str:
    if one.entity not in dictionary():
        return "Chart"
    spec = dictionary()[one.entity]
    item = spec.by_name.get(one.column)
    return f"{spec.entity.label}: {item.item.label}" if item else spec.entity.label


class Completeness(QualityView):
    """The share of answered questions, by entity or - with `?entity=` - by field, and by site."""

    def get(self, request: HttpRequest) -> HttpResponse:
        entity = request.GET.get("entity", "")
        if entity and (entity not in dictionary() or dictionary()[entity].entity.reference):
            raise Http404("There is no such kind of record.")
        sites, rows, day = quality.completeness(self.scope, entity)
        if self.as_csv:
            head = ("entity", "item", "site", "answered", "asked")
            cells = [
                (entity or row.key, row.key if entity else "", site.code, share.answered, share.asked)
                for row in rows
                for site, share in zip(sites, row.shares, strict=True)
                if share is not None
            ]
            return csv_download("completeness.csv", head, cells)
        trail = [(HOME[0], reverse(HOME[1]))] + ([("Completeness", reverse("quality-completeness"))] if entity else [])
        spec = dictionary()[entity] if entity else None
        return self.page("completeness", sites=sites, rows=rows, day=day, spec=spec, trail=trail)


class FollowUp(QualityView):
    """Person-time observed of the one expected, and who is overdue."""

    def get(self, request: HttpRequest) -> HttpResponse:
        today, site = timezone.localdate(), whole_number(request.GET.get("site"))
        states = (DUE, OVERDUE) if request.GET.get("state") == "due" else (OVERDUE,)
        items = due_items(states=states, site=site)
        if self.as_csv:
            head = ("site", "registry_id", "what", "opens_on", "due_on", "closes_on", "state", "days_left")
            return csv_download("overdue.csv", head, [_due_cells(one, today) for one in items])
        page = self.paged(items)
        sites = quality.of_sites(Site.objects.filter(voided=False), self.scope, "pk").order_by("code")
        return self.page(
            "follow_up",
            figures=quality.follow_up(self.scope),
            page_of=page,
            lines=[(one, (one.closes_on - today).days) for one in page.object_list],
            sites=list(sites),
            site=site,
            state=request.GET.get("state", ""),
            trail=[(HOME[0], reverse(HOME[1]))],
        )


def _due_cells(one: DueItem, today: Any) -> tuple:
    code = one.patient.site.code if one.patient.site else ""
    return (code, one.patient.registry_id, one.label, one.opens_on, one.due_on, one.closes_on, one.state,
            (one.closes_on - today).days)  # fmt: skip
