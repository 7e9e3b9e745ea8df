"""Exposures: groupings that form after time zero, as data. `study/guard.py` compares them without immortal
time.

An exposure has a day per patient (never before it happens), the landmarks it is looked at from, and what must
still hold there. Source: ENDPOINTS 6.1, 6.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from analytics.study import days
from analytics.study.days import Codes, Flags, Floats
from analytics.study.milestones import Case
from analytics.study.milestones.case import codes
from analytics.study.milestones.moments import When, first
from analytics.study.milestones.toxicity import SYSTEMS, worst_grade
from analytics.study.strata import time_zero

ANOTHER_SYSTEM = "graded by another system"


@dataclass(frozen=True, kw_only=True)
class Exposed:
    """When each patient became exposed (NaN = never), and how exactly that is known; left: who cannot be told, and
    why."""

    day: Floats
    precision: Codes
    left: tuple[tuple[Flags, str], ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Landmark:
    """A day after time zero at which groups are formed."""

    label: str
    days: int


@dataclass(frozen=True, kw_only=True)
class Exposure:
    """A grouping that forms after time zero. moments: the time zeros it can follow; standing: (moment,
    reason) that must not have come by the landmark; remission: it must be in remission there."""

    key: str
    label: str
    moments: tuple[str, ...]
    of: Callable[[Case, str], Exposed]
    landmarks: tuple[Landmark, ...]
    standing: tuple[tuple[str, str], ...] = ()
    remission: bool = False
    time_dependent: bool = True


def _months(*months: int) -> tuple[Landmark, ...]:
    """Whole days: nobody is followed beyond day 91.31 and not beyond day 91."""
    return tuple(Landmark(f"landmark {month} months", int(month * 30.4375)) for month in months)


def _days(*numbers: int) -> tuple[Landmark, ...]:
    return tuple(Landmark(f"landmark day {number}", number) for number in numbers)


def of_moment(when: When) -> Exposed:
    """An exposure dated by a moment; one too vague to date leaves the patient under A02."""
    day = np.where(when.datable, when.day, np.nan)
    return Exposed(day=day, precision=when.precision, left=((when.undatable, "A02"),))


def _milestone(name: str) -> Callable[[Case, str], Exposed]:
    return lambda case, moment: of_moment(case[name])


def _transplant(case: Case, moment: str) -> Exposed:
    return of_moment(case["hsct_post" if moment == "relapse" else "hsct_after_infusion"])


def _severe(kind: str) -> Callable[[Case, str], Exposed]:
    """First grade 3 or more of a toxicity in the system most patients were graded by; the others leave."""

    def of(case: Case, moment: str) -> Exposed:
        graded = {system: np.isfinite(worst_grade(case, kind, system)) & case.members for system in SYSTEMS}
        system = max(SYSTEMS, key=lambda name: int(graded[name].sum()))
        rows, table = case.table("toxicity"), case.frames["toxicity"]
        severe = case["index_toxicity"] & codes(table["kind"], kind) & codes(table["grading_system"], system)
        severe &= table["max_grade"].to_numpy() >= case.conventions.severe_grade
        when = first(case.size, rows, severe)
        otherwise = np.logical_or.reduce(list(graded.values())) & ~graded[system]
        told = of_moment(when)
        return replace(told, left=(*told.left, (otherwise, ANOTHER_SYSTEM)), note=f"Graded by {system}.")

    return of


def _gvhd(case: Case, moment: str) -> Exposed:
    rows = case.table("gvhd")
    start = time_zero(case, moment).day[rows.who]
    vague = rows.precision >= days.YEAR
    return of_moment(first(case.size, rows, rows.low >= start, maybe=vague & (rows.high >= start)))


def _salvage_remission(case: Case, moment: str) -> Exposed:
    rows = case["response_rows"]
    line = case["salvage1"]
    shown = codes(rows.frame["response"], *case.conventions.cr_set) & rows.datable
    return of_moment(first(case.size, rows, shown & (rows.day >= line.day[rows.who])))


FROM_INFUSION = ("infusion", "cr")
NOT_RELAPSED = ("relapse1", "relapsed on or before the landmark")
NOT_TRANSPLANTED = ("hsct_after_infusion", "transplanted on or before the landmark")

EXPOSURES: dict[str, Exposure] = {
    exposure.key: exposure
    for exposure in (
        Exposure(
            key="hsct",
            label="Transplant",
            moments=("relapse", "infusion", "cr"),
            of=_transplant,
            landmarks=_months(3, 6, 9),
        ),
        Exposure(
            key="hsct_consol",
            label="Transplant in remission",
            moments=FROM_INFUSION,
            of=_milestone("hsct_consol"),
            landmarks=_months(3, 6, 9),
            standing=(NOT_RELAPSED,),
            remission=True,
        ),
        Exposure(
            key="reinfusion",
            label="Second infusion",
            moments=("relapse", "infusion", "cr"),
            of=_milestone("later_infusion"),
            landmarks=_months(3, 6, 9),
        ),
        Exposure(
            key="relapse",
            label="Relapse",
            moments=FROM_INFUSION,
            of=_milestone("relapse1"),
            landmarks=_months(3, 6, 9),
        ),
        Exposure(
            key="response",
            label="Complete remission",
            moments=("infusion",),
            of=_milestone("cr_date"),
            landmarks=_days(28, 42),
        ),
        Exposure(
            key="mrd_status",
            label="MRD-negative remission",
            moments=("infusion",),
            of=_milestone("mrd_negative_cr"),
            landmarks=_days(28, 42),
        ),
        Exposure(
            key="crs_grade",
            label="CRS of grade 3 or more",
            moments=("infusion",),
            of=_severe("CRS"),
            landmarks=_days(28),
            time_dependent=False,
        ),
        Exposure(
            key="icans_grade",
            label="ICANS of grade 3 or more",
            moments=("infusion",),
            of=_severe("ICANS"),
            landmarks=_days(28),
            time_dependent=False,
        ),
        Exposure(
            key="b_cell_recovery",
            label="B-cell recovery",
            moments=FROM_INFUSION,
            of=_milestone("b_cell_recovery"),
            landmarks=_days(182),
            standing=(NOT_RELAPSED, NOT_TRANSPLANTED),
            remission=True,
        ),
        Exposure(
            key="salvage_response",
            label="Remission after salvage line 1",
            moments=("relapse",),
            of=_salvage_remission,
            landmarks=_months(3, 6, 9),
        ),
        Exposure(
            key="gvhd",
            label="Graft-versus-host disease",
            moments=("hsct", "transplant"),
            of=_gvhd,
            landmarks=_days(100),
        ),
    )
}
ALIASES = {
    "hsct_after_relapse": "hsct",
    "hsct_post": "hsct",
    "relapse_timing": "relapse",
    "best_response": "response",
    "b_cell_aplasia": "b_cell_recovery",
}
