"""Confidence limits of a probability that changes over time (survival or cumulative incidence).

Five scales: `log-log` (default of this registry and of SAS; never leaves 0-1), `log` (default of R), `plain`,
`logit`, `arcsin`. No interval where the estimate is 0 or 1: nothing is known about its spread there. Source:
Klein & Moeschberger, Survival Analysis (2003), section 4.3; Kalbfleisch & Prentice (2002) for log-log.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

CERTAIN = 1 - 1e-12  # sums of incidences reach 1 only up to rounding
CONF_TYPES = ("log-log", "log", "plain", "logit", "arcsin")


def normal_quantile(level: float) -> float:
    """Two-sided standard normal quantile: 1.959963984540054 for a level of 0.95."""
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1: {level}")
    return float(ndtri(1 - (1 - level) / 2))


def limits(
    estimate: NDArray[np.float64], std_err: NDArray[np.float64], *, conf_type: str, level: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper limits of probabilities (T,) with standard errors (T,); NaN = no interval."""
    if conf_type not in CONF_TYPES:
        raise ValueError(f"unknown interval type {conf_type!r}; known: {', '.join(CONF_TYPES)}")
    z = normal_quantile(level)
    lower = np.full(estimate.shape, np.nan)
    upper = np.full(estimate.shape, np.nan)
    inside = (estimate > 0) & (estimate < CERTAIN) & np.isfinite(std_err)
    p, se = estimate[inside], std_err[inside]
    lower[inside], upper[inside] = _SCALES[conf_type](p, z * se)
    return lower, upper


def _log_log(p: NDArray[np.float64], half: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    width = half / (p * np.log(p))
    return p ** np.exp(-width), p ** np.exp(width)


def _log(p: NDArray[np.float64], half: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return p * np.exp(-half / p), np.minimum(p * np.exp(half / p), 1.0)


def _plain(p: NDArray[np.float64], half: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.maximum(p - half, 0.0), np.minimum(p + half, 1.0)


def _logit(p: NDArray[np.float64], half: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    middle, width = np.log(p / (1 - p)), half / (p * (1 - p))
    return 1 - 1 / (1 + np.exp(middle - width)), 1 - 1 / (1 + np.exp(middle + width))


def _arcsin(p: NDArray[np.float64], half: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    middle, width = np.arcsin(np.sqrt(p)), 0.5 * half / np.sqrt(p * (1 - p))
    return np.sin(np.maximum(0, middle - width)) ** 2, np.sin(np.minimum(np.pi / 2, middle + width)) ** 2


_SCALES = {"log-log": _log_log, "log": _log, "plain": _plain, "logit": _logit, "arcsin": _arcsin}
