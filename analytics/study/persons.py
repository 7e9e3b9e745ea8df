"""The patients behind a result, one row each: what a result was computed from, for whoever computes it again.

Columns by kind of analysis. Curves and incidences: `days` to event or censoring, `state` (0 censored, 1 event,
2 competing event), `entry` (days to delayed entry, blank = from time zero). Rates: `yes`. Lists of codes: `code`
and, where hits are counted, `hit`. Quantities: `value`. All carry `group`, and `tested` where a comparison may
leave a pooled group out. Person-level: never for readers without that right.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from analytics.study import estimate
from analytics.study.catalogue import Analysis
from analytics.study.cohort import Cohort
from analytics.study.days import Flags
from analytics.study.measures import answers
from analytics.study.observation import observe
from analytics.study.strata import Stratum
from analytics.study.toxicity import severe_by_row, toxicity

Columns = dict[str, list[Any]]


def persons(cohort: Cohort, analysis: Analysis, strata: tuple[Stratum, ...] = ()) -> Columns | None:
    """Column -> values, one entry per patient in the result, in the order of the patients; None for table 1."""
    asked = () if analysis.whole else (analysis.own,) if analysis.own else strata
    rows = ROWS.get(analysis.answer)
    return rows(cohort, analysis, asked) if rows else None


def _columns(cohort: Cohort, who: Flags, **columns: np.ndarray) -> Columns:
    patients = cohort.case.frames.patients
    return {"patient": [patients[number] for number in np.flatnonzero(who)]} | {
        name: [_plain(value) for value in np.asarray(values)[who]] for name, values in columns.items()
    }


def _plain(value: Any) -> Any:
    """Whole numbers as such, blanks for what is not known."""
    if isinstance(value, str):
        return value
    number = float(value)
    return "" if np.isnan(number) else int(number) if number.is_integer() else number


def _times(cohort: Cohort, analysis: Analysis, strata: tuple[Stratum, ...]) -> Columns:
    case, question = cohort.case, analysis.question
    seen = observe(case, question)
    pool = bool(dict(analysis.options).get("pool"))
    groups = estimate.grouped(case, question.moment, strata, seen.ledger, pool=pool)
    entry = np.where(seen.entry >= 0, seen.entry, np.nan)
    tested = np.isin(groups.label, groups.tested).astype(float)
    return _columns(
        cohort, seen.ledger.stays, group=groups.label, days=seen.days, state=seen.state, entry=entry, tested=tested
    )


def _rates(cohort: Cohort, analysis: Analysis, strata: tuple[Stratum, ...]) -> Columns:
    value, ledger = answers(cohort.case, analysis.question)
    groups = estimate.grouped(cohort.case, analysis.moment, strata, ledger)
    return _columns(cohort, ledger.stays, group=groups.label, yes=value)


def _quantities(cohort: Cohort, analysis: Analysis, strata: tuple[Stratum, ...]) -> Columns:
    value, ledger = answers(cohort.case, analysis.question)
    groups = estimate.grouped(cohort.case, analysis.moment, strata, ledger)
    return _columns(cohort, ledger.stays, group=groups.label, value=value)


def _codes(cohort: Cohort, analysis: Analysis, strata: tuple[Stratum, ...]) -> Columns:
    value, ledger = answers(cohort.case, analysis.question)
    hits = analysis.question.hits
    more = {"hit": cohort.case[hits].astype(float)} if hits else {}
    return _columns(cohort, ledger.stays, code=value, **more)


def _toxicity(cohort: Cohort, analysis: Analysis, strata: tuple[Stratum, ...]) -> Columns:
    """One column per kind and grading system: was it severe."""
    stays, rows = severe_by_row(cohort.case, analysis.question)
    return _columns(cohort, stays, **{label: severe.astype(float) for label, severe in rows.items()})


ROWS: Mapping[Callable[..., Any], Callable[[Cohort, Analysis, tuple[Stratum, ...]], Columns]] = {
    estimate.curve: _times,
    estimate.follow_up: _times,
    estimate.incidence: _times,
    estimate.rate: _rates,
    estimate.summary: _quantities,
    estimate.code_list: _codes,
    toxicity: _toxicity,
}
