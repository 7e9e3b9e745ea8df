"""Do groups differ in the cumulative incidence of one cause beside competing ones? Gray's K-sample test."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from analytics.stats.counts import Counts, prepare, tally
from analytics.stats.labels import grouping
from analytics.stats.quadratic import quadratic_form
from analytics.stats.results import Comparison

Array = NDArray[np.float64]


def gray(
    days: ArrayLike,
    state: ArrayLike,
    group: ArrayLike,
    *,
    cause: int,
    strata: ArrayLike | None = None,
    rho: float = 0,
) -> Comparison:
    """Do the groups differ in how often the event of one cause happens, when other causes can prevent it?

    days (N,) durations; state (N,) 0 = censored, 1, 2, ... = cause; group (N,) labels; `cause` the code of
    interest; strata (N,) scores and variances are added over strata. Compares the subdistribution hazards of
    the groups with the pooled one; weight (1 - F(t-))^rho. Patients who failed from another cause stay at
    risk as far as censoring lets them be seen: each group's risk set is n (1 - F(t-)) / S(t-). Tied events:
    variance with the hypergeometric correction, events before censorings. df = groups - 1. Delayed entry has
    no agreed form and is not offered. Gray, Ann Stat 1988;16:1141-54; equal to cmprsk 2.2-11.
    """
    rows, _ = prepare(days, state, group=group)
    groups = len(rows.labels)
    layer = np.zeros(rows.days.size, dtype=np.int64)
    if strata is not None:
        layer = grouping(strata, length=rows.days.size, name="strata")[1]
    score, variance, expected = (
        np.zeros(max(groups - 1, 0)),
        np.zeros((max(groups - 1, 0),) * 2),
        np.zeros(groups),
    )
    for code in np.unique(layer):
        part = tally(rows.only(layer == code))
        if groups > 1 and cause in part.causes:
            s, v, e = _stratum(part, cause=cause, rho=rho)
            score, variance, expected = score + s, variance + v, expected + e
    happened = (rows.state == cause).any()
    reason = "fewer than two groups" if groups < 2 else None if happened else "no events of this cause"
    statistic = quadratic_form(score, variance) if reason is None else None
    if reason is None and statistic is None:
        reason = "the groups are never at risk together, or all patients at risk have the event at once"
    of_cause = np.bincount(rows.group[rows.state == cause], minlength=groups)
    return Comparison(
        test="gray",
        cause=cause,
        statistic=statistic,
        df=groups - 1 if groups > 1 else None,
        p=None if statistic is None else float(chdtrc(groups - 1, statistic)),
        reason=reason,
        groups=rows.labels,
        n=tuple(np.bincount(rows.group, minlength=groups).tolist()),
        observed=tuple(of_cause.astype(float).tolist()),
        expected=tuple(expected.tolist()),
        variance=tuple(tuple(line) for line in variance.tolist()),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Process:
    """Everything that changes over the event times of one stratum; arrays (G, T) per group, (T,) pooled."""

    risk: Array  # patients at risk in each group, just before t
    own: Array  # events of the cause of interest
    other: Array  # events of other causes
    km_before: Array  # S(t-), all causes
    km: Array  # S(t)
    incidence_before: Array  # F(t-) of the cause of interest

    @property
    def size(self) -> Array:
        """n / S(t-): the risk set as it would be without the competing causes."""
        return np.divide(self.risk, self.km_before, out=np.zeros_like(self.risk), where=self.risk > 0)


def _process(counts: Counts, cause: int) -> _Process:
    happens = counts.n_event.sum(axis=(0, 1)) > 0
    events = counts.n_event[:, :, happens].astype(np.float64)
    own = events[:, counts.causes.index(cause), :]
    risk = counts.n_risk[:, happens].astype(np.float64)
    hazard = np.divide(events.sum(axis=1), risk, out=np.zeros_like(risk), where=risk > 0)
    km = np.cumprod(1 - hazard, axis=1)
    first = np.ones((risk.shape[0], 1))
    km_before = np.concatenate((first, km[:, :-1]), axis=1)
    steps = np.divide(km_before * own, risk, out=np.zeros_like(risk), where=risk > 0)
    incidence = np.cumsum(steps, axis=1)
    return _Process(
        risk=risk,
        own=own,
        other=events.sum(axis=1) - own,
        km_before=km_before,
        km=km,
        incidence_before=np.concatenate((0 * first, incidence[:, :-1]), axis=1),
    )


def _stratum(counts: Counts, *, cause: int, rho: float) -> tuple[Array, Array, Array]:
    """Scores of the first G - 1 groups, their variance, and the expected events of every group."""
    p = _process(counts, cause)
    size, d = p.size, p.own.sum(axis=0)
    total = size.sum(axis=0)
    pooled = np.cumsum(d / total)
    pooled_before = np.concatenate(([0.0], pooled[:-1]))
    weight = (1 - pooled_before) ** rho
    kept = size * (1 - p.incidence_before)
    expected = weight * d * np.divide(kept, kept.sum(axis=0), out=np.zeros_like(kept), where=kept.sum(axis=0) > 0)
    score = (weight * p.own - expected).sum(axis=1)[:-1]
    variance = _variance(p, size, total, weight, pooled, pooled_before, d)
    return score, variance, expected.sum(axis=1)


def _variance(
    p: _Process, size: Array, total: Array, weight: Array, pooled: Array, pooled_before: Array, d: Array
) -> Array:
    """Variance of the scores (Gray 1988, section 3): squared influence times variance of every event.

    An event of the cause in group k moves score i by a_ik - h_k c_ik now and by h_k c_ik(end) later; one of
    another cause by h_k (c_ik(end) - c_ik).
    """
    seen = p.risk > 0
    share = size / total
    a = -weight * size[:, None, :] * share[None, :, :]
    own = np.arange(a.shape[0])
    a[own, own, :] = weight * size * (1 - share)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(d > 0, d / (total * (1 - pooled_before)), 0.0)
        c = np.cumsum(a * rate, axis=2)
        h_other = np.where(p.km > 0, (1 - pooled) / p.km, 0.0)
        h_own = np.where(p.km > 0, 1 - h_other, 1.0)
        tied = np.where(d > 1, 1 - (d - 1) / (total * p.km_before - 1), 1.0)
        v_own = np.where(seen & (d > 0), tied * p.km_before * d / (total * p.risk), 0.0)
        tied_other = np.where(p.other > 1, 1 - (p.other - 1) / (p.risk - 1), 1.0)
        v_other = np.where((p.km > 0) & (p.other > 0), tied_other * p.km_before**2 * p.other / p.risk**2, 0.0)
    end = c[:, :, -1][:, :, None]
    from_own = (a - h_own * c) + h_own * end
    from_other = h_other * (end - c)
    full = np.einsum("ikt,jkt,kt->ij", from_own, from_own, v_own)
    full += np.einsum("ikt,jkt,kt->ij", from_other, from_other, v_other)
    return full[:-1, :-1]
