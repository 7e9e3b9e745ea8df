"""When something happened to each patient, and how to pick the first or last row that says so.

`Rows`: a table with one date per row, clamped where needed. `When`: one date per patient. Partial dates: for
day and month the stand-in decides the order (A01); for a year, or no date, the whole interval does, and an
order that cannot be decided is `unsure`, neither yes nor no (A02). Source: DATA_DICTIONARY 1.3, ENDPOINTS
3.15.5.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analytics.study.days import NONE, UNKNOWN, YEAR, Codes, Flags, Floats, interval
from analytics.study.frames import Ints


@dataclass(frozen=True, eq=False)
class Rows:
    """Dated rows of one table: who, the day (stand-in), its precision, and between which days it counts in an
    order."""

    frame: pd.DataFrame
    who: Ints
    day: Floats
    precision: Codes
    low: Floats
    high: Floats

    @property
    def datable(self) -> Flags:
        """Rows with a day or a month: their stand-in may be used."""
        return (self.precision > NONE) & (self.precision < YEAR)

    def moved(self, day: Floats, *, low: Floats | float = -np.inf, high: Floats | float = np.inf) -> Rows:
        """The same rows with clamped stand-ins; rows of an unknown day keep within [low, high]."""
        return dated(self.frame, self.who, day, self.precision, low=low, high=high)


def dated(
    frame: pd.DataFrame,
    who: Ints,
    day: Floats,
    precision: Codes,
    *,
    low: Floats | float = -np.inf,
    high: Floats | float = np.inf,
) -> Rows:
    """Rows of a table with the interval in which each counts for an order."""
    earliest, latest = interval(day, precision)
    settled = precision < YEAR
    earliest = np.where(settled, day, np.fmin(np.fmax(earliest, low), latest))
    latest = np.where(settled, day, np.fmax(np.fmin(latest, high), earliest))
    return Rows(frame, who, day, precision, earliest, latest)


def rows_of(frame: pd.DataFrame, date: str) -> Rows:
    """A frozen table as dated rows."""
    return dated(frame, frame["who"].to_numpy(), frame[date].to_numpy(), frame[f"{date}_precision"].to_numpy())


@dataclass(frozen=True, eq=False)
class When:
    """One moment per patient. row: the table row it comes from, -1 if none; unsure: cannot be told from
    partial dates."""

    day: Floats
    precision: Codes
    low: Floats
    high: Floats
    row: Ints
    unsure: Flags

    @property
    def happened(self) -> Flags:
        """It happened, whatever the precision of its date."""
        return (self.precision > NONE) & ~self.unsure

    @property
    def datable(self) -> Flags:
        """It happened on a known day or in a known month."""
        return self.happened & (self.precision < YEAR)

    @property
    def undatable(self) -> Flags:
        """It happened, or may have, at a time too vague for a duration (A02)."""
        return self.unsure | (self.precision >= YEAR)

    @property
    def exact_day(self) -> Floats:
        """The day where it is known exactly, else NaN."""
        return np.where((self.precision == 1) & ~self.unsure, self.day, np.nan)

    def only(self, keep: Flags) -> When:
        """The same moment for some patients; for the others it did not happen."""
        return When(
            day=np.where(keep, self.day, np.nan),
            precision=np.where(keep, self.precision, NONE).astype(np.int8),
            low=np.where(keep, self.low, np.nan),
            high=np.where(keep, self.high, np.nan),
            row=np.where(keep, self.row, -1),
            unsure=self.unsure & keep,
        )

    def at(self, column: pd.Series, *, blank: object = "") -> np.ndarray:
        """The value of a column of the source table at each patient's row."""
        values = np.asarray(column, dtype=object) if blank == "" else column.to_numpy()
        out = np.full(self.row.shape, blank, dtype=values.dtype if blank != "" else object)
        found = self.row >= 0
        out[found] = values[self.row[found]]
        return out


def first(size: int, rows: Rows, sure: Flags, *, maybe: Flags | None = None) -> When:
    """Each patient's first row among those that surely count, and whether one that only may count comes
    before."""
    return _pick(size, rows, sure, maybe, backwards=False)


def last(size: int, rows: Rows, sure: Flags) -> When:
    """Each patient's last row among those given."""
    return _pick(size, rows, sure, None, backwards=True)


def _pick(size: int, rows: Rows, sure: Flags, maybe: Flags | None, *, backwards: bool) -> When:
    """Rows of one day keep the order of their table (running number, then id)."""
    chosen = np.flatnonzero(sure if maybe is None else sure | maybe)
    who = rows.who[chosen]
    if not (who[1:] > who[:-1]).all():  # else one row a patient: nothing to choose among
        key = -rows.high[chosen] if backwards else rows.low[chosen]
        chosen = chosen[np.lexsort((-chosen if backwards else chosen, key, who))]
        who = rows.who[chosen]
    heads = np.flatnonzero(np.r_[True, who[1:] != who[:-1]]) if who.size else np.zeros(0, dtype=np.int64)
    chosen, who = chosen[heads], who[heads]
    out = nobody(size)
    for column, values in (("day", rows.day), ("low", rows.low), ("high", rows.high)):
        getattr(out, column)[who] = values[chosen]
    out.row[who] = chosen
    out.precision[who] = rows.precision[chosen]
    doubtful = np.zeros(size, dtype=bool)
    doubtful[who] = ~sure[chosen]
    certain = np.zeros(size, dtype=bool)
    certain[rows.who[sure]] = True
    out.precision[doubtful] = UNKNOWN
    out.day[doubtful] = np.nan
    return replace(out, unsure=doubtful & ~certain)


def nobody(size: int) -> When:
    """A moment that came for no one."""
    return When(
        day=np.full(size, np.nan),
        precision=np.zeros(size, dtype=np.int8),
        low=np.full(size, np.nan),
        high=np.full(size, np.nan),
        row=np.full(size, -1, dtype=np.int64),
        unsure=np.zeros(size, dtype=bool),
    )


def on_day(day: Floats) -> When:
    """A moment of exact days, NaN = it did not happen."""
    happened = np.isfinite(day)
    return When(
        day=day,
        precision=happened.astype(np.int8),
        low=day,
        high=day,
        row=np.where(happened, 0, -1),
        unsure=np.zeros(day.shape, dtype=bool),
    )


def latest(size: int, *dated_rows: tuple[Ints, Floats, Flags]) -> Floats:
    """The latest day per patient over several lists of (who, day, counts); NaN when there is none."""
    out = np.full(size, -np.inf)
    for who, day, counts in dated_rows:
        usable = counts & np.isfinite(day)
        np.maximum.at(out, who[usable], day[usable])
    return np.where(np.isfinite(out), out, np.nan)
