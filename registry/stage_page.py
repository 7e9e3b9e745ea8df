"""The screen on which rows are verified, locked or unlocked: one row, several of a list, or whole charts.

`?row=relapse:12` names a row and may be repeated, `?chart=C19-...` every row of a patient. What will change and what
stays as it is, and why, is shown before the reason is asked for.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from registry import stages
from registry.access import current_scope
from registry.asking import sent_once, whole_number
from registry.entities import dictionary, model_of
from registry.form_fields import ReasonField
from registry.models import Patient, Record, Status
from registry.places import Place, Role, patient_url, place_of_patient, raise_denied
from registry.services import RecordLocked
from registry.shown import row_title, with_links
from registry.submissions import new_token

#: Step -> (permission, button, what was done, statuses it changes).
STEPS = {
    "verify": ("verify", "Verify", "verified", (Status.COMPLETE,)),
    "lock": ("lock", "Lock", "locked", (Status.COMPLETE, Status.VERIFIED)),
    "unlock": ("lock", "Unlock", "unlocked", (Status.LOCKED,)),
}
MOST_ROWS = 200
WHY = ReasonField(error_messages={"required": "Say why the status changes."})
WHY_VERIFIED = ReasonField(required=False)


@dataclass(frozen=True)
class Chosen:
    """One row that was chosen; `stays` says why the step leaves it as it is."""

    place: Place
    record: Record
    title: str
    url: str
    stays: str


def chosen_rows(step: str, named: Iterable[str]) -> list[Chosen]:
    """The rows that `entity:id` names, one query per entity; missing, voided and elsewhere are the same 404."""
    ids: dict[str, list[int]] = {}
    for one in dict.fromkeys(named):
        slug, _colon, pk = one.partition(":")
        if slug not in dictionary() or dictionary()[slug].entity.reference:
            raise Http404("There is no such record.")
        ids.setdefault(slug, []).append(whole_number(pk) or 0)
    places: dict[str, Place] = {}
    return [one for slug, pks in ids.items() for one in _chosen_of(step, slug, pks, places)]


def _chosen_of(step: str, slug: str, pks: list[int], places: dict[str, Place]) -> list[Chosen]:
    spec = dictionary()[slug]
    rows = with_links(spec, model_of(slug).objects.filter(voided=False, pk__in=pks))
    found = {row.pk: row for row in (rows.select_related("patient") if spec.of_patient else rows)}
    if set(pks) - found.keys():
        raise Http404("There is no such record.")
    return [_chosen(step, found[pk], places) for pk in pks]


def _chosen(step: str, record: Record, places: dict[str, Place]) -> Chosen:
    patient = record if isinstance(record, Patient) else record.patient
    if patient.registry_id not in places:
        places[patient.registry_id] = place_of_patient(patient.registry_id)
    own = places[patient.registry_id]
    if STEPS[step][0] not in own.may:
        raise_denied(STEPS[step][0])
    if isinstance(record, Patient):
        return Chosen(own, record, patient.registry_id, own.url(Role.DETAIL), stays(step, record))
    place = Place(dictionary()[record.entity.slug], own.patient, own.may)
    return Chosen(place, record, row_title(place.spec, record), place.url(Role.DETAIL, record), stays(step, record))


def stays(step: str, record: Record) -> str:
    """Why this step would leave the row as it is; empty when it changes it."""
    if record.record_status not in STEPS[step][3]:
        return f"it is {record.get_record_status_display().lower()}"
    if step == "verify" and current_scope().actor in (record.created_by, record.modified_by):
        return "you entered or changed it yourself"
    return ""


def steps_for(place: Place, record: Record) -> list[tuple[str, str]]:
    """(words, address) of the steps that the actor can take with this row now."""
    if record.voided:
        return []
    return [
        (words, f"{reverse('stage', args=[step])}?row={place.spec.slug}:{record.pk}")
        for step, (permission, words, _done, _before) in STEPS.items()
        if permission in place.may and not stays(step, record)
    ]


def chart_steps(place: Place, statuses: Iterable[str]) -> list[tuple[str, str]]:
    """(words, address) of what can be done with a patient whose rows stand like this."""
    if place.patient.voided:
        return []
    own = [step for step in steps_for(place, place.patient) if step[0] == "Verify"]
    if "lock" not in place.may:
        return own
    chart = urlencode({"chart": place.patient.registry_id})
    held = {place.patient.record_status, *statuses}
    return own + [
        (f"{STEPS[step][1]} chart", f"{reverse('stage', args=[step])}?{chart}")
        for step in ("lock", "unlock")
        if held.intersection(STEPS[step][3])
    ]


def list_steps(may: frozenset[str]) -> list[tuple[str, str]]:
    """(words, address) of what can be done with rows chosen from a list."""
    return [
        (words, reverse("stage", args=[step]))
        for step, (permission, words, _done, _before) in STEPS.items()
        if permission in may
    ]


class StagePage(LoginRequiredMixin, View):
    """Show what changes, ask for the reason, change it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        self.step = kwargs["step"]
        if self.step not in STEPS:
            raise Http404("There is no such step.")
        self.read(request.POST if request.method == "POST" else request.GET)
        return super().dispatch(request, *args, **kwargs)

    def read(self, asked: Any) -> None:
        names, charts = asked.getlist("row")[:MOST_ROWS], asked.getlist("chart")[:MOST_ROWS]
        permission = STEPS[self.step][0]
        self.charts = [place_of_patient(registry_id) for registry_id in dict.fromkeys(charts)]
        if any(permission not in place.may for place in self.charts) or (self.charts and self.step == "verify"):
            raise_denied(permission)
        self.rows = chosen_rows(self.step, names)
        self.turning = [one for one in self.rows if not one.stays]
        if not current_scope().can(permission):  # nothing was named: the page itself is closed, too
            raise_denied(permission)

    def get(self, request: HttpRequest, step: str) -> HttpResponse:
        return self.ask()

    def ask(self, fault: str = "", status: int = 200) -> HttpResponse:
        _permission, words, done, _before = STEPS[self.step]
        context = {
            "step": self.step,
            "words": words,
            "done": done,
            "rows": self.rows,
            "turning": len(self.turning),
            "charts": [place.patient for place in self.charts],
            "fault": fault,
            "reason": self.request.POST.get("reason", ""),
            "token": self.request.POST.get("token") or new_token(),
            "back": self.back(),
            "trail": [("Patients", reverse("patient-list"))],
        }
        return render(self.request, "desk/stage.html", context, status=status)

    def back(self) -> str:
        if self.charts:
            return patient_url(self.charts[0].patient) if len(self.charts) == 1 else reverse("patient-list")
        if len(self.rows) == 1:
            return self.rows[0].url
        return self.rows[0].place.url(Role.LIST) if self.rows else reverse("patient-list")

    def post(self, request: HttpRequest, step: str) -> HttpResponse:
        try:
            reason = (WHY_VERIFIED if step == "verify" else WHY).clean(request.POST.get("reason"))
            address = sent_once(request, lambda: self.turn(reason))
        except (ValidationError, RecordLocked) as fault:
            return self.ask(" ".join(getattr(fault, "messages", [str(fault)])), status=422)
        return HttpResponseRedirect(address)

    def turn(self, reason: str) -> str:
        if not self.turning and not self.charts:
            raise ValidationError("Nothing of what is chosen can change.")
        with transaction.atomic():
            count, drafts = self.changed(reason)
        _permission, _words, done, _before = STEPS[self.step]
        told = f"{count} {'record' if count == 1 else 'records'} {done}."
        messages.success(self.request, told + (f" {drafts} left open: drafts." if drafts else ""))
        return self.back()

    def changed(self, reason: str) -> tuple[int, int]:
        if self.step == "verify":
            for one in self.turning:
                stages.verify_record(one.record, reason=reason or stages.VERIFIED)
            return len(self.turning), 0
        act = stages.lock_records if self.step == "lock" else stages.unlock_records
        done = [act(stages.of_patient(place.patient), reason=reason) for place in self.charts]
        if self.turning:
            done.append(act(stages.of_list([one.record for one in self.turning]), reason=reason))
        return sum(one.rows for one in done), sum(one.drafts for one in done)
