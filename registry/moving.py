"""Patients who move: shared care, the end of care, transfer to another enrolling site.

Whoever moves a patient holds the right `move` at the site that enrolls the patient: that site opens its chart.
"""

from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from registry.access import current_scope
from registry.memory import acting
from registry.models import CareSite, Patient, Site, Status
from registry.services import RecordLocked, local_hash
from registry.status import hold, refresh


def share_care(patient: Patient, site: Site, *, reason: str, now: datetime | None = None) -> CareSite:
    """Let another site see and enter the chart from now on."""
    require_move(patient)
    if CareSite.objects.filter(patient=patient, site=site).exists():
        raise ValidationError(f"{site} cares for this patient already.")
    with acting(current_scope(), said(reason)):
        return open_care(patient.pk, site.pk, now or timezone.now())


def end_care(patient: Patient, site: Site, *, reason: str, now: datetime | None = None) -> CareSite:
    """Close the chart to a site that cares for the patient no longer; what it entered stays."""
    scope = current_scope()
    if not scope.can("move", site.pk):
        require_move(patient)
    if site.pk == patient.site_id:
        raise ValidationError(f"{site} enrolls this patient. Transfer the patient first.")
    held = CareSite.objects.filter(patient=patient, site=site).first()
    if held is None:
        raise ValidationError(f"{site} does not care for this patient.")
    with acting(scope, said(reason)):
        held.until = now or timezone.now()
        held.save()
    return held


def transfer(patient: Patient, site: Site, *, reason: str, local_id: str = "", now: datetime | None = None) -> Patient:
    """Make another site the enrolling one. The old site keeps its view until its care is ended.

    `local_id` is the patient's number at the new site; without it files of the new site name the registry id.
    """
    require_move(patient)
    now = now or timezone.now()
    if site.pk == patient.site_id:
        raise ValidationError(f"{site} enrolls this patient already.")
    if patient.record_status == Status.LOCKED:
        raise RecordLocked("This patient is locked. Ask a data manager to unlock it.")
    with acting(current_scope(), said(reason)) as scope:
        hold([patient.pk])
        patient.site, patient.modified_at, patient.modified_by = site, now, scope.actor
        patient.save()
        if local_id:
            identity = patient.identity
            identity.site, identity.site_local_hash = site, local_hash(site.code, local_id)
            identity.modified_at, identity.modified_by = now, scope.actor
            identity.save()
        open_care(patient.pk, site.pk, now)
        refresh([patient.pk], today=now.date(), now=now)
    return patient


def open_care(patient: int, site: int, now: datetime) -> CareSite:
    """Care from now on, taken up again where it had ended."""
    held = CareSite._base_manager.filter(patient_id=patient, site_id=site).first()
    if held is None:
        return CareSite.objects.create(patient_id=patient, site_id=site, since=now)
    if held.until is not None:
        held.until = None
        held.save()
    return held


def require_move(patient: Patient) -> None:
    if not current_scope().can("move", patient.site_id):
        raise PermissionDenied("You may not move patients of this site.")


def said(reason: str) -> str:
    """The reason, which has to be there."""
    if not reason.strip():
        raise ValidationError({"reason": "Say why."})
    return reason.strip()[:500]
