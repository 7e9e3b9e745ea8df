"""Applying a population: each member's index row, and who left at which step for which reason.

A patient leaves at the first step that takes the last of its rows. Source: ENDPOINTS 2.2, 3.13.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.study.conventions import Conventions
from analytics.study.days import YEAR, Flags, Floats
from analytics.study.frames import Frames, Ints
from analytics.study.milestones import Case
from analytics.study.monthly import at_month
from analytics.study.population import Population, Reasons, failing, primary_cd19


@dataclass(frozen=True, eq=False)
class Cohort:
    """The case of the members, and the attrition: [{step, n, left: [{reason, n}]}].

    left: why each patient is not a member; blank for members.
    """

    case: Case
    attrition: list[dict[str, Any]]
    left: np.ndarray
    population: Population

    @property
    def n(self) -> int:
        return int(self.case.members.sum())


ANCHOR_WORDS = {
    "infusion": ("with a CAR T infusion by the cut-off", "no CAR T infusion by the cut-off"),
    "hsct": ("with a transplant by the cut-off", "no transplant by the cut-off"),
}


def build(population: Population, frames: Frames, conventions: Conventions) -> Cohort:
    """Apply a population: the index row of every member, and who left at which step."""
    frames = at_month(frames, conventions.month_only)
    log = _Attrition(frames.size)
    members = log.step("asked for no deletion", failing((frames.deleted, "DELETE")))
    silent = int((members & ~frames.consented).sum())
    label = f"consent ({silent} without an active REGISTRY or WAIVER row, kept)"
    log.step(label, Reasons(np.zeros(frames.size, dtype=np.int8), ("",)))
    who = frames[population.anchor]["who"].to_numpy()
    standing = members[who] if who.size else np.zeros(0, dtype=bool)
    label, reason = ANCHOR_WORDS[population.anchor]
    members = log.step(label, failing((~_having(frames.size, who, standing), reason)))
    for step in population.steps:
        why = step.why_not(frames, conventions)
        failed = np.zeros(frames.size, dtype=np.int8)
        order = np.flatnonzero(standing & ~why.stays)[::-1]
        failed[who[order]] = why.place[order]
        standing = standing & why.stays
        failed[who[standing]] = 0  # another row of the patient stays
        members = log.step(step.label, Reasons(failed, why.texts))
    index = _first_row(frames.size, who, standing)
    if population.anchor == "hsct":
        return _from_transplant(population, frames, conventions, members, index, log)
    case = Case(frames, conventions, members, index, np.full(frames.size, -1), _ascertained(frames, conventions))
    return Cohort(case, log.lines, log.left, population)


def _from_transplant(
    population: Population,
    frames: Frames,
    conventions: Conventions,
    members: Flags,
    row: Ints,
    log: _Attrition,
) -> Cohort:
    """Followed from the first transplant: those transplanted before their CAR T leave, or enter at the
    infusion."""
    why = primary_cd19(frames, conventions)
    infused = _first_row(frames.size, frames["infusion"]["who"].to_numpy(), why.stays)
    case = Case(frames, conventions, members, infused, row, np.full(frames.size, np.nan))
    transplant, index = case["transplant"], case["index_infusion"]
    earlier = (transplant.precision < YEAR) & (transplant.day < index.day)
    earlier |= (transplant.precision >= YEAR) & (transplant.high < index.day)
    between = earlier & _relapsed_between(case, transplant.low, index.day)
    left = earlier & ~between
    members = log.step(
        "not transplanted before the index infusion", failing((left, "transplant precedes the index infusion"))
    )
    entry = np.fmax(_ascertained(frames, conventions), np.where(between, index.day, np.nan))
    return Cohort(Case(frames, conventions, members, infused, row, entry), log.lines, log.left, population)


def _relapsed_between(case: Case, start: Floats, end: Floats) -> Flags:
    rows = case.table("relapse")
    inside = (rows.high > start[rows.who]) & (rows.low < end[rows.who])
    out = np.zeros(case.size, dtype=bool)
    out[rows.who[inside]] = True
    return out


def _ascertained(frames: Frames, conventions: Conventions) -> Floats:
    """The day a patient came under observation, if after treatment (delayed entry). Source: ENDPOINTS
    3.15.14."""
    out = np.full(frames.size, np.nan)
    out[frames["patient"]["who"].to_numpy()] = frames["patient"]["ascertained_on"].to_numpy()
    return out


def _having(size: int, who: Ints, rows: Flags) -> Flags:
    out = np.zeros(size, dtype=bool)
    out[who[rows]] = True
    return out


def _first_row(size: int, who: Ints, rows: Flags) -> Ints:
    """The first remaining row per patient; tables are in order of date."""
    out = np.full(size, -1, dtype=np.int64)
    kept = np.flatnonzero(rows)[::-1]
    out[who[kept]] = kept
    return out


class _Attrition:
    """The count after every step, and why those who left did."""

    def __init__(self, size: int) -> None:
        self.staying = np.ones(size, dtype=bool)
        self._left = np.zeros(size, dtype=np.int16)
        self._texts = [""]
        self.lines: list[dict[str, Any]] = [{"step": "patients in the registry", "n": size, "left": []}]

    @property
    def left(self) -> np.ndarray:
        """Why each patient left; blank for those who stay."""
        return np.array(self._texts, dtype=object)[self._left]

    def step(self, label: str, reasons: Reasons) -> Flags:
        gone = self.staying & ~reasons.stays
        counts = np.bincount(reasons.place[gone], minlength=len(reasons.texts)).tolist()
        self._left[gone] = reasons.place[gone].astype(np.int16) + (len(self._texts) - 1)
        self._texts += reasons.texts[1:]
        self.staying = self.staying & reasons.stays
        left = [{"reason": text, "n": n} for text, n in sorted(zip(reasons.texts, counts, strict=True)) if n]
        self.lines.append({"step": label, "n": int(self.staying.sum()), "left": left})
        return self.staying
