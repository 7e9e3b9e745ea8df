"""Restricted mean survival at 24 months, printed where curves cross or hazards are not proportional. Source:
ENDPOINTS 6.6."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np

from analytics.stats.cox import fit_cox
from analytics.stats.curves import kaplan_meier
from analytics.stats.proportionality import proportionality_test
from analytics.stats.results import Table
from analytics.stats.rmst import RestrictedMean, restricted_mean, rmst_difference
from analytics.stats.stepcurve import SurvivalCurve
from analytics.study import estimate
from analytics.study.multivariable import curve_of, left_of
from analytics.study.observation import Observed, observe
from analytics.study.run import Study, check_strata

RMST_MONTHS = 24
SUSPECT_P = 0.05
MEAN_COLUMNS = ("group", "n", "mean_days", "std_err", "difference_days", "lower", "upper", "p")


def restricted_means(study: Study, key: str, by: str | None = None) -> dict[str, Any]:
    """Restricted mean survival at 24 months of each group of a curve, as a result of kind `table`.

    `crossing`: a report prints it, because the curves of two groups cross or the hazards are not
    proportional. Two groups: also the difference, second minus first. Up to 24 months, or to the shortest
    follow-up of a group (`days`).
    """
    analysis, case, conventions = study.analysis(key), study.case, study.conventions
    question = curve_of(analysis)
    strata = (analysis.own,) if analysis.own else check_strata(study.plan.key, [by] if by else [])
    if refused := "" if analysis.own else analysis.refuses(strata):
        raise ValueError(f"{key} cannot be compared by {by}: {refused}")
    seen = observe(case, question)
    groups = estimate.grouped(case, question.moment, strata, seen.ledger, pool=bool(dict(analysis.options).get("pool")))
    curves = {level: _km(seen, who) for level, who in groups}
    tau = min([RMST_MONTHS * conventions.days_per_month, *(float(curve.last) for curve in curves.values())])
    rows = _means(seen, groups, curves, tau) if curves and tau > 0 else ()
    told = Table(columns=MEAN_COLUMNS, rows=tuple(rows)).as_json()
    words = f"{question.definition} Mean event-free days within {RMST_MONTHS} months, or the shortest follow-up."
    told |= {"endpoint": question.key, "definition": words, "days": tau if rows else None}
    return told | {"crossing": _crossing(seen, groups, curves), "left_out": left_of(case, seen.ledger)}


def _km(seen: Observed, who: np.ndarray) -> SurvivalCurve:
    entry = seen.entry[who] if seen.anyone_late else None
    return kaplan_meier(seen.days[who], (seen.state[who] == 1).astype(np.int64), entry=entry)


def _means(
    seen: Observed, groups: estimate.Grouping, curves: Mapping[str, SurvivalCurve], tau: float
) -> list[tuple[Any, ...]]:
    means: dict[str, RestrictedMean] = {level: restricted_mean(curve, tau=tau) for level, curve in curves.items()}
    rows = [(level, curves[level].n, mean.estimate, mean.std_err, *[None] * 4) for level, mean in means.items()]
    if len(rows) != 2:
        return rows
    inside = seen.ledger.stays & (groups.label != "")
    order = {level: place for place, level in enumerate(means)}
    found = rmst_difference(
        seen.days[inside],
        (seen.state[inside] == 1).astype(np.int64),
        np.array([order[level] for level in groups.label[inside].tolist()]),
        tau=tau,
        entry=seen.entry[inside] if seen.anyone_late else None,
    )
    rows[1] = (*rows[1][:4], found.estimate, found.lower, found.upper, found.p)
    return rows


def _crossing(seen: Observed, groups: estimate.Grouping, curves: Mapping[str, SurvivalCurve]) -> bool:
    """Whether any two curves change places while both groups are followed, or hazards are not proportional."""
    if len(curves) < 2:
        return False
    return any(_change_places(a, b) for a, b in combinations(curves.values(), 2)) or _not_proportional(seen, groups)


def _change_places(a: SurvivalCurve, b: SurvivalCurve) -> bool:
    if not a.time.size or not b.time.size:
        return False
    times = np.union1d(a.time, b.time)
    times = times[times <= min(a.last, b.last)]
    gap = np.sign(np.round(a.at(times).estimate - b.at(times).estimate, 12))
    return bool((gap > 0).any() and (gap < 0).any())


def _not_proportional(seen: Observed, groups: estimate.Grouping) -> bool:
    inside = seen.ledger.stays & (groups.label != "")
    event = (seen.state[inside] == 1).astype(np.int64)
    if not event.any():
        return False
    columns = {level: (groups.label[inside] == level).astype(float) for level in groups.levels[1:]}
    fit = fit_cox(seen.days[inside], event, columns, entry=seen.entry[inside] if seen.anyone_late else None)
    p = proportionality_test(fit).p[-1]
    return p is not None and p < SUSPECT_P
