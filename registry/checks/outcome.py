"""Contacts: they agree with the death and with what else is on file (data dictionary 4.16)."""

from collections.abc import Iterator
from datetime import date
from itertools import pairwise

from registry.checks.case import Case, Row
from registry.checks.compare import must_be_same_day, some_within
from registry.checks.course import ACTIVE, REMISSION_EVIDENCE, alive, evaluations, malignant, states, treated
from registry.checks.engine import ERROR, FLAG, WARNING, Hit, check, hit
from registry.dictionary.partial_date import PartialDate

#: The row that each answer to "new therapy since the last contact" speaks of.
THERAPIES = {
    "HSCT": ("hsct", "hsct_date"),
    "CART": ("infusion", "infusion_date"),
    "OTHER": ("salvage", "start_date"),
}
#: Days after which a remission that nobody looked at is stale, and days around an answer that tells of a
#: transplant.
STALE, ABOUT_THE_ANSWER = 365, 60


@check("H60", ERROR, "A contact DEAD needs a death row of the same date.", source="data dictionary 4.16, 5")
def dead_contact_has_a_death(case: Case) -> Iterator[Hit]:
    """A death row needs no contact DEAD."""
    death = case.death
    for row in case.of("follow_up"):
        if row.vital_status != "DEAD":
            continue
        if death is None:
            words = "The contact says DEAD, but no death is on file. Enter the death."
            yield hit(row, "vital_status", words, reads=("death.death_date",))
        else:
            words = f"The contact says DEAD on {row.contact_date}, the death is dated {death.death_date}."
            reads = ("follow_up.vital_status",)
            yield from must_be_same_day(row, "contact_date", death, "death_date", words, reads=reads)


@check("H61", ERROR, "Nobody is alive at a contact after the death.", source="data dictionary 4.16, 5")
def alive_only_before_death(case: Case) -> Iterator[Hit]:
    """Only what is surely later: H02 reads the same dates and flags an order left open."""
    death = case.death
    if death is None or death.death_date is None:
        return
    for row in case.of("follow_up"):
        moment = row.contact_date
        if row.vital_status == "ALIVE" and moment is not None and moment.surely_after(death.death_date):
            words = f"Alive on {moment}, but dead since {death.death_date}."
            yield hit(row, "vital_status", words, (row, "contact_date"), (death, "death_date"))


@check("W62", WARNING, "Active disease at a contact has its relapse or NR.", source="data dictionary 4.16")
def active_disease_is_on_file(case: Case) -> Iterator[Hit]:
    """Only after the first infusion or transplant: before it, disease is what one expects."""
    seen = case.of("relapse") or any(row.response in ACTIVE for row in case.of("response"))
    starts = [row.infusion_date for row in case.infusions] + [row.hsct_date for row in case.of("hsct")]
    for row in case.of("follow_up") if starts and not seen else ():
        if row.disease_status != "ACTIVE" or row.contact_date is None:
            continue
        if some_within(starts, last=row.contact_date):
            words = f"Active disease on {row.contact_date}, but no relapse and no NR or PD is on file."
            reads = ("infusion.infusion_date", "hsct.hsct_date", "relapse.relapse_date", "response.response")
            yield hit(row, "disease_status", words, (row, "contact_date"), reads=reads)


@check(
    "W63",
    WARNING,
    "New therapy or a subsequent malignancy told at a contact has its row.",
    source="data dictionary 4.16",
)
def what_is_told_has_its_row(case: Case) -> Iterator[Hit]:
    """A transplant, an infusion, or for OTHER a salvage line, since the contact before; a malignancy at any time."""
    before: PartialDate | None = None
    for row in case.of("follow_up"):
        if row.new_therapy_since_last in THERAPIES:
            entity, column = THERAPIES[row.new_therapy_since_last]
            moments = (one.values.get(column) for one in case.of(entity))
            if some_within(moments, before, row.contact_date) is False:
                words = f"New therapy {row.new_therapy_since_last}, but no {entity} row since the contact before."
                cells = ((row, "contact_date"),)
                yield hit(row, "new_therapy_since_last", words, *cells, reads=(f"{entity}.{column}",))
        before = row.contact_date or before
        if row.subsequent_malignancy == "Y":
            moments = (one.diagnosis_date for one in case.of("subsequent_malignancy"))
            if some_within(moments, last=row.contact_date) is False:
                words = "A subsequent malignancy is told, but none up to this contact is on file. Add it."
                reads = ("subsequent_malignancy.diagnosis_date",)
                yield hit(row, "subsequent_malignancy", words, (row, "contact_date"), reads=reads)


