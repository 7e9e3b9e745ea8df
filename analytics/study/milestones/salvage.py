"""Salvage after the relapse: its first line, how it was answered, and what ended its success."""

from __future__ import annotations

import numpy as np

from analytics.study import days
from analytics.study.days import Flags, Floats
from analytics.study.milestones.case import Case, codes, milestone, spread
from analytics.study.milestones.moments import Rows, When, first, last
from analytics.study.milestones.relapse import first_relapse_after
from analytics.study.milestones.transplant import in_remission_at

CATEGORIES = (  # hierarchy of DATA_DICTIONARY 6.6, first match wins
    "CART_CD19",
    "CART_OTHER",
    "INO",
    "BLINA",
    "TARGETED",
    "CHEMO",
    "RT_LOCAL",
    "DLI",
    "CHECKPOINT_OTHER_IO",
    "STEROID_PALL",
    "OTHER",
)
FAILED = ("NR", "PD", "PR")


@milestone("salvage.start_date")
def salvage_rows(case: Case) -> Rows:
    """Salvage lines, partial start dates clamped between their relapse and death where those are exact.

    Source: ENDPOINTS 3.15.5.
    """
    rows, relapse = case.table("salvage"), case.table("relapse")
    known = np.where(relapse.precision == days.EXACT, relapse.day, np.nan)
    low = spread(known, case.parent_rows("salvage", "relapse"), blank=np.nan)
    high = case["exact_death_day"][rows.who]
    return rows.moved(days.clamp(rows.day, rows.precision, low=low, high=high), low=low, high=high)


@milestone("salvage.start_date")
def salvage1(case: Case) -> When:
    """Line 1 of salvage for the post-CART19 relapse, by line number, else by start date. Salvage for
    non-response is not.

    Source: ENDPOINTS 2.3.
    """
    rows = case["salvage_rows"]
    mine = _of_relapse1(case)
    number = np.where(np.isnan(rows.frame["line_number"]), np.inf, rows.frame["line_number"].to_numpy())
    lowest = np.full(case.size, np.inf)
    np.minimum.at(lowest, rows.who[mine], number[mine])
    return first(case.size, rows, mine & (number == lowest[rows.who]))


def _of_relapse1(case: Case) -> Flags:
    rows, relapse = case["salvage_rows"], case["relapse1"]
    named = case.parent_rows("salvage", "relapse")
    other_trigger = codes(rows.frame["trigger"], "NONRESPONSE")
    return (named >= 0) & (named == relapse.row[rows.who]) & ~other_trigger


@milestone()
def salvage_category(case: Case) -> np.ndarray:
    """The one category of salvage line 1: as given, else the first of its components in the hierarchy; blank
    = unknown.

    Source: DATA_DICTIONARY 6.6.
    """
    table, line = case.frames["salvage"], case["salvage1"]
    given, parts = line.at(table["category"]), line.at(table["components"]).astype(str)
    return np.where(np.isin(given.astype(str), CATEGORIES), given, _highest(parts))


def _highest(parts: np.ndarray) -> np.ndarray:
    texts, place = np.unique(parts, return_inverse=True)
    named = [next((code for code in CATEGORIES if code in text.split(";")), "") for text in texts.tolist()]
    return np.array(named, dtype=object)[place]


@milestone()
def salvage_palliative(case: Case) -> Flags:
    """Line 1 was palliative: counted apart, not followed. An unknown intent is in. Source: ENDPOINTS
    3.15.10."""
    palliative = case["salvage1"].at(case.frames["salvage"]["intent"]) == "PALLIATIVE"
    return palliative & (not case.conventions.palliative_salvage)


def _of_line1(case: Case) -> Flags:
    """Response rows that assess salvage line 1."""
    rows = case["response_rows"]
    named = case.parent_rows("response", "salvage")
    return (named >= 0) & (named == case["salvage1"].row[rows.who])


@milestone()
def salvage_remission(case: Case) -> Flags:
    """A remission was recorded among the assessments of salvage line 1. Source: ENDPOINTS 3.15.10."""
    rows = case["response_rows"]
    out = np.zeros(case.size, dtype=bool)
    out[rows.who[_of_line1(case) & codes(rows.frame["response"], *case.conventions.cr_set)]] = True
    return out


