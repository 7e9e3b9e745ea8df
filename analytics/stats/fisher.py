"""Fisher's exact test of a table of any size: all tables with the same margins, without making each of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import comb, gammaln, xlogy

Array = NDArray[np.float64]

SAME_PROBABILITY = 1 + 1e-7
MOST_TABLES = 2_000_000  # begun tables that are looked at
AT_ONCE = 200_000  # of them
EQUALLY_PROBABLE = 1e-11  # on the log scale


def no_more_probable(table: Array) -> float | None:
    """The probability of all tables with these margins that are no more probable than this one; None when too
    many have to be looked at.

    Column after column is filled in. Tables that leave the same to do and are equally probable so far go on as one;
    a stretch of tables is taken or left as a whole when its most or its least probable decides it; and the last two
    columns are filled in once for all that leave them the same. Mehta & Patel, J Am Stat Assoc 1983;78:427-34.
    """
    if table.shape[0] > table.shape[1]:
        table = table.T
    rows, columns = table.sum(axis=1), np.sort(table.sum(axis=0))
    highest = float(_log_ways(table, axis=None)) + np.log(SAME_PROBABILITY)
    every = gammaln(rows.sum() + 1) + _log_ways(rows) + _log_ways(columns)
    begun, found, looked = _Begun(rows[None, :], np.zeros(1), np.ones(1)), 0.0, 0
    for filled, column in enumerate(columns[:-2]):
        least, most, whole = _range_of(begun.left, columns[filled:])
        taken = begun.logs + most <= highest
        found += float((begun.times * np.exp(begun.logs + whole - every))[taken].sum())
        begun = begun.only(~taken & (begun.logs + least <= highest))
        if not begun.logs.size:
            return found
        parts = []
        stretch = max(1, int(AT_ONCE / comb(column + rows.size - 1, rows.size - 1)))
        for first in range(0, begun.logs.size, stretch):
            part = begun.only(slice(first, first + stretch)).with_column(column)
            looked += part.logs.size
            if looked > MOST_TABLES:
                return None
            parts.append(part.merged())
        begun = _Begun(*(np.concatenate(each) for each in zip(*map(_Begun.fields, parts), strict=True))).merged()
    ended = _last_two(begun, columns[-2], highest, every, MOST_TABLES - looked)
    return None if ended is None else found + ended


@dataclass(frozen=True, eq=False)
class _Begun:
    """Tables filled in up to a column: what is left of the rows, falling (S, R), log probability, how many such."""

    left: Array
    logs: Array
    times: Array

    def fields(self) -> tuple[Array, Array, Array]:
        return self.left, self.logs, self.times

    def only(self, chosen: NDArray[np.bool_] | slice) -> _Begun:
        return _Begun(self.left[chosen], self.logs[chosen], self.times[chosen])

    def with_column(self, size: float) -> _Begun:
        """All ways to put `size` patients of a column into the rows."""
        rest, after, logs, times = np.full(self.logs.size, size), self.left, self.logs, self.times
        for row in range(after.shape[1]):
            below = after[:, row + 1 :].sum(axis=1)
            least = np.maximum(0, rest - below)
            ways = (np.minimum(rest, after[:, row]) - least + 1).astype(np.int64)
            which = np.repeat(np.arange(logs.size), ways)
            put = least[which] + (np.arange(which.size) - np.repeat(np.cumsum(ways) - ways, ways))
            after, rest, times = after[which].copy(), rest[which] - put, times[which]
            logs = logs[which] - gammaln(put + 1)
            after[:, row] -= put
        return _Begun(-np.sort(-after, axis=1), logs, times)

    def merged(self) -> _Begun:
        """Equal ones as one: the order of the rows does not matter for what is left to do."""
        order = np.lexsort((self.logs, *self.left.T))
        left, logs = self.left[order], self.logs[order]
        starts = _starts((np.diff(left, axis=0) != 0).any(axis=1) | (np.diff(logs) > EQUALLY_PROBABLE))
        return _Begun(left[starts], logs[starts], np.add.reduceat(self.times[order], starts))


def _starts(changes: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Where a stretch of equal ones begins, from whether each one differs from the one before it."""
    return np.concatenate((np.zeros(1, dtype=np.int64), np.flatnonzero(changes) + 1))


def _last_two(begun: _Begun, column: float, highest: float, every: float, most: int) -> float | None:
    """The probability of the tables no more probable than `highest` that the begun ones, merged, can become; None
    when more than `most` have to be looked at."""
    starts = _starts((np.diff(begun.left, axis=0) != 0).any(axis=1))
    found = 0.0
    for first, end in zip(starts, np.append(starts[1:], begun.logs.size), strict=True):
        ended = _Begun(begun.left[[first]], np.zeros(1), np.ones(1)).with_column(column)
        most -= ended.logs.size + int(end - first)
        if most < 0:
            return None
        logs = np.sort(ended.logs + _log_ways(ended.left))
        up_to = np.concatenate((np.zeros(1), np.cumsum(np.exp(logs - logs[-1]))))
        before = begun.logs[first:end]
        share = up_to[np.searchsorted(logs, highest - before, side="right")]
        found += float((begun.times[first:end] * np.exp(before + logs[-1] - every) * share).sum())
    return found


def _log_ways(counts: Array, axis: int | None = -1) -> Array:
    """Minus the log factorials of the counts, added up."""
    return -gammaln(counts + 1).sum(axis=axis)


def _range_of(left: Array, columns: Array) -> tuple[Array, Array, Array]:
    """Of all ways to share out what is left of the rows (S, R) among the columns: the least and the most that
    the log of one can be, and the log of all together.

    Least where the largest places are filled first, in each column or in each row by itself.
    """
    size = left.shape[1]
    most = _at_most(left, columns)
    falling = -np.sort(-left, axis=1)
    least = np.maximum(
        sum(_log_ways(_filled(np.full((len(left), 1), column), falling)) for column in columns),
        sum(_log_ways(_filled(left[:, [row]], columns[::-1][None, :])) for row in range(size)),
    )
    whole = gammaln(columns.sum() + 1) + _log_ways(left) + _log_ways(columns)
    return least, most, whole


def _at_most(left: Array, columns: Array) -> Array:
    """No way is more probable: a bound by the multipliers of the expected table (a Poisson mode in each cell)."""
    expected = left[:, :, None] * columns / max(columns.sum(), 1)
    mode = np.floor(expected)
    cells = mode * np.log(np.maximum(expected, 1)) - gammaln(mode + 1)  # below 1 the mode is 0
    return cells.sum(axis=(1, 2)) - xlogy(left, left).sum(axis=1) - xlogy(columns, columns / columns.sum()).sum()


def _filled(sums: Array, room: Array) -> Array:
    """Sums (S, 1) put into places with so much room (S, P), one place full before the next."""
    before = np.cumsum(room, axis=1) - room
    return np.clip(sums - before, 0, room)
