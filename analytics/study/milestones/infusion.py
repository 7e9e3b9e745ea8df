"""The index infusion and what follows it: new therapy and remission."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analytics.study import days
from analytics.study.days import Flags, Floats
from analytics.study.milestones.case import Case, codes, milestone, spread
from analytics.study.milestones.moments import Rows, When, first, on_day


@milestone("infusion.infusion_date")
def index_infusion(case: Case) -> When:
    """Day of the index infusion: the patient's first CD19 CAR T infusion that meets the cohort.

    Later infusions never reset time zero. Source: ENDPOINTS 2.2.
    """
    when = on_day(spread(case.frames["infusion"]["infusion_date"].to_numpy(), case.index_row, blank=np.nan))
    return When(**{**vars(when), "row": case.index_row})


@milestone("infusion.infusion_date")
def later_infusion(case: Case) -> When:
    """The patient's next infusion after the index infusion that was not planned with it.

    Source: ENDPOINTS 2.3 (an unplanned second infusion is new anti-leukemic therapy).
    """
    rows = case.table("infusion")
    later = rows.day > case["index_infusion"].day[rows.who]
    return first(case.size, rows, later & ~codes(rows.frame["intent"], "REINF_PLANNED"))


@milestone("infusion.infusion_date", "infusion.intent")
def reinfusion_in_remission(case: Case) -> When:
    """First reinfusion for B-cell recovery or hematogones after the remission, before the relapse. Source:
    ENDPOINTS 3.3."""
    rows, remission, relapse = case.table("infusion"), case["cr_date"], case["relapse1"]
    given = codes(rows.frame["intent"], "REINF_BCELL_RECOVERY", "REINF_HEMATOGONES")
    inside = (rows.day >= remission.day[rows.who]) & ~(rows.day >= relapse.day[rows.who])
    return first(case.size, rows, given & inside)


@milestone("salvage.start_date", "infusion.infusion_date", "hsct.hsct_date")
def new_therapy_day(case: Case) -> Floats:
    """First new anti-leukemic therapy after the index infusion: salvage, unplanned second infusion, or
    transplant.

    A therapy known only to the year, or undated, does not count here. Infinite when there is none. Source:
    ENDPOINTS 2.3.
    """
    index = case["index_infusion"]
    out = np.where(np.isfinite(case["later_infusion"].day), case["later_infusion"].day, np.inf)
    salvage, hsct = case["salvage_rows"], case["hsct_rows"]
    is_index = case.parent_rows("salvage", "cart_infusion", "infusion") == index.row[salvage.who]
    for rows, counts in ((salvage, ~(is_index & (index.row[salvage.who] >= 0))), (hsct, True)):
        later = counts & rows.datable & (rows.day > index.day[rows.who])
        np.minimum.at(out, rows.who[later], rows.day[later])
    return out


@milestone("salvage.start_date", "hsct.hsct_date")
def new_therapy_vague(case: Case) -> Flags:
    """A salvage or transplant known to the year at most that may be the first new therapy after the index
    infusion.

    Source: ENDPOINTS 3.15.5.
    """
    index, out = case["index_infusion"], np.zeros(case.size, dtype=bool)
    salvage, hsct = case["salvage_rows"], case["hsct_rows"]
    named = case.parent_rows("salvage", "cart_infusion", "infusion")
    is_index = (named >= 0) & (named == index.row[salvage.who])
    before_cart = codes(hsct.frame["reason"], "PRE_CART")
    for rows, counts in ((salvage, ~is_index), (hsct, ~before_cart)):
        vague = counts & (rows.precision >= days.YEAR) & (rows.high > index.day[rows.who])
        out[rows.who[vague & (rows.low < case["new_therapy_day"][rows.who])]] = True
    return out


@milestone("response.assessment_date", "response.response")
def response_rows(case: Case) -> Rows:
    """Response assessments, partial dates clamped between the start of the treatment assessed and death.

    Source: DATA_DICTIONARY 1.3 (H35: an assessment is not before its treatment).
    """
    rows = case.table("response")
    start = np.full(rows.who.shape, -np.inf)
    for parent in ("infusion", "salvage", "hsct"):
        named = case.parent_rows("response", parent)
        begun = case.table(parent)
        day = np.where(begun.precision == days.EXACT, begun.day, np.nan)
        start = np.fmax(start, spread(day, named, blank=np.nan))
    high = case["exact_death_day"][rows.who]
    return rows.moved(days.clamp(rows.day, rows.precision, low=start, high=high), low=start, high=high)


@milestone()
def index_responses(case: Case) -> Flags:
    """Response rows that assess the index infusion."""
    named = case.parent_rows("response", "infusion")
    index = case["index_infusion"].row[case["response_rows"].who]
    return (named >= 0) & (named == index)


def in_remission(case: Case, rows: Rows) -> Flags:
    """Response rows that show a remission (CR, CRi, MLFS by default). Source: DATA_DICTIONARY 6.1."""
    return codes(rows.frame["response"], *case.conventions.cr_set)


def remission_within(case: Case, window: int, *, among: Flags | None = None) -> When:
    """First remission of the index infusion within so many days of it and not after new therapy began."""
    rows = case["response_rows"]
    start = case["index_infusion"].day[rows.who]
    end = np.fmin(start + window, case["new_therapy_day"][rows.who])
    counts = case["index_responses"] & in_remission(case, rows)
    counts = counts if among is None else counts & among
    sure = counts & (rows.low >= start) & (rows.high <= end)
    maybe = counts & (rows.high >= start) & (rows.low <= end)
    return first(case.size, rows, sure, maybe=maybe)


@milestone("response.assessment_date", "response.response")
def cr_date(case: Case) -> When:
    """First complete remission after the index infusion: CR, CRi or MLFS within 100 days, before any new
    therapy.

    An assessment on the day a new therapy starts counts as before it. Source: ENDPOINTS 2.3, 3.15.8.
    """
    return remission_within(case, case.conventions.best_response_window)


@milestone("response.mrd_status", "mrd.result", "mrd.sensitivity_pct")
def mrd_negative_rows(case: Case) -> Flags:
    """Response rows that show no measurable residual disease.

    The status says NEG, unless every negative test linked to the row is known to be too insensitive to find
    0.01 %; where the status is blank, a linked negative test that finds 0.01 % decides. Source:
    DATA_DICTIONARY 4.11.
    """
    table, tests = case.frames["response"], case.frames["mrd"]
    linked = case.parent_rows("mrd", "response")
    finds = pd.to_numeric(tests["sensitivity_pct"].astype(str).where(tests["sensitivity_pct"] != ""))
    insensitive = finds.to_numpy(float) > case.conventions.mrd_sensitivity_pct
    negative = (linked >= 0) & codes(tests["result"], "NEG")
    good, poor, known = (np.zeros(len(table), dtype=bool) for _ in range(3))
    good[linked[negative & ~insensitive]] = True
    poor[linked[negative & insensitive]] = True
    known[linked[negative & np.isfinite(finds.to_numpy(float)) & ~insensitive]] = True
    blank = ~codes(table["mrd_status"], "NEG", "POS", "INDET", "ND")
    return (codes(table["mrd_status"], "NEG") & (good | ~poor)) | (blank & known)


@milestone("response.assessment_date", "response.response", "response.mrd_status")
def mrd_negative_cr(case: Case) -> When:
    """First MRD-negative remission by the same window and order as `cr_date`. Source: ENDPOINTS 3.1."""
    return remission_within(case, case.conventions.best_response_window, among=case["mrd_negative_rows"])


@milestone("response.assessment_date", "response.response")
def assessed(case: Case) -> Flags:
    """The response to the index infusion was assessed at least once, evaluable or not."""
    rows = case["response_rows"]
    out = np.zeros(case.size, dtype=bool)
    out[rows.who[case["index_responses"]]] = True
    return out


@milestone()
def not_yet_evaluable(case: Case) -> Flags:
    """Alive, not yet assessed, and less than 100 days between infusion and the patient's cut-off.

    Source: ENDPOINTS 3.15.3.
    """
    return _waiting(case, case.conventions.best_response_window) & ~case["assessed"]


def _waiting(case: Case, window: int) -> Flags:
    followed = case.frames.cutoff - case["index_infusion"].day
    dead = case["death"].happened | case["death"].undatable
    return (followed < window) & ~dead


@milestone("response.assessment_date", "response.response")
def d28_response(case: Case) -> When:
    """The day-28 assessment of the index infusion: the evaluable one between day 21 and 42 nearest to day 28.

    Of two equally near the earlier. It must not come after new therapy. Source: ENDPOINTS 1, 3.1.
    """
    rows = case["response_rows"]
    low, high = case.conventions.d28_window
    after = rows.day - case["index_infusion"].day[rows.who]
    inside = case["index_responses"] & rows.datable & (after >= low) & (after <= high)
    inside &= ~codes(rows.frame["response"], "NE", "DEATH_BEFORE")
    inside &= rows.day <= case["new_therapy_day"][rows.who]
    distance = np.abs(after - case.conventions.d28_target)
    nearest = np.full(case.size, np.inf)
    np.minimum.at(nearest, rows.who[inside], distance[inside])
    return first(case.size, rows, inside & (distance == nearest[rows.who]))


@milestone()
def d28_remission(case: Case) -> Flags:
    """The day-28 assessment shows a remission; no assessment is a failure. Source: ENDPOINTS 3.1."""
    rows = case["response_rows"]
    row = case["d28_response"].row
    return spread(in_remission(case, rows), row, blank=False)


@milestone()
def d28_pending(case: Case) -> Flags:
    """Alive, no day-28 assessment yet, and the window still open at the patient's cut-off. Source: ENDPOINTS
    3.15.3."""
    return _waiting(case, case.conventions.d28_window[1]) & (case["d28_response"].row < 0)


@milestone()
def eliana_remission(case: Case) -> Flags:
    """Remission within 3 months of infusion, shown to last at least 28 days: evaluated then, no relapse or
    death before.

    Source: ENDPOINTS 3.1 (rate as in ELIANA).
    """
    remission = remission_within(case, case.conventions.eliana_window)
    until = remission.day + case.conventions.eliana_kept
    ended = np.fmin(case["relapse1"].day, case["death"].day)
    kept = (case["last_evaluated_day"] >= until) & ~(ended < until)
    return remission.happened & kept


@milestone(
    "response.assessment_date",
    "response.response",
    "salvage.start_date",
    "infusion.infusion_date",
    "hsct.hsct_date",
)
def infusion_failed(case: Case) -> When:
    """The index infusion failed (no remission): first NR or PD from day 21 on; if none, the start of new
    therapy.

    Neither: no failure, death or censoring decides. Open (A02) where its day is known to the year at most, or
    where a remission known to the year may have come in time. Source: ENDPOINTS 3.3, 3.15.5.
    """
    rows, remission = case["response_rows"], case["cr_date"]
    from_day = (case["index_infusion"].day + case.conventions.d28_window[0])[rows.who]
    shown = case["index_responses"] & codes(rows.frame["response"], "NR", "PD")
    seen = first(case.size, rows, shown & (rows.low >= from_day), maybe=shown & (rows.high >= from_day))
    therapy = on_day(np.where(np.isfinite(case["new_therapy_day"]), case["new_therapy_day"], np.nan))
    unseen = seen.row < 0
    open_day = unseen & case["new_therapy_vague"]
    precision = np.where(unseen, therapy.precision, seen.precision)
    failed = When(
        day=np.where(unseen, therapy.day, seen.day),
        precision=np.where(open_day, days.UNKNOWN, precision).astype(np.int8),
        low=np.where(unseen, therapy.low, seen.low),
        high=np.where(unseen, therapy.high, seen.high),
        row=np.where(unseen, np.where(open_day, 0, therapy.row), seen.row),
        unsure=seen.unsure | open_day,
    ).only(~remission.happened)
    return replace(failed, unsure=failed.unsure | (remission.unsure & (failed.precision > days.NONE)))
