"""Does a measured quantity differ between groups? Rank tests, Welch's t, standardised difference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc, ndtr, stdtr

from analytics.stats import checks
from analytics.stats.describe import Description, describe
from analytics.stats.labels import grouping

Array = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class TwoSamples:
    """The first group beside the second; None where the values do not allow a test."""

    wilcoxon: float | None
    wilcoxon_p: float | None
    wilcoxon_p_uncorrected: float | None
    welch_t: float | None
    welch_df: float | None
    welch_p: float | None
    smd: float | None


@dataclass(frozen=True, kw_only=True)
class Samples:
    """One quantity described in every group and compared: Kruskal-Wallis for all, `two` when there are two
    groups."""

    groups: tuple[str, ...]
    overall: Description
    each: tuple[Description, ...]
    kruskal: float | None
    kruskal_df: int | None
    kruskal_p: float | None
    two: TwoSamples | None


def compare_samples(values: ArrayLike, group: ArrayLike) -> Samples:
    """How a measured quantity is distributed in each group, and whether the groups differ.

    values (N,), NaN = missing (counted, not used); group (N,) labels. Two groups: Wilcoxon rank sum, normal
    approximation with tie correction and continuity correction (as R's wilcox.test(exact = FALSE)); Welch's
    t; standardised mean difference. Any number: Kruskal-Wallis with tie correction.
    """
    array = np.asarray(values, dtype=np.float64)
    labels, position = grouping(group, length=array.shape[0] if array.ndim else 0)
    checks.same_length(array, position.size, "values")
    samples = [array[position == i] for i in range(len(labels))]
    known = [sample[~np.isnan(sample)] for sample in samples]
    statistic, df = _kruskal([sample for sample in known if sample.size])
    return Samples(
        groups=labels,
        overall=describe(array),
        each=tuple(describe(sample) for sample in samples),
        kruskal=statistic,
        kruskal_df=df,
        kruskal_p=None if statistic is None else float(chdtrc(df, statistic)),
        two=_two(known[0], known[1]) if len(labels) == 2 else None,
    )


def mid_ranks(values: Array) -> tuple[Array, Array]:
    """Ranks from 1 on, tied values sharing the middle one, and the sizes of the ties."""
    _, place, sizes = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(sizes)
    return (last - (sizes - 1) / 2)[place], sizes.astype(np.float64)


def _kruskal(known: list[Array]) -> tuple[float | None, int | None]:
    total = sum(sample.size for sample in known)
    if len(known) < 2:
        return None, None
    ranks, ties = mid_ranks(np.concatenate(known))
    spread = 1 - (ties**3 - ties).sum() / (total**3 - total)
    if spread <= 0:
        return None, len(known) - 1
    starts = np.cumsum([0] + [sample.size for sample in known])[:-1]
    sums = np.add.reduceat(ranks, starts)
    sizes = np.array([sample.size for sample in known])
    h = 12 * float((sums**2 / sizes).sum()) / (total * (total + 1)) - 3 * (total + 1)
    return max(float(h / spread), 0.0), len(known) - 1


def _two(first: Array, second: Array) -> TwoSamples:
    w, p, plain = _wilcoxon(first, second)
    t, df, welch_p = _welch(first, second)
    return TwoSamples(
        wilcoxon=w,
        wilcoxon_p=p,
        wilcoxon_p_uncorrected=plain,
        welch_t=t,
        welch_df=df,
        welch_p=welch_p,
        smd=_smd(first, second),
    )


def _wilcoxon(first: Array, second: Array) -> tuple[float | None, float | None, float | None]:
    m, n = first.size, second.size
    if not m or not n:
        return None, None, None
    ranks, ties = mid_ranks(np.concatenate((first, second)))
    w = float(ranks[:m].sum() - m * (m + 1) / 2)
    size = m + n
    variance = m * n / 12 * (size + 1 - (ties**3 - ties).sum() / (size * (size - 1)))
    if variance <= 0:
        return w, None, None
    apart = w - m * n / 2
    corrected = apart - np.sign(apart) * 0.5
    both = [float(min(1.0, 2 * ndtr(-abs(z) / np.sqrt(variance)))) for z in (corrected, apart)]
    return w, both[0], both[1]


def _welch(first: Array, second: Array) -> tuple[float | None, float | None, float | None]:
    if first.size < 2 or second.size < 2:
        return None, None, None
    a, b = first.var(ddof=1) / first.size, second.var(ddof=1) / second.size
    if a + b <= 0:
        return None, None, None
    t = float((first.mean() - second.mean()) / np.sqrt(a + b))
    df = float((a + b) ** 2 / (a**2 / (first.size - 1) + b**2 / (second.size - 1)))
    return t, df, float(2 * stdtr(df, -abs(t)))


def _smd(first: Array, second: Array) -> float | None:
    if first.size < 2 or second.size < 2:
        return None
    pooled = (first.var(ddof=1) + second.var(ddof=1)) / 2
    return float((first.mean() - second.mean()) / np.sqrt(pooled)) if pooled > 0 else None
