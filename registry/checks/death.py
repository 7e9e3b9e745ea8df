"""Death: its cause against the state of the disease and against the treatments (data dictionary 4.17)."""

from collections.abc import Iterator

from registry.checks.case import CR_ANY, Case
from registry.checks.compare import DAYS_PER_YEAR, fewest_days, most_days, must_find, some_within
from registry.checks.course import (
    ACTIVE,
    NOT_SEEN,
    REMISSION_EVIDENCE,
    active_dates,
    ending_relapses,
    malignant,
    remission_evidence,
    states,
    treated,
    with_date,
)
from registry.checks.engine import ERROR, FLAG, WARNING, Hit, check, hit
from registry.dictionary.partial_date import DAY

#: Days before death within which a remission contradicts active disease (data dictionary 4.17).
SHORTLY_BEFORE = 30
#: Years after a transplant up to which a death is ordinarily put down to it (data dictionary 5, W69).
LATE_EFFECT_YEARS = 5


@check(
    "H66",
    ERROR,
    "A death in remission is not of leukemia, and does not follow a relapse without a later remission.",
    source="data dictionary 4.17, 5, ENDPOINTS 2.6",
)
def death_in_remission(case: Case) -> Iterator[Hit]:
    """A remission stated at an assessment, a contact or a transplant counts. MRD relapses end none (6.3)."""
    death = case.death
    if death is None or death.disease_status_at_death != "REMISSION":
        return
    if death.primary_cause == "ALL":
        words = "Died of leukemia, but in remission. Correct one of the two."
        yield hit(death, "disease_status_at_death", words, (death, "primary_cause"))
    relapses = with_date(ending_relapses(case), "relapse_date")
    if relapses:
        last, moment = relapses[-1]
        words = f"In remission at death, but no remission is on file after the relapse on {moment}."
        found = some_within(remission_evidence(case), moment.shifted(1))
        reads = ("relapse.level", "relapse.relapse_date", *REMISSION_EVIDENCE)
        for one in must_find(found, death, "disease_status_at_death", words, reads=reads):
            yield Hit(death, one.column, one.message, ((last, "relapse_date"),), one.reads, one.undecided)


@check("H67", ERROR, "A death related to a transplant has one before it.", source="data dictionary 4.17, 5")
def transplant_before_related_death(case: Case) -> Iterator[Hit]:
    """On the day of death at the latest."""
    death = case.death
    if death is None or "HSCT" not in (death.related_to or ()):
        return
    moments = [row.hsct_date for row in case.of("hsct")]
    found = some_within(moments, last=death.death_date)
    words = "The death is related to a transplant, but no transplant before it is on file."
    yield from must_find(found, death, "related_to", words, reads=("death.death_date", "hsct.hsct_date"))


@check(
    "W65",
    WARNING,
    "Active disease at death within 30 days of a remission is unusual.",
    source="data dictionary 4.17",
)
def active_soon_after_remission(case: Case) -> Iterator[Hit]:
    """The last assessment shows a remission, and nothing after it shows the disease."""
    death = case.death
    if death is None or death.disease_status_at_death != "ACTIVE" or death.death_date is None:
        return
    seen = [row for row in case.of("response") if row.response is not None and row.response not in NOT_SEEN]
    assessed = with_date(seen, "assessment_date")
    if not assessed or assessed[-1][0].response not in CR_ANY:
        return
    last, moment = assessed[-1]
    days = most_days(moment, death.death_date)
    if 0 <= days <= SHORTLY_BEFORE and some_within(active_dates(case), moment) is False:
        words = f"Active disease at death, but in {last.response} {days} days before. Is a relapse missing?"
        cells = ((death, "death_date"), (last, "assessment_date"), (last, "response"))
        yield hit(death, "disease_status_at_death", words, *cells, reads=("relapse.relapse_date",))


@check(
    "W69",
    WARNING,
    "A death of the disease has its relapse, NR or PD; a transplant kills within 5 years.",
    source="data dictionary 5, ENDPOINTS 2.6",
)
def cause_fits_the_course(case: Case) -> Iterator[Hit]:
    """Of the disease: cause leukemia, or active at death. Asked only of patients infused or transplanted."""
    death = case.death
    if death is None:
        return
    column = "primary_cause" if death.primary_cause == "ALL" else "disease_status_at_death"
    of_disease = death.primary_cause == "ALL" or death.disease_status_at_death == "ACTIVE"
    shown = case.of("relapse") or any(row.response in ACTIVE for row in case.of("response"))
    if of_disease and treated(case) and not shown:
        words = "Died of the disease, but no relapse and no NR or PD is on file."
        yield hit(death, column, words, reads=("relapse.relapse_date", "response.response"))
    grafts = with_date(case.of("hsct"), "hsct_date")
    if "HSCT" in (death.related_to or ()) and grafts:
        last, moment = grafts[-1]
        days = fewest_days(moment, death.death_date)
        if days is not None and days > LATE_EFFECT_YEARS * DAYS_PER_YEAR:
            words = f"Related to the transplant of {moment}, more than 5 years before the death."
            yield hit(death, "related_to", words, (death, "death_date"), (last, "hsct_date"))


@check("W85", WARNING, "The day of death is known.", source="data dictionary 1.3, 4.17")
def day_of_death_is_known(case: Case) -> Iterator[Hit]:
    """A month or year needs the remark that the source knows no more."""
    death = case.death
    if death is not None and death.death_date is not None and death.death_date.precision != DAY:
        words = f"The death is known only as {death.death_date}. State that the source does not tell the day."
        yield hit(death, "death_date", words)


@check("A13", FLAG, "A death with unknown state of the disease.", source="data dictionary 5, ENDPOINTS 2.6, 3.13")
def state_at_death_is_known(case: Case) -> Iterator[Hit]:
    """Not after a relapse on file, nor where the disease was seen last: then the state is known."""
    death = case.death
    if death is None or death.disease_status_at_death is not None or not malignant(case):
        return
    known = states(case)
    if not case.of("relapse") and not (known and not known[-1][1]):
        words = "The state of the disease at death is not known; the coded cause decides."
        reads = (
            "relapse.relapse_date",
            "response.assessment_date",
            "response.response",
            "follow_up.disease_status",
        )
        yield hit(death, "disease_status_at_death", words, reads=reads)
