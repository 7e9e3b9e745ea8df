"""The screen on which a warning is acknowledged: it stands in the chart, and somebody says why."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views import View

from registry.access import current_scope
from registry.acknowledging import acknowledge
from registry.entities import dictionary
from registry.form_fields import ReasonField
from registry.models import Finding
from registry.places import Place, Role, place_of_patient
from registry.submissions import SentBefore, new_token, once

WHY = ReasonField(error_messages={"required": "Say why the warning stands."})


class Acknowledge(LoginRequiredMixin, View):
    """Ask for the reason, then acknowledge; a warning that is gone meanwhile is a 404."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        self.place = place_of_patient(kwargs["registry_id"])
        self.place.require(Role.UPDATE)
        warnings = Finding.objects.filter(patient=self.place.patient, severity="WARNING", acknowledged=False)
        self.finding = get_object_or_404(warnings, pk=kwargs["pk"]) if request.method == "GET" else None
        self.warnings = warnings
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, registry_id: str, pk: int) -> HttpResponse:
        return self.ask(self.finding)

    def post(self, request: HttpRequest, registry_id: str, pk: int) -> HttpResponse:
        try:
            reason = WHY.clean(request.POST.get("reason"))
            address = once(
                request.POST,
                actor=current_scope().actor,
                now=timezone.now(),
                act=lambda: self.accept(get_object_or_404(self.warnings, pk=pk), reason),
            )
        except SentBefore as before:
            address = before.answer_url
        except ValidationError as fault:
            return self.ask(get_object_or_404(self.warnings, pk=pk), " ".join(fault.messages), status=422)
        return HttpResponseRedirect(address)

    def accept(self, finding: Finding, reason: str) -> str:
        acknowledge(finding, reason=reason)
        messages.success(self.request, f"Warning {finding.rule} acknowledged.")
        return self.back(finding)

    def back(self, finding: Finding) -> str:
        """The record the warning stands on, else the patient."""
        if finding.entity in ("", "patient") or finding.record_id is None:
            return self.place.url(Role.DETAIL)
        there = Place(dictionary()[finding.entity], self.place.patient, self.place.may)
        kwargs = {"registry_id": self.place.patient.registry_id, "entity": there.spec.slug, "pk": finding.record_id}
        return reverse("record-detail", kwargs=kwargs)

    def ask(self, finding: Finding, fault: str = "", status: int = 200) -> HttpResponse:
        context = {
            "place": self.place,
            "one": finding,
            "fault": fault,
            "reason": self.request.POST.get("reason", ""),
            "token": self.request.POST.get("token") or new_token(),
            "trail": self.place.trail(),
            "back": self.back(finding),
        }
        return render(self.request, "entity/acknowledge.html", context, status=status)
