"""What several checks ask of the course of a disease: when active, when in remission, what a transplant was.

Nothing here decides an order that partial dates leave open: such a question has no answer (None), and no
check fires.
"""

from collections.abc import Iterable, Iterator
from datetime import date

from registry.checks.case import CR_ANY, Case, Row
from registry.checks.compare import some_within
from registry.dictionary.partial_date import PartialDate

#: Responses that show the disease (data dictionary 6.1).
ACTIVE = frozenset({"NR", "PD", "PR", "RELAPSE"})
#: Responses that say nothing of the disease.
NOT_SEEN = frozenset({"NE", "DEATH_BEFORE"})
CONTACT_IN_CR = frozenset({"CR", "CR_MRDPOS"})
HSCT_IN_CR = frozenset({"CR_MRDNEG", "CR_MRDPOS", "CR_MRDUNK"})

Dated = tuple[Row, PartialDate]


def with_date(rows: Iterable[Row], column: str) -> list[Dated]:
    """Rows that have a date in this column, with it; the order of the rows stays."""
    return [(row, row.values[column]) for row in rows if row.values.get(column) is not None]


def ending_relapses(case: Case) -> list[Row]:
    """Relapses that ended a remission: every level but MRD, which by itself does not (6.3)."""
    return [row for row in case.of("relapse") if row.level != "MRD"]


def treated(case: Case) -> bool:
    """Whether the patient was infused or transplanted; a diagnosis alone is a valid chart."""
    return bool(case.infusions or case.of("hsct"))


def malignant(case: Case) -> bool:
    """False only when the disease is known not to be a malignancy."""
    return case.diagnosis is None or case.diagnosis.disease != "NON_MALIGNANT"


def alive(case: Case) -> bool:
    """No death on file and no contact that tells of one."""
    return case.death is None and all(row.vital_status != "DEAD" for row in case.of("follow_up"))


def active_dates(case: Case) -> Iterator[PartialDate | None]:
    """Dates on which the disease was seen: every relapse, every response without remission."""
    yield from (row.relapse_date for row in case.of("relapse"))
    yield from (row.assessment_date for row in case.of("response") if row.response in ACTIVE)


def remission_evidence(case: Case) -> Iterator[PartialDate | None]:
    """Dates on which a remission was stated anywhere: assessed, at a contact, at a transplant."""
    yield from (row.assessment_date for row in case.remissions)
    for row in case.of("follow_up"):
        if row.disease_status in CONTACT_IN_CR:
            yield row.disease_evaluated_on or row.contact_date
    yield from (row.hsct_date for row in case.of("hsct") if row.status_at_hsct in HSCT_IN_CR)


#: The columns `remission_evidence` reads.
REMISSION_EVIDENCE = (
    "follow_up.contact_date",
    "follow_up.disease_evaluated_on",
    "follow_up.disease_status",
    "hsct.hsct_date",
    "hsct.status_at_hsct",
    "response.assessment_date",
    "response.response",
)


def states(case: Case) -> list[tuple[date, bool]]:
    """Every dated statement on the disease as (day, in remission), in order of the stand-in days.

    On one day a remission comes before a relapse.
    """
    found = [(moment.value, False) for moment in active_dates(case) if moment is not None]
    found += [(moment.value, True) for moment in remission_evidence(case) if moment is not None]
    for row in case.of("follow_up"):
        moment = row.disease_evaluated_on or row.contact_date
        if row.disease_status == "ACTIVE" and moment is not None:
            found.append((moment.value, False))
    return sorted(found, key=lambda state: (state[0], not state[1]))


def evaluations(case: Case) -> list[PartialDate]:
    """Known dates of disease evaluations (ENDPOINTS 2.3 and 3.15.4, `lde`)."""
    moments = [row.assessment_date for row in case.of("response") if row.response not in NOT_SEEN]
    moments += [row.relapse_date for row in case.of("relapse")]
    for row in case.of("follow_up"):
        seen = row.contact_kind in ("CLINIC", "OUTSIDE_CLINIC") and row.disease_status in CONTACT_IN_CR
        moments.append(row.disease_evaluated_on or (row.contact_date if seen else None))
    return [moment for moment in moments if moment is not None]


def role_of(case: Case, hsct: Row) -> str | None:
    """PRE_CART, CONSOL, POST_RELAPSE or NONRESP by the dates (4.9); None where they leave it open.

    Without an index infusion a transplant has no role. MRD relapses before it leave open which role it has.
    """
    index, moment = case.index_infusion, hsct.hsct_date
    if index is None or moment is None:
        return None
    if index.infusion_date.surely_after(moment):
        return "PRE_CART"
    if not moment.surely_after(index.infusion_date):
        return None
    day_after = index.infusion_date.shifted(1)
    relapsed = some_within((row.relapse_date for row in case.of("relapse")), day_after, moment)
    if relapsed is False:
        return _role_without_relapse(case, index)
    ended = some_within((row.relapse_date for row in ending_relapses(case)), day_after, moment)
    return "POST_RELAPSE" if ended else None


def _role_without_relapse(case: Case, index: Row) -> str | None:
    responses = [row.response for row in case.children("response", index) if row.response not in NOT_SEEN]
    if any(response in CR_ANY for response in responses):
        return "CONSOL"
    return "NONRESP" if any(response in ACTIVE for response in responses) else None
