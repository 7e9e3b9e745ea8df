"""The desk: home, and the page of one patient."""

from collections import Counter
from datetime import datetime
from heapq import nlargest
from typing import Any

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import Count, Max, QuerySet, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views import View

from registry.access import current_scope
from registry.asking import ask_url
from registry.chain import LINKED, chain_of
from registry.entities import dictionary, model_of
from registry.matrix import matrix_of
from registry.models import Change, Patient, Status
from registry.overview import is_pressing, lines_of, pressing
from registry.places import Place, Role, place_of_patient
from registry.stage_page import chart_steps
from registry.strip import strip_of
from registry.threads import active_of
from registry.timeline import chart_of
from registry.waiting import waiting

MOST_DRAFTS = 8
MOST_RECENT = 8
#: How far back into everybody's changes the patients worked on last are looked for.
LOOKED_BACK, MOST_CHANGES = 20_000, 300


class Home(LoginRequiredMixin, View):
    """What waits for the reader: counts, drafts, open findings, the patients last worked on."""

    def get(self, request: HttpRequest) -> HttpResponse:
        scope = current_scope()
        if not scope.can("read"):
            return render(request, "desk/home.html", {"reads": False})
        draft_count, drafts = _drafts()
        own, recent = _recent(scope.actor)
        context = {
            "reads": True,
            "patients": Patient.objects.filter(voided=False, merged_into=None).count(),
            "drafts": drafts,
            "draft_count": draft_count,
            "findings": _finding_counts(),
            "rules": _rules(),
            "today": waiting(scope, request.user, now=timezone.now(), today=timezone.localdate()),
            "recent": lines_of(recent, today=timezone.localdate()),
            "recent_words": "Patients worked on last" if own else "Patients entered last",
        }
        return render(request, "desk/home.html", context)


def _draft_rows(slug: str) -> QuerySet:
    owner = "pk" if slug == "patient" else "patient_id"
    rows = model_of(slug).objects.filter(record_status=Status.DRAFT, voided=False).order_by()
    return rows.values_list("modified_at", Value(slug), "pk", owner, "modified_by")


def _drafts() -> tuple[int, list[dict[str, Any]]]:
    """How many drafts there are, and those changed last: one query over every entity."""
    first, *others = [_draft_rows(spec.slug) for spec in dictionary() if not spec.entity.reference]
    rows = list(first.union(*others, all=True))
    newest = nlargest(MOST_DRAFTS, rows)
    patients = Patient.objects.in_bulk([owner for _at, _slug, _pk, owner, _by in newest])
    return len(rows), [_draft(at, slug, pk, patients[owner], by) for at, slug, pk, owner, by in newest]


def _draft(at: datetime, slug: str, pk: int, patient: Patient, by: str) -> dict[str, Any]:
    spec = dictionary()[slug]
    address = Place(spec, patient, frozenset()).url(Role.DETAIL, model_of(slug)(pk=pk))
    return {"label": spec.entity.label, "patient": patient.registry_id, "url": address, "at": at, "by": by}


def _finding_counts() -> Counter:
    rows = pressing().values_list("severity").annotate(Count("pk"))
    return Counter({severity: count for severity, count in rows})


def _rules() -> list[dict[str, Any]]:
    """The rules with most hits."""
    return list(pressing().values("rule", "severity").annotate(n=Count("pk")).order_by("severity", "-n", "rule")[:6])


def _recent(actor: str) -> tuple[bool, list[Patient]]:
    """The patients this person changed last; for who changed none, those that anybody entered last (False)."""
    newest = Change.objects.aggregate(newest=Max("pk"))["newest"] or 0
    changed = Change.objects.filter(pk__gt=newest - LOOKED_BACK, actor=actor, patient_id__isnull=False)
    seen = dict.fromkeys(changed.order_by("-pk").values_list("patient_id", flat=True)[:MOST_CHANGES])
    patients = Patient.objects.filter(voided=False).select_related("site")
    if not seen:
        return False, list(patients.order_by("-created_at", "-pk")[:MOST_RECENT])
    order = {pk: place for place, pk in enumerate(list(seen)[: MOST_RECENT * 2])}
    found = sorted(patients.filter(pk__in=order), key=lambda patient: order[patient.pk])
    return True, found[:MOST_RECENT]


class PatientPage(LoginRequiredMixin, View):
    """One patient: who, where in the chain of events, what is open, what can be added."""

    def get(self, request: HttpRequest, registry_id: str) -> HttpResponse:
        place = place_of_patient(registry_id)
        place.require(Role.DETAIL)
        chart = chart_of(place, today=timezone.localdate())
        queries = active_of(place.patient)
        context = {
            "place": place,
            "patient": place.patient,
            "spec": place.spec,
            "chart": chart,
            "strip": strip_of(chart.events, chart.index),
            "links": chain_of([*chart.events, *chart.undated]),
            "chained": [dictionary()[slug].entity.label for slug in LINKED],
            "pressing": [one for one in chart.findings if is_pressing(one)],
            "queries": queries,
            "matrix": matrix_of(chart, queries),
            "steps": chart_steps(place, [one.record.record_status for one in chart.events]),
            "ask": ask_url(place, place.patient),
            "care_at": reverse("care", args=[registry_id]),
            "trail": place.trail()[:1],
            "actions": {
                role.key: place.url(role, place.patient)
                for role in (Role.UPDATE, Role.VOID, Role.HISTORY)
                if place.allows(role)
            },
            "may_enter": "enter" in place.may,
        }
        return render(request, "desk/patient.html", context)
