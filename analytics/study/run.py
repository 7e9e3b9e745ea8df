"""Run a plan on frozen tables: the one function the rest of the registry calls.

Pure and deterministic: the same tables, cut-off, strata and conventions give the same JSON, whatever the
order of rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any

from analytics.study.catalogue import PLANS, Analysis, Plan
from analytics.study.cohort import Cohort, build
from analytics.study.conventions import DEFAULT, Conventions
from analytics.study.frames import Frames, load
from analytics.study.milestones import Case
from analytics.study.monthly import END, START
from analytics.study.notes import notes
from analytics.study.strata import Stratum
from analytics.study.stratify import chosen


@dataclass(frozen=True, eq=False)
class Study:
    """A plan on frozen tables under its conventions: read once, asked as often as a report needs."""

    plan: Plan
    frames: Frames
    conventions: Conventions

    @cached_property
    def cohort(self) -> Cohort:
        """The population, its derived dates worked out once each."""
        return build(self.plan.population, self.frames, self.conventions)

    @property
    def case(self) -> Case:
        return self.cohort.case

    def analysis(self, key: str) -> Analysis:
        """One analysis of the plan; a ValueError lists the known ones."""
        found = {analysis.key: analysis for analysis in self.plan.analyses}
        if key not in found:
            raise ValueError(f"plan {self.plan.key} has no result {key!r}; results: {', '.join(found)}")
        return found[key]

    @cached_property
    def month_ends(self) -> tuple[Study, Study]:
        """Every month-only date at the first day of its month, and at the last."""
        return self.varied(month_only=START), self.varied(month_only=END)

    def varied(self, **settings: Any) -> Study:
        """The same tables read with other settings."""
        return replace(self, conventions=replace(self.conventions, **settings))


def study_of(plan_key: str, tables: Mapping[str, str], cutoff: date, *, conventions: Conventions = DEFAULT) -> Study:
    """The study of a plan (by its key) on CSV texts per entity slug, as known at the cut-off."""
    return Study(plan_of(plan_key), load(tables, cutoff), conventions)


def run(
    plan_key: str,
    tables: Mapping[str, str],
    *,
    cutoff: date,
    by: Sequence[str] = (),
    conventions: Conventions = DEFAULT,
) -> dict[str, Any]:
    """Attrition and results of a plan as JSON types.

    tables: CSV text per entity slug (and `findings`); cutoff: the last day that exists; by: strata known at
    time zero. A ValueError names an unknown plan or a stratum that is unknown or forms after time zero.
    `not_stratified` stands beside the results when strata are asked for; `notes` are the counts a report
    prints (`study/notes.py`). An empty population gives empty results whose attrition says why.
    """
    study, strata = study_of(plan_key, tables, cutoff, conventions=conventions), check_strata(plan_key, by)
    plan, cohort = study.plan, study.cohort
    done, skipped = {}, []
    for analysis in plan.analyses:
        reason = analysis.refuses(strata)
        if reason:
            skipped.append({"key": analysis.key, "reason": reason})
        else:
            done[analysis.key] = result_of(cohort, analysis, strata)
    out: dict[str, Any] = {"attrition": cohort.attrition, "results": done, "notes": notes(plan, cohort)}
    return out | {"not_stratified": skipped} if strata else out


def check_strata(plan_key: str, by: Sequence[str]) -> tuple[Stratum, ...]:
    """The strata of these names; a ValueError says which cannot be used in this plan, why, and what to do
    instead."""
    plan = plan_of(plan_key)
    return chosen(by, (analysis.moment for analysis in plan.analyses if not analysis.refuses_all))


def plan_of(key: str) -> Plan:
    """The plan of a key; a ValueError lists the known ones."""
    if key not in PLANS:
        raise ValueError(f"there is no plan {key!r}; plans: {', '.join(PLANS)}")
    return PLANS[key]


def result_of(cohort: Cohort, analysis: Analysis, strata: tuple[Stratum, ...] = ()) -> dict[str, Any]:
    """One result in JSON types."""
    return told(analysis, analysis.compute(cohort.case, strata))


def told(analysis: Analysis, found: Any) -> dict[str, Any]:
    """A result in JSON types; every kind names its endpoint and its definition."""
    named = {"endpoint": analysis.endpoint, "definition": analysis.definition}
    answer = {"left_out": []} | found.as_json() | named
    first = ("kind", "endpoint", "definition")
    return {name: answer[name] for name in first} | {name: value for name, value in answer.items() if name not in first}
