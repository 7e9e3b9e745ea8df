"""Keeping in touch: attempts in vain, patients lost to follow-up, consent of those who came of age."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.utils import timezone

from registry.access import current_scope
from registry.acknowledging import may_enter
from registry.dictionary.cells import Answer
from registry.memory import acting
from registry.models import Consent, ContactAttempt, FollowUpState, Patient
from registry.schedule import TO_DECLARE
from registry.services import Saved, save_record
from registry.status import refresh

UNKNOWN = Answer(missing="UNK")


def note_attempt(
    patient: Patient, on: date, how: str, *, text: str = "", now: datetime | None = None
) -> ContactAttempt:
    """Remember that somebody tried to reach the patient or the family, in vain."""
    scope, now = current_scope(), now or timezone.now()
    may_enter(patient.pk)
    if on > now.date():
        raise ValidationError({"on": "An attempt lies in the past."})
    if not how.strip():
        raise ValidationError({"how": "Say how contact was tried."})
    with acting(scope, "attempt to reach the patient"):
        made = ContactAttempt.objects.create(
            patient=patient, on=on, how=how.strip()[:40], text=text.strip()[:500], at=now, actor=scope.actor
        )
        refresh([patient.pk], today=now.date(), now=now)
    return made


def declare_lost(patient: Patient, *, reason: str, now: datetime | None = None) -> Saved:
    """Enter the contact that says LTFU: more than 24 months of silence, two attempts in vain."""
    now = now or timezone.now()
    if not FollowUpState.objects.filter(patient=patient, contact=TO_DECLARE).exists():
        raise ValidationError("A patient is lost after 24 months without contact and two attempts to reach them.")
    answers = {
        "contact_date": Answer(now.date(), precision="D"),
        "contact_kind": Answer("RECORDS"),
        "vital_status": Answer("LTFU"),
        "disease_status": UNKNOWN,
        "new_therapy_since_last": UNKNOWN,
    }
    return save_record("follow_up", patient=patient, answers=answers, reason=_said(reason), now=now)


def start_reconsent(patient: Patient, *, reason: str, now: datetime | None = None) -> Saved:
    """Enter the consent that waits for the patient who came of age: PENDING_RECONSENT, from today."""
    now = now or timezone.now()
    pending = Consent.objects.filter(patient=patient, kind="REGISTRY_AGE_OF_MAJORITY", voided=False)
    if pending.exists():
        raise ValidationError("The patient's own consent is on file or asked for already.")
    answers = {
        "kind": Answer("REGISTRY_AGE_OF_MAJORITY"),
        "status": Answer("PENDING_RECONSENT"),
        "effective_date": Answer(now.date()),
    }
    return save_record("consent", patient=patient, answers=answers, reason=_said(reason), now=now)


def _said(reason: str) -> str:
    if not reason.strip():
        raise ValidationError({"reason": "Say why."})
    return reason
