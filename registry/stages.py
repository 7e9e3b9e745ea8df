"""Verified and locked: what people add to the computed status, in ones and in bulk.

DRAFT and COMPLETE are computed (registry.status). A second person verifies a complete row against the source; a data
manager locks rows and unlocks them with a reason. Editing takes a verification back; a locked row refuses every door,
and the database itself refuses what comes round the doors.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import F
from django.utils import timezone

from registry.access import current_scope
from registry.entities import MODELS
from registry.memory import acting
from registry.models import CareSite, Patient, Record, Site, Status, SubjectIdentity
from registry.services import RecordLocked
from registry.status import hold, refresh

BATCH = 500
VERIFIED = "verified against the source"


def verify_record(record: Record, *, reason: str = VERIFIED, now: datetime | None = None) -> Record:
    """Confirm that a complete row agrees with the chart; done by another person than the one who entered it."""
    scope, now = current_scope(), now or timezone.now()
    if not any(scope.can("verify", site) for site in _sites_of(record)):
        raise PermissionDenied("You may not verify records of this patient.")
    if record.record_status == Status.LOCKED:
        raise RecordLocked("This record is locked. Ask a data manager to unlock it.")
    if record.record_status != Status.COMPLETE:
        raise ValidationError(
            f"Only a complete record is verified; this one is {record.get_record_status_display().lower()}."
        )
    if scope.actor in (record.created_by, record.modified_by):
        raise PermissionDenied("A second person verifies: you entered or changed this record yourself.")
    with acting(scope, reason or VERIFIED):
        record.record_status, record.modified_at = Status.VERIFIED, now
        record.save()
    return record


def _sites_of(record: Record) -> list[int | None]:
    patient = record if isinstance(record, Patient) else getattr(record, "patient", None)
    if patient is None:
        return [None]
    return list(CareSite.objects.filter(patient=patient).values_list("site_id", flat=True))


# In bulk ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rows:
    """A choice of rows: every row of these patients, or of each table only the rows named in `only`."""

    patients: tuple[int, ...]
    only: Mapping[type[Record], tuple[int, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Turned:
    """What a bulk change did: rows changed, and rows left alone because they are drafts."""

    rows: int
    drafts: int = 0


def of_patient(patient: Patient) -> Rows:
    """All rows of one patient, the patient's own included."""
    return Rows((patient.pk,))


def of_site(site: Site) -> Rows:
    """All rows of the patients whom a site enrolled."""
    return Rows(tuple(Patient.objects.filter(site=site, merged_into=None).values_list("pk", flat=True)))


def of_list(records: Iterable[Record]) -> Rows:
    """Just these rows, of whatever tables."""
    only: dict[type[Record], list[int]] = {}
    patients: dict[int, None] = {}
    for record in records:
        if record.entity.reference:
            raise ValidationError("Sites, products and protocols are not locked with the charts.")
        only.setdefault(type(record), []).append(record.pk)
        patients[record.pk if isinstance(record, Patient) else record.patient_id] = None
    return Rows(tuple(patients), {model: tuple(pks) for model, pks in only.items()})


def lock_records(rows: Rows, *, reason: str, now: datetime | None = None) -> Turned:
    """Close complete and verified rows to every change; drafts stay open and are counted."""
    return _turn(rows, (Status.COMPLETE, Status.VERIFIED), Status.LOCKED, reason, now or timezone.now())


def unlock_records(rows: Rows, *, reason: str, now: datetime | None = None) -> Turned:
    """Open locked rows again; they are complete (or drafts, where something was found since) and verified anew."""
    now = now or timezone.now()
    turned = _turn(rows, (Status.LOCKED,), Status.COMPLETE, reason, now)
    return Turned(turned.rows)


def _turn(rows: Rows, before: tuple[str, ...], after: str, reason: str, now: datetime) -> Turned:
    scope = current_scope()
    if not reason.strip():
        raise ValidationError({"reason": "Say why the records are locked or unlocked."})
    _require_lock(rows.patients)
    turned = drafts = 0
    with acting(scope, reason):
        hold(rows.patients)
        stamps = {"record_status": after, "modified_at": now, "version": F("version") + 1}
        for model, chosen in _tables(rows):
            if model is not SubjectIdentity:
                drafts += chosen.filter(record_status=Status.DRAFT).count()
            changed = chosen.filter(record_status__in=before).update(**stamps)
            turned += changed if model is not SubjectIdentity else 0
        if after == Status.COMPLETE:
            refresh(rows.patients, today=now.date(), now=now)
    return Turned(turned, drafts)


def _tables(rows: Rows) -> Iterator[tuple[type[Record], object]]:
    """Every table with the chosen rows that are in force, in batches; the identity goes with its patient."""
    wanted = rows.only or {model: () for model in MODELS if not model.entity.reference}
    for model, pks in wanted.items():
        owner = "pk__in" if model is Patient else "patient_id__in"
        ids = pks or rows.patients
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            yield model, model._base_manager.filter(**{"pk__in" if pks else owner: batch}, voided=False)
            if model is Patient:
                yield SubjectIdentity, SubjectIdentity._base_manager.filter(patient_id__in=batch, voided=False)


def _require_lock(patients: tuple[int, ...]) -> None:
    """The actor may lock at a site of every patient chosen."""
    sites = current_scope().sites("lock")
    if sites is None:
        return
    allowed = set(CareSite.objects.filter(site_id__in=sites).values_list("patient_id", flat=True)) if sites else set()
    if not set(patients) <= allowed or not patients:
        raise PermissionDenied("You may not lock records of these patients.")
