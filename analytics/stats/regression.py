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
NOISE = 1e-11
ROUNDING = 1e-10
SMALLEST_STEP = 1e-8
NO_VARIANCE = 1e-24
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


def independent(information: Array, *, events: int) -> NDArray[np.bool_]:
    """Which columns are not a combination of earlier ones: a Cholesky sweep of the information at 0.

    Columns are in units of their range, so information below 1e-11 per event is rounding noise.
    """
    left, free = information.copy(), np.zeros(information.shape[0], dtype=bool)
    for j in range(left.shape[0]):
        if left[j, j] > max(ALIASED * information[j, j], NOISE * events):
            free[j] = True
            left -= np.outer(left[:, j], left[j]) / left[j, j]
    return free


def newton(likelihood: Callable[[Array], L], *, covariates: int) -> tuple[Array, L, bool]:
    """Coefficients at the maximum, the likelihood there, and whether it was reached; one step beyond R's
    rule."""
    beta = np.zeros(covariates)
    with np.errstate(all="ignore"):
        now, settled = likelihood(beta), False
        for _ in range(MOST_STEPS):
            step = _solve(now.information, now.score)
            then = likelihood(beta + step)
            while not then.loglik >= now.loglik - ROUNDING * abs(now.loglik) and np.abs(step).max() > SMALLEST_STEP:
                step = step / 2
                then = likelihood(beta + step)
            if not (np.isfinite(then.loglik) and np.isfinite(then.information).all()):
                return beta, now, settled
            change = abs(then.loglik - now.loglik)
            beta, now = beta + step, then
            if settled:
                break
            settled = change <= CONVERGED * max(abs(now.loglik), np.finfo(float).tiny)
    return beta, now, settled


def _solve(information: Array, score: Array) -> Array:
    try:
        step = np.linalg.solve(information, score)
    except np.linalg.LinAlgError:
        return np.zeros_like(score)
    return step if np.isfinite(step).all() else np.zeros_like(score)


def inverse(information: Array) -> Array:
    """The inverse of an information matrix; directions without information get variance 0, hence no
    estimate."""
    return np.linalg.pinv(information, hermitian=True)


def sandwich(influence: Array, naive: Array) -> Array:
    """Robust variance from everybody's (or every cluster's) influence (M, p); what is only rounding beside
    the naive variance counts 0."""
    variance = influence.T @ influence
    none = np.diag(variance) <= NO_VARIANCE * np.diag(naive)
    return np.where(none[:, None] | none, 0.0, variance)


def standard_errors(variance: Array) -> Array:
    """Square roots of the diagonal; NaN where rounding left nothing positive."""
    diagonal = np.diag(variance)
    return np.sqrt(np.where(diagonal > 0, diagonal, np.nan))


def estimable(beta: Array, se: Array, scale: Array, *, settled: bool) -> NDArray[np.bool_]:
    """Which coefficients have a value; those of a level without events grow without end.

    Judged per unit of the covariate, or per its range if that is smaller.
    """
    unit = np.minimum(scale, 1.0) / scale
    small = (np.abs(beta) * unit <= NO_LIMIT_COEFFICIENT) & (se * unit <= NO_LIMIT_SE)
    return small & np.isfinite(se) & settled


def effects(
    free: NDArray[np.bool_], known: NDArray[np.bool_], beta: Array, variance: Array, level: float
) -> dict[str, Numbers]:
    """Estimates in the order of the covariates, None where not estimable."""
    se, half = standard_errors(variance), normal_quantile(level)
    with np.errstate(all="ignore"):
        found = {
            "coef": beta,
            "se": se,
            "z": beta / se,
            "p": 2 * ndtr(-np.abs(beta / se)),
            "hr": np.exp(beta),
            "hr_lower": np.exp(beta - half * se),
            "hr_upper": np.exp(beta + half * se),
        }
    certain = known & np.isfinite(se)
    return {name: spread(v, free, known if name in ("coef", "hr") else certain) for name, v in found.items()}


def spread(values: Array, free: NDArray[np.bool_], known: NDArray[np.bool_]) -> Numbers:
    """Values of the estimable covariates in the order of all; None for the others."""
    out: list[float | None] = [None] * free.size
    for place, value, shown in zip(np.flatnonzero(free), values, known, strict=True):
        out[place] = float(value) if shown else None
    return tuple(out)
