"""Computed status and stored findings: brought up to date whenever rows of a patient change.

Draft or complete is never clicked: a row is complete when its required items are answered and no error or
unacknowledged warning stands on it (data dictionary 1.2). Verified and locked rows stay until somebody edits them.
"""

from collections.abc import Iterable, Mapping
from datetime import date

from registry.checks import engine
from registry.dictionary.cells import BLANK, Answer
from registry.dictionary.compiled import EntitySpec
from registry.entities import dictionary, model_of
from registry.extract import cases
from registry.models import Finding, Patient, Record, Status

BLOCKING = (engine.ERROR, engine.WARNING)


def row_status(spec: EntitySpec, record: Record, *, stopped: bool) -> str:
    """The status a row has to have; `stopped` says that an error or open warning stands on it."""
    if record.record_status not in (Status.DRAFT, Status.COMPLETE):
        return record.record_status
    return Status.DRAFT if stopped or unanswered(spec, record) else Status.COMPLETE


def settle_reference(record: Record) -> None:
    """A reference row is complete when its required items are answered."""
    wanted = Status.DRAFT if unanswered(dictionary()[record.entity.slug], record) else Status.COMPLETE
    if record.record_status != wanted:
        type(record)._base_manager.filter(pk=record.pk).update(record_status=wanted)
        record.record_status = wanted


def unanswered(spec: EntitySpec, record: Record) -> list[str]:
    """Names of required items without a value or an accepted reason for its absence."""
    answers = {name: record.answer(name) for name in spec.decisive}
    return unanswered_items(spec, answers)


def unanswered_items(spec: EntitySpec, answers: Mapping[str, Answer]) -> list[str]:
    values = {name: answer.value for name, answer in answers.items()}
    return [
        item.name
        for item in spec.may_be_required
        if item.item.is_required(values) and answers.get(item.name, BLANK).blank
    ]


def refresh(patient_ids: Iterable[int], *, today: date) -> dict[int, list[engine.Finding]]:
    """Run the checks on these patients; bring findings and the status of their rows up to date; return the findings."""
    ids = list(patient_ids)
    findings: dict[int, list[engine.Finding]] = {pk: [] for pk in ids}
    for case in cases(ids):
        findings[case.patient.id] = engine.run(case, today)
    store_findings(findings)
    for spec in dictionary():
        if not spec.entity.reference:
            _settle_rows(spec, ids, findings)
    return findings


def store_findings(findings: Mapping[int, list[engine.Finding]]) -> None:
    """Replace the stored findings of these patients."""
    Finding._base_manager.filter(patient_id__in=list(findings)).delete()
    Finding._base_manager.bulk_create(
        Finding(patient_id=patient, rule=one.rule, severity=one.severity, entity=one.entity, record_id=one.record_id,
                column=one.column, message=one.message[:500], columns=list(one.columns), rows=list(one.rows))
        for patient, found in findings.items() for one in found
    )  # fmt: skip


def _settle_rows(spec: EntitySpec, ids: list[int], findings: Mapping[int, list[engine.Finding]]) -> None:
    """Draft or complete: computed, never clicked; verified and locked rows stay until somebody edits them."""
    model = model_of(spec.slug)
    of_patient = "patient_id" if spec.of_patient else "pk"
    rows = model.objects.filter(**{f"{of_patient}__in": ids}, voided=False)
    if isinstance(model, type) and model is Patient:
        rows = rows.select_related("identity")
    for row in rows.filter(record_status__in=[Status.DRAFT, Status.COMPLETE]):
        owner = row.pk if model is Patient else row.patient_id
        stopped = any(
            one.severity in BLOCKING and one.entity == spec.slug and one.record_id == row.pk for one in findings.get(owner, ())
        )
        wanted = row_status(spec, row, stopped=stopped)
        if row.record_status != wanted:
            model._base_manager.filter(pk=row.pk).update(record_status=wanted)
