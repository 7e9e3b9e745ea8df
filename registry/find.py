"""Finding a patient: by registry id, day or month of an infusion, the site's own number, or the number in a trial.

Sent by POST, so that what is looked for stands in no address and in no log.
"""

from django.contrib.auth.mixins import LoginRequiredMixin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views import View

from registry.access import Scope, current_scope
from registry.date_box import date_box
from registry.dictionary.cells import CellError
from registry.dictionary.partial_date import PartialDate
from registry.models import CARTInfusion, Enrollment, Patient, Site, SubjectIdentity
from registry.overview import lines_of
from registry.places import patient_url, raise_denied
from registry.services import local_hash

LONGEST, MOST = 60, 50


class Find(LoginRequiredMixin, View):
    """One patient found: its page; several: a list of them."""

    def dispatch(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        if request.user.is_authenticated and not current_scope().can("read"):
            raise_denied("read")
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show("", [])

    def post(self, request: HttpRequest) -> HttpResponse:
        sought = request.POST.get("q", "").replace("\x00", "").strip()[:LONGEST]
        found = list(found_by(sought, current_scope())[: MOST + 1]) if sought else []
        return HttpResponseRedirect(patient_url(found[0])) if len(found) == 1 else self.show(sought, found)

    def show(self, sought: str, found: list[Patient]) -> HttpResponse:
        context = {
            "sought": sought,
            "lines": lines_of(found[:MOST], today=timezone.localdate()),
            "more": len(found) > MOST,
            "numbers": current_scope().can("identity"),
            "most": MOST,
        }
        return render(self.request, "desk/find.html", context)


def found_by(sought: str, scope: Scope) -> QuerySet[Patient]:
    """The reader's patients with this registry id, infusion date or number (numbers: for who may see them)."""
    conditions = Q(registry_id__icontains=sought)
    day = _date(sought)
    if day is not None:
        given = CARTInfusion.objects.filter(voided=False, infusion_date__range=(day.earliest, day.latest))
        conditions |= Q(pk__in=given.values("patient_id"))
    if scope.can("identity"):
        conditions |= Q(pk__in=_numbered(sought, scope))
    patients = Patient.objects.filter(conditions, voided=False, merged_into=None)
    return patients.select_related("site").order_by("registry_id")


def _date(text: str) -> PartialDate | None:
    try:
        return PartialDate.parse(date_box(None).written_out(text))
    except (CellError, ValueError):
        return None


def _numbered(number: str, scope: Scope) -> list[int]:
    """Patients with this number at one of the sites where the reader may see numbers, or in a trial there."""
    sites = Site.objects.filter(voided=False)
    mine = scope.sites("identity")
    if mine is not None:
        sites = sites.filter(pk__in=mine)
    hashes = [local_hash(code, number) for code in sites.values_list("code", flat=True)]
    held = SubjectIdentity.objects.filter(site_local_hash__in=hashes).values_list("patient_id", flat=True)
    rows = Enrollment.objects.filter(voided=False, subject_number=number)
    if mine is not None:
        rows = rows.filter(patient__care_sites__site__in=mine, patient__care_sites__until=None)
    return [*held, *rows.values_list("patient_id", flat=True)]
