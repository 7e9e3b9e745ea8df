"""Values that follow from a chart, as a record's page shows them beside the answers: never stored, never edited."""

from dataclasses import dataclass

from registry.checks.derived import DERIVATIONS, Derivation, derived_words
from registry.extract import cases
from registry.models import Record
from registry.places import Place


@dataclass(frozen=True)
class Reckoned:
    """One derived value in words; blank where the chart leaves it open."""

    label: str
    text: str
    definition: str


def reckoned(place: Place, record: Record) -> list[Reckoned]:
    """What follows for this row from the whole chart; reads the chart only when something does."""
    held = DERIVATIONS.get(place.spec.slug)
    if not held or record.voided:
        return []
    case = next(iter(cases([place.patient.pk])), None)
    row = next((one for one in case.every(place.spec.slug) if one.id == record.pk), None) if case else None
    if row is None:
        return []
    words = derived_words(case, row)
    exact = "identity" in place.may
    return [Reckoned(one.label, _told(one, words[one.label], exact=exact), one.definition) for one in held.values()]


def _told(one: Derivation, words: str, *, exact: bool) -> str:
    """An age to the hundredth of a year beside its date tells the birthday: others see tenths."""
    return words if exact or not words or not one.name.startswith("age_") else f"{float(words):.1f}"
