"""Patients as lines of a list: where each stands, read with a fixed number of queries for a page of them."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from django.db.models import CharField, Count, DateField, F, QuerySet, Value

from registry.dictionary.compiled import EntitySpec
from registry.dictionary.partial_date import DAY, PartialDate
from registry.due import due_items
from registry.entities import dictionary, model_of
from registry.models import DueItem, Finding, Patient, Query, Status
from registry.models.query import ACTIVE
from registry.standing import STANDINGS, with_standing
from registry.swim import Lane, lanes
from registry.written import IDS, ask

BLOCKING = ("ERROR", "WARNING")
#: Statuses from the least finished on: the glyph of several rows is that of the first that one of them has.
WORST_FIRST = (Status.DRAFT, Status.COMPLETE, Status.VERIFIED, Status.LOCKED)
CONTACTS = ("follow_up", "death")


@dataclass(frozen=True)
class Row:
    """One row of a patient as a list needs it: what it is, its status, its date."""

    slug: str
    status: str
    on: PartialDate | None


@dataclass(frozen=True)
class PatientLine:
    """One patient in a list."""

    patient: Patient
    standing: str
    tone: str
    infusion: PartialDate | None
    last: PartialDate | None
    since: int | None
    course: Lane | None
    due: DueItem | None
    errors: int
    warnings: int
    queries: int
    rows: dict[str, list[Row]] = field(default_factory=dict)


def pressing() -> QuerySet:
    """Findings that keep a record from being complete: errors, and warnings nobody acknowledged."""
    return Finding.objects.filter(severity__in=BLOCKING, acknowledged=False).order_by()


def is_pressing(one: Finding) -> bool:
    return one.severity in BLOCKING and not one.acknowledged


def lines_of(patients: Iterable[Patient], *, today: date) -> list[PatientLine]:
    """The lines of these patients: a fixed number of queries, however many patients."""
    listed = list(patients)
    ids = [patient.pk for patient in listed]
    rows = rows_of(ids)
    standings = dict(ask(_standings, ids=ids))
    findings = _findings(ids)
    asked = Counter(dict(ask(_queries, ids=ids)))
    due = {item.patient_id: item for item in reversed(ask(_due, ids=ids))}
    courses = lanes({pk: [(row.slug, row.on) for row in of if row.on] for pk, of in rows.items()})
    return [
        _line(patient, rows[patient.pk], standings.get(patient.pk, "not_infused"), today,
              course=courses.get(patient.pk), due=due.get(patient.pk), queries=asked[patient.pk],
              errors=findings[patient.pk, "ERROR"], warnings=findings[patient.pk, "WARNING"])
        for patient in listed
    ]  # fmt: skip


def _line(patient: Patient, rows: list[Row], standing: str, today: date, **told: object) -> PatientLine:
    words, tone = STANDINGS[standing]
    infusions = [row.on for row in rows if row.slug == "infusion" and row.on]
    last = max((row.on for row in rows if row.slug in CONTACTS and row.on), key=lambda on: on.value, default=None)
    by_slug = defaultdict(list)
    for row in rows:
        by_slug[row.slug].append(row)
    return PatientLine(
        patient, words, tone,
        infusion=min(infusions, key=lambda on: on.value, default=None),
        last=last,
        since=(today - last.value).days if last and standing != "dead" else None,
        rows=dict(by_slug),
        **told,
    )  # fmt: skip


def rows_of(ids: list[int]) -> Mapping[int, list[Row]]:
    """Every row of these patients with its status and date: one query over all kinds of records."""
    found: dict[int, list[Row]] = defaultdict(list)
    for slug, patient, status, value, precision in ask(_rows, ids=ids):
        found[patient].append(Row(slug, status, PartialDate(value, precision or DAY) if value else None))
    return found


def _rows() -> QuerySet:
    first, *others = [_rows_of(spec) for spec in dictionary() if spec.of_patient]
    return first.union(*others, all=True)


def _rows_of(spec: EntitySpec) -> QuerySet:
    rows = model_of(spec.slug).objects.of_patients(IDS).filter(voided=False).order_by()
    dated = spec.entity.dated_by
    partial = bool(dated) and spec.by_name[dated].item.partial
    return rows.annotate(
        slug=Value(spec.slug, CharField()),
        dated=F(dated) if dated else Value(None, DateField()),
        exactness=F(f"{dated}_precision") if partial else Value(DAY, CharField()),
    ).values_list("slug", "patient_id", "record_status", "dated", "exactness")


def _standings() -> QuerySet:
    return with_standing(Patient.objects.of_patients(IDS)).order_by().values_list("pk", "standing")


def _queries() -> QuerySet:
    rows = Query.objects.of_patients(IDS).filter(state__in=ACTIVE).order_by()
    return rows.values_list("patient_id").annotate(Count("pk"))


def _due() -> QuerySet:
    return due_items().select_related(None).filter(patient__among=IDS)


def _pressing() -> QuerySet:
    return pressing().filter(patient__among=IDS).values_list("patient_id", "severity").annotate(Count("pk"))


def _findings(ids: list[int]) -> Counter:
    return Counter({(patient, severity): count for patient, severity, count in ask(_pressing, ids=ids)})
