"""Counts in a table: are rows and columns related? Fisher's exact test, chi-square, odds ratio with exact
limits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import chdtrc, gammaln

from analytics.stats.fisher import MOST_TABLES, no_more_probable

Array = NDArray[np.float64]

SMALL_EXPECTED = 5
WIDEST_LOG_ODDS = 60.0


@dataclass(frozen=True, kw_only=True)
class TableTest:
    """A test of a table; `p` is None with a `reason` when it cannot be computed."""

    test: str
    statistic: float | None
    df: int | None
    p: float | None
    min_expected: float | None = None
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class OddsRatio:
    """Conditional odds ratio with exact limits, possibly 0 or infinite; None when a margin is empty."""

    estimate: float | None
    lower: float | None
    upper: float | None


def chi_square(counts: ArrayLike, *, yates: bool = False) -> TableTest:
    """Do the columns differ between the rows? Pearson's chi-square, uncorrected unless `yates` (2 x 2 only).

    counts (R, C) whole numbers. A row or column without patients makes it not computable. Pearson 1900; Yates
    1934.
    """
    table = _counts(counts)
    expected = _expected(table)
    df = (table.shape[0] - 1) * (table.shape[1] - 1)
    told = {
        "test": "chi-square (Yates)" if yates else "chi-square",
        "df": df,
        "min_expected": _smallest(expected),
    }
    if expected is None or (expected == 0).any() or not df:
        return TableTest(**told, statistic=None, p=None, reason="a row or column is empty")
    apart = np.abs(table - expected)
    if yates and table.shape == (2, 2):
        apart = apart - min(0.5, float(apart.min()))
    statistic = float((apart**2 / expected).sum())
    return TableTest(**told, statistic=statistic, p=float(chdtrc(df, statistic)))


def fisher_exact(counts: ArrayLike) -> TableTest:
    """Do the columns differ between the rows? Exact two-sided test, right for small numbers.

    counts (R, C). Adds the probabilities of all tables with the same margins that are no more probable than
    the observed one (within 1e-7). Enumerated, never simulated: None with a reason when there are too many
    tables. Fisher 1935; Freeman & Halton, Biometrika 1951;38:141-9.
    """
    table = _counts(counts)
    told = {"test": "fisher", "statistic": None, "df": None, "min_expected": _smallest(_expected(table))}
    if table.sum() == 0:
        return TableTest(**told, p=None, reason="the table is empty")
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(table.shape) < 2:
        return TableTest(**told, p=1.0)
    p = no_more_probable(table)
    if p is None:
        return TableTest(**told, p=None, reason=f"more than {MOST_TABLES:,} tables to look at; use chi-square")
    return TableTest(**told, p=min(1.0, p))


def table_test(counts: ArrayLike) -> TableTest:
    """The test this registry prints: chi-square, or Fisher's when any expected count is below 5; its name
    says which."""
    pearson = chi_square(counts)
    if pearson.p is not None and pearson.min_expected >= SMALL_EXPECTED:
        return pearson
    fisher = fisher_exact(counts)
    return fisher if fisher.p is not None or pearson.p is None else pearson


def odds_ratio(counts: ArrayLike, *, level: float = 0.95) -> OddsRatio:
    """How many times higher are the odds of the first column in the first row than in the second?

    counts (2, 2). Conditional maximum likelihood given the margins, with exact limits: the values at which
    the observed table or a more extreme one has probability (1 - level) / 2. Cornfield 1956; as fisher.test,
    to full precision.
    """
    table = _counts(counts)
    if table.shape != (2, 2):
        raise ValueError(f"an odds ratio needs a 2 x 2 table, not {table.shape[0]} x {table.shape[1]}")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1: {level}")
    first, second, chosen, x = table[0].sum(), table[1].sum(), table[:, 0].sum(), table[0, 0]
    low, high = max(0.0, chosen - second), min(chosen, first)
    if low == high:
        return OddsRatio(estimate=None, lower=None, upper=None)
    values = np.arange(low, high + 1)
    logs = -(
        gammaln(values + 1)
        + gammaln(first - values + 1)
        + gammaln(chosen - values + 1)
        + gammaln(second - chosen + values + 1)
    )
    tail = (1 - level) / 2

    def weights(log_odds: float) -> Array:
        shifted = logs + values * log_odds
        scaled = np.exp(shifted - shifted.max())
        return scaled / scaled.sum()

    def root(at: Callable[[float], float]) -> float:
        return float(np.exp(brentq(at, -WIDEST_LOG_ODDS, WIDEST_LOG_ODDS, xtol=1e-13, rtol=1e-13, maxiter=500)))

    at_low, at_high = x == low, x == high
    estimate = 0.0 if at_low else np.inf if at_high else root(lambda o: float(values @ weights(o)) - x)
    lower = 0.0 if at_low else root(lambda o: float(weights(o)[values >= x].sum()) - tail)
    upper = np.inf if at_high else root(lambda o: float(weights(o)[values <= x].sum()) - tail)
    return OddsRatio(estimate=estimate, lower=lower, upper=upper)


def _counts(counts: ArrayLike) -> Array:
    table = np.asarray(counts, dtype=np.float64)
    if table.ndim != 2 or not table.size:
        raise ValueError(f"a table of counts needs rows and columns, not shape {table.shape}")
    wrong = ~np.isfinite(table) | (table < 0) | (table != np.floor(table))
    if wrong.any():
        raise ValueError(f"counts must be whole numbers from 0 on: {table[wrong][0]}")
    return table


def _expected(table: Array) -> Array | None:
    """Expected counts under independence; None for a table without patients."""
    total = table.sum()
    return np.outer(table.sum(axis=1), table.sum(axis=0)) / total if total else None


def _smallest(expected: Array | None) -> float | None:
    return None if expected is None else float(expected.min())


def cross_tabulate(
    rows: Sequence[str], columns: Sequence[str]
) -> tuple[tuple[str, ...], tuple[str, ...], NDArray[np.int64]]:
    """Row labels, column labels (sorted) and the counts (R, C) of two parallel lists of labels."""
    if len(rows) != len(columns):
        raise ValueError(f"{len(rows)} row labels, but {len(columns)} column labels")
    row_labels, column_labels = tuple(sorted(set(rows))), tuple(sorted(set(columns)))
    counts = np.zeros((len(row_labels), len(column_labels)), dtype=np.int64)
    for row, column in zip(rows, columns, strict=True):
        counts[row_labels.index(row), column_labels.index(column)] += 1
    return row_labels, column_labels, counts
