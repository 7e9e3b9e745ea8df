"""The one door in: every change of a record, whoever asks, passes here (bulk imports have their own hall beside it).

Each service reads the actor from the scope in force, writes in one transaction under `acting`, runs the checks on the
patient afterwards and keeps status and findings in step. Errors: PermissionDenied, StaleVersion, RecordLocked,
django's ValidationError (structure), AnonymousWrite.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError
from django.utils import timezone

from registry.access import current_scope
from registry.dictionary import registry_id
from registry.dictionary.cells import BLANK, Answer
from registry.dictionary.compiled import EntitySpec
from registry.dictionary.items import Kind
from registry.entities import dictionary, model_of
from registry.history import was_complete
from registry.memory import acting
from registry.models import CareSite, Finding, Patient, Record, StaleVersion, Status, SubjectIdentity
from registry.status import hold, refresh, settle_reference

#: The reason written before a record was ever complete (issue: reason for change from the first COMPLETE on).
ENTRY = "entry"


class RecordLocked(RuntimeError):
    """The record is locked; a data manager has to unlock it first."""


@dataclass(frozen=True)
class Saved:
    """What a save left behind: the record as stored and the findings on it."""

    record: Record
    findings: tuple[Finding, ...]


def local_hash(site_code: str, local_id: str) -> str:
    """Keyed hash of a site's own patient number; the key lies outside the database (data dictionary 1.5)."""
    return hmac.new(settings.FIELD_KEY.encode(), f"{site_code}\x1f{local_id}".encode(), hashlib.sha256).hexdigest()


def register_patient(
    answers: Mapping[str, Answer], *, reason: str = ENTRY, local_id: str = "", now: datetime | None = None
) -> Saved:
    """Enter a new patient at a site of the actor; the registry id is drawn at random and never reused."""
    scope = current_scope()
    site = answers.get("site", BLANK).value
    if site is None:
        raise ValidationError({"site": "Say which site enrolls the patient."})
    scope.require("enter", site)
    now = now or timezone.now()
    with acting(scope, reason):
        patient = Patient(registry_id=new_registry_ids(1)[0], **_stamps(scope.actor, now))
        patient.identity = SubjectIdentity(**_stamps(scope.actor, now))
        _fill(patient, answers)
        _write(patient)
        identity = patient.identity
        identity.patient, identity.site_id = patient, site
        identity.site_local_hash = local_hash(patient.site.code, local_id) if local_id else ""
        identity.record_status = Status.COMPLETE
        _write(identity)
        CareSite.objects.create(patient=patient, site_id=site, since=now)
        refresh([patient.pk], today=now.date())
    return _saved(patient)


def new_registry_ids(count: int) -> list[str]:
    """Registry ids that no patient has, at any site."""
    made: set[str] = set()
    while len(made) < count:
        drawn = {registry_id.make() for _ in range(count - len(made))}
        made |= drawn - set(Patient._base_manager.filter(registry_id__in=drawn).values_list("registry_id", flat=True))
    return list(made)


def save_record(
    slug: str,
    *,
    patient: Patient | None = None,
    record: Record | None = None,
    answers: Mapping[str, Answer],
    parents: Mapping[str, int | None] | None = None,
    reason: str = "",
    version: int | None = None,
    now: datetime | None = None,
) -> Saved:
    """Create a record (record=None) or change one; `version` is the one the editor saw."""
    scope, spec = current_scope(), dictionary()[slug]
    now = now or timezone.now()
    _may_enter(spec, patient if patient is not None else record)
    creating = record is None
    if creating:
        owner = {"patient": patient} if spec.of_patient else {}
        record = model_of(slug)(**owner, **_stamps(scope.actor, now))
    else:
        if record.record_status == Status.LOCKED:
            raise RecordLocked("This record is locked. Ask a data manager to unlock it.")
        if version is not None and version != record.version:
            raise StaleVersion("Somebody else changed this record in the meantime. Nothing was overwritten.")
    if not creating and not reason.strip() and needs_reason(record):
        raise ValidationError({"reason": "Say why the record is changed: it has been complete before."})
    with acting(scope, reason or ENTRY):
        hold([record.pk if isinstance(record, Patient) else record.patient_id] if not spec.entity.reference else [])
        _fill(record, answers)
        _hang(record, spec, parents or {})
        record.modified_at, record.modified_by = now, scope.actor
        if record.record_status == Status.VERIFIED:
            record.record_status = Status.COMPLETE
        _may_name_site(spec, record)
        _write(record)
        if isinstance(record, Patient):
            record.identity.modified_at, record.identity.modified_by = now, scope.actor
            _write(record.identity)
        _care_at(spec, record, now)
        _settle(spec, record, now.date())
    return _saved(record)


def needs_reason(record: Record) -> bool:
    """Whether a change of the record has to be explained: it is complete, or has been so once."""
    if record.pk is None:
        return False
    return record.record_status != Status.DRAFT or was_complete(record)


