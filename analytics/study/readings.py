"""Everything a report says beside its results: notes, varied readings, date bands, what forms after time zero.

Computed from the same frozen tables as the results, which it leaves alone. Pure and deterministic, like them.
Source: ENDPOINTS 3.15, 6.1, 6.2, 6.4, 6.6.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from analytics.study import estimate
from analytics.study.accompanying import accompanying
from analytics.study.catalogue import Analysis
from analytics.study.guard import guarded
from analytics.study.multivariable import TERMS, curve_of, fitting, multivariable
from analytics.study.notes import notes
from analytics.study.restricted import restricted_means
from analytics.study.run import Study, result_of
from analytics.study.sensitivity import run_sensitivities
from analytics.study.table1 import Description
from analytics.study.uncertainty import date_uncertainty

#: What forms after time zero and is followed in every report: plan -> (result, exposure). Others on request.
STANDING = {
    "post_cart_relapse": (("os_relapse", "hsct"), ("os_relapse", "reinfusion")),
    "post_infusion": (
        ("os_infusion", "response"),
        ("os_infusion", "crs_grade"),
        ("rfs", "hsct_consol"),
        ("rfs", "b_cell_recovery"),
    ),
    "post_transplant": (("os_hsct", "gvhd"),),
}


def readings(study: Study, cutoff: date) -> dict[str, Any]:
    """The readings of a plan as JSON types.

    notes: [{code, text, n, results}]; sensitivity: [{key, variation, label, settings, changes_n,
    changes_estimate, result}]; date_bands: of each result that rests on a month-only date, as
    `date_uncertainty` tells it; exposures: as `guarded` tells them; multivariable: a Cox regression per survival
    curve on as many characteristics as its events allow; restricted_means: of curves that cross or whose hazards
    are not proportional; accompanying: what stands beside single results, as `accompanying` tells it.
    """
    return {
        "notes": notes(study.plan, study.cohort),
        "sensitivity": list(_varied(study, cutoff)),
        "date_bands": list(_bands(study)),
        "exposures": [_followed(study, *pair) for pair in STANDING[study.plan.key]],
        "multivariable": list(_regressions(study)),
        "restricted_means": list(_means(study)),
        "accompanying": list(accompanying(study)),
    }


def _varied(study: Study, cutoff: date) -> Iterator[dict[str, Any]]:
    """The sensitivity runs, each marked where it changes a number of patients or an estimate."""
    main = {analysis.key: result_of(study.cohort, analysis) for analysis in study.plan.analyses}
    for one in run_sensitivities(study, cutoff):
        result = one["result"]
        changes = {"changes_estimate": _estimates(result) != _estimates(main[one["key"]])}
        yield {name: value for name, value in one.items() if name != "result"} | changes | {"result": result}


def _estimates(result: dict[str, Any]) -> list[Any]:
    return [result.get("groups"), result.get("rows"), result.get("comparison")]


def _bands(study: Study) -> Iterator[dict[str, Any]]:
    for analysis in study.plan.analyses:
        if isinstance(analysis.question, Description) or analysis.whole:
            continue
        band = date_uncertainty(study, analysis.key)
        if band["patients"]:
            yield band


def _followed(study: Study, key: str, exposure: str) -> dict[str, Any]:
    return {"key": key} | guarded(study, key, exposure)


def _curves(study: Study) -> Iterator[Analysis]:
    return (one for one in study.plan.analyses if one.answer is estimate.curve)


def _regressions(study: Study) -> Iterator[dict[str, Any]]:
    """One per question: curves of one question, stratified or not, share it."""
    seen = set()
    for analysis in _curves(study):
        question = curve_of(analysis)
        if question.key in seen:
            continue
        seen.add(question.key)
        known = [name for name, term in TERMS.items() if not term.known or question.moment in term.known]
        chosen = fitting(study, analysis.key, known)
        told = multivariable(study, analysis.key, terms=chosen or known)
        yield {"key": analysis.key, "terms": chosen, "not_used": [name for name in known if name not in chosen]} | told


def _means(study: Study) -> Iterator[dict[str, Any]]:
    for analysis in _curves(study):
        if analysis.own is None:
            continue
        found = restricted_means(study, analysis.key)
        if found["crossing"]:
            yield {"key": analysis.key} | found
