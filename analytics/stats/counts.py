"""Counting: who is at risk, who has an event and who is censored at each time.

The one routine that feeds Kaplan-Meier, Aalen-Johansen, the log-rank and Gray's test. Whole days are counted
directly (no sorting), so that a million patients take a few hundredths of a second.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.stats import checks
from analytics.stats.labels import grouping

DENSE_CELLS_PER_ROW = 4
DENSE_CELLS_ALWAYS = 1 << 16
MOST_CODES = 64
PIECE = 1 << 16


@dataclass(frozen=True, kw_only=True, eq=False)
class Counts:
    """How many patients are at risk, have an event or are censored, per group and distinct time.

    time (T,) ascending, in the unit given; groups (G,) labels; causes (K,) event codes that occur;
    n_risk (G, T) under observation just before the time (time >= t and entry < t); n_event (G, K, T);
    n_censor (G, T); n (G,) patients counted; never_at_risk: patients left out because they enter on or after
    their last day; entry: sorted entry times per group, or None. Ties: events come before censorings, so a
    patient censored at t is at risk at t. Source: Kalbfleisch & Prentice, The Statistical Analysis of Failure
    Time Data (2002), section 1.4.
    """

    time: NDArray[Any]
    groups: tuple[str, ...]
    causes: tuple[int, ...]
    n_risk: NDArray[Any]
    n_event: NDArray[Any]
    n_censor: NDArray[Any]
    n: tuple[int, ...]
    never_at_risk: int = 0
    entry: tuple[NDArray[Any], ...] | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Rows:
    """Checked input, one value per patient; durations that mean the same moment are equal."""

    days: NDArray[Any]
    state: NDArray[np.int64]
    group: NDArray[np.int64]
    labels: tuple[str, ...]
    entry: NDArray[Any] | None
    weights: NDArray[np.float64] | None
    never_at_risk: int

    def only(self, keep: NDArray[np.bool_]) -> Rows:
        """The same rows without those not in `keep`."""
        return Rows(
            days=self.days[keep],
            state=self.state[keep],
            group=self.group[keep],
            labels=self.labels,
            entry=None if self.entry is None else self.entry[keep],
            weights=None if self.weights is None else self.weights[keep],
            never_at_risk=self.never_at_risk,
        )


def prepare(
    days: ArrayLike,
    state: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    group: ArrayLike | None = None,
    highest: int | None = None,
) -> tuple[Rows, NDArray[np.bool_] | None]:
    """Check the arrays and leave out patients who are never at risk (entry >= time).

    Returns the rows and, when patients were left out, which positions of the input stayed (else None).
    """
    times = checks.durations(days)
    length = times.shape[0]
    codes = checks.states(state, length=length, highest=highest, name="event" if highest == 1 else "state")
    labels, position = ("all",), np.zeros(length, dtype=np.int64)
    if group is not None:
        labels, position = grouping(group, length=length)
    entries = None
    if entry is not None:
        entries = checks.durations(entry, name="entry", negative=True)
        checks.same_length(entries, length, "entry")
        times, entries = checks.merged(times, entries)
    elif times.dtype.kind == "f":
        (times,) = checks.merged(times)
    rows = Rows(
        days=times,
        state=codes,
        group=position,
        labels=labels,
        entry=entries,
        weights=None if weights is None else _weights(weights, length),
        never_at_risk=0,
    )
    if entries is None or not length or (entries < times).all():
        return rows, None
    keep = entries < times
    kept = rows.only(keep)
    return Rows(**{**vars(kept), "never_at_risk": int(length - keep.sum())}), keep


def _weights(values: ArrayLike, length: int) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    checks.same_length(array, length, "weights")
    wrong = ~np.isfinite(array) | (array < 0)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise ValueError(f"weights must be finite and not negative: {array[at]} at position {at}")
    return array


def count(
    days: ArrayLike,
    state: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    group: ArrayLike | None = None,
) -> Counts:
    """Count patients at risk, events and censorings at every distinct time.

    days (N,) durations >= 0 in one unit, whole days preferred (floats closer than 1.5e-8 are merged);
    state (N,) 0 censored, 1, 2, ... cause of the event; entry (N,) delayed entry: at risk at t when entry < t
    <= time, so a duration of 0 needs a negative entry to count; weights (N,) >= 0; group (N,) labels.
    """
    rows, _ = prepare(days, state, entry=entry, weights=weights, group=group)
    return tally(rows)


def tally(rows: Rows) -> Counts:
    """Counts of rows already checked."""
    groups = len(rows.labels)
    if not rows.days.size:
        return _empty(rows)
    time, causes, table = _table(rows, groups)
    leaving = table.sum(axis=1)
    n_risk = np.flip(np.cumsum(np.flip(leaving, axis=1), axis=1), axis=1)
    if rows.entry is not None:
        n_risk = n_risk - _not_yet_entered(rows, time, groups)
    sizes = leaving.sum(axis=1) if rows.weights is None else np.bincount(rows.group, minlength=groups)
    return Counts(
        time=time,
        groups=rows.labels,
        causes=causes,
        n_risk=n_risk,
        n_event=table[:, 1:, :],
        n_censor=table[:, 0, :],
        n=tuple(int(size) for size in sizes),
        never_at_risk=rows.never_at_risk,
        entry=_entries(rows, groups),
    )


def _empty(rows: Rows) -> Counts:
    groups = len(rows.labels)
    none = np.zeros((groups, 0), dtype=np.int64)
    return Counts(
        time=np.zeros(0, dtype=np.int64),
        groups=rows.labels,
        causes=(),
        n_risk=none,
        n_event=np.zeros((groups, 0, 0), dtype=np.int64),
        n_censor=none,
        n=(0,) * groups,
        never_at_risk=rows.never_at_risk,
        entry=None if rows.entry is None else (np.zeros(0),) * groups,
    )


def _table(rows: Rows, groups: int) -> tuple[NDArray[Any], tuple[int, ...], NDArray[Any]]:
    """Distinct times (T,), causes (K,) and the number leaving at each, (G, 1 + K, T)."""
    state, codes = rows.state, tuple(range(int(rows.state.max()) + 1))
    if len(codes) > MOST_CODES:
        found, state = np.unique(np.append(rows.state, 0), return_inverse=True)
        codes, state = tuple(found.tolist()), state[:-1]
    time, position = None, rows.days
    width = int(rows.days.max()) + 1 if rows.days.dtype.kind == "i" else 0
    if not 0 < width * groups * len(codes) <= max(DENSE_CELLS_PER_ROW * rows.days.size, DENSE_CELLS_ALWAYS):
        time, position = np.unique(rows.days, return_inverse=True)
        width = time.size
    table = _bins(rows, state, position, (groups, len(codes), width))
    if time is None:
        used = table.any(axis=(0, 1)) if rows.weights is None else np.bincount(rows.days, minlength=width)
        time = np.flatnonzero(used)
        table = table[:, :, time]
    return (time, *_only_causes(table, codes))


def _only_causes(table: NDArray[Any], codes: tuple[int, ...]) -> tuple[tuple[int, ...], NDArray[Any]]:
    """The table without event codes that nobody has."""
    present = [0] + [i for i in range(1, len(codes)) if table[:, i, :].any()]
    if len(present) < len(codes):
        table = table[:, present, :]
    return tuple(codes[i] for i in present[1:]), table


def _bins(rows: Rows, state: NDArray[np.int64], position: NDArray[Any], shape: tuple[int, int, int]) -> NDArray[Any]:
    """How many leave in each (group, state, time) cell, added up in pieces that fit the processor's cache."""
    groups, states, width = shape
    cells = groups * states * width
    piece = max(PIECE, 2 * cells)
    table = np.zeros(cells, dtype=np.int64 if rows.weights is None else np.float64)
    for start in range(0, position.size, piece):
        part = slice(start, start + piece)
        cell = rows.group[part] * states
        cell += state[part]
        cell *= width
        cell += position[part]
        table += np.bincount(cell, weights=None if rows.weights is None else rows.weights[part], minlength=cells)
    return table.reshape(shape)


