"""What a survival or cumulative-incidence estimate is: a step function with limits, read at any time.

The estimators are in `curves.py`. Times are durations in one unit, whole days preferred.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.stats import checks
from analytics.stats.results import (
    DAYS_PER_MONTH,
    READ_OFF_MONTHS,
    CauseIncidence,
    CurveGroup,
    IncidenceGroup,
    IncidenceReading,
    Quantile,
    Reading,
    Steps,
    known,
    whole,
)

ON_THE_LEVEL = checks.MERGE_TOLERANCE


@dataclass(frozen=True, kw_only=True, eq=False)
class Readings:
    """A step function read at chosen times, arrays of one length; NaN = not estimable or beyond follow-up."""

    time: NDArray[np.float64]
    n_risk: NDArray[Any]
    estimate: NDArray[np.float64]
    std_err: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class StepCurve:
    """A probability that changes in steps, right-continuous: the value at t includes the events at t.

    All arrays (T,), one entry per distinct event or censoring time: n_risk (just before it), n_event,
    n_censor, estimate, std_err, lower, upper (NaN = not estimable). n patients, events in all, never_at_risk
    patients who entered too late.
    """

    time: NDArray[Any]
    n_risk: NDArray[Any]
    n_event: NDArray[Any]
    n_censor: NDArray[Any]
    estimate: NDArray[np.float64]
    std_err: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    n: int
    events: int
    never_at_risk: int
    conf_type: str
    level: float
    start: float
    entry: NDArray[Any] | None = None

    def at(self, times: ArrayLike, *, extend: bool = False) -> Readings:
        """The curve at the given times (M,); nothing beyond the last observed time, where nobody is left.

        `n_risk` counts patients with time >= t and entry < t. `extend=True` reads as R's summary(extend =
        TRUE) does: the last value is carried forward, and with delayed entry n_risk is that of the next
        observed time. For checks against R only.
        """
        wanted = np.asarray(times, dtype=np.float64).reshape(-1)
        if np.isnan(wanted).any():
            raise ValueError("a time to read the curve at is not a number (NaN)")
        place = np.searchsorted(self.time, wanted, side="right")
        beyond = np.zeros(wanted.size, dtype=bool) if extend else ~(wanted <= self.last)
        read = {
            name: np.where(beyond, np.nan, np.concatenate(([before], getattr(self, name)))[place])
            for name, before in (
                ("estimate", self.start),
                ("std_err", 0.0),
                ("lower", np.nan),
                ("upper", np.nan),
            )
        }
        return Readings(time=wanted, n_risk=self._at_risk(wanted, extend=extend), **read)

    def _at_risk(self, wanted: NDArray[np.float64], *, extend: bool) -> NDArray[Any]:
        place = np.searchsorted(self.time, wanted, side="left")
        if self.entry is None or extend:
            return np.concatenate((self.n_risk, [0]))[place]
        leaving = self.n_event_any + self.n_censor
        staying = np.concatenate((np.cumsum(leaving[::-1])[::-1], [0]))[place]
        return staying - (self.entry.size - np.searchsorted(self.entry, wanted, side="left"))

    @property
    def n_event_any(self) -> NDArray[Any]:
        """Patients leaving by an event of any kind at each time."""
        return self.n_event

    @property
    def last(self) -> float:
        """The last observed time; minus infinity when nobody is observed."""
        return float(self.time[-1]) if self.time.size else -np.inf

    def steps(self) -> Steps:
        """The whole curve for figures and exports."""
        return Steps(
            days=tuple(whole(value) for value in self.time.tolist()),
            estimate=tuple(known(value) for value in self.estimate.tolist()),
            lower=tuple(known(value) for value in self.lower.tolist()),
            upper=tuple(known(value) for value in self.upper.tolist()),
            n_risk=tuple(whole(value) for value in self.n_risk.tolist()),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class SurvivalCurve(StepCurve):
    """The share of patients still without the event, over time."""

    def quantile(self, q: float) -> Quantile:
        """The time by which a share q of the patients had the event, with limits; None = not reached.

        Rule of R's printed survfit: the first time with S below 1 - q; when S sits on 1 - q (within 1.5e-8)
        and falls later, the middle of that flat piece; when it stays there to the end, its first time. The
        limits apply the same rule to the limit curves (Brookmeyer & Crowley, Biometrics 1982;38:29-41),
        skipping times without limits.
        """
        if not 0 < q < 1:
            raise ValueError(f"q must lie between 0 and 1: {q}")
        days, lower, upper = (_crossing(self.time, curve, 1 - q) for curve in (self.estimate, self.lower, self.upper))
        return Quantile(days=days, lower=lower, upper=upper)

    @property
    def median(self) -> Quantile:
        """Median time to the event with confidence limits; None = not reached."""
        return self.quantile(0.5)

    def as_group(self, label: str, *, months: Sequence[float] = READ_OFF_MONTHS) -> CurveGroup:
        """This curve as one group of a `Curve` result, read off at the given months."""
        read = self.at([month * DAYS_PER_MONTH for month in months])
        at = tuple(
            Reading(
                days=whole(read.time[i]),
                months=month,
                estimate=known(read.estimate[i]),
                lower=known(read.lower[i]),
                upper=known(read.upper[i]),
                n_risk=int(read.n_risk[i]),
            )
            for i, month in enumerate(months)
        )
        return CurveGroup(label=label, n=self.n, events=self.events, median=self.median, at=at, steps=self.steps())


def _crossing(time: NDArray[Any], curve: NDArray[np.float64], level: float) -> float | int | None:
    shown = ~np.isnan(curve)
    time, curve = time[shown], curve[shown]
    below = np.flatnonzero(curve < level - ON_THE_LEVEL)
    on = np.flatnonzero(np.abs(curve - level) <= ON_THE_LEVEL)
    if on.size and not below.size:
        return whole(time[on[0]])
    if not below.size:
        return None
    if on.size and on[0] < below[0]:
        return whole((float(time[on[0]]) + float(time[below[0]])) / 2)
    return whole(time[below[0]])


@dataclass(frozen=True, kw_only=True, eq=False)
class CauseCurve(StepCurve):
    """The share of patients who had the event from one cause, over time, beside the other causes."""

    cause: int
    n_event_all: NDArray[Any]

    @property
    def n_event_any(self) -> NDArray[Any]:
        return self.n_event_all


@dataclass(frozen=True, kw_only=True, eq=False)
class IncidenceCurves:
    """Cumulative incidence of every cause, and the share without any event (`survival`); they add up to 1."""

    time: NDArray[Any]
    survival: NDArray[np.float64]
    n: int
    never_at_risk: int
    curves: tuple[CauseCurve, ...]

    @property
    def causes(self) -> tuple[int, ...]:
        """The cause codes, in order."""
        return tuple(curve.cause for curve in self.curves)

    def __getitem__(self, cause: int) -> CauseCurve:
        for curve in self.curves:
            if curve.cause == cause:
                return curve
        raise KeyError(f"no curve for cause {cause}; causes: {self.causes}")

    def as_group(
        self, label: str, *, names: dict[int, str] | None = None, months: Sequence[float] = READ_OFF_MONTHS
    ) -> IncidenceGroup:
        """These curves as one group of an `Incidence` result; `names` gives each cause code its name."""
        causes = tuple(
            CauseIncidence(
                cause=str(curve.cause) if names is None else names[curve.cause],
                events=curve.events,
                at=_readings(curve, months),
                steps=curve.steps(),
            )
            for curve in self.curves
        )
        return IncidenceGroup(label=label, n=self.n, causes=causes)


def _readings(curve: CauseCurve, months: Sequence[float]) -> tuple[IncidenceReading, ...]:
    read = curve.at([month * DAYS_PER_MONTH for month in months])
    return tuple(
        IncidenceReading(
            days=whole(read.time[i]),
            months=month,
            estimate=known(read.estimate[i]),
            lower=known(read.lower[i]),
            upper=known(read.upper[i]),
        )
        for i, month in enumerate(months)
    )
