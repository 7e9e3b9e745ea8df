"""Acknowledging a warning: somebody looked, says why it stands, and it blocks no longer - until a value changes."""

from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from registry.accepted import digest
from registry.access import current_scope
from registry.checks import engine
from registry.extract import cases
from registry.memory import acting
from registry.models import Acknowledgement, CareSite, Finding
from registry.status import refresh


def acknowledge(finding: Finding, *, reason: str, now: datetime | None = None) -> Acknowledgement:
    """Accept a warning as the chart has it, with a reason; the row it stands on may become complete."""
    scope, now = current_scope(), now or timezone.now()
    may_enter(finding.patient_id)
    if finding.severity != engine.WARNING:
        raise ValidationError("Only warnings are acknowledged: an error is mended, a flag needs nothing.")
    if not reason.strip():
        raise ValidationError({"reason": "Say why the warning stands."})
    case = next(iter(cases([finding.patient_id])))
    with acting(scope, reason):
        made = Acknowledgement.objects.create(
            patient_id=finding.patient_id, rule=finding.rule, entity=finding.entity, record_id=finding.record_id,
            column=finding.column, digest=digest(case, finding), message=finding.message,
            reason=reason.strip()[:500], at=now, actor=scope.actor,
        )  # fmt: skip
        refresh([finding.patient_id], today=now.date())
    return made


def withdraw(acknowledgement: Acknowledgement, *, reason: str, now: datetime | None = None) -> None:
    """Take an acknowledgement back; the warning is open again."""
    scope, now = current_scope(), now or timezone.now()
    may_enter(acknowledgement.patient_id)
    if not reason.strip():
        raise ValidationError({"reason": "Say why the acknowledgement is taken back."})
    with acting(scope, reason):
        acknowledgement.withdrawn_at = now
        acknowledgement.save()
        refresh([acknowledgement.patient_id], today=now.date())


def may_enter(patient_id: int) -> None:
    """The actor enters at a site that cares for the patient."""
    sites = CareSite.objects.filter(patient_id=patient_id).values_list("site_id", flat=True)
    if not any(current_scope().can("enter", site) for site in sites):
        raise PermissionDenied("You may not change records of this patient.")
