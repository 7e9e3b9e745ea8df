"""Where patients are at each time when they move through states: the Aalen-Johansen estimator of occupation.

Exact on whole days; moves of one day come before censorings of that day, a patient who moves twice on one day
moves once, to where the day ends. Source: Aalen & Johansen 1978; R's `survfit` with a state outcome agrees.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class Occupation:
    """days: of the moves, ascending; shares: (len(days), states), each row adds to 1; last: the last day on which
    anybody is observed; nothing is known beyond it."""

    days: NDArray[np.float64]
    shares: NDArray[np.float64]
    start: NDArray[np.float64]
    ends: NDArray[np.float64]
    entries: NDArray[np.float64]

    @property
    def last(self) -> float:
        return float(self.ends.max()) if self.ends.size else -1.0

    def at(self, day: float) -> NDArray[np.float64] | None:
        """The share of patients in each state at the end of a day; None beyond the last day."""
        if day > self.last:
            return None
        before = np.searchsorted(self.days, day, side="right")
        return self.shares[before - 1] if before else self.start

    def at_risk(self, day: float) -> int:
        """How many are observed on a day."""
        return int(((self.ends >= day) & (self.entries < day)).sum()) if day > 0 else int((self.entries < 0).sum())


def occupation(entered: ArrayLike, ends: ArrayLike, *, entry: ArrayLike | None = None) -> Occupation:
    """Occupation of states 0, 1, ..., K-1 by patients who all start in state 0 and never go back.

    entered: (patients, K-1), the day each state 1, 2, ... was entered, NaN = never; ends: the last day each
    patient was observed, at least the last move; entry: day from which a patient is observed, negative = from
    the start.
    """
    moved = np.asarray(entered, dtype=float)
    last = np.asarray(ends, dtype=float)
    since = np.full(last.shape, -1.0) if entry is None else np.asarray(entry, dtype=float)
    states = moved.shape[1] + 1
    who, day, source, target = _moves(moved)
    seen = day > since[who]
    who, day, source, target = who[seen], day[seen], source[seen], target[seen]
    days = np.unique(day)
    share = np.zeros(states)
    share[0] = 1.0
    start, rows = share.copy(), np.empty((days.size, states))
    for number, now in enumerate(days):
        state = _state_before(moved, now)
        risk = np.bincount(state[(last >= now) & (since < now)], minlength=states)
        today = day == now
        counts = np.zeros((states, states))
        np.add.at(counts, (source[today], target[today]), 1)
        hazard = np.divide(counts, risk[:, None], out=np.zeros_like(counts), where=risk[:, None] > 0)
        share = share + share @ hazard - share * hazard.sum(axis=1)
        rows[number] = share
    return Occupation(days, rows, start, last, since)


def _state_before(moved: NDArray[np.float64], day: float) -> NDArray[np.int64]:
    """The state each patient is in before the moves of a day: the highest entered earlier."""
    states = np.arange(1, moved.shape[1] + 1)
    return np.where(moved < day, states, 0).max(axis=1, initial=0)


def _moves(moved: NDArray[np.float64]) -> tuple[NDArray[np.int64], ...]:
    """Every move as (patient, day, from, to), one per patient and day; states passed on the same day are skipped."""
    who, state = np.nonzero(np.isfinite(moved))
    day = moved[who, state]
    order = np.lexsort((state, day, who))
    who, state, day = who[order], state[order] + 1, day[order]
    final = np.r_[(who[1:] != who[:-1]) | (day[1:] != day[:-1]), True] if who.size else np.zeros(0, dtype=bool)
    who, state, day = who[final], state[final], day[final]
    first = np.r_[True, who[1:] != who[:-1]] if who.size else np.zeros(0, dtype=bool)
    source = np.where(first, 0, np.r_[0, state[:-1]]) if who.size else state
    forward = state > source
    return who[forward], day[forward], source[forward], state[forward]
