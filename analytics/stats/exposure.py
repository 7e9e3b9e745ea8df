"""An exposure that starts during follow-up (a transplant): no time before it counts as exposed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from analytics.stats import checks
from analytics.stats.cox import fit_cox
from analytics.stats.curves import kaplan_meier
from analytics.stats.results import Comparison
from analytics.stats.stepcurve import SurvivalCurve


@dataclass(frozen=True, kw_only=True, eq=False)
class ExposureRows:
    """Follow-up in (start, stop] rows, one before and one after the exposure; arrays (M,), in patient order.

    `patient` is the position in the input. n_exposed patients contribute exposed time. on_last_day: exposures
    on or after the last day, which count as never exposed (a transplant on the day of death is not a
    transplanted death). vanished: patients without any follow-up time (duration 0), who cannot be held in
    such rows.
    """

    patient: NDArray[np.int64]
    start: NDArray[Any]
    stop: NDArray[Any]
    event: NDArray[np.int64]
    exposed: NDArray[np.int64]
    n_exposed: int
    on_last_day: int
    vanished: int


def split_at_exposure(days: ArrayLike, event: ArrayLike, exposure_days: ArrayLike) -> ExposureRows:
    """Count each patient as unexposed until the exposure and as exposed from then on.

    days (N,) durations, event (N,) 0/1, exposure_days (N,) day of the exposure, NaN (or None) = never.
    Exposure on or after the last day: never exposed; at day 0 or before: exposed throughout; otherwise (0, X]
    unexposed without event and (X, T].
    """
    times = checks.durations(days)
    flags = checks.states(event, length=times.shape[0], highest=1, name="event")
    exposure = np.asarray(exposure_days, dtype=np.float64)
    checks.same_length(exposure, times.shape[0], "exposure_days")
    if np.isinf(exposure).any():
        raise ValueError("exposure_days must be finite, or NaN for never exposed")
    with np.errstate(invalid="ignore"):
        ever = exposure < times
        late = exposure >= times
        parted = ever & (exposure > 0)
    exposure = np.where(parted, exposure, 0)
    number = np.arange(times.size)
    patient = np.concatenate((number[parted], number))
    start = np.concatenate((np.zeros(parted.sum()), np.where(parted, exposure, 0)))
    stop = np.concatenate((exposure[parted], times))
    happened = np.concatenate((np.zeros(parted.sum(), dtype=np.int64), flags))
    state = np.concatenate((np.zeros(parted.sum(), dtype=np.int64), ever.astype(np.int64)))
    order = np.lexsort((start, patient))
    order = order[stop[order] > start[order]]
    return ExposureRows(
        patient=patient[order],
        start=start[order],
        stop=stop[order],
        event=happened[order],
        exposed=state[order],
        n_exposed=int(np.unique(patient[order][state[order] == 1]).size),
        on_last_day=int(late.sum()),
        vanished=int((times == 0).sum()),
    )


def mantel_byar(days: ArrayLike, event: ArrayLike, exposure_days: ArrayLike) -> Comparison:
    """Does the hazard change once the exposure has begun? Everybody counts as unexposed until it happens.

    Arguments as `split_at_exposure`. Score test of the one-covariate Cox model with the time-varying
    exposure, 1 df. Mantel & Byar, J Am Stat Assoc 1974;69:81-6.
    """
    rows = split_at_exposure(days, event, exposure_days)
    nothing = {"test": "mantel-byar", "statistic": None, "df": 1, "p": None}
    if not rows.event.any():
        return Comparison(**nothing, reason="no events")
    fit = fit_cox(rows.stop, rows.event, {"exposed": rows.exposed}, entry=rows.start)
    if fit.score_test is None:
        return Comparison(**nothing, reason="exposed and unexposed patients are never at risk together")
    p = float(chdtrc(1, fit.score_test))
    return Comparison(test="mantel-byar", statistic=fit.score_test, df=1, p=p)


def simon_makuch(
    days: ArrayLike,
    event: ArrayLike,
    exposure_days: ArrayLike,
    *,
    conf_type: str = "log-log",
    level: float = 0.95,
) -> tuple[SurvivalCurve, SurvivalCurve]:
    """Survival by current exposure state: the unexposed curve and the exposed curve.

    Arguments as `split_at_exposure`. Kaplan-Meier in which a patient leaves the first curve and enters the
    second on the day of the exposure. Never "ever exposed" against "never". Simon & Makuch, Stat Med
    1984;3:35-44.
    """
    rows = split_at_exposure(days, event, exposure_days)
    start, stop = checks.merged(rows.start, rows.stop)
    curves = []
    for state in (0, 1):
        mine = rows.exposed == state
        curves.append(kaplan_meier(stop[mine], rows.event[mine], entry=start[mine], conf_type=conf_type, level=level))
    return curves[0], curves[1]
