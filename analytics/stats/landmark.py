"""Landmark analysis: compare groups formed during follow-up among those still under observation then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.stats import checks
from analytics.stats.results import LeftOut


@dataclass(frozen=True, kw_only=True, eq=False)
class LandmarkRows:
    """Patients followed beyond the landmark, their clock started there.

    `patient` (M,) positions in the input; days (M,) counted from the landmark; event (M,) 0/1;
    exposed (M,) 1 = exposed on or before the landmark. left_out: who is not in it, and why.
    """

    landmark: float
    patient: NDArray[np.int64]
    days: NDArray[Any]
    event: NDArray[np.int64]
    exposed: NDArray[np.int64]
    left_out: tuple[LeftOut, ...]


def at_landmark(
    days: ArrayLike, event: ArrayLike, *, landmark: float, exposure_days: ArrayLike | None = None
) -> LandmarkRows:
    """Keep patients followed beyond the landmark day and start their clock there.

    days (N,) durations, event (N,) 0/1; landmark >= 0 in the same unit: patients with days > landmark stay
    (strictly); exposure_days (N,), NaN = never: exposed when on or before the landmark. Anderson, Cain &
    Gelber, J Clin Oncol 1983;1:710-9.
    """
    times = checks.durations(days)
    flags = checks.states(event, length=times.shape[0], highest=1, name="event")
    if not np.isfinite(landmark) or landmark < 0:
        raise ValueError(f"landmark must be a time from 0 on: {landmark}")
    exposed = np.zeros(times.size, dtype=np.int64)
    if exposure_days is not None:
        exposure = np.asarray(exposure_days, dtype=np.float64)
        checks.same_length(exposure, times.shape[0], "exposure_days")
        with np.errstate(invalid="ignore"):
            exposed = (exposure <= landmark).astype(np.int64)
    stays = times > landmark
    early = ~stays
    return LandmarkRows(
        landmark=landmark,
        patient=np.flatnonzero(stays),
        days=times[stays] - landmark,
        event=flags[stays],
        exposed=exposed[stays],
        left_out=(
            LeftOut(reason="event on or before the landmark", n=int((early & (flags == 1)).sum())),
            LeftOut(reason="last seen on or before the landmark", n=int((early & (flags == 0)).sum())),
        ),
    )
