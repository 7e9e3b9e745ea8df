"""What each patient contributes to each result, and why the others contribute nothing.

The fastest way to find an error in the data: one patient, every result, the days and the rule. Person-level.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from analytics.study.catalogue import Analysis
from analytics.study.days import calendar
from analytics.study.measures import Measure, answers, month_only
from analytics.study.milestones import Case
from analytics.study.observation import Endpoint, observe
from analytics.study.run import Study
from analytics.study.strata import UNKNOWN_GROUP
from analytics.study.stratify import crossed
from analytics.study.table1 import Description
from analytics.study.toxicity import toxicity

CENSORED = "censored"


def explained(study: Study) -> Iterator[tuple[str, dict[str, Any]]]:
    """(patient, {"left", "answers"}) in the order of the ids.

    left: why the patient is not in the population, blank if it is. answers: result -> what the patient gives it:
    {"days", "end", "from", "to"} of a result in time, {"value"} of any other, `group` where the result has
    groups of its own, `rough` where it rests on a month-only date; or {"left"}, the reason it gives nothing. A
    result that does not ask the patient is absent.
    """
    case = study.case
    told = {one.key: _answers(case, one) for one in study.plan.analyses if _asks_each(one)}
    for number, patient in enumerate(case.frames.patients):
        mine = {key: found[number] for key, found in told.items() if number in found}
        yield patient, {"left": str(study.cohort.left[number]), "answers": mine}


def _asks_each(analysis: Analysis) -> bool:
    """Whether a patient gives it one answer: not table 1, nor the grades of several systems."""
    return not isinstance(analysis.question, Description) and analysis.answer is not toxicity


def _answers(case: Case, analysis: Analysis) -> dict[int, dict[str, Any]]:
    """What every patient asked gives a result, by the patient's number."""
    if isinstance(analysis.question, Endpoint):
        given, ledger = _in_time(case, analysis.question)
    else:
        given, ledger = _counted(case, analysis.question)
    if analysis.own is not None:
        label, _ = crossed(case, (analysis.own,), analysis.moment)
        ledger.leave(label == "", UNKNOWN_GROUP)
        given = {number: {"group": str(label[number])} | one for number, one in given.items()}
    reasons, stays = ledger.reasons, ledger.stays
    asked = np.flatnonzero(ledger.asked).tolist()
    return {number: given[number] if stays[number] else {"left": str(reasons[number])} for number in asked}


def _in_time(case: Case, endpoint: Endpoint) -> tuple[dict[int, dict[str, Any]], Any]:
    seen, start = observe(case, endpoint), case[endpoint.start].day
    given = {}
    for number in np.flatnonzero(seen.ledger.stays).tolist():
        first, days = int(seen.first_event[number]), float(seen.days[number])
        one: dict[str, Any] = {"days": int(days), "end": endpoint.moments[first] if first >= 0 else CENSORED}
        one |= {"from": _iso(start[number]), "to": _iso(start[number] + days)}
        given[number] = one | ({"rough": True} if seen.month_only[number] else {})
    return given, seen.ledger


def _counted(case: Case, measure: Measure) -> tuple[dict[int, dict[str, Any]], Any]:
    value, ledger = answers(case, measure)
    rough = month_only(case, measure)
    given = {}
    for number in np.flatnonzero(ledger.stays).tolist():
        one = {"value": _plain(value[number], measure)}
        given[number] = one | ({"rough": True} if rough[number] else {})
    return given, ledger


def _plain(value: Any, measure: Measure) -> Any:
    """A code as it is, a quantity as a number, a rate as Y or N."""
    if isinstance(value, str):
        return value
    if measure.unit:
        return float(value)
    return "Y" if value == 1 else "N"


def _iso(day: float) -> str:
    return str(calendar(np.array([day]))[0])
