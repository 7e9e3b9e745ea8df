"""What Cox and Fine-Gray regression share: Newton's method, estimates with limits, and what cannot be
estimated."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from analytics.stats import checks
from analytics.stats.bands import normal_quantile

CONVERGED = 1e-11
MOST_STEPS = 60
NO_LIMIT_COEFFICIENT = math.log(1e4)
NO_LIMIT_SE = 100.0
ALIASED = 1e-9
EVENTS_PER_COVARIATE = 5


Array = NDArray[np.float64]
Numbers = tuple[float | None, ...]


class Climbable(Protocol):
    """A log-likelihood at one point, with its first and minus its second derivative."""

    loglik: float
    score: Array
    information: Array


L = TypeVar("L", bound=Climbable)


def covariate(name: str, values: ArrayLike, length: int) -> Array:
    """One covariate as numbers (N,), NaN = missing."""
    array = np.asarray(values, dtype=np.float64)
    checks.same_length(array, length, f"covariate {name}")
    if np.isinf(array).any():
        raise ValueError(f"covariate {name} must be finite: {array[np.isinf(array)][0]}")
    return array


def few_events(events: int, terms: int) -> list[str]:
    """A warning when there are too few events for the number of covariates."""
    if not events or events >= EVENTS_PER_COVARIATE * terms:
        return []
    return [f"{events} events for {terms} covariates: fewer than {EVENTS_PER_COVARIATE} per covariate"]


def aliased(names: tuple[str, ...], free: NDArray[np.bool_]) -> list[str]:
    """A warning for every covariate that is constant or a combination of the others."""
    gone = [name for name, stays in zip(names, free, strict=True) if not stays]
    return [f"not estimable: {name} is constant or a combination of the other covariates" for name in gone]


def no_events(names: tuple[str, ...], free: NDArray[np.bool_], known: NDArray[np.bool_]) -> list[str]:
    """A warning for every covariate whose coefficient has no limit."""
    left = [name for name, stays in zip(names, free, strict=True) if stays]
    gone = [name for name, shown in zip(left, known, strict=True) if not shown]
    return [f"not estimable: no events in a level of {name}" for name in gone]


def independent(information: Array) -> NDArray[np.bool_]:
    """Which columns are not a combination of earlier ones: a Cholesky sweep of the information."""
    left, free = information.copy(), np.zeros(information.shape[0], dtype=bool)
    for j in range(left.shape[0]):
        if left[j, j] > ALIASED * max(information[j, j], np.finfo(float).tiny):
            free[j] = True
            left -= np.outer(left[:, j], left[j]) / left[j, j]
    return free


def newton(likelihood: Callable[[Array], L], *, covariates: int) -> tuple[Array, L]:
    """Coefficients at the maximum, and the likelihood there; one step beyond R's rule of convergence."""
    beta = np.zeros(covariates)
    now = likelihood(beta)
    settled = False
    for _ in range(MOST_STEPS):
        step = _solve(now.information, now.score)
        then = likelihood(beta + step)
        while not then.loglik >= now.loglik - 1e-10 * abs(now.loglik) and np.abs(step).max() > 1e-8:
            step = step / 2
            then = likelihood(beta + step)
        change = abs(then.loglik - now.loglik)
        beta, now = beta + step, then
        if settled:
            break
        settled = change <= CONVERGED * max(abs(now.loglik), np.finfo(float).tiny)
    return beta, now


def _solve(information: Array, score: Array) -> Array:
    try:
        return np.linalg.solve(information, score)
    except np.linalg.LinAlgError:
        return np.zeros_like(score)


def without_limit(beta: Array, se: Array, scale: Array) -> NDArray[np.bool_]:
    """Coefficients that would grow without end: a level without events.

    Judged per unit of the covariate, or per its range if that is smaller.
    """
    unit = np.minimum(scale, 1.0) / scale
    return ~np.isfinite(se) | (np.abs(beta) * unit > NO_LIMIT_COEFFICIENT) | (se * unit > NO_LIMIT_SE)


def effects(
    free: NDArray[np.bool_], known: NDArray[np.bool_], beta: Array, variance: Array, level: float
) -> dict[str, Numbers]:
    """Estimates in the order of the covariates, None where not estimable."""
    se, half = np.sqrt(np.diag(variance)), normal_quantile(level)
    with np.errstate(over="ignore"):
        found = {
            "coef": beta,
            "se": se,
            "z": beta / se,
            "p": 2 * ndtr(-np.abs(beta / se)),
            "hr": np.exp(beta),
            "hr_lower": np.exp(beta - half * se),
            "hr_upper": np.exp(beta + half * se),
        }
    return {name: spread(values, free, known) for name, values in found.items()}


def spread(values: Array, free: NDArray[np.bool_], known: NDArray[np.bool_]) -> Numbers:
    """Values of the estimable covariates in the order of all; None for the others."""
    out: list[float | None] = [None] * free.size
    for place, value, shown in zip(np.flatnonzero(free), values, known, strict=True):
        out[place] = float(value) if shown else None
    return tuple(out)
