"""A quadratic form with a covariance matrix, the heart of every score test: u' V^-1 u."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SINGULAR = 1e-10


def quadratic_form(score: NDArray[np.float64], variance: NDArray[np.float64]) -> float | None:
    """u' V^-1 u for a score (k,) and its variance (k, k); None when V is singular on its own scale."""
    scale = np.sqrt(np.diag(variance).clip(min=0))
    if score.size == 0 or not np.isfinite(variance).all() or (scale <= 0).any():
        return None
    correlation = variance / np.outer(scale, scale)
    if np.linalg.eigvalsh(correlation)[0] < SINGULAR:
        return None
    standard = score / scale
    return max(float(standard @ np.linalg.solve(correlation, standard)), 0.0)
