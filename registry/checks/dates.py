"""Dates of any row: none in the future, none after death or withdrawal of consent; partial dates listed.

The checks go over every date of the patient, so a new entity is covered the day it exists. Which dates are
not clinical stands in `ADMINISTRATIVE`. Source: data dictionary 1.3, 4.2, 5.
"""

from collections.abc import Iterator
from datetime import date

from registry.checks.case import Case, Row
from registry.checks.compare import must_not_be_later_than, must_not_follow
from registry.checks.engine import ERROR, FLAG, UNDECIDED_RULE, Hit, check, hit
from registry.dictionary.partial_date import MONTH, YEAR, PartialDate

#: Dates of paperwork, which may follow a death: waivers and withdrawals signed by others, the closing of a
#: study file, the day a retrospective chart was found. Entering a treatment protocol takes a living patient:
#: clinical.
ADMINISTRATIVE = frozenset(
    {
        ("consent", "effective_date"),
        ("consent", "withdrawn_on"),
        ("enrollment", "off_study_on"),
        ("patient", "ascertained_on"),
    }
)


def clinical_dates(case: Case) -> Iterator[tuple[Row, str, PartialDate]]:
    """Every date of the patient's course, paperwork apart."""
    return (found for found in case.dates if (found[0].entity, found[1]) not in ADMINISTRATIVE)


@check("H01", ERROR, "No date lies after today.", source="data dictionary 1.3, 5")
def no_date_in_the_future(case: Case, today: date) -> Iterator[Hit]:
    """Every date counts, paperwork included. A date known to the current month is undecided (A01)."""
    for row, column, moment in case.dates:
        if moment.latest > today:
            yield from must_not_be_later_than(row, column, today, f"{moment} lies in the future (today is {today}).")


@check("H02", ERROR, "No clinical date, of any column, lies after the death.", source="data dictionary 1.3, 5")
def nothing_after_death(case: Case) -> Iterator[Hit]:
    """A contact DEAD on the day of death is that death; a blank stop date ends at death."""
    death = case.death
    if death is None or death.death_date is None:
        return
    for row, column, moment in clinical_dates(case):
        if row.entity != "death" and not _tells_the_death(row, column, moment, death):
            words = f"{moment} lies after the death on {death.death_date}. Correct one of the two dates."
            yield from must_not_follow(row, column, death, "death_date", words)


def _tells_the_death(row: Row, column: str, moment: PartialDate, death: Row) -> bool:
    """Whether this is the date of a contact DEAD and equals the death date, however precise both are."""
    told = row.entity == "follow_up" and column == "contact_date" and row.vital_status == "DEAD"
    return told and moment == death.death_date


#: Consents to the registry itself; withdrawing from a trial or from sharing stops nothing here (ENDPOINTS
#: 3.15.1).
REGISTRY_CONSENTS = frozenset({"REGISTRY", "REGISTRY_AGE_OF_MAJORITY", "WAIVER"})


@check("H11", ERROR, "No clinical date lies after the withdrawal of consent.", source="data dictionary 4.2, 5")
def nothing_after_withdrawal(case: Case) -> Iterator[Hit]:
    """Withdrawal from the registry; a consent given anew on or after that day lifts it."""
    for consent in case.of("consent"):
        if not _withdrawn(consent) or any(_lifts(one, consent) for one in case.of("consent")):
            continue
        for row, column, moment in clinical_dates(case):
            words = f"{moment} lies after the withdrawal of consent on {consent.withdrawn_on}."
            reads = ("consent.kind", "consent.status")
            yield from must_not_follow(row, column, consent, "withdrawn_on", words, reads=reads)


def _withdrawn(consent: Row) -> bool:
    return consent.kind in REGISTRY_CONSENTS and consent.status == "WITHDRAWN" and consent.withdrawn_on is not None


def _lifts(one: Row, withdrawn: Row) -> bool:
    if one.kind not in REGISTRY_CONSENTS or one.status not in ("GIVEN", "WAIVED") or one.effective_date is None:
        return False
    return not withdrawn.withdrawn_on.surely_after(one.effective_date)


#: Dates that time-to-event results use (ENDPOINTS 2.3); the index infusion is always exact.
ANALYSED = (
    ("response", "assessment_date"),
    ("relapse", "relapse_date"),
    ("salvage", "start_date"),
    ("hsct", "hsct_date"),
    ("follow_up", "contact_date"),
    ("follow_up", "disease_evaluated_on"),
    ("death", "death_date"),
)


@check(
    UNDECIDED_RULE,
    FLAG,
    "A date known only to the month is used in analyses; or partial dates leave an order undecided.",
    source="data dictionary 1.3, 5",
)
def month_is_used(case: Case) -> Iterator[Hit]:
    """The middle of the month stands in. Orders left open are flagged by the rule that compares."""
    for row, column, moment in _analysed(case):
        if moment is not None and moment.precision == MONTH:
            yield hit(row, column, f"Known to the month only: {moment} is used with a stand-in day.")


@check(
    "A02",
    FLAG,
    "A date known only to the year, or unknown, leaves time-to-event results.",
    source="data dictionary 1.3, 5, ENDPOINTS 3.15.5",
)
def year_is_excluded(case: Case) -> Iterator[Hit]:
    """It still counts where existence or a certain order matters. A blank date is incomplete, not unknown."""
    for row, column, moment in _analysed(case):
        if moment is None and row.why_missing(column) == "UNK":
            yield hit(row, column, "Date unknown: left out of time-to-event results.")
        elif moment is not None and moment.precision == YEAR:
            yield hit(row, column, f"Known to the year only: {moment} is left out of time-to-event results.")


def _analysed(case: Case) -> Iterator[tuple[Row, str, PartialDate | None]]:
    return ((row, column, row.values.get(column)) for entity, column in ANALYSED for row in case.of(entity))
