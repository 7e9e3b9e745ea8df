"""Severe toxicity of the index infusion: one row per kind and grading system. Source: ENDPOINTS 3.11,
3.15.13."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analytics.stats.proportions import proportion_group
from analytics.stats.results import Proportion, ProportionGroup
from analytics.study.days import Flags
from analytics.study.estimate import left_out
from analytics.study.measures import Measure
from analytics.study.milestones import Case
from analytics.study.milestones.toxicity import KINDS, SYSTEMS, TOXICITY_COLUMNS, worst_grade
from analytics.study.observation import Ledger, asked


@dataclass(frozen=True, kw_only=True)
class GradedGroup(ProportionGroup):
    """x severe of n infused; graded_otherwise: patients whose toxicity of this kind only other systems graded."""

    graded_otherwise: int


TOXICITY = Measure(
    key="toxicity",
    label="Severe CRS, ICANS or IEC-HS",
    moment="infusion",
    among=("index_infusion",),
    value="index_infusion",
    codes=tuple(f"{kind} {system}" for kind in KINDS for system in SYSTEMS),
    also=TOXICITY_COLUMNS,
    definition="Infused patients whose worst grade of this kind after the index infusion is 3 or more, one row per "
    "kind and grading system, never pooled; all infused patients are the denominator of every row. "
    "`graded_otherwise`: patients whose toxicity of the kind was graded by other systems only.",
    source="ENDPOINTS 3.11, 3.15.13",
)


def toxicity(case: Case, measure: Measure) -> Proportion:
    """Every kind and system with at least one graded patient; of all infused patients."""
    ledger = _asked(case, measure)
    rows = [_share(case, row, ledger.stays) for row in _rows(case, ledger.stays)]
    return Proportion(groups=tuple(rows), definition=measure.definition, left_out=left_out(case, ledger))


def severe_by_row(case: Case, measure: Measure) -> tuple[Flags, dict[str, Flags]]:
    """Who is asked, and per row of the result who of them was severe."""
    stays = _asked(case, measure).stays
    return stays, {row.label: row.severe for row in _rows(case, stays)}


@dataclass(frozen=True, eq=False)
class _Row:
    label: str
    severe: Flags
    graded_otherwise: int


def _asked(case: Case, measure: Measure) -> Ledger:
    ledger = Ledger(asked(case, *measure.among))
    ledger.leave_touched(case, measure.reads)
    return ledger


def _share(case: Case, row: _Row, stays: Flags) -> GradedGroup:
    x = int((stays & row.severe).sum())
    share = proportion_group(row.label, x, int(stays.sum()), level=case.conventions.ci_level)
    return GradedGroup(**vars(share), graded_otherwise=row.graded_otherwise)


def _rows(case: Case, stays: Flags) -> list[_Row]:
    found = []
    for kind in KINDS:
        grades = {system: worst_grade(case, kind, system) for system in SYSTEMS}
        graded = {system: stays & np.isfinite(grade) for system, grade in grades.items()}
        anyhow = np.logical_or.reduce(list(graded.values()))
        for system in SYSTEMS:
            if graded[system].any():
                severe = grades[system] >= case.conventions.severe_grade
                others = int((anyhow & ~graded[system]).sum())
                found.append(_Row(f"{kind} {system}", severe, others))
    return found
