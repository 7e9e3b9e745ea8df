"""Death, the last day a patient was known alive, the last evaluation of the disease, and the state at any
day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.study import days
from analytics.study.days import Flags, Floats
from analytics.study.frames import Ints
from analytics.study.milestones.case import Case, codes, milestone, worded
from analytics.study.milestones.moments import Rows, When, first, latest

ACTIVE_RESPONSES = ("NR", "PD", "PR", "RELAPSE")
REMISSION_STATUS = ("CR", "CR_MRDPOS")
REMISSION_AT_HSCT = ("CR_MRDNEG", "CR_MRDPOS", "CR_MRDUNK")

ACTIVE, REMISSION, NOT_KNOWN = 1, 0, -1

EVALUATION_COLUMNS = (
    "response.assessment_date",
    "relapse.relapse_date",
    "follow_up.disease_evaluated_on",
    "follow_up.contact_date",
)
CONTACT_COLUMNS = (
    "follow_up.contact_date",
    "follow_up.vital_status",
    "follow_up.disease_evaluated_on",
    "response.assessment_date",
    "relapse.relapse_date",
    "infusion.infusion_date",
    "salvage.start_date",
    "hsct.hsct_date",
    "toxicity.onset_date",
    "gvhd.onset_date",
    "mrd.sample_date",
    "b_cell.sample_date",
)


@milestone("death.death_date")
def exact_death_day(case: Case) -> Floats:
    """Day of death where it is known exactly, infinite otherwise; the upper neighbor of every partial
    date."""
    rows = case.table("death")
    out = np.full(case.size, np.inf)
    exact = rows.precision == days.EXACT
    np.minimum.at(out, rows.who[exact], rows.day[exact])
    return out


@milestone("death.death_date")
def death(case: Case) -> When:
    """Death from any cause, if by the cut-off. A month-only date is not before the last exact day the patient
    was alive.

    Source: ENDPOINTS 2.3, DATA_DICTIONARY 1.3.
    """
    rows = case.table("death")
    alive = latest(case.size, *(entry for entry in _contacts(case, exact=True)))
    moved = rows.moved(days.clamp(rows.day, rows.precision, low=alive[rows.who], high=np.inf))
    return first(case.size, moved, np.ones(rows.who.shape, dtype=bool))


def _contacts(case: Case, *, exact: bool) -> list[tuple[Ints, Floats, Flags]]:
    """Every dated sign of life as (who, day, counts); `exact` = only days known exactly, before any
    clamping."""
    clamped = {} if exact else {"response": "response_rows", "relapse": "relapse_rows"}
    clamped |= {} if exact else {"salvage": "salvage_rows", "hsct": "hsct_rows"}
    tables = ("response", "relapse", "salvage", "hsct", "infusion", "toxicity", "gvhd", "mrd", "b_cell")
    found = []
    for slug in tables:
        rows = case[clamped[slug]] if slug in clamped else case.table(slug)
        counts = rows.precision == days.EXACT if exact else rows.datable
        if slug == "response":
            counts = counts & ~codes(rows.frame["response"], "DEATH_BEFORE")
        found.append((rows.who, rows.day, counts))
    contact = case.table("follow_up")
    alive = codes(contact.frame["vital_status"], "ALIVE")
    found.append((contact.who, contact.day, alive & ((contact.precision == days.EXACT) if exact else contact.datable)))
    evaluated = contact.frame["disease_evaluated_on"].to_numpy()
    sharp = contact.frame["disease_evaluated_on_precision"].to_numpy()
    found.append((contact.who, evaluated, (sharp == days.EXACT) if exact else (sharp > 0) & (sharp < days.YEAR)))
    return found


@milestone(*CONTACT_COLUMNS)
def last_alive_day(case: Case) -> Floats:
    """Last day known alive (`lka`): contacts with vital status ALIVE, assessments, tests, treatments,
    relapses, evaluations.

    Not contacts marked LTFU or DEAD, not DEATH_BEFORE. Dates known only to the year do not count. Source:
    ENDPOINTS 2.3, 3.15.4.
    """
    return latest(case.size, *_contacts(case, exact=False))


@milestone(*CONTACT_COLUMNS)
def last_alive_rough(case: Case) -> Flags:
    """The last day known alive is known to the month only. Source: DATA_DICTIONARY 1.3 (A01)."""
    return ~(latest(case.size, *_contacts(case, exact=True)) >= case["last_alive_day"])


@dataclass(frozen=True, eq=False)
class Evaluations:
    """Dated evaluations of the disease: who, when, what was seen (1 active, 0 remission, -1 not said)."""

    who: Ints
    day: Floats
    state: Ints
    recorded: Flags  # counts as an evaluation for `lde`
    exact: Flags  # the day is known


@milestone(*EVALUATION_COLUMNS)
def evaluations(case: Case) -> Evaluations:
    """Every dated look at the disease: assessments that could be evaluated, relapses, evaluations named at a
    contact.

    Where a contact names no evaluation date, a clinic or outside clinic contact in remission counts on its
    own date. A relapse of a level that does not count is an evaluation but no active state. Source: ENDPOINTS
    2.3, 3.15.4.
    """
    lists = [_seen_in_responses(case), _seen_in_relapses(case), _seen_in_contacts(case), _seen_at_hsct(case)]
    columns = [np.concatenate(column) for column in zip(*lists, strict=True)]
    who, day, state = columns[:3]
    order = np.lexsort((state, day, who))
    return Evaluations(*(column[order] for column in columns))


Seen = tuple[Ints, Floats, Ints, Flags, Flags]


def _seen_in_responses(case: Case) -> Seen:
    rows = case["response_rows"]
    keep = rows.datable & ~codes(rows.frame["response"], "NE", "DEATH_BEFORE", "")
    active = codes(rows.frame["response"], *ACTIVE_RESPONSES)
    remission = codes(rows.frame["response"], *case.conventions.cr_set)
    state = np.select([active, remission], [ACTIVE, REMISSION], NOT_KNOWN)
    return _of_rows(rows, keep, state, np.ones(keep.shape, dtype=bool))


def _of_rows(rows: Rows, keep: Flags, state: Ints, recorded: Flags) -> Seen:
    exact = rows.precision == days.EXACT
    return rows.who[keep], rows.day[keep], state[keep], recorded[keep], exact[keep]


def _seen_in_relapses(case: Case) -> Seen:
    rows = case["relapse_rows"]
    keep = rows.datable
    state = np.where(case["relapse_counts"], ACTIVE, NOT_KNOWN)
    return _of_rows(rows, keep, state, np.ones(keep.shape, dtype=bool))


def _seen_in_contacts(case: Case) -> Seen:
    rows = case.table("follow_up")
    status = rows.frame["disease_status"]
    remission, active = codes(status, *REMISSION_STATUS), codes(status, "ACTIVE")
    named = rows.frame["disease_evaluated_on"].to_numpy()
    visit = codes(rows.frame["contact_kind"], "CLINIC", "OUTSIDE_CLINIC")
    blank = np.isnan(named)
    day = np.where(blank, rows.day, named)
    recorded = ~blank | (visit & remission)
    state = np.select([active, remission], [ACTIVE, REMISSION], NOT_KNOWN)
    keep = np.isfinite(day) & (recorded | (state != NOT_KNOWN))
    precision = np.where(blank, rows.precision, rows.frame["disease_evaluated_on_precision"])
    return rows.who[keep], day[keep], state[keep], recorded[keep], (precision == days.EXACT)[keep]


def _seen_at_hsct(case: Case) -> Seen:
    """A transplant in remission tells the state, but is no evaluation."""
    rows = case["hsct_rows"]
    keep = rows.datable & codes(rows.frame["status_at_hsct"], *REMISSION_AT_HSCT)
    return _of_rows(rows, keep, np.full(keep.shape, REMISSION), np.zeros(keep.shape, dtype=bool))


@milestone(*EVALUATION_COLUMNS)
def last_evaluated_day(case: Case) -> Floats:
    """Last evaluation of the disease (`lde`); the censoring date of every endpoint that contains relapse.

    Source: ENDPOINTS 2.3, 3.15.4.
    """
    seen = case["evaluations"]
    return latest(case.size, (seen.who, seen.day, seen.recorded))


@milestone(*EVALUATION_COLUMNS)
def last_evaluated_rough(case: Case) -> Flags:
    """The last evaluation of the disease is known to the month only. Source: DATA_DICTIONARY 1.3 (A01)."""
    seen = case["evaluations"]
    return ~(latest(case.size, (seen.who, seen.day, seen.recorded & seen.exact)) >= case["last_evaluated_day"])


@milestone()
def state_last_evaluated(case: Case) -> Ints:
    """The disease state at the last evaluation: 1 active, 0 remission, -1 not said; active wins on one day.

    Source: ENDPOINTS 3.15.11.
    """
    seen = case["evaluations"]
    then = seen.recorded & (seen.day == case["last_evaluated_day"][seen.who])
    out = np.full(case.size, NOT_KNOWN)
    np.maximum.at(out, seen.who[then], seen.state[then])
    return out


def state_by(case: Case, day: Floats) -> Ints:
    """The last disease state on file up to and including a day: 1 active, 0 remission, -1 none."""
    seen = case["evaluations"]
    known = (seen.state != NOT_KNOWN) & (seen.day <= day[seen.who])
    who, state = seen.who[known], seen.state[known]
    tails = np.flatnonzero(np.r_[who[1:] != who[:-1], True]) if who.size else np.zeros(0, dtype=np.int64)
    out = np.full(case.size, NOT_KNOWN)
    out[who[tails]] = state[tails]
    return out


@milestone("death.death_date", "death.disease_status_at_death", "death.primary_cause")
def death_category(case: Case) -> np.ndarray:
    """DISEASE if leukemia was active at death, whatever the mechanism; else NRM_HSCT, NRM_CART or NRM_OTHER;
    or UNK.

    The state recorded at death decides; where it is unknown, active disease on file without a later remission
    is DISEASE; else the coded cause decides: ALL = DISEASE, unknown = UNK, anything else = NRM. Blank for the
    living. Source: ENDPOINTS 2.6, 3.15.7.
    """
    when = case["death"]
    table = case.frames["death"]
    status, cause = when.at(table["disease_status_at_death"]), when.at(table["primary_cause"])
    related = when.at(table["related_to"]).astype(str)
    on_file = state_by(case, np.where(np.isfinite(when.day), when.day, np.inf))
    unknown = (status != "ACTIVE") & (status != "REMISSION")
    no_cause = (cause == "") | (cause == "UNK")
    disease = (status == "ACTIVE") | (unknown & ((on_file == ACTIVE) | (cause == "ALL")))
    kinds = [disease, unknown & no_cause, _names(related, "HSCT"), _names(related, "CART")]
    category = worded(kinds, ["DISEASE", "UNK", "NRM_HSCT", "NRM_CART"], "NRM_OTHER")
    return np.where(when.row >= 0, category, "")


def _names(cells: np.ndarray, code: str) -> Flags:
    """Cells of several codes joined by `;` that hold one code."""
    texts, place = np.unique(cells, return_inverse=True)
    return np.array([code in text.split(";") for text in texts.tolist()], dtype=bool)[place]


def _death_of(case: Case, *categories: str) -> When:
    category = case["death_category"]
    return case["death"].only(np.isin(category.astype(str), categories))


@milestone("death.death_date", "death.disease_status_at_death", "death.primary_cause")
def death_of_disease(case: Case) -> When:
    """Death in active disease; without a relapse row it is a relapse on the day of death, never NRM.

    Source: ENDPOINTS 3.15.7.
    """
    return _death_of(case, "DISEASE")


@milestone("death.death_date", "death.disease_status_at_death", "death.primary_cause")
def death_without_disease(case: Case) -> When:
    """Death not in active disease (NRM), whatever treatment it is attributed to; in a sensitivity run also
    the unclassified. Source: ENDPOINTS 2.6."""
    also = ("UNK",) if case.conventions.unclassified_death_is_nrm else ()
    return _death_of(case, "NRM_HSCT", "NRM_CART", "NRM_OTHER", *also)


@milestone("death.death_date", "death.disease_status_at_death", "death.primary_cause")
def death_unclassified(case: Case) -> When:
    """Death whose disease state and cause are both unknown (A13). Source: ENDPOINTS 3.13, 3.15.7."""
    return _death_of(case, *(() if case.conventions.unclassified_death_is_nrm else ("UNK",)))