def _not_yet_entered(rows: Rows, time: NDArray[Any], groups: int) -> NDArray[Any]:
    """Of the patients still to leave, the (weighted) number not yet under observation at t (entry >= t)."""
    first = np.searchsorted(time, rows.entry, side="right")
    width = time.size + 1
    entering = np.bincount(rows.group * width + first, weights=rows.weights, minlength=groups * width)
    later = np.flip(np.cumsum(np.flip(entering.reshape(groups, width), axis=1), axis=1), axis=1)
    return later[:, 1:]


def _entries(rows: Rows, groups: int) -> tuple[NDArray[Any], ...] | None:
    if rows.entry is None:
        return None
    return tuple(np.sort(rows.entry[rows.group == g]) for g in range(groups))


def only_group(counts: Counts, place: int) -> Counts:
    """The counts of one group, at the times at which one of its own patients leaves."""
    events, censored = counts.n_event[place], counts.n_censor[place]
    own = (events.sum(axis=0) + censored) > 0
    return Counts(
        time=counts.time[own],
        groups=(counts.groups[place],),
        causes=counts.causes,
        n_risk=counts.n_risk[place][own][None],
        n_event=events[:, own][None],
        n_censor=censored[own][None],
        n=(counts.n[place],),
        never_at_risk=0,
        entry=None if counts.entry is None else (counts.entry[place],),
    )
