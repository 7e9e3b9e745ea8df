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
from analytics.study.population import Population, Reasons, primary_cd19


@dataclass(frozen=True, eq=False)
class Cohort:
    """The case of the members, and the attrition: [{step, n, left: [{reason, n}]}].

    left: why each patient is not a member; blank for members.
    """

    case: Case
    attrition: list[dict[str, Any]]
    left: Reasons
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
    members = log.step("asked for no deletion", ~frames.deleted, np.where(frames.deleted, "DELETE", ""))
    silent = int((members & ~frames.consented).sum())
    label = f"consent ({silent} without an active REGISTRY or WAIVER row, kept)"
    log.step(label, members, np.full(frames.size, ""))
    who = frames[population.anchor]["who"].to_numpy()
    standing = members[who] if who.size else np.zeros(0, dtype=bool)
    label, reason = ANCHOR_WORDS[population.anchor]
    members = log.step(label, _having(frames.size, who, standing), np.full(frames.size, reason))
    for step in population.steps:
        why = step.why_not(frames, conventions)
        failed = np.full(frames.size, "", dtype=object)
        order = np.flatnonzero(standing & (why != ""))[::-1]
        failed[who[order]] = why[order]
        standing = standing & (why == "")
        members = log.step(step.label, _having(frames.size, who, standing), failed)
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
    infused = _first_row(frames.size, frames["infusion"]["who"].to_numpy(), why == "")
    case = Case(frames, conventions, members, infused, row, np.full(frames.size, np.nan))
    transplant, index = case["transplant"], case["index_infusion"]
    earlier = (transplant.precision < YEAR) & (transplant.day < index.day)
    earlier |= (transplant.precision >= YEAR) & (transplant.high < index.day)
    between = earlier & _relapsed_between(case, transplant.low, index.day)
    left = earlier & ~between
    members = log.step(
        "not transplanted before the index infusion",
        members & ~left,
        np.where(left, "transplant precedes the index infusion", ""),
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
        self.left = np.full(size, "", dtype=object)
        self.lines: list[dict[str, Any]] = [{"step": "patients in the registry", "n": size, "left": []}]

    def step(self, label: str, staying: Flags, reasons: Reasons) -> Flags:
        staying = staying & self.staying
        gone = self.staying & ~staying
        self.left[gone] = reasons[gone]
        names, counts = np.unique(reasons[gone].astype(str), return_counts=True)
        left = [{"reason": name, "n": int(n)} for name, n in zip(names.tolist(), counts.tolist(), strict=True)]
        self.lines.append({"step": label, "n": int(staying.sum()), "left": left})
        self.staying = staying
        return staying
