"""Patients who may have been entered twice (W01): same birth month, sex, protocol, and infusions within three days.

Looked for across all sites; told so that nothing of another site is revealed: not which, not who, not how many. A
second patient under the same number of the same site cannot be entered at all.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from registry.checks.engine import WARNING, Finding
from registry.models import CARTInfusion, Patient

RULE = "W01"
SENTENCE = "Nobody else has the same birth month, sex and protocol and an infusion within three days."
MESSAGE = (
    "Somebody with the same birth month, sex and protocol was infused within three days of this. "
    "Look whether the person was entered twice; a data manager can compare and merge."
)
WITHIN = timedelta(days=3)
COLUMNS = ("infusion.infusion_date", "infusion.protocol", "patient.birth_date", "patient.sex_at_birth")
FIELDS = (
    "patient_id",
    "pk",
    "infusion_date",
    "protocol_id",
    "patient__sex_at_birth",
    "patient__identity__birth_date",
)


@dataclass(frozen=True)
class Suspicion:
    """One patient who may have been entered twice: with whom, where the reader may see both; else somewhere."""

    patient: Patient
    others: tuple[Patient, ...]
    elsewhere: bool


def twins(patient_ids: Iterable[int]) -> dict[int, set[tuple[int, int]]]:
    """The look-alikes of these patients at any site: patient -> (own infusion, other patient)."""
    wanted = set(patient_ids)
    infusions = CARTInfusion._base_manager.filter(
        voided=False, infusion_date__isnull=False, protocol__isnull=False, patient__voided=False,
        patient__merged_into=None, patient__identity__birth_date__isnull=False,
        patient__identity__birth_date_precision__in=["D", "M"],
    ).exclude(patient__sex_at_birth="")  # fmt: skip
    own = infusions.filter(patient_id__in=wanted) if len(wanted) <= 500 else infusions
    mine = [row for row in own.values_list(*FIELDS) if row[0] in wanted]
    if not mine:
        return {}
    days = [row[2] for row in mine]
    near = infusions.filter(infusion_date__range=(min(days) - WITHIN, max(days) + WITHIN))
    alike: dict[tuple, list[tuple]] = defaultdict(list)
    for row in near.values_list(*FIELDS):
        alike[_likeness(row)].append(row)
    found: dict[int, set[tuple[int, int]]] = defaultdict(set)
    for row in mine:
        for other in alike[_likeness(row)]:
            if other[0] != row[0] and abs(other[2] - row[2]) <= WITHIN:
                found[row[0]].add((row[1], other[0]))
    return dict(found)


def _likeness(row: tuple) -> tuple:
    _patient, _pk, _day, protocol, sex, birth = row
    return protocol, sex, birth.year, birth.month


def findings(patient_ids: Iterable[int]) -> dict[int, tuple[Finding, ...]]:
    """The warnings to put on these patients."""
    told = {}
    for patient, pairs in twins(patient_ids).items():
        rows = tuple(sorted({f"patient:{patient}", *(f"infusion:{infusion}" for infusion, _other in pairs)}))
        told[patient] = (Finding(RULE, WARNING, "patient", patient, "birth_date", MESSAGE, COLUMNS, rows),)
    return told


def suspected(patient_ids: Iterable[int] | None = None) -> list[Suspicion]:
    """The reader's patients who may have been entered twice, in order of their registry id."""
    patients = Patient.objects.filter(voided=False, merged_into=None)
    if patient_ids is not None:
        patients = patients.filter(pk__in=list(patient_ids))
    own = {one.pk: one for one in patients.select_related("site")}
    found = twins(own)
    others = {other for pairs in found.values() for _infusion, other in pairs}
    seen = {one.pk: one for one in Patient.objects.filter(pk__in=others).select_related("site")}
    told = []
    for patient, pairs in found.items():
        named = {other for _infusion, other in pairs}
        known = tuple(seen[other] for other in sorted(named) if other in seen)
        told.append(Suspicion(own[patient], known, elsewhere=len(known) < len(named)))
    return sorted(told, key=lambda one: one.patient.registry_id)
