"""How far an estimate could move within the months of its month-only dates: a low-high band on request.

`exact`: every combination of the patients' possible answers. `monotone`: where an estimate can only rise with
each answer (medians of a quantity, shares), its lowest and highest answers. `search`: one patient after the
other takes the answer that moves the estimate furthest, until nothing moves; the band found may be a little
too narrow. A survival curve is not monotone in its event days (a later event may meet a smaller group at
risk), so curves are exact or searched. `month start and end`: where too many patients have such dates.
Whether a date falls before the cut-off is decided by its stand-in. Source: DATA_DICTIONARY 1.3, ENDPOINTS 6.4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np

from analytics.stats.curves import aalen_johansen, kaplan_meier
from analytics.stats.describe import describe
from analytics.stats.followup import reverse_kaplan_meier
from analytics.stats.results import DAYS_PER_MONTH
from analytics.stats.wording import number_text
from analytics.study import estimate
from analytics.study.admissible import IMPOSSIBLE, Outcome, outcomes_of, possible_outcomes, rough_dates
from analytics.study.catalogue import Analysis
from analytics.study.cohort import Cohort
from analytics.study.conventions import Conventions
from analytics.study.observation import Endpoint
from analytics.study.run import Study, result_of
from analytics.study.sensitivity import PARTIAL_SHARE, partial_share
from analytics.study.table1 import Description

NO_GROUP = ("", IMPOSSIBLE)
EXACT, MONOTONE, SEARCH, ENDS = "exact", "monotone", "search", "month start and end"
MOST_COMBINATIONS = 3000
MOST_COPIED = 300  # patients with month-only dates, and patients whose answer they change; beyond, only the two
MOST_SEARCHED = 60  # ends of the months are run
MOST_SWEEPS = 4
MOST_ANSWERS = 9  # per patient in a search

Name = tuple[str, str, float | None]  # group, statistic (a cause where there are several), months
Values = dict[Name, float | None]
Evaluate = Callable[[list[Outcome]], Values]


def date_uncertainty(study: Study, key: str) -> dict[str, Any]:
    """The band of one result: {key, method, patients, share_of_events, shown, readings}.

    patients: those whose answer could differ; shown: more than 5 % of the events rest on a month-only date,
    or a printed digit differs. readings: [{group, statistic, months, estimate, low, high}]; days for a median,
    probabilities otherwise; `high` of a median is null where it may not be reached.
    """
    plan, analysis, frames, conventions = study.plan, study.analysis(key), study.frames, study.conventions
    if isinstance(analysis.question, Description) or analysis.whole:
        raise ValueError(f"{key} has no single estimate to put a band around; ask for a rate, a curve or an incidence")
    main = study.cohort
    answers = outcomes_of(main.case, analysis)
    people = main.case.members if plan.population.anchor == "infusion" else np.ones(frames.size, dtype=bool)
    dates = rough_dates(frames, people)
    evaluate = _evaluation(analysis, conventions, _pooling(main, analysis))
    found = None
    if len(dates) <= MOST_COPIED:
        found = possible_outcomes(plan, analysis, frames, conventions, dates) if dates else {}
    if found is not None and len(found) <= MOST_SEARCHED:
        (low, high), method = _band(analysis, answers, found, evaluate)
        patients = len(found)
    else:
        runs = [outcomes_of(one.case, analysis) for one in study.month_ends]
        low, high = _envelope([evaluate(one) for one in (answers, *runs)])
        method, patients = ENDS, sum(1 for one in zip(answers, *runs, strict=True) if len(set(one)) > 1)
    share = partial_share(main, analysis)
    readings = [
        {"group": name[0], "statistic": name[1], "months": name[2]}
        | {"estimate": value, "low": low.get(name), "high": high.get(name)}
        for name, value in evaluate(answers).items()
    ]
    printed = any(_printed(one, one["low"]) != _printed(one, one["high"]) for one in readings)
    told = {"key": key, "method": method, "patients": patients, "share_of_events": share}
    return told | {"shown": bool(patients) and (share > PARTIAL_SHARE or printed), "readings": readings}


def _printed(reading: Mapping[str, Any], value: float | None) -> str:
    """As a report prints it: months or percent with one decimal, years as they are."""
    if value is None:
        return ""
    if reading["statistic"] == "median":
        return number_text(value / DAYS_PER_MONTH)
    return number_text(value * 100) if reading["statistic"] != "quantity" else number_text(value)


def _pooling(main: Cohort, analysis: Analysis) -> Callable[[str], str]:
    """The group a category was pooled into in the main run."""
    if not dict(analysis.options).get("pool"):
        return lambda group: group
    shown = {group["label"] for group in result_of(main, analysis)["groups"]}
    return lambda group: group if group in shown or group in NO_GROUP else estimate.POOLED


def _band(
    analysis: Analysis, answers: list[Outcome], found: dict[int, list[Outcome]], evaluate: Evaluate
) -> tuple[tuple[Values, Values], str]:
    if not found:
        return _envelope([evaluate(answers)]), EXACT
    if not isinstance(analysis.question, Endpoint) and _only_values(found):
        ends = [_with(answers, {who: options[i] for who, options in _by_value(found).items()}) for i in (0, -1)]
        return _envelope([evaluate(one) for one in ends]), MONOTONE
    sizes = np.prod([float(len(options)) for options in found.values()])
    if sizes <= MOST_COMBINATIONS:
        people = list(found)
        chosen = (dict(zip(people, one, strict=True)) for one in product(*found.values()))
        return _envelope([evaluate(_with(answers, one)) for one in chosen]), EXACT
    return _searched(answers, {who: _few(options) for who, options in found.items()}, evaluate), SEARCH


def _only_values(found: dict[int, list[Outcome]]) -> bool:
    """Nobody could be left out or in another group."""
    return all(len({one.group for one in options}) == 1 and options[0].group for options in found.values())


def _by_value(found: dict[int, list[Outcome]]) -> dict[int, list[Outcome]]:
    return {who: sorted(options, key=lambda one: one.value) for who, options in found.items()}


def _with(answers: list[Outcome], chosen: Mapping[int, Outcome]) -> list[Outcome]:
    out = list(answers)
    for who, one in chosen.items():
        out[who] = one
    return out


def _few(options: list[Outcome]) -> list[Outcome]:
    places = np.unique(np.linspace(0, len(options) - 1, MOST_ANSWERS).round().astype(int))
    return [options[place] for place in places]


def _rank(value: float | None) -> float:
    return np.inf if value is None else value


def _envelope(values: list[Values]) -> tuple[Values, Values]:
    """The lowest and highest of each estimate; a median not reached is the highest, a curve beyond its last
    day is none."""
    low, high = {}, {}
    for name in dict.fromkeys(name for one in values for name in one):
        seen = [one.get(name) for one in values]
        if name[1] != "median":
            seen = [one for one in seen if one is not None] or [None]
        low[name], high[name] = min(seen, key=_rank), max(seen, key=_rank)
    return low, high


def _searched(answers: list[Outcome], found: dict[int, list[Outcome]], evaluate: Evaluate) -> tuple[Values, Values]:
    """Coordinate by coordinate from the main run, the earliest and the latest answers, for every estimate."""
    starts = [answers, *(_with(answers, {who: options[i] for who, options in found.items()}) for i in (0, -1))]
    band: list[Values] = [evaluate(one) for one in starts]
    for name in band[0]:
        for sign in (1, -1):
            band.append(_climbed(min(starts, key=_score(evaluate, name, sign)), found, evaluate, name, sign))
    return _envelope(band)


def _score(evaluate: Evaluate, name: Name, sign: int) -> Callable[[list[Outcome]], float]:
    def score(chosen: list[Outcome]) -> float:
        value = evaluate(chosen).get(name)
        if value is None and name[1] != "median":
            return np.inf
        return sign * _rank(value)

    return score


def _climbed(
    start: list[Outcome], found: dict[int, list[Outcome]], evaluate: Evaluate, name: Name, sign: int
) -> Values:
    score, now = _score(evaluate, name, sign), list(start)
    best = score(now)
    for _ in range(MOST_SWEEPS):
        before = best
        for who, options in found.items():
            for one in options:
                then = _with(now, {who: one})
                if (value := score(then)) < best:
                    now, best = then, value
        if best == before:
            break
    return evaluate(now)


def _evaluation(analysis: Analysis, conventions: Conventions, pooled: Callable[[str], str]) -> Evaluate:
    """The estimates of a result from everybody's answers."""
    of = _statistic(analysis, conventions.at_months)

    def evaluate(chosen: list[Outcome]) -> Values:
        groups: dict[str, list[Outcome]] = {}
        for one in chosen:
            groups.setdefault(pooled(one.group), []).append(one)
        out: Values = {}
        for group in sorted(set(groups) - set(NO_GROUP)):
            out |= of(group, groups[group])
        return out

    return evaluate


