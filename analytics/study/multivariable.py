"""Several characteristics at once: Cox regression, where there are enough events; refused by name elsewhere.

On request; exploratory, not adjusted for multiple testing. Source: ENDPOINTS 6.6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.stats.cox import CoxFit, fit_cox
from analytics.stats.proportionality import proportionality_test
from analytics.stats.results import Table
from analytics.study import estimate
from analytics.study.catalogue import Analysis
from analytics.study.days import Floats
from analytics.study.milestones import Case
from analytics.study.observation import Endpoint, Ledger, Observed, observe
from analytics.study.run import Study
from analytics.study.strata import FROM_RELAPSE, STRATA, UNKNOWN_GROUP, age_at
from analytics.study.stratify import crossed

EVENTS_PER_TERM = 10
AGE_STEP_YEARS = 10
#: What the other levels of a characteristic are compared with; else its first level, or the largest group.
REFERENCES = {"relapse_timing": "LATE", "prior_hsct": "N", "cd19_status": "POS"}
HAZARD_COLUMNS = ("term", "hazard_ratio", "lower", "upper", "p", "ph_chisq", "ph_p", "n", "events")


@dataclass(frozen=True, kw_only=True)
class Term:
    """One characteristic known at time zero. of(case, moment, stays): its columns by name, NaN = unknown; known:
    at which time zeros (none = all)."""

    key: str
    label: str
    of: Callable[[Case, str, np.ndarray], dict[str, Floats]]
    known: tuple[str, ...] = ()


def _levels(key: str) -> Callable[[Case, str, np.ndarray], dict[str, Floats]]:
    """A column per level but the first: the largest for codes without an order of their own."""

    def of(case: Case, moment: str, stays: np.ndarray) -> dict[str, Floats]:
        label, levels = crossed(case, (STRATA[key],), moment)
        present = [level for level in levels if (label[stays] == level).any()]
        if not STRATA[key].levels:
            present.sort(key=lambda level: (-int((label[stays] == level).sum()), level))
        reference = _reference(key, present)
        return {
            f"{key} {level} v {reference}": np.where(label == "", np.nan, (label == level).astype(float))
            for level in present
            if level != reference
        }

    return of


def _reference(key: str, present: Sequence[str]) -> str | None:
    wanted = REFERENCES.get(key)
    return wanted if wanted in present else next(iter(present), None)


def preferred(key: str) -> list[str]:
    """The levels of a characteristic, that of comparison first; none where the largest is compared with, or none is."""
    levels = STRATA[key].levels if key in STRATA else ()
    return sorted(levels, key=lambda level: level != REFERENCES.get(key))


def terms_of(analysis: Analysis) -> list[str]:
    """The characteristics known at time zero of a survival curve."""
    moment = curve_of(analysis).moment
    return [name for name, term in TERMS.items() if not term.known or moment in term.known]


def _age(case: Case, moment: str, stays: np.ndarray) -> dict[str, Floats]:
    return {f"age per {AGE_STEP_YEARS} years": age_at(case, moment) / AGE_STEP_YEARS}


TERMS: dict[str, Term] = {
    term.key: term
    for term in (
        Term(
            key="relapse_timing",
            label="Early relapse",
            of=_levels("relapse_timing"),
            known=STRATA["relapse_timing"].known,
        ),
        Term(key="prior_hsct", label="Prior transplant", of=_levels("prior_hsct")),
        Term(key="cd19_status", label="CD19 at relapse", of=_levels("cd19_status"), known=FROM_RELAPSE),
        Term(key="site", label="Site", of=_levels("site")),
        Term(key="age", label="Age", of=_age),
    )
}


def multivariable(study: Study, key: str = "os_relapse", *, terms: Sequence[str] = tuple(TERMS)) -> dict[str, Any]:
    """Cox regression of a curve of a plan on several characteristics, as a result of kind `table`.

    One row per coefficient: hazard ratio with limits, Wald P, and the test of proportional hazards; the last
    row is that test for all together. A term of k levels has k - 1 coefficients, and every coefficient needs
    10 events: fewer are refused by name (`reason`), without any estimate. Complete cases only; who lacks a
    characteristic is counted in left_out.
    """
    case, question = study.case, curve_of(study.analysis(key))
    seen, columns, events = _complete(case, question, terms)
    reason = _too_few(events, list(columns))
    rows: tuple[tuple[Any, ...], ...] = ()
    if not reason:
        rows = _hazards(_fit(case, seen, seen.ledger.stays, columns))
    words = f"{question.definition} Cox regression (Efron) on {', '.join(columns) or 'nothing'}."
    told = Table(columns=HAZARD_COLUMNS, rows=rows).as_json()
    return told | {
        "endpoint": question.key,
        "definition": words,
        "reason": reason,
        "left_out": left_of(case, seen.ledger),
    }


def fitting(study: Study, key: str, terms: Sequence[str]) -> list[str]:
    """The characteristics a curve has events enough for, taken in their order; whichever asks too much, or is the
    same in everybody, is passed over."""
    case, question = study.case, curve_of(study.analysis(key))
    chosen: list[str] = []
    used: set[str] = set()
    for name in terms:
        _, columns, events = _complete(case, question, [*chosen, name])
        if set(columns) > used and not _too_few(events, list(columns)):
            chosen, used = [*chosen, name], set(columns)
    return chosen


def _complete(case: Case, question: Endpoint, terms: Sequence[str]) -> tuple[Observed, dict[str, Floats], int]:
    """The patients whose characteristics are all known, the columns that differ between them, their events."""
    seen = observe(case, question)
    columns: dict[str, Floats] = {}
    for name in terms:
        columns |= _term(name, question).of(case, question.moment, seen.ledger.stays)
    for values in columns.values():
        seen.ledger.leave(np.isnan(values), UNKNOWN_GROUP)
    stays = seen.ledger.stays
    differing = {name: values[stays] for name, values in columns.items() if stays.any() and np.ptp(values[stays]) > 0}
    return seen, differing, int((seen.state[stays] == 1).sum())


def curve_of(analysis: Analysis) -> Endpoint:
    """The question of a survival curve of a plan; a ValueError for any other result."""
    question = analysis.question
    if not isinstance(question, Endpoint) or question.competing:
        raise ValueError(f"{analysis.key} is no survival curve; ask for one, such as os_relapse")
    return question


def _term(name: str, question: Endpoint) -> Term:
    if name not in TERMS:
        raise ValueError(f"there is no term {name!r}; terms: {', '.join(TERMS)}")
    term = TERMS[name]
    if term.known and question.moment not in term.known:
        raise ValueError(f"{name!r} is not known at time zero of {question.key}, so it cannot be a term")
    return term


def _too_few(events: int, columns: Sequence[str]) -> str | None:
    """Why no model is fitted; None if one is."""
    if not columns:
        return "no characteristic differs between the patients"
    needed = EVENTS_PER_TERM * len(columns)
    if events >= needed:
        return None
    named = ", ".join(columns)
    most = events // EVENTS_PER_TERM
    instead = f"ask for at most {most}" if most else "no regression is possible"
    return (
        f"{events} events for {len(columns)} terms ({named}); {EVENTS_PER_TERM} per term are needed, {needed} in all: "
        f"{instead}"
    )


def _fit(case: Case, seen: Observed, stays: np.ndarray, columns: Mapping[str, Floats]) -> CoxFit:
    return fit_cox(
        seen.days[stays],
        (seen.state[stays] == 1).astype(np.int64),
        columns,
        entry=seen.entry[stays] if seen.anyone_late else None,
        level=case.conventions.ci_level,
    )


def _hazards(fit: CoxFit) -> tuple[tuple[Any, ...], ...]:
    test = proportionality_test(fit)
    checked = dict(zip(test.term, zip(test.chisq, test.p, strict=True), strict=True))
    rows = []
    for place, name in enumerate(fit.covariates):
        effect = (fit.hr[place], fit.hr_lower[place], fit.hr_upper[place], fit.p[place])
        rows.append((name, *effect, *checked.get(name, (None, None)), fit.n, fit.events))
    return (*rows, ("GLOBAL", None, None, None, fit.lr_p, *checked["GLOBAL"], fit.n, fit.events))


def left_of(case: Case, ledger: Ledger) -> list[dict[str, Any]]:
    """Who is left out, in JSON types."""
    return [entry.as_json() for entry in estimate.left_out(case, ledger)]
