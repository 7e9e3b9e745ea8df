"""Dates of any row: none in the future, none after death or withdrawal of consent; partial dates listed.

The checks go over every date of the patient, so a new entity is covered the day it exists. Which dates are
not clinical stands in `ADMINISTRATIVE`. Source: data dictionary 1.3, 4.2, 5.
"""

from collections.abc import Iterator
from datetime import date

from registry.checks.case import Case, Row
from registry.checks.compare import must_not_be_later_than, must_not_follow
from registry.checks.engine import ERROR, Hit, check
from registry.dictionary.partial_date import PartialDate

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
            yield from must_not_be_later_than(
                row, column, today, f"{moment} lies in the future (today is {today})."
            )


@check(
    "H02", ERROR, "No clinical date, of any column, lies after the death.", source="data dictionary 1.3, 5"
)
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
