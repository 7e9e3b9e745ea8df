"""Fine-Gray regression: how covariates change the cumulative incidence of one cause, competing causes being
at work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.stats.counts import prepare
from analytics.stats.followup import reverse_kaplan_meier
from analytics.stats.regression import (
    Array,
    Numbers,
    aliased,
    covariate,
    effects,
    estimable,
    few_events,
    independent,
    inverse,
    newton,
    no_events,
    sandwich,
    standard_errors,
)

_NONE: Array = np.zeros(0)


@dataclass(frozen=True, kw_only=True, eq=False)
class FineGrayFit:
    """A fitted subdistribution hazards model, one entry per covariate; None = not estimable, see `warnings`.

    shr = exp(coef): subdistribution hazard ratio with limits. `left_out` rows lacked a covariate.
    """

    cause: int
    covariates: tuple[str, ...]
    n: int
    events: int
    coef: Numbers
    se: Numbers
    z: Numbers
    p: Numbers
    shr: Numbers
    shr_lower: Numbers
    shr_upper: Numbers
    loglik_null: float | None
    loglik: float | None
    left_out: int = 0
    warnings: tuple[str, ...] = ()
    baseline_time: Array = field(default_factory=lambda: _NONE, repr=False)
    baseline_hazard: Array = field(default_factory=lambda: _NONE, repr=False)

    def predict(self, at: Sequence[float], times: ArrayLike) -> Array:
        """Cumulative incidence at the given times for a patient with the covariate values `at`; NaN if not
        estimable."""
        wanted = np.asarray(times, dtype=np.float64).reshape(-1)
        if len(at) != len(self.covariates):
            raise ValueError(f"{len(at)} values for {len(self.covariates)} covariates {self.covariates}")
        if None in self.coef or not self.coef:
            return np.full(wanted.shape, np.nan)
        hazard = np.concatenate(([0.0], np.cumsum(self.baseline_hazard)))
        place = np.searchsorted(self.baseline_time, wanted, side="right")
        return 1 - np.exp(-hazard[place] * np.exp(np.dot(at, self.coef)))


def fit_fine_gray(
    days: ArrayLike,
    state: ArrayLike,
    covariates: Mapping[str, ArrayLike],
    *,
    cause: int,
    level: float = 0.95,
) -> FineGrayFit:
    """How does the cumulative incidence of one cause change per unit of each covariate?

    days (N,) durations; state (N,) 0 = censored, 1, 2, ... = cause; covariates: name -> numbers (N,), NaN =
    missing (row left out and counted). After a competing event a patient stays in the risk set with weight
    G(t-) / G(T-), G the reverse Kaplan-Meier. Ties: Breslow. Sandwich variance with the part of the estimated
    weights. Fine & Gray, J Am Stat Assoc 1999;94:496-509, as cmprsk::crr. No delayed entry.
    """
    rows, _ = prepare(days, state)
    if not covariates:
        raise ValueError("a Fine-Gray model needs at least one covariate")
    x = np.column_stack([covariate(name, values, rows.days.size) for name, values in covariates.items()])
    complete = ~np.isnan(x).any(axis=1)
    names, kept = tuple(covariates), rows.only(complete)
    x, events = x[complete], int((kept.state == cause).sum())
    told = {"cause": cause, "covariates": names, "n": kept.days.size, "events": events}
    told["left_out"] = int(rows.days.size - kept.days.size)
    if not events:
        return _no_fit(told, ("not estimable: no events of this cause",))
    centre, scale = x.mean(axis=0), np.ptp(x, axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    order = np.argsort(kept.days, kind="stable")
    days_sorted, states = kept.days[order].astype(np.float64), kept.state[order]
    risk = _Risk(days=days_sorted, state=states, cause=cause, x=((x - centre) / scale)[order])
    start = risk.likelihood(np.zeros(len(names)))
    free = independent(start.information, events=events)
    if not free.any():
        return _no_fit(told, tuple(aliased(names, free)), loglik=start.loglik)
    risk = _Risk(days=days_sorted, state=states, cause=cause, x=risk.x[:, free])
    beta, end, settled = newton(risk.likelihood, covariates=int(free.sum()))
    naive = inverse(end.information)
    known = estimable(beta, standard_errors(naive), scale[free], settled=settled)
    variance = sandwich(risk.influence(end) @ naive, naive) / np.outer(scale[free], scale[free])
    found = effects(free, known, beta / scale[free], variance, level)
    return FineGrayFit(
        **told,
        **{key.replace("hr", "shr"): value for key, value in found.items()},
        loglik_null=start.loglik,
        loglik=end.loglik,
        warnings=(*few_events(events, len(names)), *aliased(names, free), *no_events(names, free, known)),
        baseline_time=end.time if known.all() else _NONE,
        baseline_hazard=end.hazard * np.exp(-float(centre[free] @ (beta / scale[free]))) if known.all() else _NONE,
    )


def _no_fit(told: dict[str, object], warnings: tuple[str, ...], *, loglik: float | None = None) -> FineGrayFit:
    blank: Numbers = (None,) * len(told["covariates"])
    nothing = dict.fromkeys(("coef", "se", "z", "p", "shr", "shr_lower", "shr_upper"), blank)
    return FineGrayFit(**told, **nothing, loglik_null=loglik, loglik=loglik, warnings=warnings)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Likelihood:
    """The weighted partial likelihood at one coefficient vector; per event time: (K,), mean covariates (K,
    p)."""

    loglik: float
    score: Array
    information: Array
    time: Array
    mean: Array
    hazard: Array
    weight: Array  # exp(x beta) per patient (N,)


@dataclass(frozen=True, eq=False, kw_only=True)
class _Risk:
    """Patients in time order and their weighted risk sets."""

    days: Array
    state: NDArray[np.int64]
    cause: int
    x: Array

    @cached_property
    def own(self) -> NDArray[np.bool_]:
        """Events of the cause of interest."""
        return self.state == self.cause

    @cached_property
    def rival(self) -> NDArray[np.bool_]:
        """Events of other causes."""
        return (self.state > 0) & ~self.own

    @cached_property
    def time(self) -> Array:
        """Distinct times of the events of interest (K,)."""
        return np.unique(self.days[self.own])

    @cached_property
    def deaths(self) -> Array:
        """Events of interest at each (K,)."""
        return np.bincount(np.searchsorted(self.time, self.days[self.own])).astype(np.float64)

    def censoring_before(self, times: Array) -> Array:
        """G(t-): the share not yet censored just before t; at time 0, as crr, the share left after it."""
        curve = reverse_kaplan_meier(self.days, self.state > 0)
        before, after = (np.searchsorted(curve.time, times, side=side) for side in ("left", "right"))
        return np.concatenate(([1.0], curve.estimate))[np.where(times > 0, before, after)]

    @cached_property
    def g_event(self) -> Array:
        """G(t-) at the events of interest (K,)."""
        return self.censoring_before(self.time)

    @cached_property
    def g_own(self) -> Array:
        """1 / G(T-) for patients with a competing event, 0 for the others (N,)."""
        left = self.censoring_before(self.days)
        return np.divide(1.0, left, out=np.zeros_like(left), where=self.rival & (left > 0))

    def sums(self, values: Array) -> Array:
        """Weighted sum of values (N, ...) over the risk set at every event of interest (K, ...)."""
        first = np.searchsorted(self.days, self.time, side="left")
        zero = np.zeros((1, *values.shape[1:]))
        still = np.concatenate((np.cumsum(values[::-1], axis=0)[::-1], zero))[first]
        shape = (-1,) + (1,) * (values.ndim - 1)
        after = np.concatenate((zero, np.cumsum(values * self.g_own.reshape(shape), axis=0)))[first]
        return still + self.g_event.reshape(shape) * after

    def likelihood(self, beta: Array) -> _Likelihood:
        """Log-likelihood, score and information at beta (p,)."""
        eta = (self.x * beta).sum(axis=1)
        weight, x = np.exp(eta), self.x
        total = self.sums(weight)
        mean = self.sums(weight[:, None] * x) / total[:, None]
        square = self.sums(weight[:, None, None] * x[:, :, None] * x[:, None, :]) / total[:, None, None]
        spread = square - mean[:, :, None] * mean[:, None, :]
        return _Likelihood(
            loglik=float(eta[self.own].sum() - self.deaths @ np.log(total)),
            score=x[self.own].sum(axis=0) - self.deaths @ mean,
            information=np.einsum("k,kij->ij", self.deaths, spread),
            time=self.time,
            mean=mean,
            hazard=self.deaths / total,
            weight=weight,
        )

    def influence(self, at: _Likelihood) -> Array:
        """Every patient's influence on the score (N, p): own residual plus the part of the estimated
        censoring weights."""
        with np.errstate(all="ignore"):  # a level without events: its estimate is withheld anyway
            return self._residual(at) + self._censoring(at)

    def _residual(self, at: _Likelihood) -> Array:
        """Integral of (x - mean) w dM over the events of interest."""
        plain = np.concatenate((at.hazard[:, None], at.hazard[:, None] * at.mean), axis=1)
        weighted = self.g_event[:, None] * plain
        zero = np.zeros((1, plain.shape[1]))
        upto = np.concatenate((zero, np.cumsum(plain, axis=0)))
        after = np.concatenate((np.cumsum(weighted[::-1], axis=0)[::-1], zero))
        place = np.searchsorted(self.time, self.days, side="right")
        exposure = upto[place] + self.g_own[:, None] * after[place]
        out = -at.weight[:, None] * (self.x * exposure[:, :1] - exposure[:, 1:])
        out[self.own] += self.x[self.own] - at.mean[np.searchsorted(self.time, self.days[self.own])]
        return out

    def _censoring(self, at: _Likelihood) -> Array:
        """Integral of q / pi dM of the censoring process: what estimating G adds."""
        out = np.zeros_like(self.x)
        censored = self.state == 0
        if not censored.any() or not self.rival.any():
            return out
        when, number = np.unique(self.days[censored], return_counts=True)
        at_risk = self.days.size - np.searchsorted(self.days, when, side="left")
        scaled = (at.weight * self.g_own)[:, None] * np.column_stack((np.ones(self.days.size), self.x))
        before = np.concatenate((np.zeros((1, scaled.shape[1])), np.cumsum(scaled, axis=0)))
        before = before[np.searchsorted(self.days, when, side="left")]
        rate = (self.g_event * at.hazard)[:, None] * np.column_stack((np.ones(self.time.size), at.mean))
        later = np.concatenate((np.cumsum(rate[::-1], axis=0)[::-1], np.zeros((1, rate.shape[1]))))
        later = later[np.searchsorted(self.time, when, side="left")]
        q = before[:, 1:] * later[:, :1] - before[:, :1] * later[:, 1:]
        jump = q / at_risk[:, None]
        total = np.concatenate((np.zeros((1, q.shape[1])), np.cumsum(jump * (number / at_risk)[:, None], axis=0)))
        out -= total[np.searchsorted(when, self.days, side="right")]
        out[censored] += jump[np.searchsorted(when, self.days[censored])]
        return out
