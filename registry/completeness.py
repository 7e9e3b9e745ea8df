"""How complete the records are: answered of the questions that a complete record has to answer.

A reason for absence (UNK, ND, NA, PEND) is an answer; a question that another answer rules out is not asked. Computed
from the rows, never stored with them; the nightly sweep keeps the counts of each day.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from registry.dictionary.compiled import EntitySpec
from registry.dictionary.items import Kind
from registry.entities import dictionary, model_of
from registry.models import Patient, Record
from registry.models.patient import IDENTITY_ITEMS

BLANK_VALUES = (None, "", [])


@dataclass(frozen=True)
class Share:
    """Answered of asked."""

    answered: int = 0
    asked: int = 0

    @property
    def fraction(self) -> float | None:
        """Between 0 and 1; None when nothing was asked."""
        return self.answered / self.asked if self.asked else None

    def __add__(self, other: "Share") -> "Share":
        return Share(self.answered + other.answered, self.asked + other.asked)


def of_record(spec: EntitySpec, record: Record) -> Share:
    """The share of one record, as it would be if it were saved now."""
    answers = {name: record.answer(name) for name in spec.decisive}
    values = {name: answer.value for name, answer in answers.items()}
    asked = [item.name for item in spec.may_be_required if item.item.is_required(values)]
    return Share(sum(not answers[name].blank for name in asked), len(asked))


def by_entity(patients: Iterable[int] | None = None) -> dict[str, Share]:
    """The share of every entity's rows."""
    return _tally(lambda patient, site, slug, item: slug, patients)


def by_site(patients: Iterable[int] | None = None) -> dict[int, Share]:
    """The share of every site's patients, by id of the enrolling site."""
    return _tally(lambda patient, site, slug, item: site, patients)


def by_patient(patients: Iterable[int] | None = None) -> dict[int, Share]:
    """The share of every patient's chart, by id of the patient."""
    return _tally(lambda patient, site, slug, item: patient, patients)


def by_field(patients: Iterable[int] | None = None) -> dict[tuple[int, str, str], Share]:
    """The share of every question at every site: (site, entity, item)."""
    return _tally(lambda patient, site, slug, item: (site, slug, item), patients)


def _tally(key: Callable[[int, int | None, str, str], Hashable], patients: Iterable[int] | None) -> dict:
    chosen = Patient.objects.filter(voided=False, merged_into=None)
    if patients is not None:
        chosen = chosen.filter(pk__in=list(patients))
    sites = dict(chosen.values_list("pk", "site_id"))
    answered: dict[Hashable, int] = defaultdict(int)
    asked: dict[Hashable, int] = defaultdict(int)
    for spec in dictionary():
        if spec.entity.reference:
            continue
        for patient, name, given in _asked(spec, None if patients is None else list(sites)):
            if patient in sites:
                place = key(patient, sites[patient], spec.slug, name)
                asked[place] += 1
                answered[place] += given
    return {place: Share(answered[place], count) for place, count in asked.items()}


def _asked(spec: EntitySpec, patients: list[int] | None) -> Iterator[tuple[int, str, bool]]:
    """(patient, item, answered) of every question that was asked."""
    columns = {name: _column(spec, name) for name in spec.decisive}
    owner = "patient_id" if spec.of_patient else "pk"
    rows = model_of(spec.slug).objects.filter(voided=False)
    if patients is not None:
        rows = rows.filter(**{f"{owner}__in": patients})
    reasons = ["missing"] if spec.of_patient else ["missing", "identity__missing"]
    names, count = list(columns), len(columns)
    always = [item.name for item in spec.may_be_required if item.item.asked_if is None]
    sometimes = [item for item in spec.may_be_required if item.item.asked_if is not None]
    for row in rows.values_list(owner, *columns.values(), *reasons).iterator(chunk_size=2000):
        values = dict(zip(names, row[1 : count + 1], strict=True))
        missing = _merged(row[count + 1 :])
        asked = always + [item.name for item in sometimes if item.item.is_required(values)]
        for name in asked:
            yield row[0], name, values[name] not in BLANK_VALUES or name in missing


def _merged(reasons: Iterable[Mapping[str, Any] | None]) -> dict[str, Any]:
    return {name: why for mapping in reasons if mapping for name, why in mapping.items()}


def _column(spec: EntitySpec, name: str) -> str:
    if name in IDENTITY_ITEMS and spec.slug == "patient":
        return f"identity__{name}"
    return f"{name}_id" if spec.by_name[name].kind is Kind.REFERENCE else name
