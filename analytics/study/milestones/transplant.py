"""Transplants: before CAR T, in remission after it, after the relapse; the status they found and what came
after."""

from __future__ import annotations

import numpy as np

from analytics.study import days
from analytics.study.days import Flags, Floats
from analytics.study.milestones.case import Case, codes, milestone, worded
from analytics.study.milestones.moments import Rows, When, first
from analytics.study.milestones.relapse import first_relapse_after
from analytics.study.milestones.survival import (
    EVALUATION_COLUMNS,
    REMISSION,
    REMISSION_AT_HSCT,
    state_by,
)

OUTCOMES = ("ALIVE_CR", "RELAPSE", "PERSISTENT", "NRM", "ALIVE_UNKNOWN")


@milestone("hsct.hsct_date")
def hsct_rows(case: Case) -> Rows:
    """All transplants, partial dates clamped to the day of death. Source: DATA_DICTIONARY 1.3, 4.9."""
    rows = case.table("hsct")
    high = case["exact_death_day"][rows.who]
    limit = np.fmin(high, case.frames.cutoff[rows.who])
    return rows.moved(days.clamp(rows.day, rows.precision, low=-np.inf, high=high), high=limit)


@milestone("hsct.hsct_date", "hsct.hsct_type")
def hsct_counts(case: Case) -> Flags:
    """Transplants of a type the registry asks about: allogeneic or syngeneic, not autologous.

    Source: ENDPOINTS 1 (`HSCT_TYPES`), 3.15.6.
    """
    return codes(case.frames["hsct"]["hsct_type"], *case.conventions.hsct_types)


@milestone("hsct.hsct_date")
def hsct_post(case: Case) -> When:
    """First transplant on or after the day of the post-CART19 relapse; one on that day follows the relapse.

    Also when it comes after a later relapse. Source: ENDPOINTS 2.3.
    """
    rows, relapse = case["hsct_rows"], case["relapse1"]
    counts = case["hsct_counts"] & (relapse.happened | relapse.unsure)[rows.who]
    vague = rows.precision >= days.YEAR
    before_cart = vague & codes(rows.frame["reason"], "PRE_CART")
    low, high = relapse.low[rows.who], relapse.high[rows.who]
    sure = counts & (rows.low >= high) & ~before_cart & ~relapse.unsure[rows.who]
    maybe = counts & (rows.high >= low) & ~before_cart
    return first(case.size, rows, sure, maybe=maybe)


@milestone("hsct.hsct_date")
def hsct_consol(case: Case) -> When:
    """First transplant after the index infusion while in remission, before the relapse (consolidation).

    Source: ENDPOINTS 2.3.
    """
    rows, relapse, remission = case["hsct_rows"], case["relapse1"], case["cr_date"]
    counts = case["hsct_counts"] & rows.datable & remission.datable[rows.who]
    after = rows.day >= remission.day[rows.who]
    before = ~(rows.day >= relapse.day[rows.who])
    return first(case.size, rows, counts & after & before)


def prior_hsct(case: Case, moment: When) -> Floats:
    """Any counting transplant before a moment: 1 yes, 0 no, NaN when partial dates leave the order open.

    One on the day itself is not before it. Source: ENDPOINTS 2.4, 3.15.6.
    """
    rows = case["hsct_rows"]
    vague_before = (rows.precision >= days.YEAR) & codes(rows.frame["reason"], "PRE_CART")
    counts = case["hsct_counts"]
    sure = counts & ((rows.high < moment.low[rows.who]) | vague_before)
    maybe = counts & (rows.low < moment.high[rows.who])
    yes, perhaps = np.zeros(case.size, dtype=bool), np.zeros(case.size, dtype=bool)
    yes[rows.who[sure]] = True
    perhaps[rows.who[maybe]] = True
    known = moment.happened
    return np.select([yes & known, perhaps | ~known], [1.0, np.nan], 0.0)


@milestone("hsct.hsct_date", "hsct.hsct_type")
def prior_hsct_pre_cart(case: Case) -> Floats:
    """Any transplant before the index infusion. Source: ENDPOINTS 2.4."""
    return prior_hsct(case, case["index_infusion"])


@milestone("hsct.hsct_date", "hsct.hsct_type")
def prior_hsct_at_relapse(case: Case) -> Floats:
    """Any transplant before the relapse; it also counts one in remission between infusion and relapse.

    Source: ENDPOINTS 2.4.
    """
    return prior_hsct(case, case["relapse1"])