def void_record(record: Record, *, reason: str, now: datetime | None = None) -> Record:
    """Take a record out of every list, check and analysis, with a reason; it stays readable in the history."""
    scope, spec = current_scope(), dictionary()[record.entity.slug]
    if not reason.strip():
        raise ValidationError({"reason": "Say why the record is voided."})
    _may_enter(spec, record, permission="void")
    if record.record_status == Status.LOCKED:
        raise RecordLocked("This record is locked. Ask a data manager to unlock it.")
    held = dependents(record)
    if held:
        raise ValidationError(f"Void first what hangs on this record: {', '.join(held)}.")
    now = now or timezone.now()
    with acting(scope, reason):
        hold([record.patient_id] if spec.of_patient else [])
        record.voided, record.void_reason = True, reason.strip()[:500]
        record.modified_at, record.modified_by = now, scope.actor
        record.save()
        if spec.of_patient:
            refresh([record.patient_id], today=now.date())
    return record


def dependents(record: Record) -> list[str]:
    """Labels of the rows that hang on this record and are not voided."""
    found = []
    for relation in record._meta.related_objects:
        model = relation.related_model
        if not issubclass(model, Record) or model is SubjectIdentity:
            continue
        count = model._base_manager.filter(voided=False, **{relation.field.name: record.pk}).count()
        if count:
            found.append(f"{count} {model.entity.plural.lower() if count > 1 else model.entity.label.lower()}")
    return found


def _stamps(actor: str, now: datetime) -> dict:
    return {"created_at": now, "created_by": actor, "modified_at": now, "modified_by": actor}


def _may_enter(spec: EntitySpec, row: Record | None, *, permission: str = "enter") -> None:
    """The actor needs the permission at a site that cares for the patient; reference rows need their own."""
    scope = current_scope()
    if spec.entity.reference:
        scope.require("reference")
        return
    patient = row if isinstance(row, Patient) else getattr(row, "patient", None)
    if patient is None:
        raise ValidationError("A clinical record belongs to a patient.")
    sites = CareSite.objects.filter(patient=patient).values_list("site_id", flat=True)
    if not any(scope.can(permission, site) for site in sites):
        raise PermissionDenied("You may not change records of this patient.")


def _may_name_site(spec: EntitySpec, record: Record) -> None:
    """A record may not name a site outside the actor's own, unless the patient is already cared for there."""
    site = getattr(record, "site_id", None)
    if spec.entity.reference or site is None or current_scope().can("enter", site):
        return
    if record.pk and type(record)._base_manager.filter(pk=record.pk, site_id=site).exists():
        return
    raise PermissionDenied("You may not name that site.")


def _fill(record: Record, answers: Mapping[str, Answer]) -> None:
    for name, answer in answers.items():
        record.put(name, answer)


def _hang(record: Record, spec: EntitySpec, parents: Mapping[str, int | None]) -> None:
    """Hang the record on its parents; a parent of another patient does not exist here."""
    for column, slug in spec.parents:
        if column in parents:
            _same_patient(record, column, slug, parents[column])
            setattr(record, f"{column}_id", parents[column])
    for item in spec.items:
        if item.kind is Kind.REFERENCE and item.target not in ("site", "protocol", "product"):
            _same_patient(record, item.name, item.target, getattr(record, f"{item.name}_id"))


def _same_patient(record: Record, column: str, slug: str, parent: int | None) -> None:
    if parent is None:
        return
    if not model_of(slug).objects.filter(pk=parent, patient_id=record.patient_id, voided=False).exists():
        raise ValidationError({column: "Choose one of this patient's records."})


def _write(record: Record) -> None:
    """Structure first, then the row; a clash with a row the actor cannot see is told without naming it."""
    foreign_keys = {field.name for field in record._meta.fields if field.is_relation}
    record.full_clean(exclude=foreign_keys, validate_unique=False)
    try:
        record.save()
    except IntegrityError as clash:
        if "anonymous" in str(clash) or "append-only" in str(clash):
            raise
        raise ValidationError(
            "This is already in use: the same record exists. Look for it, or ask a data manager."
        ) from None


def _care_at(spec: EntitySpec, record: Record, now: datetime) -> None:
    """A treatment at another site makes that site see the patient."""
    if spec.of_patient and getattr(record, "site_id", None):
        held = CareSite._base_manager.filter(patient_id=record.patient_id, site_id=record.site_id).first()
        if held is None:
            CareSite.objects.create(patient_id=record.patient_id, site_id=record.site_id, since=now)
        elif held.until is not None and record.version == 1:  # treated there again
            held.until = None
            held.save()


def _settle(spec: EntitySpec, record: Record, today: date) -> None:
    if spec.entity.reference:
        settle_reference(record)
    else:
        refresh([record.pk if isinstance(record, Patient) else record.patient_id], today=today)


def _saved(record: Record) -> Saved:
    record.refresh_from_db()
    owner = record.pk if isinstance(record, Patient) else getattr(record, "patient_id", None)
    found = Finding.objects.filter(patient_id=owner, entity=record.entity.slug, record_id=record.pk) if owner else ()
    return Saved(record, tuple(found))
