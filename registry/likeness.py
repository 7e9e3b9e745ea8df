"""Before somebody is registered: is the person here already? Same birth date and sex at the site, or the same infusion.

Another site's patient is told of only as being somewhere (as W01 does, registry.duplicates): not who, not where.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from registry.dictionary.cells import Answer
from registry.dictionary.partial_date import DAY, MONTH, PartialDate
from registry.duplicates import WITHIN
from registry.models import CARTInfusion, Patient, SubjectIdentity
from registry.services import local_hash

FIELDS = ("patient_id", "site_id", "birth_date", "birth_date_precision", "patient__sex_at_birth")


@dataclass(frozen=True)
class Likeness:
    """Who may be the person about to be registered: patients the reader sees, and whether there is somebody else."""

    known: tuple[Patient, ...]
    elsewhere: bool


@dataclass(frozen=True)
class Person:
    """What is known of somebody before the registration: site, birth date, sex, day of the first infusion."""

    site: int
    birth: PartialDate
    sex: str
    infusion: date | None = None

    def resembles(self, site: int, birth: PartialDate, sex: str, infused: Iterable[date]) -> bool:
        """Born on the same day (or possibly so) with the same sex, and at the same site or infused within three days.

        A birth month alone is not enough where both infusions are known and lie apart."""
        days = list(infused)
        if (self.sex and sex and self.sex != sex) or not self._born_alike(birth):
            return False
        same_infusion = self.infusion is not None and any(abs(day - self.infusion) <= WITHIN for day in days)
        if site != self.site or same_infusion:
            return same_infusion
        both_exact = self.birth.precision == birth.precision == DAY
        return both_exact or self.infusion is None or not days

    def _born_alike(self, other: PartialDate) -> bool:
        return self.birth.earliest <= other.latest and other.earliest <= self.birth.latest


def likeness(person: Person) -> Likeness | None:
    """Patients at any site who may be this person; None when there are none."""
    month = person.birth.coarsened(MONTH)
    born = SubjectIdentity._base_manager.filter(
        patient__voided=False, patient__merged_into=None, birth_date__range=(month.earliest, month.latest)
    )
    rows = list(born.values_list(*FIELDS))
    infused: dict[int, list[date]] = defaultdict(list)
    given = CARTInfusion._base_manager.filter(patient_id__in=[row[0] for row in rows], voided=False)
    for patient, day in given.exclude(infusion_date=None).values_list("patient_id", "infusion_date"):
        infused[patient].append(day)
    found = {
        patient
        for patient, site, birth, precision, sex in rows
        if person.resembles(site, PartialDate(birth, precision or DAY), sex or "", infused[patient])
    }
    if not found:
        return None
    known = tuple(Patient.objects.filter(pk__in=found).select_related("site").order_by("registry_id"))
    return Likeness(known, elsewhere=len(known) < len(found))


def with_number(site: int, code: str, number: str) -> Patient | None:
    """The patient whom this site registered under this number of its own; by the keyed hash, the number is not kept."""
    held = SubjectIdentity._base_manager.filter(site_id=site, site_local_hash=local_hash(code, number))
    return Patient.objects.filter(pk__in=held.values("patient_id")).first() if number else None


def known_date(answer: Answer) -> PartialDate | None:
    return PartialDate(answer.value, answer.precision or DAY) if answer.value else None
