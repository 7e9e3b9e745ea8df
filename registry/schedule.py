"""When a patient is due: the windows of follow-up, the rule for lost patients, consent at the age of majority.

Pure: one patient's rows and a day in, what is to do out. Source: data dictionary 4.16 and 4.2.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from registry.checks.case import Case
from registry.checks.course import alive
from registry.dictionary.majority import majority_age
from registry.dictionary.partial_date import PartialDate
from registry.standing import NOT_INFUSED, standing_of

VISIT, CONTACT, LOST, CONSENT = "VISIT", "CONTACT", "LOST", "CONSENT"
UPCOMING, DUE, OVERDUE = "UPCOMING", "DUE", "OVERDUE"
#: How contact stands: kept, overdue, to be declared lost, declared lost, ended (death, withdrawal, 15 years), none yet.
KEPT, CONTACT_OVERDUE, TO_DECLARE, DECLARED, ENDED, NOT_YET = "KEPT", "OVERDUE", "TO_DECLARE", "LOST", "ENDED", "NONE"

DAYS_PER_MONTH, DAYS_PER_YEAR = 30.4375, 365.25
OVERDUE_AFTER_DAYS = 15 * DAYS_PER_MONTH
LOST_AFTER_DAYS = 24 * DAYS_PER_MONTH
ATTEMPTS_BEFORE_LOST = 2
LAST_YEAR = 15
AFTER_ANNIVERSARY = 60
#: How long before it opens a window is announced, and how long before and after a birthday the consent is asked for.
AHEAD = timedelta(days=30)
CONSENT_AHEAD, CONSENT_WITHIN = timedelta(days=90), timedelta(days=90)
#: Rows that are no sign of life on their date.
NO_CONTACT = frozenset({"consent", "external_id", "death"})


@dataclass(frozen=True)
class Visit:
    """A window of follow-up in days from the index infusion, both ends included."""

    key: str
    label: str
    first: int
    target: int
    last: int


def _visits() -> Iterator[Visit]:
    yield Visit("D28", "Day 28", 21, 28, 42)
    yield Visit("D100", "Day 100", 85, 100, 115)
    yield Visit("M6", "6 months", 150, 180, 210)
    for year in range(1, LAST_YEAR + 1):
        day = int(year * DAYS_PER_YEAR)
        yield Visit(f"Y{year}", f"{year} year{'s' if year > 1 else ''}", day, day, day + AFTER_ANNIVERSARY)


VISITS = tuple(_visits())


@dataclass(frozen=True)
class Due:
    """Something to do for one patient: from when, best on which day, until when."""

    kind: str
    key: str
    label: str
    opens_on: date
    due_on: date
    closes_on: date
    state: str


@dataclass(frozen=True)
class Course:
    """What is to do for one patient, how contact and the patient stand, person-time observed and expected."""

    items: tuple[Due, ...] = ()
    last_contact: date | None = None
    contact: str = NOT_YET
    observed_days: int = 0
    expected_days: int = 0
    standing: str = NOT_INFUSED


def look(case: Case, today: date, *, attempts: Iterable[date] = ()) -> Course:
    """What one patient is due for on this day; `attempts` are the days on which contact was tried in vain."""
    seen = [moment for moment in _contacts(case) if moment.earliest <= today]
    last = max((min(moment.latest, today) for moment in seen), default=None)
    state = _contact_state(case, last, today, list(attempts))
    observed, expected = _person_time(case, last, today)
    items: tuple[Due, ...] = ()
    if state not in (ENDED, DECLARED):
        items = (*_visits_due(case, today), *_contact_due(state, last, today))
    if state != ENDED:
        items += tuple(_consent_due(case, today))
    return Course(items, last, state, observed, expected, standing_of(case))


def _contacts(case: Case) -> Iterator[PartialDate]:
    """Every date on which somebody saw or heard of the patient alive."""
    for slug, rows in case.rows.items():
        for row in rows if slug not in NO_CONTACT else ():
            moment = case.date_of(row)
            if moment is not None and row.values.get("vital_status") != "LTFU":
                yield moment


def _end(case: Case) -> date | None:
    """The day after which nobody follows the patient: death, withdrawal, or 15 years after the infusion."""
    ends = []
    if not alive(case):
        death = case.death.death_date if case.death is not None else None
        told = [row.contact_date for row in case.of("follow_up") if row.vital_status == "DEAD" and row.contact_date]
        ends += [moment.value for moment in (death, *told) if moment] or [date.min]
    ends += [row.withdrawn_on.value if row.withdrawn_on else date.min for row in _withdrawals(case)]
    if case.index_infusion is not None:
        ends.append(_day(case, VISITS[-1].last))
    return min(ends, default=None)


def _withdrawals(case: Case) -> list:
    return [row for row in case.of("consent") if row.kind == "REGISTRY" and row.status == "WITHDRAWN"]


def _day(case: Case, number: int) -> date:
    return case.index_infusion.infusion_date.value + timedelta(days=number)


def _contact_state(case: Case, last: date | None, today: date, attempts: list[date]) -> str:
    end = _end(case)
    if end is not None and end <= today:
        return ENDED
    if last is None:
        return NOT_YET
    lost = [row.contact_date for row in case.of("follow_up") if row.vital_status == "LTFU" and row.contact_date]
    if any(moment.latest >= last for moment in lost):
        return DECLARED
    silent = (today - last).days
    if silent > LOST_AFTER_DAYS and sum(tried > last for tried in attempts) >= ATTEMPTS_BEFORE_LOST:
        return TO_DECLARE
    return CONTACT_OVERDUE if silent > OVERDUE_AFTER_DAYS else KEPT


def _visits_due(case: Case, today: date) -> Iterator[Due]:
    """The window that is open or was missed last, and the next one when it is near.

    A contact after a window closes it: what was missed cannot be made up. One visit now answers all that were missed.
    """
    if case.index_infusion is None:
        return
    rows = [row.contact_date for row in case.of("follow_up") if row.vital_status != "LTFU"]
    rows += [row.assessment_date for row in case.of("response")]
    seen = [moment for moment in rows if moment is not None]
    waiting: Due | None = None
    for visit in VISITS:
        opens, target, closes = _day(case, visit.first), _day(case, visit.target), _day(case, visit.last)
        if any(moment.latest >= opens for moment in seen) and (
            closes < today or any(moment.earliest <= closes and moment.latest >= opens for moment in seen)
        ):
            waiting = None
        elif opens - AHEAD > today:
            break
        elif opens > today:
            if waiting is not None:
                yield waiting
            yield Due(VISIT, visit.key, visit.label, opens, target, closes, UPCOMING)
            return
        else:
            waiting = Due(VISIT, visit.key, visit.label, opens, target, closes, DUE if today <= closes else OVERDUE)
    if waiting is not None:
        yield waiting


def _contact_due(state: str, last: date | None, today: date) -> Iterator[Due]:
    if last is None or state == KEPT:
        return
    overdue = last + timedelta(days=int(OVERDUE_AFTER_DAYS))
    lost = last + timedelta(days=int(LOST_AFTER_DAYS))
    if state == TO_DECLARE:
        yield Due(LOST, "", "Declare lost to follow-up, or find the patient", lost, lost, lost, OVERDUE)
    elif state == CONTACT_OVERDUE:
        yield Due(CONTACT, "", "No contact for more than 15 months", overdue, overdue, overdue, OVERDUE)


def _person_time(case: Case, last: date | None, today: date) -> tuple[int, int]:
    """Days under observation and days that could have been observed, from the index infusion."""
    if case.index_infusion is None:
        return 0, 0
    start, end = _day(case, 0), min(_end(case), today)
    expected = max((end - start).days, 0)
    known = end if not alive(case) else min(last or start, end)
    return max(min((known - start).days, expected), 0), expected


def _consent_due(case: Case, today: date) -> Iterator[Due]:
    """The patient's own consent, when somebody enrolled as a minor comes of age."""
    birth = case.patient.birth_date
    if birth is None:
        return
    site = case.reference("site", case.patient.site)
    age = majority_age(site.values.get("country") if site else None, case.patient.values.get("country_residence"))
    adult_on = _birthday(birth.latest, age)
    consents = case.of("consent")
    as_minor = [row for row in consents if row.kind == "REGISTRY" and _before(row.effective_date, adult_on)]
    if not as_minor or today < adult_on - CONSENT_AHEAD or any(row.kind == "WAIVER" for row in consents):
        return
    own = [row for row in consents if row.kind == "REGISTRY_AGE_OF_MAJORITY"]
    if any(row.status != "PENDING_RECONSENT" for row in own) or any(_own(row, adult_on) for row in consents):
        return
    label = "Waiting for the patient's own consent" if own else f"Of age ({age}): ask for the patient's own consent"
    closes = adult_on + CONSENT_WITHIN
    state = UPCOMING if today < adult_on else DUE if today <= closes else OVERDUE
    yield Due(CONSENT, "", label, adult_on - CONSENT_AHEAD, adult_on, closes, state)


def _before(moment: PartialDate | None, day: date) -> bool:
    return moment is not None and moment.latest < day


def _own(row: object, adult_on: date) -> bool:
    """A registry consent that the patient signed as an adult."""
    of_age = row.kind == "REGISTRY" and row.effective_date is not None and row.effective_date.earliest >= adult_on
    return of_age and row.status == "GIVEN"


def _birthday(birth: date, age: int) -> date:
    try:
        return birth.replace(year=birth.year + age)
    except ValueError:  # born on 29 February
        return date(birth.year + age, 3, 1)
