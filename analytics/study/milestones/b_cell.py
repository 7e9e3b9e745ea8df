"""B cells after CAR T: aplasia at day 28, its end, and what makes its end unobservable.

A sample answers when its interpretation says aplasia or recovery, else by its counts; INDET and a sample
without counts answer nothing and are passed over. Source: DATA_DICTIONARY 4.12, ENDPOINTS 3.10, 3.15.12.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analytics.study import days
from analytics.study.days import Flags, Floats
from analytics.study.frames import Ints
from analytics.study.milestones.case import Case, codes, milestone, spread
from analytics.study.milestones.moments import Rows, When, first, latest
from analytics.study.products import cd19_infusions

SAMPLE_COLUMNS = ("b_cell.sample_date", "b_cell.cd19_pct_lymph", "b_cell.cd19_abs", "b_cell.interpretation")
DEPLETING = ("CART_CD19", "INO", "BLINA")  # components of salvage that take B cells away
APLASIA, RECOVERED, UNANSWERED = 0, 1, -1


@milestone("b_cell.sample_date")
def b_cell_rows(case: Case) -> Rows:
    """B-cell samples, partial dates clamped between the index infusion and death. Source: DATA_DICTIONARY
    1.3."""
    rows = case.table("b_cell")
    low, high = case["index_infusion"].day[rows.who], case["exact_death_day"][rows.who]
    return rows.moved(days.clamp(rows.day, rows.precision, low=low, high=high), low=low, high=high)


@milestone(*SAMPLE_COLUMNS)
def b_cell_answers(case: Case) -> Ints:
    """What each sample shows: 1 recovered, 0 aplasia, -1 not answered.

    Recovered: CD19+ at least 1 % of lymphocytes, or at least 10 cells/uL in blood. An interpretation given
    overrides the counts. Source: DATA_DICTIONARY 4.12.
    """
    table, limits = case.frames["b_cell"], case.conventions
    share = _at_least(case, "cd19_pct_lymph", limits.b_cell_pct)
    count = _at_least(case, "cd19_abs", limits.b_cell_abs)
    count = np.where(codes(table["specimen"], "BM"), np.nan, count)
    recovered = (share == 1) | (count == 1)
    counted = np.select([recovered, ~np.isnan(share) | ~np.isnan(count)], [RECOVERED, APLASIA], UNANSWERED)
    told = table["interpretation"]
    given = [codes(told, "RECOVERY"), codes(told, "APLASIA"), codes(told, "INDET")]
    return np.select(given, [RECOVERED, APLASIA, UNANSWERED], counted)


@milestone(*SAMPLE_COLUMNS)
def b_cell_states(case: Case) -> Ints:
    """What the samples of a day show together: 1 recovered, 0 aplasia, -1 not answered; aplasia wins on one
    day."""
    rows, answer = case["b_cell_rows"], case["b_cell_answers"]
    usable = np.flatnonzero(rows.datable & (answer != UNANSWERED))
    _, place = np.unique(np.column_stack((rows.who[usable], rows.day[usable])), axis=0, return_inverse=True)
    together = np.full(usable.size, RECOVERED)
    np.minimum.at(together, place.reshape(-1), answer[usable])
    out = answer.copy()
    out[usable] = together[place.reshape(-1)]
    return out


def _at_least(case: Case, column: str, limit: float) -> Floats:
    """1 when a count reaches the limit, 0 when it does not, NaN without a count; `<1` does not reach 1."""
    table = case.frames["b_cell"]
    value, told = table[column].to_numpy(), table["comparators"].astype(str).to_numpy(dtype=str)
    below = (np.char.find(told, f"{column}=<") >= 0) & (np.char.find(told, f"{column}=<=") < 0)
    reached = (value > limit) | ((value == limit) & ~below)
    return np.where(np.isnan(value), np.nan, reached.astype(float))


@milestone(*SAMPLE_COLUMNS)
def b_cell_first_sample(case: Case) -> When:
    """The first sample between day 21 and 42 after the index infusion that answers. Source: ENDPOINTS
    3.10."""
    rows = case["b_cell_rows"]
    low, high = case.conventions.d28_window
    after = rows.day - case["index_infusion"].day[rows.who]
    inside = rows.datable & (case["b_cell_answers"] != UNANSWERED) & (after >= low) & (after <= high)
    return first(case.size, rows, inside)


@milestone()
def b_cell_unsampled(case: Case) -> Flags:
    """No B-cell sample that answers between day 21 and 42. Source: ENDPOINTS 3.10."""
    return case["b_cell_first_sample"].row < 0


@milestone()
def b_cell_present(case: Case) -> Flags:
    """The first B-cell sample of day 21 to 42 shows B cells: no aplasia to lose. Source: ENDPOINTS 3.10."""
    return spread(case["b_cell_states"], case["b_cell_first_sample"].row, blank=UNANSWERED) == RECOVERED


@milestone(*SAMPLE_COLUMNS)
def b_cell_recovery(case: Case) -> When:
    """B-cell recovery: the first sample after the day-28 sample that shows B cells and is confirmed.

    Confirmed: the next sample that answers at least 7 days later shows B cells, too. Dated at the first of
    the two. A sample with B cells known only to the year leaves the recovery open where none is certain.
    Source: ENDPOINTS 3.10, 3.15.12.
    """
    rows, answer = case["b_cell_rows"], case["b_cell_states"]
    start = case["b_cell_first_sample"].day[rows.who]
    shown = (answer == RECOVERED) & rows.datable & (rows.day > start)
    when = first(case.size, rows, shown & _confirmed(case, rows, answer))
    vague = np.zeros(case.size, dtype=bool)
    vague[rows.who[(answer == RECOVERED) & (rows.precision >= days.YEAR) & (rows.high > start)]] = True
    return replace(when, unsure=vague & (when.row < 0))


def _confirmed(case: Case, rows: Rows, answer: Ints) -> Flags:
    """Whether the next answering sample at least 7 days after each row shows B cells."""
    out = np.zeros(rows.who.size, dtype=bool)
    usable = np.flatnonzero(rows.datable & (answer != UNANSWERED))
    if not usable.size:
        return out
    who, day = rows.who[usable], rows.day[usable]
    base = day.min()
    span = day.max() - base + case.conventions.b_cell_confirm_days + 2
    key = who * span + (day - base)
    order = np.argsort(key, kind="stable")
    key, usable = key[order], usable[order]
    wanted = rows.who * span + (np.where(rows.datable, rows.day, base) - base) + case.conventions.b_cell_confirm_days
    place = np.searchsorted(key, wanted, side="left")
    there = place < key.size
    row = usable[np.where(there, place, 0)]
    return there & (rows.who[row] == rows.who) & (answer[row] == RECOVERED)


@milestone(*SAMPLE_COLUMNS)
def last_b_cell_day(case: Case) -> Floats:
    """Last B-cell sample that answers; the censoring date of B-cell aplasia. Source: ENDPOINTS 3.10."""
    rows = case["b_cell_rows"]
    return latest(case.size, (rows.who, rows.day, rows.datable & (case["b_cell_answers"] != UNANSWERED)))


@milestone(*SAMPLE_COLUMNS)
def last_b_cell_rough(case: Case) -> Flags:
    """The last B-cell sample that answers is known to the month only. Source: DATA_DICTIONARY 1.3 (A01)."""
    rows = case["b_cell_rows"]
    exact = (rows.precision == days.EXACT) & (case["b_cell_answers"] != UNANSWERED)
    return ~(latest(case.size, (rows.who, rows.day, exact)) >= case["last_b_cell_day"])


@milestone("hsct.hsct_date", "hsct.hsct_type")
def hsct_after_infusion(case: Case) -> When:
    """First transplant on or after the day of the index infusion, in remission or not. Source: ENDPOINTS
    3.10."""
    rows = case["hsct_rows"]
    start = case["index_infusion"].day[rows.who]
    vague = rows.precision >= days.YEAR
    before_cart = vague & codes(rows.frame["reason"], "PRE_CART")
    counts = case["hsct_counts"] & ~before_cart
    return first(case.size, rows, counts & (rows.low >= start), maybe=counts & (rows.high >= start))


@milestone("salvage.start_date", "salvage.components")
def b_cell_depleting_salvage(case: Case) -> When:
    """First salvage line after the index infusion that holds blinatumomab, inotuzumab or CD19 CAR T cells.

    Rituximab has no code of its own and is not seen. Source: ENDPOINTS 3.10.
    """
    rows = case["salvage_rows"]
    start = case["index_infusion"].day[rows.who]
    index = case["index_infusion"].row[rows.who]
    is_index = (case.parent_rows("salvage", "cart_infusion", "infusion") == index) & (index >= 0)
    counts = (_holds(rows, "components", *DEPLETING) | codes(rows.frame["category"], *DEPLETING)) & ~is_index
    return first(case.size, rows, counts & (rows.low > start), maybe=counts & (rows.high > start))


def _holds(rows: Rows, column: str, *wanted: str) -> Flags:
    """Rows whose list of codes holds one of these."""
    cells = rows.frame[column]
    matching = {text for text in cells.unique() if set(text.split(";")) & set(wanted)}
    return codes(cells, *matching)


@milestone("infusion.infusion_date", "infusion.product")
def repeat_cd19_infusion(case: Case) -> When:
    """Next infusion of a CD19 product after the index infusion that was not planned with it. Source:
    ENDPOINTS 3.10."""
    rows = case.table("infusion")
    later = rows.day > case["index_infusion"].day[rows.who]
    counts = later & ~codes(rows.frame["intent"], "REINF_PLANNED") & cd19_infusions(case.frames)
    return first(case.size, rows, counts)