@milestone()
def salvage_unanswered(case: Case) -> Flags:
    """No response to line 1 is on file (A10): no evaluable assessment of it, and no remission recorded
    elsewhere since.

    A status at a contact is no response record. Source: ENDPOINTS 3.15.10.
    """
    rows = case["response_rows"]
    own = _of_line1(case) & ~codes(rows.frame["response"], "NE", "DEATH_BEFORE", "")
    out = np.ones(case.size, dtype=bool)
    out[rows.who[own | _remissions_since(case)]] = False
    return out


def _remissions_since(case: Case) -> Flags:
    """Response rows that show a remission to line 1: its own, or one assessed on or after its start."""
    rows = case["response_rows"]
    remission = codes(rows.frame["response"], *case.conventions.cr_set)
    return remission & (_of_line1(case) | (rows.low >= case["salvage1"].day[rows.who]))


def _first_remission_day(case: Case) -> Floats:
    rows = case["response_rows"]
    out = np.full(case.size, np.inf)
    shown = _remissions_since(case) & rows.datable
    np.minimum.at(out, rows.who[shown], rows.day[shown])
    return out


@milestone("response.assessment_date", "response.response")
def end_of_line1(case: Case) -> When:
    """The last evaluable END_OF_LINE assessment of line 1; it decides whether the line failed. Source:
    ENDPOINTS 3.15.10."""
    rows = case["response_rows"]
    at_end = codes(rows.frame["timepoint"], "END_OF_LINE") & ~codes(rows.frame["response"], "NE", "DEATH_BEFORE", "")
    return last(case.size, rows, _of_line1(case) & at_end)


@milestone("response.assessment_date", "response.response")
def salvage_failed(case: Case) -> When:
    """Line 1 failed: its deciding END_OF_LINE assessment shows NR, PD or PR. Source: ENDPOINTS 3.7,
    3.15.10."""
    end = case["end_of_line1"]
    return end.only(np.isin(end.at(case.frames["response"]["response"]).astype(str), FAILED))


@milestone("salvage.start_date")
def second_line_without_remission(case: Case) -> When:
    """A second salvage line started without a remission before it; in remission it is consolidation, no
    event.

    A remission assessed on the day the line starts counts as before it. Source: ENDPOINTS 3.7, W72.
    """
    rows, line = case["salvage_rows"], case["salvage1"]
    later = _of_relapse1(case) & (np.arange(rows.who.size) != line.row[rows.who]) & (line.row[rows.who] >= 0)
    second = first(case.size, rows, later)
    return second.only(~(_first_remission_day(case) <= second.high))


@milestone("hsct.hsct_date", "hsct.status_at_hsct")
def hsct_in_active_disease(case: Case) -> When:
    """Transplant in active disease after line 1, never in remission before it, line never assessed at its
    end.

    Source: ENDPOINTS 3.7.
    """
    when = case["hsct_after_salvage"]
    never = (_first_remission_day(case) > when.day) & (case["end_of_line1"].row < 0)
    return when.only(never & ~in_remission_at(case, when))


@milestone("hsct.hsct_date", "hsct.hsct_type")
def hsct_after_salvage(case: Case) -> When:
    """First transplant on or after the start of salvage line 1. Source: ENDPOINTS 3.7 (sensitivity)."""
    rows = case["hsct_rows"]
    counts = case["hsct_counts"] & rows.datable & (rows.day >= case["salvage1"].day[rows.who])
    return first(case.size, rows, counts)


@milestone("relapse.relapse_date", "relapse.level")
def relapse_after_salvage(case: Case) -> When:
    """The next relapse of a counting level after salvage line 1 began. Source: ENDPOINTS 3.7."""
    line = case["salvage1"]
    start = np.where(line.datable, line.day, np.nan)
    return first_relapse_after(case, start, but=case["relapse1"], assume=_numbered_later(case))


def _numbered_later(case: Case) -> Flags:
    """Relapse rows whose running number is higher than that of the post-CART19 relapse."""
    rows, number = case["relapse_rows"], case.frames["relapse"]["relapse_number"].to_numpy()
    first_number = case["relapse1"].at(case.frames["relapse"]["relapse_number"], blank=np.nan)
    return number > first_number[rows.who]
