"""Patients as lines of a list: where each stands, read with a fixed number of queries for a page of them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, QuerySet

from registry.dictionary.codelists import code_list
from registry.dictionary.partial_date import DAY, PartialDate
from registry.models import (
    HSCT,
    CARTInfusion,
    Death,
    Diagnosis,
    Finding,
    FollowUp,
    Patient,
    PatientRecord,
    Relapse,
    Status,
)

#: What the list can be narrowed to: key -> words. The order is the order of the chooser.
STANDINGS = {
    "alive": "Alive, as far as known",
    "dead": "Dead",
    "relapsed": "Relapsed",
    "transplanted": "Transplanted",
    "infused": "CAR T given",
    "no_infusion": "No CAR T infusion",
    "findings": "With open errors or warnings",
    "draft": "Patient record is a draft",
}
BLOCKING = ("ERROR", "WARNING")


@dataclass(frozen=True)
class PatientLine:
    """One patient in a list."""

    patient: Patient
    disease: str
    infusion: PartialDate | None
    relapses: int
    transplants: int
    vital: str
    last: PartialDate | None
    errors: int
    warnings: int


def pressing() -> QuerySet:
    """Findings that keep a record from being complete: errors, and warnings nobody acknowledged."""
    return Finding.objects.filter(severity__in=BLOCKING, acknowledged=False).order_by()


def is_pressing(one: Finding) -> bool:
    return one.severity in BLOCKING and not one.acknowledged


def narrowed(patients: QuerySet, standing: str) -> QuerySet:
    """Patients in one standing; an unknown one narrows nothing."""
    conditions = {
        "alive": ~_has(Death),
        "dead": _has(Death),
        "relapsed": _has(Relapse),
        "transplanted": _has(HSCT),
        "infused": _has(CARTInfusion),
        "no_infusion": ~_has(CARTInfusion),
        "findings": Exists(pressing().filter(patient=OuterRef("pk"))),
    }
    if standing == "draft":
        return patients.filter(record_status=Status.DRAFT)
    return patients.filter(conditions[standing]) if standing in conditions else patients


def _has(model: type[PatientRecord]) -> Exists:
    return Exists(model.objects.filter(patient=OuterRef("pk"), voided=False))


def lines_of(patients: Iterable[Patient]) -> list[PatientLine]:
    """The lines of these patients: one query per entity, however many patients."""
    listed = list(patients)
    ids = [patient.pk for patient in listed]
    disease = dict(_rows(Diagnosis, ids).values_list("patient_id", "disease"))
    infusions = _firsts(ids)
    deaths = {
        patient: _dated(value, precision)
        for patient, value, precision in _rows(Death, ids).values_list(
            "patient_id", "death_date", "death_date_precision"
        )
    }
    contacts = _contacts(ids)
    relapses, transplants = _counts(Relapse, ids), _counts(HSCT, ids)
    findings = _findings(ids)
    return [
        PatientLine(
            patient,
            code_list("disease").label(disease.get(patient.pk, "")),
            infusions.get(patient.pk),
            relapses[patient.pk],
            transplants[patient.pk],
            _vital(patient.pk, deaths, contacts),
            deaths.get(patient.pk) or contacts.get(patient.pk, (None, ""))[0],
            findings[(patient.pk, "ERROR")],
            findings[(patient.pk, "WARNING")],
        )
        for patient in listed
    ]


def _vital(pk: int, deaths: dict, contacts: dict) -> str:
    if pk in deaths:
        return "Dead"
    status = contacts.get(pk, (None, ""))[1]
    return code_list("vital_status").label(status) if status in ("ALIVE", "LTFU") else "Alive" if pk in contacts else ""


def _rows(model: type[PatientRecord], ids: list[int]) -> QuerySet:
    return model.objects.filter(patient_id__in=ids, voided=False)


def _dated(value: object, precision: str = "") -> PartialDate | None:
    return PartialDate(value, precision or DAY) if value else None


def _firsts(ids: list[int]) -> dict[int, PartialDate]:
    """The first infusion of each patient."""
    days = _rows(CARTInfusion, ids).filter(infusion_date__isnull=False).order_by("-infusion_date")
    return {patient: _dated(day) for patient, day in days.values_list("patient_id", "infusion_date")}


def _contacts(ids: list[int]) -> dict[int, tuple[PartialDate, str]]:
    """The last follow-up of each patient with its vital status."""
    names = ("patient_id", "contact_date", "contact_date_precision", "vital_status")
    rows = _rows(FollowUp, ids).filter(contact_date__isnull=False).order_by("contact_date").values_list(*names)
    return {patient: (_dated(day, precision), status) for patient, day, precision, status in rows}


def _counts(model: type[PatientRecord], ids: list[int]) -> Counter:
    return Counter(dict(_rows(model, ids).values_list("patient_id").annotate(Count("pk"))))


def _findings(ids: list[int]) -> Counter:
    rows = pressing().filter(patient_id__in=ids).values_list("patient_id", "severity").annotate(Count("pk"))
    return Counter({(patient, severity): count for patient, severity, count in rows})
