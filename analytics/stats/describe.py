"""Describing a measured quantity: how many values, where they lie, how far they spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analytics.stats.results import Number, SummaryGroup, known, whole


@dataclass(frozen=True, kw_only=True)
class Description:
    """Known and missing values, mean and spread, quartiles and range; None where there are too few values."""

    n: int
    missing: int
    mean: float | None
    sd: float | None
    min: Number
    q1: Number
    median: Number
    q3: Number
    max: Number


def describe(values: ArrayLike) -> Description:
    """The values of one group in numbers; None and NaN count as missing, infinite values are refused.

    Quartiles of type 7 (R and pandas default; SAS differs): linear between order statistics. sd with n - 1.
    Hyndman & Fan, Am Stat 1996;50:361-5.
    """
    array = np.asarray(values, dtype=np.float64).reshape(-1)
    if np.isinf(array).any():
        raise ValueError(f"values must be finite: {array[np.isinf(array)][0]}")
    have = array[~np.isnan(array)]
    q = [None] * 5 if not have.size else np.quantile(have, [0, 0.25, 0.5, 0.75, 1]).tolist()
    return Description(
        n=int(have.size),
        missing=int(array.size - have.size),
        mean=float(have.mean()) if have.size else None,
        sd=known(have.std(ddof=1)) if have.size > 1 else None,
        min=q[0],
        q1=q[1],
        median=q[2],
        q3=q[3],
        max=q[4],
    )


def summary_group(label: str, values: ArrayLike) -> SummaryGroup:
    """The values of one group as one line of a `Summary` result (missing values left out of n)."""
    it = describe(values)
    return SummaryGroup(
        label=label,
        n=it.n,
        **{name: whole(getattr(it, name)) for name in ("median", "q1", "q3", "min", "max")},
    )
