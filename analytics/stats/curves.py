"""Survival curves (Kaplan-Meier) and cumulative incidence with competing risks (Aalen-Johansen), with limits.

Both are computed from the one table of counts. Times are durations in one unit, whole days preferred.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.stats import bands
from analytics.stats.counts import Counts, prepare, tally
from analytics.stats.stepcurve import CauseCurve, IncidenceCurves, StepCurve, SurvivalCurve

ROUNDING = 1e-13  # a variance below this share of its terms is 0

__all__ = [
    "CauseCurve",
    "IncidenceCurves",
    "StepCurve",
    "SurvivalCurve",
    "aalen_johansen",
    "kaplan_meier",
    "survival_of",
]


def kaplan_meier(
    days: ArrayLike,
    event: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    conf_type: str = "log-log",
    level: float = 0.95,
) -> SurvivalCurve:
    """The share of patients still event-free over time, allowing for unequal follow-up.

    days (N,) durations >= 0; event (N,) 1 = event, 0 = censored; entry (N,) delayed entry (at risk when entry
    < t <= days). Ties: at one time events come first, so a patient censored at t is at risk at t. Time 0 is
    allowed without entry. Standard error by Greenwood; limits on the scale `conf_type`. Kaplan & Meier, J Am
    Stat Assoc 1958;53:457-81.
    """
    rows, _ = prepare(days, event, entry=entry, highest=1)
    return survival_of(tally(rows), conf_type=conf_type, level=level)


def survival_of(counts: Counts, *, conf_type: str = "log-log", level: float = 0.95) -> SurvivalCurve:
    """The Kaplan-Meier curve of the first group of a table of counts."""
    n_risk, n_event = counts.n_risk[0], counts.n_event[0].sum(axis=0)
    estimate, std_err = _product_limit(n_risk.astype(np.float64), n_event.astype(np.float64))
    lower, upper = bands.limits(estimate, std_err, conf_type=conf_type, level=level)
    return SurvivalCurve(
        time=counts.time,
        n_risk=n_risk,
        n_event=n_event,
        n_censor=counts.n_censor[0],
        estimate=estimate,
        std_err=std_err,
        lower=lower,
        upper=upper,
        n=counts.n[0],
        events=int(n_event.sum()),
        never_at_risk=counts.never_at_risk,
        conf_type=conf_type,
        level=level,
        start=1.0,
        entry=None if counts.entry is None else counts.entry[0],
    )


def _product_limit(n: NDArray[np.float64], d: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """S and its Greenwood standard error, S * sqrt(sum d / (n (n - d))); NaN once S is 0."""
    estimate = np.cumprod((n - d) / n)
    with np.errstate(divide="ignore", invalid="ignore"):
        std_err = estimate * np.sqrt(np.cumsum(d / (n * (n - d))))
    return estimate, std_err


def aalen_johansen(
    days: ArrayLike,
    state: ArrayLike,
    *,
    causes: Sequence[int] | None = None,
    entry: ArrayLike | None = None,
    conf_type: str = "log-log",
    level: float = 0.95,
) -> IncidenceCurves:
    """The share of patients who had each kind of event over time, when one kind can prevent the other.

    days (N,) durations >= 0; state (N,) 0 = censored, 1, 2, ... = cause of the first event; `causes` codes to
    report (default: those that occur); entry (N,) delayed entry. Ties: exact, events before censorings, no
    jitter. Variance of Greenwood type (Gaynor et al., J Am Stat Assoc 1993;88:400-9; Marubini & Valsecchi
    1995), as R's survfit; limits on the scale `conf_type` of the incidence. Aalen & Johansen, Scand J Stat
    1978;5:141-50.
    """
    rows, _ = prepare(days, state, entry=entry)
    counts = tally(rows)
    wanted = counts.causes if causes is None else tuple(causes)
    if any(code <= 0 for code in wanted):
        raise ValueError(f"causes must be positive codes: {wanted}")
    n, everything = counts.n_risk[0].astype(np.float64), counts.n_event[0].sum(axis=0)
    survival = np.cumprod((n - everything) / n)
    before = np.concatenate(([1.0], survival))[:-1]
    curves = []
    for code in wanted:
        n_event = counts.n_event[0][counts.causes.index(code)] if code in counts.causes else np.zeros_like(everything)
        estimate = np.cumsum(before * n_event / n)
        std_err = np.sqrt(_incidence_variance(n, everything.astype(np.float64), n_event, before, estimate))
        curves.append(
            _cause_curve(counts, code, n_event, everything, estimate, std_err, conf_type=conf_type, level=level)
        )
    return IncidenceCurves(
        time=counts.time,
        survival=survival,
        n=counts.n[0],
        never_at_risk=counts.never_at_risk,
        curves=tuple(curves),
    )


def _incidence_variance(
    n: NDArray[np.float64],
    everything: NDArray[np.float64],
    n_event: NDArray[Any],
    before: NDArray[np.float64],
    estimate: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Variance of F(t) in one sweep, the squares expanded into cumulative sums.

    Sum over u <= t of (F(t) - F(u))^2 D / (n (n - D)) + S(u-)^2 d (n - d) / n^3
    - 2 (F(t) - F(u)) S(u-) d / n^2; a first term with n = D counts 0.
    """
    left = n - everything
    hazard = np.divide(everything, n * left, out=np.zeros_like(n), where=left > 0)
    cross = before * n_event / n**2
    added = estimate**2 * np.cumsum(hazard) + np.cumsum(hazard * estimate**2) + 2 * np.cumsum(cross * estimate)
    added += np.cumsum(before**2 * n_event * (n - n_event) / n**3)
    taken = 2 * estimate * (np.cumsum(hazard * estimate) + np.cumsum(cross))
    return np.where(added - taken > ROUNDING * added, added - taken, 0.0)


def _cause_curve(
    counts: Counts,
    cause: int,
    n_event: NDArray[Any],
    everything: NDArray[Any],
    estimate: NDArray[np.float64],
    std_err: NDArray[np.float64],
    *,
    conf_type: str,
    level: float,
) -> CauseCurve:
    lower, upper = bands.limits(estimate, std_err, conf_type=conf_type, level=level)
    return CauseCurve(
        cause=cause,
        time=counts.time,
        n_risk=counts.n_risk[0],
        n_event=n_event,
        n_event_all=everything,
        n_censor=counts.n_censor[0],
        estimate=estimate,
        std_err=std_err,
        lower=lower,
        upper=upper,
        n=counts.n[0],
        events=int(n_event.sum()),
        never_at_risk=counts.never_at_risk,
        conf_type=conf_type,
        level=level,
        start=0.0,
        entry=None if counts.entry is None else counts.entry[0],
    )