@check(
    "W74",
    WARNING,
    "The first transplant after CAR T is a row, not only an answer.",
    source="data dictionary 5",
)
def first_transplant_has_its_row(case: Case) -> Iterator[Hit]:
    """A contact after the index infusion tells of a transplant; none is on file up to 60 days later."""
    index = case.index_infusion
    for row in case.of("follow_up") if index is not None else ():
        moment = row.contact_date
        if row.new_therapy_since_last != "HSCT" or moment is None or not moment.surely_after(index.infusion_date):
            continue
        moments = (one.hsct_date for one in case.of("hsct"))
        if some_within(moments, index.infusion_date, moment.shifted(ABOUT_THE_ANSWER)) is False:
            words = "The contact tells of a transplant, but none after the infusion is on file. Add it."
            cells = ((row, "contact_date"), (index, "infusion_date"))
            yield hit(row, "new_therapy_since_last", words, *cells, reads=("hsct.hsct_date",))


@check(
    "W73",
    WARNING,
    "A living patient in remission was evaluated within the last 12 months.",
    source="data dictionary 5",
)
def evaluation_is_not_stale(case: Case, today: date) -> Iterator[Hit]:
    """Counted back from today. A finding about the chart: no row is wrong, an evaluation is missing."""
    last = max((moment.latest for moment in evaluations(case)), default=None)
    if last is None or (today - last).days <= STALE or _withdrawn(case):
        return
    known = states(case)
    if known and known[-1][1] and treated(case) and malignant(case) and alive(case):
        words = f"Alive and in remission; last evaluated on {last}, more than 12 months ago."
        yield hit(case.patient, "", words, reads=(*REMISSION_EVIDENCE, "relapse.relapse_date", "death.death_date"))


def _withdrawn(case: Case) -> bool:
    """Nobody may be followed up after a withdrawal."""
    return any(row.status == "WITHDRAWN" for row in case.of("consent"))


@check("A12", FLAG, "Alive, the status of the disease unknown.", source="data dictionary 5, ENDPOINTS 2.3")
def status_is_known(case: Case) -> Iterator[Hit]:
    """The last contact does not tell it, and nothing dated on or after that contact does."""
    if not (treated(case) and malignant(case) and alive(case)):
        return
    last = next((row for row in reversed(case.of("follow_up")) if row.contact_date is not None), None)
    if last is None:
        if not evaluations(case):
            reads = ("follow_up.disease_status", "relapse.relapse_date", "response.assessment_date")
            yield hit(case.patient, "", "Alive, and nothing tells the state of the disease.", reads=reads)
    elif _tells_nothing(last) and some_within(evaluations(case), last.contact_date) is False:
        words = f"Last contact on {last.contact_date}: the status of the disease is not known."
        reads = ("relapse.relapse_date", "response.assessment_date", "response.response")
        yield hit(last, "disease_status", words, (last, "contact_date"), reads=reads)


def _tells_nothing(row: Row) -> bool:
    unknown = row.disease_status is None and row.why_missing("disease_status") != "NA"
    return unknown or row.disease_status == "NOT_ASSESSED"


@check("W111", WARNING, "Each contact has a day of its own.", source="data dictionary 4.16")
def contacts_on_different_days(case: Case) -> Iterator[Hit]:
    """Two contacts on one exact day are one contact, or one of the days is wrong."""
    for earlier, row in pairwise(case.of("follow_up")):
        if row.contact_date is not None and row.contact_date.exact and row.contact_date == earlier.contact_date:
            words = f"A second contact on {row.contact_date}. Is one of them a duplicate?"
            yield hit(row, "contact_date", words, (earlier, "contact_date"))