@milestone("hsct.hsct_date", "hsct.hsct_type")
def prior_hsct_at_hsct_post(case: Case) -> Floats:
    """Any transplant before the post-relapse transplant; `HSCT-naive at transplant` is its contrary.

    Source: ENDPOINTS 2.4.
    """
    return prior_hsct(case, case["hsct_post"])


@milestone("hsct.hsct_date")
def transplant(case: Case) -> When:
    """The first transplant of a patient followed from transplant. Source: ENDPOINTS 3.13."""
    rows = case["hsct_rows"]
    chosen = np.zeros(rows.who.shape, dtype=bool)
    chosen[case.transplant_row[case.transplant_row >= 0]] = True
    return first(case.size, rows, chosen)


@milestone("relapse.relapse_date", "relapse.level")
def relapse_after_transplant(case: Case) -> When:
    """First relapse of a counting level after the first transplant; one dated on the transplant day precedes
    it.

    Without an infusion up to the transplant a relapse row can only follow the transplant (DATA_DICTIONARY
    4.14). Source: ENDPOINTS 3.13.
    """
    when, rows = case["transplant"], case["relapse_rows"]
    infused = case["index_infusion"].day <= when.high
    return first_relapse_after(case, np.where(when.datable, when.day, np.nan), assume=~infused[rows.who])


def in_remission_at(case: Case, when: When) -> Flags:
    """In remission at a transplant: the status given; where unknown the last state before it, else active.

    Source: ENDPOINTS 3.15.11.
    """
    status = when.at(case.frames["hsct"]["status_at_hsct"]).astype(str)
    before = state_by(case, np.where(np.isfinite(when.day), when.day, -np.inf))
    stated = np.isin(status, (*REMISSION_AT_HSCT, "ACTIVE"))
    return np.where(stated, np.isin(status, REMISSION_AT_HSCT), before == REMISSION)


@milestone("relapse.relapse_date", "relapse.level")
def relapse_after_hsct_post(case: Case) -> When:
    """First relapse of a counting level after the post-relapse transplant. Source: ENDPOINTS 3.9."""
    when = case["hsct_post"]
    return first_relapse_after(case, np.where(when.datable, when.day, np.nan), but=case["relapse1"])


@milestone(
    "hsct.hsct_date",
    "hsct.status_at_hsct",
    "response.response",
    "relapse.level",
    "death.death_date",
    "death.disease_status_at_death",
    "death.primary_cause",
    "follow_up.disease_status",
    *EVALUATION_COLUMNS,
)
def hsct_outcome(case: Case) -> np.ndarray:
    """Outcome after the post-relapse transplant: PERSISTENT, RELAPSE, NRM, ALIVE_CR or ALIVE_UNKNOWN; one per
    patient.

    PERSISTENT: not in remission at transplant and none assessed since. RELAPSE: a relapse since, dead or
    alive now, or death in active disease. NRM: any other death. ALIVE_CR: last evaluation shows remission and
    is not stale. `A13` where the death cannot be classified, `A02` where vague dates leave the relapse open.
    Source: ENDPOINTS 3.9.
    """
    when, relapse, category = case["hsct_post"], case["relapse_after_hsct_post"], case["death_category"]
    persistent = ~in_remission_at(case, when) & ~_remission_since(case, when)
    relapsed = relapse.happened | (category == "DISEASE")
    known_alive = np.fmin(case.frames.cutoff, case["last_alive_day"])
    fresh = known_alive - case["last_evaluated_day"] <= case.conventions.stale_disease_days
    in_remission = fresh & (case["state_last_evaluated"] == REMISSION)
    kinds = [
        ~when.datable,
        persistent,
        relapsed,
        relapse.unsure,
        category == "UNK",
        category != "",
        in_remission,
    ]
    names = ["A02", "PERSISTENT", "RELAPSE", "A02", "A13", "NRM", "ALIVE_CR"]
    return worded(kinds, names, "ALIVE_UNKNOWN")


def _remission_since(case: Case, when: When) -> Flags:
    """A remission was assessed after the transplant, or is recorded as an answer to it."""
    rows = case["response_rows"]
    named = case.parent_rows("response", "hsct")
    of_it = (named >= 0) & (named == when.row[rows.who])
    since = of_it | (rows.low > when.day[rows.who])
    counts = codes(rows.frame["response"], *case.conventions.cr_set) & since
    out = np.zeros(case.size, dtype=bool)
    out[rows.who[counts]] = True
    return out
