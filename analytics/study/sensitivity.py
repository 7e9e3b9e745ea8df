"""Sensitivity runs: one reading of the definitions changed at a time, beside the main run, on request.

A `Sensitivity` is data: which settings differ, which results of which plans it concerns. Source: ENDPOINTS
2.1, 2.6, 3.3, 3.4, 3.7, 3.15, 5, 6.4.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

from analytics.study.catalogue import Analysis, Plan
from analytics.study.cohort import Cohort
from analytics.study.notes import used
from analytics.study.observation import Endpoint, observe
from analytics.study.run import Study, result_of

CLOSING_DAYS = 365  # the common closing date lies a year before the cut-off, unless named: visits are yearly
PARTIAL_SHARE = 0.05  # month-only dates matter where more of the events carry one (ENDPOINTS 6.4)


@dataclass(frozen=True, kw_only=True)
class Sensitivity:
    """One reading changed. settings: the conventions that differ; results: keys per plan, `*` = all;
    months: only where month-only dates matter."""

    key: str
    label: str
    settings: Mapping[str, Any]
    results: Mapping[str, tuple[str, ...]]
    source: str
    months: bool = False


RELAPSE_RESULTS = (
    *("cr_rate_eliana", "relapse_rate", "cir_relapse", "time_to_relapse", "age_at_relapse"),
    *("prior_hsct_at_relapse", "prior_hsct_pre_cart", "relapse_site", "marrow_involved"),
    *("os_relapse", "follow_up", "os_relapse_by_timing", "salvage_response", "efs_salvage_by_type"),
    *("hsct_after_relapse", "os_hsct_by_prior_hsct", "hsct_outcome"),
)
AFTER_TRANSPLANT = ("rfs_hsct", "cir_hsct")
SURVIVAL = ("os_relapse", "os_relapse_by_timing", "os_hsct_by_prior_hsct")
TIMING = {"post_cart_relapse": ("os_relapse_by_timing",)}
SALVAGE = {"post_cart_relapse": ("efs_salvage_by_type", "salvage_response")}
EVENT_FREE = {"post_infusion": ("efs_infusion", "rfs"), "post_cart_relapse": ("efs_salvage_by_type",)}
EVERYTHING = {"post_cart_relapse": ("*",), "post_infusion": ("*",), "post_transplant": ("*",)}
CLOSED = {
    "post_cart_relapse": SURVIVAL,
    "post_infusion": ("os_infusion", "efs_infusion", "rfs"),
    "post_transplant": ("os_hsct", "rfs_hsct", "os_after_hsct_relapse"),
}

SENSITIVITIES = (
    Sensitivity(
        key="mrd_relapse",
        label="Relapses found by MRD alone count",
        settings={"include_mrd_relapse": True},
        results={
            "post_cart_relapse": RELAPSE_RESULTS,
            "post_infusion": ("cr_rate_eliana", "efs_infusion", "rfs", "cir", "nrm", "b_cell_aplasia"),
            "post_transplant": (*AFTER_TRANSPLANT, "os_after_hsct_relapse"),
        },
        source="ENDPOINTS 1, F7",
    ),
    Sensitivity(
        key="censor_at_hsct",
        label="Censored at a transplant in remission",
        settings={"censor_at_hsct": True},
        results=EVENT_FREE,
        source="ENDPOINTS 3.3, 3.7",
    ),
    Sensitivity(
        key="censor_at_reinfusion",
        label="Censored at a reinfusion in remission",
        settings={"censor_at_reinfusion": True},
        results={"post_infusion": ("efs_infusion", "rfs")},
        source="ENDPOINTS 3.3",
    ),
    Sensitivity(
        key="prior_hsct_before_infusion",
        label="Prior transplant: before the index infusion only",
        settings={"prior_hsct_reading": "infusion"},
        results={"post_cart_relapse": ("os_hsct_by_prior_hsct",)},
        source="ENDPOINTS 2.4, F10, F18",
    ),
    Sensitivity(
        key="marrow_isolated",
        label="Marrow alone",
        settings={"marrow_reading": "isolated"},
        results={"post_cart_relapse": ("marrow_involved",)},
        source="ENDPOINTS 5, F11",
    ),
    Sensitivity(
        key="early_180",
        label="Early relapse: up to day 180",
        settings={"early_relapse_max_days": 180},
        results=TIMING,
        source="ENDPOINTS 3.4",
    ),
    Sensitivity(
        key="early_183",
        label="Early relapse: up to day 183",
        settings={"early_relapse_max_days": 183},
        results=TIMING,
        source="ENDPOINTS 3.4",
    ),
    Sensitivity(
        key="early_calendar",
        label="Early relapse: up to six calendar months",
        settings={"early_relapse_calendar_months": 6},
        results=TIMING,
        source="ENDPOINTS 3.4",
    ),
    Sensitivity(
        key="palliative_included",
        label="Palliative salvage lines included",
        settings={"palliative_salvage": True},
        results=SALVAGE,
        source="ENDPOINTS 3.7",
    ),
    Sensitivity(
        key="lymphoma_included",
        label="B-lymphoblastic lymphoma included",
        settings={"founding_diseases": ("B_ALL", "B_LLY")},
        results={"post_cart_relapse": ("cr_rate", "relapse_rate", "os_relapse")},
        source="ENDPOINTS 5",
    ),
    Sensitivity(
        key="unclassified_death_nrm",
        label="Deaths of unknown state and cause count as non-relapse mortality",
        settings={"unclassified_death_is_nrm": True},
        results={
            "post_cart_relapse": ("cir_relapse", "hsct_outcome"),
            "post_infusion": ("cir", "nrm"),
            "post_transplant": AFTER_TRANSPLANT,
        },
        source="ENDPOINTS 2.6",
    ),
    Sensitivity(
        key="month_start",
        label="Month-only dates at the start of their month",
        settings={"month_only": "start"},
        results=EVERYTHING,
        source="ENDPOINTS 6.4",
        months=True,
    ),
    Sensitivity(
        key="month_end",
        label="Month-only dates at the end of their month",
        settings={"month_only": "end"},
        results=EVERYTHING,
        source="ENDPOINTS 6.4",
        months=True,
    ),
    Sensitivity(
        key="closing_date",
        label="Nobody followed beyond a common closing date",
        settings={},
        results=CLOSED,
        source="ENDPOINTS 2.1",
    ),
)


def run_sensitivities(study: Study, cutoff: date, *, closing: date | None = None) -> list[dict[str, Any]]:
    """Every sensitivity run of a plan: [{key, variation, label, settings, changes_n, result}].

    key: the result varied; changes_n: a number of patients or events differs from the main run, so that a
    report prints it (ENDPOINTS 3.15). closing: the common closing date, a year before the cut-off by default.
    """
    plan, main = study.plan, study.cohort
    shown = {analysis.key: result_of(main, analysis) for analysis in plan.analyses}
    last = closing or cutoff - timedelta(days=CLOSING_DAYS)
    found = []
    for sensitivity in SENSITIVITIES:
        wanted = list(_concerned(plan, main, sensitivity))
        if not wanted:
            continue
        settings = dict(sensitivity.settings) or {"closing_date": last.isoformat()}
        varied = study.varied(**settings).cohort
        for analysis in wanted:
            result = result_of(varied, analysis)
            told = {"key": analysis.key, "variation": sensitivity.key, "label": sensitivity.label}
            told |= {"settings": {name: _plain(value) for name, value in settings.items()}}
            found.append(told | {"changes_n": counts(result) != counts(shown[analysis.key]), "result": result})
    return found


def _concerned(plan: Plan, main: Cohort, sensitivity: Sensitivity) -> Iterator[Analysis]:
    keys = sensitivity.results.get(plan.key, ())
    for analysis in plan.analyses:
        named = analysis.key in keys or "*" in keys
        if named and (not sensitivity.months or partial_share(main, analysis) > PARTIAL_SHARE):
            yield analysis


def partial_share(cohort: Cohort, analysis: Analysis) -> float:
    """Of the events of a result (of its answers, where it has none), the share that rests on a month-only
    date."""
    question = analysis.question
    if isinstance(question, Endpoint):
        seen = observe(cohort.case, question)
        events, rough = seen.ledger.stays & (seen.state > 0), seen.month_only
    else:
        one = used(cohort.case, analysis)
        if one is None:
            return 0.0
        events, rough = one.ledger.stays, one.month_only
    n = int(np.count_nonzero(events))
    return int(np.count_nonzero(events & rough)) / n if n else 0.0


def counts(result: Mapping[str, Any]) -> list[Any]:
    """The numbers of patients and events of a result, group by group, and who is left out."""
    groups = [
        (group["label"], group.get("n"), group.get("x"), group.get("events"), _causes(group))
        for group in result.get("groups", ())
    ]
    return [groups, result.get("rows"), result["left_out"]]


def _causes(group: Mapping[str, Any]) -> list[Any]:
    return [(cause["cause"], cause["events"]) for cause in group.get("causes", ())]


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
