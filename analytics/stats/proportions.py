"""Rates: how many of how many patients, and how sure we are of the share."""

from __future__ import annotations

from operator import index
from typing import NamedTuple

import numpy as np
from scipy.special import betaincinv

from analytics.stats.bands import normal_quantile
from analytics.stats.results import ProportionGroup


class Interval(NamedTuple):
    """Confidence limits of a share; both None when nobody was counted (n = 0)."""

    lower: float | None
    upper: float | None


def exact_interval(x: int, n: int, *, level: float = 0.95) -> Interval:
    """Exact confidence limits of x out of n, never too narrow; the form trials of this field report.

    Inverts two one-sided binomial tests. Clopper & Pearson, Biometrika 1934;26:404-13.
    """
    x, n = _counts(x, n)
    if n == 0:
        return Interval(None, None)
    tail = _tail(level)
    lower = 0.0 if x == 0 else float(betaincinv(x, n - x + 1, tail))
    upper = 1.0 if x == n else float(betaincinv(x + 1, n - x, 1 - tail))
    return Interval(lower, upper)


def wilson_interval(x: int, n: int, *, level: float = 0.95) -> Interval:
    """Score confidence limits of x out of n, on average nearer the stated level than the exact ones.

    No continuity correction. Wilson, J Am Stat Assoc 1927;22:209-12.
    """
    x, n = _counts(x, n)
    if n == 0:
        return Interval(None, None)
    z = normal_quantile(level)
    share, extra = x / n, z * z / n
    middle = (share + extra / 2) / (1 + extra)
    half = z * np.sqrt(share * (1 - share) / n + extra / (4 * n)) / (1 + extra)
    return Interval(0.0 if x == 0 else float(middle - half), 1.0 if x == n else float(middle + half))


METHODS = {"exact": exact_interval, "wilson": wilson_interval}


def proportion_group(label: str, x: int, n: int, *, method: str = "exact", level: float = 0.95) -> ProportionGroup:
    """x of n patients as one line of a `Proportion` result; estimate and limits are None when n = 0."""
    if method not in METHODS:
        raise ValueError(f"unknown interval method {method!r}; known: {', '.join(METHODS)}")
    lower, upper = METHODS[method](x, n, level=level)
    return ProportionGroup(label=label, x=int(x), n=int(n), estimate=x / n if n else None, lower=lower, upper=upper)


def _tail(level: float) -> float:
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1: {level}")
    return (1 - level) / 2


def _counts(x: int, n: int) -> tuple[int, int]:
    try:
        x, n = index(x), index(n)
    except TypeError:
        raise ValueError(f"x and n must be whole numbers: x = {x!r}, n = {n!r}") from None
    if not 0 <= x <= n:
        raise ValueError(f"x must lie between 0 and n: x = {x}, n = {n}")
    return x, n
