"""Reading the memory: who changed what, when and why; and whether the chain still holds."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from registry import memory_sql
from registry.access import current_scope
from registry.entities import BY_SLUG
from registry.models import Change, ChangeSeal, Patient, Record, Status, SubjectIdentity

OPERATIONS = {"I": "entered", "U": "changed", "D": "deleted"}
#: Columns that say nothing to a reader of the history.
SILENT = {"id", "version", "source_key", "created_at", "created_by", "modified_at", "modified_by", "patient_id"}


@dataclass(frozen=True)
class Told:
    """One remembered change in words: the field's label with its old and new value."""

    at: datetime
    actor: str
    reason: str
    request_id: str
    entity: str
    record_id: int
    operation: str
    fields: tuple[tuple[str, Any, Any], ...]


def _labels() -> dict[str, dict[str, str]]:
    models = {**BY_SLUG, "identity": SubjectIdentity}
    return {
        model._meta.db_table: {
            field.column: str(getattr(field, "item", None) and field.item.label or field.verbose_name)
            for field in model._meta.concrete_fields
        }
        for model in models.values()
    }


def _tables() -> dict[str, str]:
    return {model._meta.db_table: slug for slug, model in {**BY_SLUG, "identity": SubjectIdentity}.items()}


def _told(change: Change, labels: dict[str, dict[str, str]], tables: dict[str, str]) -> Told:
    words = labels.get(change.entity, {})
    fields = tuple(
        (words.get(column, column), old, new)
        for column, (old, new) in json.loads(change.changes).items()
        if column not in SILENT
        and (old, new) not in ((None, ""), (None, None), (None, "{}"), (None, "[]"), (None, {}), (None, []))
    )
    at = datetime.fromisoformat(change.at.replace("Z", "+00:00"))
    return Told(at, change.actor, change.reason, change.request_id, tables.get(change.entity, change.entity),
                change.record_id, OPERATIONS[change.operation], fields)  # fmt: skip


def history(record: Record) -> list[Told]:
    """Every change of one record, newest first; the identity's changes belong to the patient's own history.

    Who maintains sites, protocols and products reads their history, too."""
    if not (record.entity.reference and current_scope().can("reference")):
        current_scope().require("history")
    changes = list(Change.objects.filter(entity=record._meta.db_table, record_id=record.pk))
    if isinstance(record, Patient) and current_scope().can("identity"):
        changes += list(Change.objects.filter(entity=SubjectIdentity._meta.db_table, patient_id=record.pk))
    labels, tables = _labels(), _tables()
    return [_told(change, labels, tables) for change in sorted(changes, key=lambda one: one.pk, reverse=True)]


def was_complete(record: Record) -> bool:
    """Whether the record was ever more than a draft, by what the memory knows."""
    told = Change.objects.filter(entity=record._meta.db_table, record_id=record.pk, changes__contains='"record_status"')
    return any(
        status not in (None, Status.DRAFT)
        for text in told.values_list("changes", flat=True)
        for status in json.loads(text)["record_status"]
    )


def patient_history(patient: Patient) -> list[Told]:
    """Every change of any row of a patient, newest first, without the identity for readers who may not see it."""
    current_scope().require("history")
    changes = Change.objects.filter(patient_id=patient.pk).order_by("-pk")
    if not current_scope().can("identity"):
        changes = changes.exclude(entity=SubjectIdentity._meta.db_table)
    labels, tables = _labels(), _tables()
    return [_told(change, labels, tables) for change in changes]


def _row_hash(change: Change) -> str:
    text = memory_sql.SEPARATOR.join(
        "" if (value := getattr(change, name)) is None else str(value) for name in memory_sql.HASHED
    )
    return hashlib.sha256(text.encode()).hexdigest()


def verify_chain() -> Iterator[str]:
    """Sentences about every place where the memory was altered; none when it is whole.

    Finds an edited value, an edit with a recomputed row hash, deleted rows or links, reordering and forged rows.
    """
    seals = iter(ChangeSeal.objects.order_by("id").iterator())
    previous, expected, covered = "", 1, 0
    for seal in seals:
        if seal.previous_hash != previous:
            yield f"Link {seal.pk} does not follow the link before it."
        changes = list(Change.objects.filter(pk__gte=seal.first_id, pk__lte=seal.last_id).order_by("pk"))
        if len(changes) != seal.last_id - seal.first_id + 1:
            yield f"Changes {seal.first_id} to {seal.last_id}: some are missing."
        for change in changes:
            if _row_hash(change) != change.row_hash:
                yield f"Change {change.pk} was altered."
        rows = "".join(change.row_hash for change in changes)
        if hashlib.sha256((previous + rows).encode()).hexdigest() != seal.hash:
            yield f"Link {seal.pk} does not fit its changes."
        previous, covered, expected = seal.hash, covered + len(changes), expected + 1
    unsealed = Change.objects.count() - covered
    if unsealed:
        yield f"{unsealed} changes stand outside the chain."
