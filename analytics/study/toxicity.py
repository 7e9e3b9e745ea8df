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
    ledger = Ledger(asked(case, *measure.among))
    ledger.leave_touched(case, measure.reads)
    rows = [row for kind in KINDS for row in _rows(case, kind, ledger.stays)]
    return Proportion(groups=tuple(rows), definition=measure.definition, left_out=left_out(case, ledger))


def _rows(case: Case, kind: str, stays: Flags) -> list[GradedGroup]:
    grades = {system: worst_grade(case, kind, system) for system in SYSTEMS}
    graded = {system: stays & np.isfinite(grade) for system, grade in grades.items()}
    anyhow = np.logical_or.reduce(list(graded.values()))
    level, severe = case.conventions.ci_level, case.conventions.severe_grade
    found = []
    for system in SYSTEMS:
        if graded[system].any():
            x = int((stays & (grades[system] >= severe)).sum())
            share = proportion_group(f"{kind} {system}", x, int(stays.sum()), level=level)
            found.append(GradedGroup(**vars(share), graded_otherwise=int((anyhow & ~graded[system]).sum())))
    return found
