"""What forms after time zero, beside an endpoint: when it happened, so that landmark analyses need no second guess.

The days are those the plan's own comparisons use (analytics.study.exposures). At T1 they are rounded where a date
behind them is known to the month, as every day of an export is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from analytics.study.exposures import EXPOSURES, Exposure
from analytics.study.strata import time_zero
from exports.columns import INT, STRING, Column
from exports.profiles import T1
from exports.subjects import ROUGHNESS

if TYPE_CHECKING:
    from analytics.study.milestones import Case
    from analytics.study.observation import Endpoint

Made = tuple[Column, list[Any]]
FROM_ZERO = "Days from time zero; where a date is known to the month, rounded to 30 at T1, to the year, to 365."
#: How a precision rounds a day: none, exact, month, year, unknown.
STEPS = np.array([1, 1, ROUGHNESS["M"], ROUGHNESS["Y"], ROUGHNESS["Y"]])


def forming(case: Case, endpoint: Endpoint, rows: np.ndarray, *, tier: str) -> Iterator[Made]:
    """Columns of every exposure that can follow the endpoint's time zero: its day, and who cannot be told."""
    if endpoint.competing:
        return
    for exposure in EXPOSURES.values():
        if endpoint.moment in exposure.moments:
            yield from _columns(case, endpoint, exposure, rows, tier=tier)


def _columns(case: Case, endpoint: Endpoint, exposure: Exposure, rows: np.ndarray, *, tier: str) -> Iterator[Made]:
    start, name, words = time_zero(case, endpoint.moment), exposure.key.upper(), exposure.label
    found = exposure.of(case, endpoint.moment)

    def days(name: str, label: str, definition: str, day: np.ndarray, precision: np.ndarray) -> Made:
        step = STEPS[np.maximum(precision, start.precision)] if tier == T1 else 1
        since = step * np.round((day - start.day) / step)
        told = [int(one) if np.isfinite(one) else None for one in since[rows]]
        return Column(name, INT, label, f"{definition} {FROM_ZERO}", unit="d"), told

    yield days(f"{name}_DAY", f"{words}: day", f"When it happened; none: never. {found.note}".strip(), found.day,
               found.precision)  # fmt: skip
    left = np.full(case.size, None, dtype=object)
    for who, reason in reversed(found.left):  # the first reason stands
        left[who] = reason
    yield (
        Column(f"{name}_LEFT", STRING, f"{words}: left out", "Why it cannot be told whether or when it happened."),
        left[rows].tolist(),
    )
    if exposure.remission:
        since = case["cr_date"]
        yield days(f"{name}_FROM", f"{words}: in remission from", "Counts at a landmark from this day on.", since.day,
                   since.precision)  # fmt: skip
    if exposure.standing:
        ended = np.fmin.reduce([case[moment].day for moment, _reason in exposure.standing])
        roughest = np.maximum.reduce([case[moment].precision for moment, _reason in exposure.standing])
        why = " or ".join(reason.removesuffix(" on or before the landmark") for _moment, reason in exposure.standing)
        yield days(f"{name}_UNTIL", f"{words}: {why}", "Counts at no landmark from this day on.", ended, roughest)
