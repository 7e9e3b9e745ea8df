"""Two entries of one person made one - and parted again, when it was a mistake.

Everything of the duplicate is hung on the patient who stays, remembered row by row. Where both have what a patient has
once (diagnosis, death, the same infusion), the survivor's row stays and the other is voided with the reason; what hung
on it hangs on the survivor's. Unmerging gives all of it back, and takes along what was added to it since.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F
from django.utils import timezone

from registry.access import current_scope
from registry.dictionary.compiled import EntitySpec
from registry.dictionary.items import Kind
from registry.entities import dictionary, model_of
from registry.memory import acting
from registry.models import (
    Acknowledgement,
    CareSite,
    ContactAttempt,
    FollowUpState,
    Patient,
    PatientMerge,
    Query,
    QueryMessage,
    Status,
)
from registry.moving import open_care, require_move, said
from registry.services import RecordLocked
from registry.status import hold, refresh

#: What belongs to a patient beside the clinical rows.
BESIDE = (Acknowledgement, Query, QueryMessage, ContactAttempt)
LOCKED = "Some of the rows are locked. Ask a data manager to unlock them first."


@dataclass
class Plan:
    """What has to happen to the rows of the duplicate."""

    moved: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    voided: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    parents: list[list] = field(default_factory=list)
    twin: dict[tuple[str, int], int] = field(default_factory=dict)


def merge(survivor: Patient, other: Patient, *, reason: str, now: datetime | None = None) -> PatientMerge:
    """Hang everything of `other` on `survivor`; `other` leaves every list and can be called back by `unmerge`."""
    scope, now = current_scope(), now or timezone.now()
    _may_merge(survivor, other)
    with acting(scope, said(reason)):
        hold([survivor.pk, other.pk])
        plan = _plan(survivor.pk, other.pk)
        words = f"merged into {survivor.registry_id}: {said(reason)}"[:500]
        _carry_out(plan, survivor.pk, words, now)
        moved = dict(plan.moved)
        for model in BESIDE:
            rows = model._base_manager.filter(patient=other)
            moved[model.__name__] = list(rows.values_list("pk", flat=True))
            rows.update(patient=survivor)
        made = PatientMerge.objects.create(
            patient=survivor, other=other, at=now, actor=scope.actor, reason=said(reason), moved=moved,
            voided=dict(plan.voided), parents=plan.parents, care=_share(survivor, other, now),
        )  # fmt: skip
        _turn(other, now, merged_into=survivor, voided=True, void_reason=words)
        FollowUpState._base_manager.filter(patient=other).delete()
        refresh([survivor.pk], today=now.date(), now=now)
        refresh([other.pk], today=now.date(), now=now)
    return made


def _may_merge(survivor: Patient, other: Patient) -> None:
    for patient in (survivor, other):
        require_move(patient)
        if patient.voided or patient.merged_into_id:
            raise ValidationError(f"{patient.registry_id} is voided or merged already.")
    if survivor.pk == other.pk:
        raise ValidationError("These are the same patient.")
    if PatientMerge._base_manager.filter(patient=other, undone_at=None).exists():
        raise ValidationError(f"Another entry was merged into {other.registry_id}. Merge the other way round.")
    _refuse_locked([survivor.pk, other.pk])


def _refuse_locked(patients: list[int]) -> None:
    for spec in dictionary():
        if not spec.entity.reference:
            owner = "patient_id__in" if spec.of_patient else "pk__in"
            if model_of(spec.slug)._base_manager.filter(**{owner: patients}, record_status=Status.LOCKED).exists():
                raise RecordLocked(LOCKED)


def _plan(survivor: int, other: int) -> Plan:
    """Which rows move, which are voided because the survivor has the same, and which get another parent."""
    plan = Plan()
    for spec in dictionary():
        if not spec.of_patient:
            continue
        model, parents = model_of(spec.slug), _parents(spec)
        held: dict[tuple, int] = {}
        for row in model._base_manager.filter(patient_id=survivor, voided=False).order_by("pk").values():
            held |= {key: row["id"] for key in _keys(model, row, survivor)}
        for row in model._base_manager.filter(patient_id=other).order_by("pk").values():
            plan.moved[spec.slug].append(row["id"])
            for column, slug in parents:
                after = plan.twin.get((slug, row[column]))
                if after is not None:
                    plan.parents.append([spec.slug, row["id"], column, row[column], after])
                    row[column] = after
            keys = [] if row["voided"] else list(_keys(model, row, survivor))
            same = next((held[key] for key in keys if key in held), None)
            if same is not None:
                plan.voided[spec.slug].append(row["id"])
                plan.twin[spec.slug, row["id"]] = same
            held |= {key: held.get(key, row["id"]) for key in keys}
    return plan


def _parents(spec: EntitySpec) -> list[tuple[str, str]]:
    """The columns by which a row hangs on, or names, another row of the patient."""
    named = [
        (f"{item.name}_id", item.target)
        for item in spec.items
        if item.kind is Kind.REFERENCE and not dictionary()[item.target].entity.reference
    ]
    return [(f"{name}_id", slug) for name, slug in spec.parents] + named


def _keys(model: type[models.Model], row: dict[str, Any], patient: int) -> Iterator[tuple]:
    """What a row in force may have only once, as it would read on this patient."""
    told = {**row, "patient_id": patient}
    for rule in model._meta.constraints:
        if isinstance(rule, models.UniqueConstraint) and rule.fields:
            values = tuple(told[model._meta.get_field(name).attname] for name in rule.fields)
            if None not in values and "" not in values:
                yield rule.name, values


def _carry_out(plan: Plan, survivor: int, words: str, now: datetime) -> None:
    actor = current_scope().actor
    stamps = {"patient_id": survivor, "modified_at": now, "modified_by": actor, "version": F("version") + 1}
    apart: dict[tuple[str, int], dict[str, Any]] = defaultdict(dict)
    for slug, pks in plan.voided.items():
        for pk in pks:
            apart[slug, pk] |= {"voided": True, "void_reason": words}
    for slug, pk, column, _before, after in plan.parents:
        apart[slug, pk][column] = after
    for slug, pks in plan.moved.items():
        plain = [pk for pk in pks if (slug, pk) not in apart]
        model_of(slug)._base_manager.filter(pk__in=plain).update(**stamps)
    for (slug, pk), changes in apart.items():
        model_of(slug)._base_manager.filter(pk=pk).update(**stamps, **changes)


def _share(survivor: Patient, other: Patient, now: datetime) -> list[int]:
    """Sites that care for the duplicate care for the survivor; returns the care that is new."""
    held = set(CareSite.objects.filter(patient=survivor).values_list("site_id", flat=True))
    sites = CareSite.objects.filter(patient=other).exclude(site_id__in=held).values_list("site_id", flat=True)
    return [open_care(survivor.pk, site, now).pk for site in sites]


def _turn(patient: Patient, now: datetime, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(patient, name, value)
    patient.modified_at, patient.modified_by = now, current_scope().actor
    patient.save()


# The way back -------------------------------------------------------------------------------------------------------


def unmerge(merged: PatientMerge, *, reason: str, now: datetime | None = None) -> Patient:
    """Part two entries again: every row goes back, what was voided is in force again; returns the parted patient."""
    scope, now = current_scope(), now or timezone.now()
    survivor, other = Patient._base_manager.get(pk=merged.patient_id), Patient._base_manager.get(pk=merged.other_id)
    require_move(survivor)
    require_move(other)
    if merged.undone_at is not None:
        raise ValidationError("These entries were parted already.")
    _refuse_locked([survivor.pk, other.pk])
    with acting(scope, said(reason)):
        hold([survivor.pk, other.pk])
        _turn(other, now, merged_into=None, voided=False, void_reason="")
        _give_back(merged, survivor.pk, other.pk, now)
        for model in BESIDE:
            model._base_manager.filter(pk__in=merged.moved.get(model.__name__, ())).update(patient=other)
        CareSite._base_manager.filter(pk__in=merged.care).update(until=now)
        merged.undone_at, merged.undone_by = now, scope.actor
        merged.save()
        refresh([survivor.pk], today=now.date(), now=now)
        refresh([other.pk], today=now.date(), now=now)
    return other


def _give_back(merged: PatientMerge, survivor: int, other: int, now: datetime) -> None:
    actor = current_scope().actor
    stamps = {"patient_id": other, "modified_at": now, "modified_by": actor, "version": F("version") + 1}
    before = {(slug, pk, column): (old, new) for slug, pk, column, old, new in merged.parents}
    gone: dict[str, set[int]] = defaultdict(set)
    for spec in dictionary():
        if not spec.of_patient:
            continue
        model, parents = model_of(spec.slug), _parents(spec)
        voided = set(merged.voided.get(spec.slug, ()))
        pks = set(merged.moved.get(spec.slug, ()))
        for column, slug in parents:  # what was added since goes with the row it hangs on
            along = model._base_manager.filter(patient_id=survivor, **{f"{column}__in": gone[slug]})
            pks |= set(along.values_list("pk", flat=True))
        for row in model._base_manager.filter(pk__in=pks, patient_id=survivor).values():
            changes: dict[str, Any] = {"voided": False, "void_reason": ""} if row["id"] in voided else {}
            for column, _slug in parents:
                old, new = before.get((spec.slug, row["id"], column), (None, None))
                if new is not None and row[column] == new:
                    changes[column] = old
            model._base_manager.filter(pk=row["id"]).update(**stamps, **changes)
        gone[spec.slug] = pks
        _refuse_torn(spec, parents, survivor, other)


def _refuse_torn(spec: EntitySpec, parents: list[tuple[str, str]], survivor: int, other: int) -> None:
    """Nothing of one patient may hang on a row of the other."""
    for column, _slug in parents:
        path = f"{column.removesuffix('_id')}__patient_id"
        if model_of(spec.slug)._base_manager.filter(patient_id=other, **{path: survivor}).exists():
            raise ValidationError(
                f"A {spec.entity.label.lower()} was hung on another row since the merge. Hang it back or void it first."
            )
