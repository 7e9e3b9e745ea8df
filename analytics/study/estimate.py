"""From what was observed to a result: groups, estimates, the comparison or the reason there is none.

One function per kind of result. A comparison is null for the whole when any group has fewer than five
patients or all groups together fewer than five events; the groups are still listed. Source: ENDPOINTS 6.5,
6.6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.stats.compare import gray, logrank
from analytics.stats.curves import aalen_johansen, kaplan_meier
from analytics.stats.describe import summary_group
from analytics.stats.followup import reverse_kaplan_meier
from analytics.stats.proportions import proportion_group
from analytics.stats.results import Comparison, Curve, Incidence, LeftOut, Proportion, Summary
from analytics.study.conventions import Conventions
from analytics.study.days import Flags
from analytics.study.endpoints import Endpoint, Observed, observe
from analytics.study.measures import Measure, answers
from analytics.study.milestones import Case
from analytics.study.observation import Ledger
from analytics.study.strata import UNKNOWN_GROUP, Stratum
from analytics.study.stratify import crossed

ALL = "all"
POOLED = "OTHER"
NOBODY = (LeftOut(reason="no patient in the population at the cut-off", n=0),)


@dataclass(frozen=True, eq=False)
class Grouping:
    """Each patient's group and the groups in order; tested: the groups a comparison may use."""

    label: np.ndarray
    levels: tuple[str, ...]
    tested: tuple[str, ...]

    def __iter__(self) -> Iterator[tuple[str, Flags]]:
        for level in self.levels:
            yield level, self.label == level


def grouped(case: Case, moment: str, strata: tuple[Stratum, ...], ledger: Ledger, *, pool: bool = False) -> Grouping:
    """Groups at time zero of those who stay; patients of an unknown group leave as UNK. Without strata:
    all."""
    if not strata:
        return Grouping(np.where(ledger.stays, ALL, ""), (ALL,), ())
    label, levels = crossed(case, strata, moment)
    ledger.leave(label == "", UNKNOWN_GROUP)
    label = np.where(ledger.stays, label, "")
    if pool:
        label, levels = _pooled(label, levels, case.conventions.smallest_group)
    present = tuple(level for level in levels if (label == level).any())
    enough = tuple(level for level in present if not (pool and level == POOLED and _small(label, level, case)))
    return Grouping(label, present, enough)


def _small(label: np.ndarray, level: str, case: Case) -> bool:
    return int((label == level).sum()) < case.conventions.smallest_group


def _pooled(label: np.ndarray, levels: list[str], smallest: int) -> tuple[np.ndarray, list[str]]:
    """Groups of fewer than five patients become OTHER. Source: ENDPOINTS 3.15.10."""
    small = [level for level in levels if (label == level).sum() < smallest]
    label = np.where(np.isin(label, small), POOLED, label)
    return label, [level for level in levels if level not in small and level != POOLED] + [POOLED]


def _comparable(limits: Conventions, groups: Grouping, stays: Flags, events: Flags) -> Flags | None:
    """The patients a comparison uses, or None when the groups are too few or too small, or the events too
    few."""
    inside = stays & np.isin(groups.label, groups.tested)
    sizes = [int((groups.label == level).sum()) for level in groups.tested]
    if len(sizes) < 2 or min(sizes) < limits.smallest_group or int((inside & events).sum()) < limits.fewest_events:
        return None
    return inside


def _entry(observed: Observed, who: Flags) -> np.ndarray | None:
    return observed.entry[who] if observed.anyone_late else None


def curve(case: Case, endpoint: Endpoint, strata: tuple[Stratum, ...] = (), *, pool: bool = False) -> Curve:
    """Survival by group with the log-rank test."""
    return _curve(case, endpoint, strata, kaplan_meier, pool=pool, compare=True)


def follow_up(case: Case, endpoint: Endpoint, strata: tuple[Stratum, ...] = ()) -> Curve:
    """Follow-up by reverse Kaplan-Meier: the event is being alive at last contact; never compared. ENDPOINTS
    3.6."""
    return _curve(case, endpoint, strata, reverse_kaplan_meier, pool=False, compare=False)


def _curve(
    case: Case,
    endpoint: Endpoint,
    strata: tuple[Stratum, ...],
    estimator: Callable[..., Any],
    *,
    pool: bool,
    compare: bool,
) -> Curve:
    seen = observe(case, endpoint)
    groups = grouped(case, endpoint.moment, strata, seen.ledger, pool=pool)
    out = left_out(case, seen.ledger)
    return drawn(endpoint, seen, groups, case.conventions, out, estimator=estimator, compare=compare)


