"""Restricted mean survival time: the average event-free time up to a chosen day, compared between groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr

from analytics.stats import checks
from analytics.stats.bands import normal_quantile
from analytics.stats.curves import kaplan_meier
from analytics.stats.labels import grouping
from analytics.stats.stepcurve import SurvivalCurve


@dataclass(frozen=True, kw_only=True)
class RestrictedMean:
    """Mean event-free time up to tau, in the unit of the durations; None when nobody is observed."""

    tau: float
    estimate: float | None
    std_err: float | None


@dataclass(frozen=True, kw_only=True)
class RestrictedMeanDifference:
    """Every group's mean, and the second's minus the first's; None with a `reason` when there are not two
    groups or there is no variance."""

    groups: tuple[str, ...]
    means: tuple[RestrictedMean, ...]
    estimate: float | None
    std_err: float | None
    lower: float | None
    upper: float | None
    p: float | None
    reason: str | None = None


def restricted_mean(curve: SurvivalCurve, *, tau: float, extend: bool = False) -> RestrictedMean:
    """The average number of event-free days within the first tau days: the area under the curve up to tau.

    tau must lie above 0 and not beyond the last observed time (`extend=True` carries the last value forward,
    as R does; for checks against R only). Variance: sum over event times t_j < tau of A_j^2 d / (n (n - d)),
    A_j the area from t_j to tau; a time with n = d counts 0. Klein & Moeschberger, Survival Analysis (2003),
    section 4.5.
    """
    if not np.isfinite(tau) or tau <= 0:
        raise ValueError(f"tau must be a positive time: {tau}")
    if not extend and tau > curve.last:
        raise ValueError(f"tau = {tau} lies beyond the last observed time {curve.last}; choose an earlier one")
    if not curve.time.size and not extend:
        return RestrictedMean(tau=tau, estimate=None, std_err=None)
    upto = curve.time <= tau
    time = curve.time[upto].astype(np.float64)
    n, d = curve.n_risk[upto].astype(np.float64), curve.n_event[upto].astype(np.float64)
    widths = np.diff(np.concatenate(([0.0], time, [float(tau)])))
    areas = widths * np.concatenate(([1.0], curve.estimate[upto]))
    later = np.cumsum(areas[::-1])[::-1][1:]
    hazard = np.divide(d, n * (n - d), out=np.zeros_like(n), where=n > d)
    return RestrictedMean(tau=tau, estimate=float(areas.sum()), std_err=float(np.sqrt((later**2 * hazard).sum())))


def rmst_difference(
    days: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    tau: float,
    entry: ArrayLike | None = None,
    level: float = 0.95,
    extend: bool = False,
) -> RestrictedMeanDifference:
    """How many event-free days does the second group gain on the first within the first tau days?

    days (N,), event (N,) 0/1, group (N,) two labels (sorted; the second minus the first; of another number of
    groups only the means are told); tau must not lie beyond the smallest of the last times. Normal limits and
    test with the sum of the variances. Royston & Parmar, BMC Med Res Methodol 2013;13:152.
    """
    times = checks.durations(days)
    labels, position = grouping(group, length=times.shape[0])
    flags = checks.states(event, length=times.shape[0], highest=1, name="event")
    entries = None
    if entry is not None:
        times, entries = checks.merged(times, checks.durations(entry, name="entry", negative=True))
    elif times.size:
        (times,) = checks.merged(times)
    means = []
    for i in range(len(labels)):
        mine = position == i
        curve = kaplan_meier(times[mine], flags[mine], entry=None if entries is None else entries[mine])
        means.append(restricted_mean(curve, tau=tau, extend=extend))
    return _difference(labels, tuple(means), level=level)


def _difference(
    groups: tuple[str, ...], means: tuple[RestrictedMean, ...], *, level: float
) -> RestrictedMeanDifference:
    told = {"groups": groups, "means": means}
    nothing = dict.fromkeys(("estimate", "std_err", "lower", "upper", "p"))
    if len(groups) != 2:
        found = f"{len(groups)}: {', '.join(groups)}" if groups else "none"
        return RestrictedMeanDifference(**told, **nothing, reason=f"a difference needs two groups, found {found}")
    first, second = means
    if first.estimate is None or second.estimate is None:
        return RestrictedMeanDifference(**told, **nothing, reason="a group without patients")
    gain = second.estimate - first.estimate
    std_err = float(np.hypot(first.std_err, second.std_err))
    if std_err == 0:
        return RestrictedMeanDifference(
            **told, estimate=gain, std_err=0.0, lower=None, upper=None, p=None, reason="no events before tau"
        )
    half = normal_quantile(level) * std_err
    p = float(2 * ndtr(-abs(gain / std_err)))
    return RestrictedMeanDifference(**told, estimate=gain, std_err=std_err, lower=gain - half, upper=gain + half, p=p)
