"""One question to a plan, asked on the analysis page: its result, what warns against it, and what to do instead.

Pure like `run`: the same tables and question give the same answer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from analytics.study.guard import guarded
from analytics.study.multivariable import fitting, multivariable, terms_of
from analytics.study.notes import notes
from analytics.study.restricted import restricted_means
from analytics.study.run import Study, check_strata, result_of

SMALL_GROUP = 10
EVENTS_PER_COVARIATE = 5


@dataclass(frozen=True, kw_only=True)
class Question:
    """key: a result of the plan; by: strata known at its time zero; exposure: a grouping that forms later, compared
    from landmarks and as time-dependent; method: `groups`, `regression` or `restricted`."""

    key: str
    by: tuple[str, ...] = ()
    exposure: str = ""
    method: str = "groups"


def looked(study: Study, question: Question) -> dict[str, Any]:
    """{"attrition", "results": [RESULT with a `label`], "refused", "warnings", "notes"}.

    refused: why a grouping is not compared as groups, when the landmark and time-dependent results answer instead. A
    ValueError says in words what cannot be asked.
    """
    if question.exposure:
        told = guarded(study, question.key, question.exposure)
        results, refused = told["results"], told["refused"]
    else:
        results, refused = [METHODS[question.method](study, question)], ""
    mine = [note for note in notes(study.plan, study.cohort) if question.key in note["results"] or not note["results"]]
    return {
        "attrition": study.cohort.attrition,
        "results": results,
        "refused": refused,
        "warnings": [words for result in results for words in warnings(result)],
        "notes": mine,
    }


def _groups(study: Study, question: Question) -> dict[str, Any]:
    analysis, strata = study.analysis(question.key), check_strata(study.plan.key, question.by)
    if refused := analysis.refuses(strata):
        raise ValueError(f"{question.key} is not compared by {', '.join(question.by)}: {refused}")
    return {"label": ""} | result_of(study.cohort, analysis, strata)


def _regression(study: Study, question: Question) -> dict[str, Any]:
    known = terms_of(study.analysis(question.key))
    chosen = fitting(study, question.key, known)
    return {"label": "Cox regression"} | multivariable(study, question.key, terms=chosen or known)


def _restricted(study: Study, question: Question) -> dict[str, Any]:
    by = question.by[0] if question.by else None
    return {"label": "restricted means"} | restricted_means(study, question.key, by)


METHODS: Mapping[str, Callable[[Study, Question], dict[str, Any]]] = {
    "groups": _groups,
    "regression": _regression,
    "restricted": _restricted,
}


def warnings(result: Mapping[str, Any]) -> Iterator[str]:
    """What a reader must know before believing a comparison."""
    groups, label = result.get("groups", ()), f"{result['label']}: " if result.get("label") else ""
    small = [group["label"] for group in groups if group["n"] < SMALL_GROUP]
    if small and len(groups) > 1:
        yield f"{label}fewer than {SMALL_GROUP} patients in {', '.join(small)}; its estimate says little."
    events = sum(group.get("events") or 0 for group in groups)
    if len(groups) > 1 and result["kind"] == "curve" and events < EVENTS_PER_COVARIATE * (len(groups) - 1):
        yield f"{label}fewer than {EVENTS_PER_COVARIATE} events per group compared; no test can be trusted."
    if result.get("reason"):
        yield f"{label}{result['reason']}."