def drawn(
    endpoint: Endpoint,
    seen: Observed,
    groups: Grouping,
    settings: Conventions,
    out: tuple[LeftOut, ...],
    *,
    estimator: Callable[..., Any] = kaplan_meier,
    compare: bool = True,
) -> Curve:
    """The curves and the comparison of what was observed, whoever observed it."""
    event = (seen.state == 1).astype(np.int64)
    listed = tuple(
        estimator(
            seen.days[who],
            event[who],
            entry=_entry(seen, who),
            conf_type=settings.ci_type,
            level=settings.ci_level,
        ).as_group(level, months=settings.at_months)
        for level, who in groups
    )
    comparison = None
    inside = _comparable(settings, groups, seen.ledger.stays, event == 1) if compare else None
    if inside is not None:
        comparison = logrank(seen.days[inside], event[inside], groups.label[inside], entry=_entry(seen, inside))
    return Curve(
        endpoint=endpoint.key,
        definition=endpoint.definition,
        groups=listed,
        comparison=comparison,
        ci=settings.ci_type,
        left_out=out,
    )


def incidence(
    case: Case,
    endpoint: Endpoint,
    strata: tuple[Stratum, ...] = (),
    *,
    causes: tuple[int, ...] = (1, 2),
    months: tuple[float, ...] = (),
) -> Incidence:
    """Cumulative incidence of the event and of what competes with it, with Gray's test; no test when anyone enters
    late. months: when it is read off, if not at the usual times."""
    seen = observe(case, endpoint)
    groups = grouped(case, endpoint.moment, strata, seen.ledger)
    settings = case.conventions
    listed = tuple(
        aalen_johansen(
            seen.days[who],
            seen.state[who],
            causes=causes,
            entry=_entry(seen, who),
            conf_type=settings.ci_type,
            level=settings.ci_level,
        ).as_group(level, names=_names(endpoint), months=months or settings.at_months)
        for level, who in groups
    )
    return Incidence(
        endpoint=endpoint.key,
        definition=endpoint.definition,
        groups=listed,
        comparison=_gray(case, endpoint, seen, groups, causes),
        ci=settings.ci_type,
        left_out=left_out(case, seen.ledger),
    )


def _names(endpoint: Endpoint) -> dict[int, str]:
    return dict(enumerate(endpoint.causes, start=1))


def _gray(
    case: Case, endpoint: Endpoint, seen: Observed, groups: Grouping, causes: tuple[int, ...]
) -> tuple[Comparison, ...] | None:
    inside = _comparable(case.conventions, groups, seen.ledger.stays, seen.state > 0)
    if inside is None or seen.anyone_late:
        return None
    tests = []
    for cause in causes:
        test = gray(seen.days[inside], seen.state[inside], groups.label[inside], cause=cause)
        tests.append(Comparison(**{**vars(test), "cause": _names(endpoint)[cause]}))
    return tuple(tests)


def rate(case: Case, measure: Measure, strata: tuple[Stratum, ...] = ()) -> Proportion:
    """x = yes of n who can answer, by group, with exact limits."""
    value, ledger = answers(case, measure)
    groups = grouped(case, measure.moment, strata, ledger)
    listed = tuple(_share(case, level, int((value[who] == 1).sum()), int(who.sum())) for level, who in groups)
    return Proportion(groups=listed, definition=measure.definition, left_out=left_out(case, ledger))


def code_list(case: Case, measure: Measure) -> Proportion:
    """How many have each code, of all who can answer; with `hits`, how many of those with the code are
    hits."""
    value, ledger = answers(case, measure)
    stays = ledger.stays
    hits = case[measure.hits] if measure.hits else None
    listed = []
    for code in measure.codes:
        mine = stays & (value == code)
        if hits is None:
            listed.append(_share(case, code, int(mine.sum()), int(stays.sum())))
        elif mine.any():
            listed.append(_share(case, code, int((mine & hits).sum()), int(mine.sum())))
    return Proportion(groups=tuple(listed), definition=measure.definition, left_out=left_out(case, ledger))


def _share(case: Case, label: str, x: int, n: int) -> Any:
    return proportion_group(label, x, n, level=case.conventions.ci_level)


def summary(case: Case, measure: Measure, strata: tuple[Stratum, ...] = ()) -> Summary:
    """Median, quartiles and range of a quantity, by group."""
    value, ledger = answers(case, measure)
    groups = grouped(case, measure.moment, strata, ledger)
    listed = tuple(summary_group(level, value[who]) for level, who in groups)
    return Summary(unit=measure.unit, groups=listed, definition=measure.definition, left_out=left_out(case, ledger))


def left_out(case: Case, ledger: Ledger) -> tuple[LeftOut, ...]:
    """Who could not be used and why; an empty population says so."""
    if not case.members.any():
        return NOBODY
    return tuple(LeftOut(**entry) for entry in ledger.left_out())
