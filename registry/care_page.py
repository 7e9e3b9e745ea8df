"""Who cares for a patient and how contact stands: share, transfer, end; attempts, loss, own consent; duplicates."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views import View

from registry import duplicates, merging, moving, reaching
from registry.access import current_scope
from registry.asking import sent_once, whole_number
from registry.date_box import date_box
from registry.dictionary.cells import CellError
from registry.dictionary.partial_date import DAY, PartialDate
from registry.form_fields import ReasonField
from registry.models import CareSite, Consent, ContactAttempt, DueItem, FollowUpState, Patient, Site
from registry.places import Role, patient_url, place_of_patient, raise_denied
from registry.schedule import CONSENT, TO_DECLARE
from registry.services import RecordLocked
from registry.submissions import new_token

#: Step -> (permission, what was done).
STEPS = {
    "share": ("move", "Care is shared."),
    "end": ("move", "Care has ended there."),
    "transfer": ("move", "The patient is transferred."),
    "merge": ("move", "The two are one patient now."),
    "unmerge": ("move", "The two are apart again."),
    "attempt": ("enter", "Attempt noted."),
    "lost": ("enter", "The patient is entered as lost to follow-up."),
    "consent": ("enter", "The patient's own consent is asked for."),
}
CONTACT = {
    "KEPT": "Contact is kept",
    "OVERDUE": "No contact for more than 15 months",
    "TO_DECLARE": "To be declared lost: 24 months of silence and two attempts in vain",
    "LOST": "Declared lost to follow-up",
    "ENDED": "Follow-up has ended",
    "NONE": "No follow-up yet",
}
WORDS = ReasonField(required=False)


class CarePage(LoginRequiredMixin, View):
    """The page, and the steps taken on it."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        self.place = place_of_patient(kwargs["registry_id"])
        self.place.require(Role.DETAIL)
        self.patient = self.place.patient
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, registry_id: str) -> HttpResponse:
        return self.show()

    def show(self, step: str = "", fault: str = "", status: int = 200) -> HttpResponse:
        patient, scope = self.patient, current_scope()
        care = CareSite.objects.filter(patient=patient).select_related("site").order_by("since", "pk")
        moves = scope.can("move", patient.site_id) and not patient.voided
        enters = "enter" in self.place.may and not patient.voided
        state = FollowUpState.objects.filter(patient=patient).first()
        context = {
            "place": self.place,
            "patient": patient,
            "care": [(one, one.site_id != patient.site_id and scope.can("move", one.site_id) or moves) for one in care],
            "others": Site.objects.filter(voided=False).exclude(pk__in=[one.site_id for one in care]).order_by("code"),
            "targets": Site.objects.filter(voided=False).exclude(pk=patient.site_id).order_by("code"),
            "moves": moves,
            "enters": enters,
            "state": CONTACT.get(state.contact, "") if state else CONTACT["NONE"],
            "last_contact": state.last_contact if state else None,
            "attempts": ContactAttempt.objects.filter(patient=patient).order_by("-on", "-pk"),
            "may_declare": enters and state is not None and state.contact == TO_DECLARE,
            "may_ask": enters and self.of_age(),
            "alike": duplicates.suspected([patient.pk]),
            "merges": patient.merges.filter(undone_at=None).select_related("other"),
            "given": self.request.POST if fault else {},
            "step": step,
            "fault": fault,
            "token": new_token(),
            "trail": self.place.trail(),
        }
        return render(self.request, "desk/care.html", context, status=status)

    def of_age(self) -> bool:
        """Whether the patient's own consent is due and neither on file nor asked for."""
        held = Consent.objects.filter(patient=self.patient, kind="REGISTRY_AGE_OF_MAJORITY", voided=False)
        return DueItem.objects.filter(patient=self.patient, kind=CONSENT).exists() and not held.exists()

    def post(self, request: HttpRequest, registry_id: str) -> HttpResponse:
        step = request.POST.get("do", "")
        if step not in STEPS:
            return self.show(fault="Choose what to do.", status=422)
        permission, done = STEPS[step]
        if permission == "enter" and "enter" not in self.place.may:
            raise_denied("enter")
        if permission == "move" and not current_scope().can("move"):
            raise_denied("move")
        try:
            address = sent_once(request, lambda: self.taken(step, done))
        except (ValidationError, RecordLocked, CellError) as fault:
            return self.show(step, " ".join(getattr(fault, "messages", [str(fault)])), status=422)
        return HttpResponseRedirect(address)

    def taken(self, step: str, done: str) -> str:
        getattr(self, f"do_{step}")(WORDS.clean(self.request.POST.get("reason")))
        messages.success(self.request, done)
        if not Patient.objects.filter(pk=self.patient.pk).exists():  # the last site of the reader gave the chart away
            return reverse("patient-list")
        return f"{patient_url(self.patient)}care"

    def do_share(self, reason: str) -> None:
        moving.share_care(self.patient, self.site(), reason=reason)

    def do_end(self, reason: str) -> None:
        moving.end_care(self.patient, self.site(), reason=reason)

    def do_transfer(self, reason: str) -> None:
        number = WORDS.clean(self.request.POST.get("number"))[:60]
        moving.transfer(self.patient, self.site(), reason=reason, local_id=number)

    def do_merge(self, reason: str) -> None:
        named = self.request.POST.get("other", "").replace("\x00", "").strip().upper()[:20]
        other = Patient.objects.filter(registry_id=named, voided=False).select_related("site", "identity").first()
        if other is None:
            raise ValidationError("There is no patient with this registry id at your sites.")
        merging.merge(self.patient, other, reason=reason)

    def do_unmerge(self, reason: str) -> None:
        merged = self.patient.merges.filter(pk=whole_number(self.request.POST.get("merged")) or 0).first()
        if merged is None:
            raise ValidationError("There is no such merging.")
        merging.unmerge(merged, reason=reason)

    def do_attempt(self, reason: str) -> None:
        how = WORDS.clean(self.request.POST.get("how"))
        reaching.note_attempt(self.patient, self.day(), how, text=reason)

    def do_lost(self, reason: str) -> None:
        reaching.declare_lost(self.patient, reason=reason)

    def do_consent(self, reason: str) -> None:
        reaching.start_reconsent(self.patient, reason=reason)

    def site(self) -> Site:
        site = Site.objects.filter(voided=False, pk=whole_number(self.request.POST.get("site")) or 0).first()
        if site is None:
            raise ValidationError("Choose the site.")
        return site

    def day(self) -> date:
        """The day of an attempt, typed like every other date."""
        typed = self.request.POST.get("on", "")[:100]
        try:
            day = PartialDate.parse(date_box(self.patient).written_out(typed))
        except ValueError as fault:
            raise ValidationError(f"Say on which day: {fault}.") from None
        if day.precision != DAY:
            raise ValidationError("Say on which day contact was tried.")
        return day.value
