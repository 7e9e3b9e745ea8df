"""Computed status and stored findings: brought up to date whenever rows of a patient change.

Draft or complete is never clicked: a row is complete when its required items are answered and no error or
unacknowledged warning stands on it (data dictionary 1.2). Verified and locked rows stay until somebody edits them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone

from registry import duplicates
from registry.accepted import Held, blocks, covered, held_for
from registry.checks import engine
from registry.checks.case import Case, Row
from registry.dictionary.cells import BLANK, Answer
from registry.dictionary.compiled import EntitySpec
from registry.due import attempts_of, store_courses
from registry.entities import dictionary, model_of
from registry.extract import cases
from registry.mending import mend
from registry.models import Finding, Patient, Record, Status
from registry.schedule import Course, look

#: What is computed; a person's word (verified, locked) is not.
UNSETTLED = (Status.DRAFT, Status.COMPLETE)
BATCH = 500


def row_status(spec: EntitySpec, record: Record, *, stopped: bool) -> str:
    """The status a row has to have; `stopped` says that an error or open warning stands on it."""
    if record.record_status not in UNSETTLED:
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


@dataclass(frozen=True)
class Judged:
    """What the checks say of one patient, which of the warnings somebody accepted, and what is due."""

    findings: tuple[engine.Finding, ...] = ()
    accepted: Mapping[engine.Finding, int] = field(default_factory=dict)
    course: Course = Course()

    @property
    def stopped(self) -> set[tuple[str, int | None]]:
        """The rows on which an error or an open warning stands."""
        return {(one.entity, one.record_id) for one in self.findings if blocks(one, self.accepted)}


def judge(
    case: Case, today: date, held: Held, attempts: Iterable[date] = (), also: Iterable[engine.Finding] = ()
) -> Judged:
    """Run the checks on one patient, see which warnings are acknowledged and what the schedule asks for.

    `also` are findings that no single chart can show.
    """
    findings = (*engine.run(case, today), *also)
    return Judged(findings, covered(case, findings, held), look(case, today, attempts=attempts))


def hold(patient_ids: Iterable[int]) -> None:
    """Let nobody else bring these patients up to date until this transaction ends (one after another, in one order)."""
    rows = Patient._base_manager.select_for_update(no_key=True).filter(pk__in=list(patient_ids)).order_by("pk")
    len(rows.values_list("pk"))


def refresh(patient_ids: Iterable[int], *, today: date, now: datetime | None = None) -> dict[int, Judged]:
    """Run the checks on these patients; bring findings, status of rows, open queries and due items up to date."""
    ids, now = list(patient_ids), now or timezone.now()
    every: dict[int, Judged] = {}
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        hold(batch)
        held, attempts, alike = held_for(batch), attempts_of(batch), duplicates.findings(batch)
        charts = {case.patient.id: case for case in cases(batch)}
        judged = {pk: Judged() for pk in batch}
        judged |= {
            pk: judge(case, today, held.get(pk, {}), attempts.get(pk, ()), alike.get(pk, ()))
            for pk, case in charts.items()
        }
        store_findings(judged, now=now)
        _settle_rows(charts, judged)
        mend(batch, now=now)
        store_courses({pk: one.course for pk, one in judged.items()})
        every |= judged
    return every


def _settle_rows(charts: Mapping[int, Case], judged: Mapping[int, Judged]) -> None:
    """Draft or complete: computed, never clicked; verified and locked rows stay until somebody edits them."""
    rows = {row.key: row for case in charts.values() for several in case.rows.values() for row in several}
    rows |= {case.patient.key: case.patient for case in charts.values()}
    stopped = {f"{slug}:{pk}" for one in judged.values() for slug, pk in one.stopped}
    present = {row.entity for row in rows.values()}
    for spec in dictionary():
        if spec.slug not in present:
            continue
        model = model_of(spec.slug)
        owner = "patient_id__in" if spec.of_patient else "pk__in"
        open_rows = model._base_manager.filter(**{owner: list(charts)}, voided=False, record_status__in=UNSETTLED)
        turned: dict[str, list[int]] = {status: [] for status in UNSETTLED}
        for pk, status in open_rows.values_list("pk", "record_status"):
            row = rows.get(f"{spec.slug}:{pk}")
            if row is not None:
                wanted = Status.DRAFT if row.key in stopped or unanswered_in_row(spec, row) else Status.COMPLETE
                if wanted != status:
                    turned[wanted].append(pk)
        for wanted, pks in turned.items():
            if pks:
                model._base_manager.filter(pk__in=pks).update(record_status=wanted)


def unanswered_in_row(spec: EntitySpec, row: Row) -> list[str]:
    """The same for a row as the checks read it."""
    answers = {name: Answer(value=row.values.get(name), missing=row.missing.get(name, "")) for name in spec.decisive}
    return unanswered_items(spec, answers)


def store_findings(judged: Mapping[int, Judged], *, now: datetime) -> None:
    """Bring the stored findings of these patients up to date; what stands already keeps its id and its day."""
    held: dict[tuple, int] = {}
    since: dict[tuple, datetime] = {}
    accepted: dict[int, int | None] = {}
    twice: list[int] = []
    for one in Finding._base_manager.filter(patient_id__in=list(judged)):
        if _whole(one.patient_id, one) in held:
            twice.append(one.pk)
            continue
        held[_whole(one.patient_id, one)] = one.pk
        accepted[one.pk] = one.acknowledgement_id
        since[_place(one.patient_id, one)] = min(one.since, since.get(_place(one.patient_id, one), one.since))
    new, turned = [], []
    for patient, told in judged.items():
        for one in told.findings:
            pk = held.pop(_whole(patient, one), None)
            if pk is None:
                new.append(_finding(patient, one, told.accepted.get(one), since.get(_place(patient, one), now)))
            elif accepted[pk] != told.accepted.get(one):
                turned.append((pk, told.accepted.get(one)))
    for pk, acknowledgement in turned:
        held_now = acknowledgement is not None
        Finding._base_manager.filter(pk=pk).update(acknowledgement=acknowledgement, acknowledged=held_now)
    if held or twice:
        Finding._base_manager.filter(pk__in=[*held.values(), *twice]).delete()
    Finding._base_manager.bulk_create(new, batch_size=BATCH)


def _place(patient: int, one: engine.Finding | Finding) -> tuple:
    return (patient, one.rule, one.entity, one.record_id, one.column)


def _whole(patient: int, one: engine.Finding | Finding) -> tuple:
    return (*_place(patient, one), one.severity, one.message[:500], tuple(one.columns), tuple(one.rows))


def _finding(patient: int, one: engine.Finding, acknowledgement: int | None, since: datetime) -> Finding:
    return Finding(
        patient_id=patient, rule=one.rule, severity=one.severity, entity=one.entity, record_id=one.record_id,
        column=one.column, message=one.message[:500], columns=list(one.columns), rows=list(one.rows), since=since,
        acknowledgement_id=acknowledgement, acknowledged=acknowledgement is not None,
    )  # fmt: skip