def _statistic(analysis: Analysis, months: tuple[int, ...]) -> Callable[[str, list[Outcome]], Values]:
    question = analysis.question
    if analysis.answer is estimate.incidence:
        return lambda group, who: _incidences(group, who, question, months)
    if isinstance(question, Endpoint):
        estimator = reverse_kaplan_meier if analysis.answer is estimate.follow_up else kaplan_meier
        return lambda group, who: _survival(group, who, estimator, months)
    if analysis.answer is estimate.summary:
        name = "median" if question.unit == "days" else "quantity"
        return lambda group, who: {(group, name, None): describe([one.value for one in who]).median}
    return lambda group, who: {(group, "share", None): float(np.mean([one.value for one in who]))}


def _columns(who: list[Outcome]) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    entry = np.array([one.entry for one in who])
    late = entry if (entry >= 0).any() else None
    return np.array([one.days for one in who]), np.array([one.state for one in who]), late


def _survival(group: str, who: list[Outcome], estimator: Callable[..., Any], months: tuple[int, ...]) -> Values:
    days, state, entry = _columns(who)
    curve = estimator(days, (state == 1).astype(int), entry=entry)
    read = curve.at([month * DAYS_PER_MONTH for month in months]).estimate
    out: Values = {(group, "median", None): curve.median.days}
    return out | {(group, "survival", month): _known(v) for month, v in zip(months, read, strict=True)}


def _incidences(group: str, who: list[Outcome], question: Endpoint, months: tuple[int, ...]) -> Values:
    days, state, entry = _columns(who)
    curves = aalen_johansen(days, state, causes=(1, 2), entry=entry)
    out: Values = {}
    for cause, curve in zip(question.causes, curves.curves, strict=True):
        read = curve.at([month * DAYS_PER_MONTH for month in months]).estimate
        out |= {(group, cause, month): _known(v) for month, v in zip(months, read, strict=True)}
    return out


def _known(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
