"""Partial dates as columns: a day number, how exactly it is known, and the days it may be.

A date is the number of days since 1970-01-01 as a float; NaN = no date. Precision: 0 no date at all, 1 exact
day, 2 month known (the stand-in is the 15th), 3 year known (1 July), 4 known to have happened, date unknown.
Source: DATA_DICTIONARY 1.3.
"""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]
Flags = NDArray[np.bool_]

NONE, EXACT, MONTH, YEAR, UNKNOWN = 0, 1, 2, 3, 4
PRECISIONS = {"": NONE, "D": EXACT, "M": MONTH, "Y": YEAR, "U": UNKNOWN}


def day_number(value: date) -> float:
    """A calendar date as a day number."""
    return float(np.datetime64(value, "D").astype(np.int64))


def calendar(days: Floats) -> NDArray[np.datetime64]:
    """Day numbers as calendar dates; NaN becomes not-a-time."""
    known = np.isfinite(days)
    out = np.full(days.shape, np.datetime64("NaT", "D"))
    out[known] = days[known].astype(np.int64).astype("datetime64[D]")
    return out


def years(days: Floats) -> Floats:
    """The calendar year of each day number; NaN where there is no date."""
    out = np.full(days.shape, np.nan)
    known = np.isfinite(days)
    out[known] = calendar(days[known]).astype("datetime64[Y]").astype(np.int64) + 1970
    return out


def add_months(days: Floats, months: int) -> Floats:
    """The same day of the month so many calendar months later, or that month's last day; NaN stays NaN."""
    dates = calendar(days)
    month = dates.astype("datetime64[M]")
    place = (dates - month.astype("datetime64[D]")).astype(np.int64)
    later = month + months
    last = ((later + 1).astype("datetime64[D]") - later.astype("datetime64[D]")).astype(np.int64) - 1
    out = later.astype("datetime64[D]").astype(np.int64) + np.minimum(place, last)
    return np.where(np.isnat(dates), np.nan, out.astype(float))


def interval(day: Floats, precision: Codes) -> tuple[Floats, Floats]:
    """The earliest and latest day a date can be: itself, its month, its year, or any day (-inf, inf)."""
    low, high = day.copy(), day.copy()
    for code, unit in ((MONTH, "datetime64[M]"), (YEAR, "datetime64[Y]")):
        rough = (precision == code) & np.isfinite(day)
        period = calendar(day[rough]).astype(unit)
        low[rough] = period.astype("datetime64[D]").astype(np.int64)
        high[rough] = (period + 1).astype("datetime64[D]").astype(np.int64) - 1
    open_ended = (precision == UNKNOWN) | ((precision != NONE) & ~np.isfinite(day))
    low[open_ended], high[open_ended] = -np.inf, np.inf
    return low, high


def clamp(day: Floats, precision: Codes, *, low: Floats | float, high: Floats | float) -> Floats:
    """A partial date's stand-in, moved between its exact neighbors but never out of its own month or year.

    Exact dates are never moved; a neighbor that is NaN or infinite does not bind. Source: DATA_DICTIONARY
    1.3.
    """
    own_low, own_high = interval(day, precision)
    moved = np.fmin(np.fmax(day, low), high)
    moved = np.fmin(np.fmax(moved, own_low), own_high)
    rough = ((precision == MONTH) | (precision == YEAR)) & np.isfinite(day)
    return np.where(rough, moved, day)
