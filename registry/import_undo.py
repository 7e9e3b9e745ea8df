"""Undoing an import while nothing later depends on it: new rows are voided, changed cells get their old values back.
New sites, protocols and products stay.

What the import did is read from the memory by its request id, so the undo rests on what was written, not on the file.
"""

import json
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models, transaction

from registry.access import current_scope
from registry.entities import BY_SLUG
from registry.memory import acting
from registry.models import CareSite, Change, ImportUpload, Patient, Record, Status, SubjectIdentity
from registry.replay import remembered
from registry.status import hold, refresh

State = ImportUpload.State
BATCH = 500
#: As many obstacles are named.
SHOWN = 20


@dataclass
class Done:
    """What one import wrote: ids of new rows, and of changed rows with their values before, by model."""

    created: dict[type[models.Model], set[int]] = field(default_factory=lambda: defaultdict(set))
    changed: dict[type[models.Model], dict[int, dict[str, Any]]] = field(default_factory=lambda: defaultdict(dict))
    last: int = 0


def done_by(upload: ImportUpload) -> Done:
    """Read from the memory what the upload did."""
    tables = {model._meta.db_table: model for model in (*BY_SLUG.values(), SubjectIdentity, CareSite)}
    done = Done()
    for one in Change.objects.filter(request_id=upload.request_id, entity__in=tables).order_by("pk").iterator():
        model, done.last = tables[one.entity], one.pk
        if one.operation == "I":
            done.created[model].add(one.record_id)
        elif one.record_id not in done.created[model]:
            before = done.changed[model].setdefault(one.record_id, {})
            for column, (old, _new) in json.loads(one.changes, parse_float=Decimal).items():
                before.setdefault(column, old)
    return done


def obstacles(done: Done) -> list[str]:
    """What depends on the import by now, in words; empty when it can be undone."""
    found = []
    for model in BY_SLUG.values():
        ours = done.changed[model].keys() | (set() if model.entity.reference else done.created[model])
        label = model.entity.label
        later = Change.objects.filter(entity=model._meta.db_table, pk__gt=done.last, record_id__in=ours)
        found += [f"{label} {pk} was changed later" for pk in later.values_list("record_id", flat=True).distinct()]
        locked = model._base_manager.filter(pk__in=ours, record_status=Status.LOCKED).values_list("pk", flat=True)
        found += [f"{label} {pk} is locked" for pk in locked]
        found += [] if model.entity.reference else _hanging(model, done)
    return found


def _hanging(model: type[Record], done: Done) -> list[str]:
    """Rows of others that hang on what the import created."""
    found = []
    for relation in model._meta.related_objects:
        child, name = relation.related_model, relation.field.name
        if not issubclass(child, Record) or child is SubjectIdentity or not done.created[model]:
            continue
        rows = child._base_manager.filter(voided=False, **{f"{name}__in": done.created[model]})
        rows = rows.exclude(pk__in=done.created[child]).values_list("pk", flat=True)
        found += [f"{child.entity.label} {pk} hangs on {model.entity.label} that was imported" for pk in rows]
    return found


def undo(upload: ImportUpload, *, reason: str, now: datetime) -> None:
    """Take back what the upload did; ValidationError names what stands in the way."""
    scope = current_scope()
    if not reason.strip():
        raise ValidationError("Say why the import is undone.")
    with acting(scope, f"undo of import {upload.batch.source_sha256[:12]}: {reason.strip()}"), transaction.atomic():
        held = ImportUpload.objects.select_for_update().get(pk=upload.pk)
        if held.state != State.DONE:
            raise ValidationError("Only an import that stands can be undone.")
        done = done_by(upload)
        touched = patients_of(done)
        _require(touched | done.created[Patient])
        hold(sorted(touched | done.created[Patient]))
        if found := obstacles(done):
            more = [f"and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
            raise ValidationError(["Nothing was undone, because later work depends on this import.",
                                   *found[:SHOWN], *more])  # fmt: skip
        stamps = {"modified_at": now, "modified_by": scope.actor, "version": models.F("version") + 1}
        _void(done, stamps, f"import undone: {reason.strip()}"[:500])
        _restore(done, stamps)
        ended = CareSite._base_manager.filter(pk__in=done.created[CareSite]).exclude(
            patient_id__in=done.created[Patient]
        )
        ended.update(until=now)
        refresh(sorted(touched), today=now.date())
        ImportUpload.objects.filter(pk=upload.pk).update(state=State.UNDONE, done_at=now)


def patients_of(done: Done) -> set[int]:
    """Patients known before, of whom the import wrote rows."""
    found = set(done.changed[Patient])
    for model in BY_SLUG.values():
        if any(one.name == "patient" for one in model._meta.fields):
            ours = done.created[model] | done.changed[model].keys()
            found |= set(model._base_manager.filter(pk__in=ours).values_list("patient_id", flat=True))
    found |= set(
        SubjectIdentity._base_manager.filter(pk__in=done.changed[SubjectIdentity]).values_list("patient_id", flat=True)
    )
    return found - done.created[Patient]


def _require(patients: set[int]) -> None:
    """The rights of now: import at a site that cares for each of the patients."""
    sites = current_scope().sites("import")
    if sites is None:
        return
    mine = set(CareSite._base_manager.filter(site_id__in=sites, until=None).values_list("patient_id", flat=True))
    if not sites or patients - mine:
        raise PermissionDenied("You may not undo this import: it holds patients outside your sites.")


def _void(done: Done, stamps: dict, why: str) -> None:
    for model in reversed(list(BY_SLUG.values())):
        if model.entity.reference:  # a site, protocol or product harms nobody, and its code could not be used again
            continue
        rows = model._base_manager.filter(pk__in=done.created[model])
        if model is Patient:  # the source's own number is free again, for a corrected file
            identities = SubjectIdentity._base_manager.filter(patient_id__in=done.created[Patient])
            identities.update(site_local_hash="", **stamps)
        rows.update(voided=True, void_reason=why, **stamps)


def _restore(done: Done, stamps: dict) -> None:
    for model, rows in done.changed.items():
        for pk, before in rows.items():
            own = remembered(model, before)
            changes = own if model is CareSite else own | stamps
            model._base_manager.filter(pk=pk).update(**changes)
