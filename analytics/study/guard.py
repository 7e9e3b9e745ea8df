"""The immortal-time guard: a grouping that forms after time zero, compared from landmarks and as a
time-dependent exposure.

Ever exposed against never exposed is not computed anywhere: those exposed had to live until then. Source:
ENDPOINTS 6.1, 6.2.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import chdtrc

from analytics.stats.compare import logrank
from analytics.stats.cox import fit_cox
from analytics.stats.curves import kaplan_meier
from analytics.stats.exposure import mantel_byar, split_at_exposure
from analytics.stats.landmark import at_landmark
from analytics.stats.results import Comparison, Curve, CurveGroup, LeftOut, Table
from analytics.study import estimate
from analytics.study.catalogue import Analysis
from analytics.study.exposures import ALIASES, EXPOSURES, Exposed, Exposure, Landmark
from analytics.study.milestones import Case
from analytics.study.observation import Endpoint, observe
from analytics.study.run import Study
from analytics.study.strata import STRATA, time_zero
from analytics.study.stratify import FORMED_LATER, refusal

NOT_YET, EXPOSED = "N", "Y"
SIMON_MAKUCH = "Simon-Makuch"
TIME_DEPENDENT = "time-dependent Cox"
HAZARD_COLUMNS = ("term", "hazard_ratio", "lower", "upper", "p", "patients", "exposed", "events")


@dataclass(frozen=True, eq=False)
class Followed:
    """Those who can answer, one value each (N,): days, event, day of exposure and of entry from time zero."""

    days: np.ndarray
    event: np.ndarray
    exposure: np.ndarray
    entry: np.ndarray
    place: np.ndarray
    left_out: tuple[LeftOut, ...]

    @property
    def anyone_late(self) -> bool:
        return bool((self.entry > 0).any())


def guarded(study: Study, endpoint: str, exposure: str) -> dict[str, Any]:
    """A result of a plan by a grouping that forms after time zero, without immortal time.

    {endpoint, exposure, refused, offered, results}: why ever against never is refused; the names of what is
    computed instead; and the results, each of kind `curve` or `table` with a `label`: a landmark
    Kaplan-Meier per landmark (clock restarted there; who left before it is counted in left_out), the
    Simon-Makuch curves with the Mantel-Byar test, and the hazard ratio of the time-dependent exposure.
    """
    question, chosen = asked(study.analysis(endpoint), exposure)
    case = study.case
    exposed = chosen.of(case, question.moment)
    followed = _followed(case, question, exposed)
    results = [_landmark(case, question, chosen, exposed, followed, mark) for mark in chosen.landmarks]
    if chosen.time_dependent:
        results += [_simon_makuch(case, question, chosen, followed), _hazard(case, question, chosen, followed)]
    formed, instead = formation(exposure)
    return {
        "endpoint": question.key,
        "exposure": chosen.key,
        "refused": refusal(exposure, formed, instead),
        "offered": [result["label"] for result in results],
        "results": results,
    }


def formation(exposure: str) -> tuple[str, str]:
    """When it forms, and the way out in words."""
    if exposure in FORMED_LATER:
        return FORMED_LATER[exposure]
    return STRATA[exposure].after, STRATA[exposure].instead


def asked(analysis: Analysis, exposure: str) -> tuple[Endpoint, Exposure]:
    """The endpoint and the exposure; a ValueError says why the two cannot be compared here."""
    question, key = analysis.question, analysis.key
    if not isinstance(question, Endpoint) or question.competing:
        raise ValueError(f"{key} is no survival curve; a landmark or an exposure needs one, such as os_infusion or rfs")
    stratum = STRATA.get(exposure)
    if stratum is not None and question.moment in stratum.known:
        raise ValueError(f"{exposure!r} is known at time zero of {key}: compare by it as a stratum")
    name = ALIASES.get(exposure, exposure)
    if name not in EXPOSURES:
        known = ", ".join(sorted({*EXPOSURES, *ALIASES}))
        raise ValueError(f"{exposure!r} is not an exposure that can be followed; exposures: {known}")
    chosen = EXPOSURES[name]
    if question.moment not in chosen.moments:
        raise ValueError(f"{exposure!r} does not follow time zero of {key} ({question.start})")
    return question, chosen


def _followed(case: Case, endpoint: Endpoint, exposed: Exposed) -> Followed:
    seen = observe(case, endpoint)
    for who, reason in exposed.left:
        seen.ledger.leave(who, reason)
    place = np.flatnonzero(seen.ledger.stays)
    start = time_zero(case, endpoint.moment).day
    return Followed(
        days=seen.days[place],
        event=(seen.state[place] == 1).astype(np.int64),
        exposure=(exposed.day - start)[place],
        entry=seen.entry[place],
        place=place,
        left_out=estimate.left_out(case, seen.ledger),
    )


def _landmark(
    case: Case, endpoint: Endpoint, exposure: Exposure, exposed: Exposed, followed: Followed, mark: Landmark
) -> dict[str, Any]:
    """Kaplan-Meier from the landmark, by exposure at the landmark, of those still there."""
    rows = at_landmark(followed.days, followed.event, landmark=mark.days, exposure_days=followed.exposure)
    left = [*followed.left_out, *(entry for entry in rows.left_out if entry.n)]
    stays = np.ones(rows.patient.size, dtype=bool)
    for gone, reason in _fallen(case, endpoint, exposure, mark):
        now = stays & gone[followed.place[rows.patient]]
        if now.any():
            left.append(LeftOut(reason=reason, n=int(now.sum())))
        stays &= ~now
    entry = np.maximum(followed.entry[rows.patient] - mark.days, -1.0)[stays]
    label = np.where(rows.exposed[stays] == 1, EXPOSED, NOT_YET)
    groups, comparison = _compared(case, rows.days[stays], rows.event[stays], label, entry)
    words = f"From {mark.label.removeprefix('landmark ')} after time zero, those still followed and event-free"
    words += " and in remission" if exposure.remission else ""
    words += f"; Y: {exposure.label.lower()} by then. The clock restarts at the landmark. {exposed.note}"
    return _curve(case, endpoint, mark.label, words.strip(), groups, comparison, left)


def _fallen(case: Case, endpoint: Endpoint, exposure: Exposure, mark: Landmark) -> Iterator[tuple[np.ndarray, str]]:
    """Who no longer stands at the landmark, and why."""
    last = time_zero(case, endpoint.moment).day + mark.days
    if exposure.remission:
        yield ~(case["cr_date"].day <= last), "not in remission at the landmark"
    for name, reason in exposure.standing:
        yield case[name].day <= last, reason


def _compared(
    case: Case, days: np.ndarray, event: np.ndarray, label: np.ndarray, entry: np.ndarray
) -> tuple[tuple[CurveGroup, ...], Comparison | None]:
    """Both groups' curves, and the log-rank test where the groups are large enough. Source: ENDPOINTS 6.6."""
    settings, late = case.conventions, bool((entry > 0).any())
    listed = tuple(
        kaplan_meier(
            days[label == level],
            event[label == level],
            entry=entry[label == level] if late else None,
            conf_type=settings.ci_type,
            level=settings.ci_level,
        ).as_group(level, months=settings.at_months)
        for level in (NOT_YET, EXPOSED)
    )
    sizes = [int((label == level).sum()) for level in (NOT_YET, EXPOSED)]
    if not _enough(case, sizes, int(event.sum())):
        return listed, None
    return listed, logrank(days, event, label, entry=entry if late else None)


def _enough(case: Case, sizes: list[int], events: int) -> bool:
    return min(sizes) >= case.conventions.smallest_group and events >= case.conventions.fewest_events


def _rows(followed: Followed) -> dict[str, np.ndarray]:
    """(start, stop] rows, unexposed until the exposure; nobody counts before entering."""
    rows = split_at_exposure(followed.days, followed.event, followed.exposure)
    start = np.maximum(rows.start, followed.entry[rows.patient])
    kept = rows.stop > start
    columns = {"start": start, "stop": rows.stop, "event": rows.event, "exposed": rows.exposed}
    return {name: values[kept] for name, values in (columns | {"patient": rows.patient}).items()}


def _simon_makuch(case: Case, endpoint: Endpoint, exposure: Exposure, followed: Followed) -> dict[str, Any]:
    """The curve of those not yet exposed, and of those exposed from that day on; Mantel-Byar test."""
    rows, settings = _rows(followed), case.conventions
    groups, sizes = [], []
    for state, label in ((0, NOT_YET), (1, EXPOSED)):
        mine = rows["exposed"] == state
        sizes.append(int(mine.sum()))
        curve = kaplan_meier(
            rows["stop"][mine],
            rows["event"][mine],
            entry=rows["start"][mine],
            conf_type=settings.ci_type,
            level=settings.ci_level,
        )
        groups.append(curve.as_group(label, months=settings.at_months))
    test = _mantel_byar(followed, rows) if _enough(case, sizes, int(rows["event"].sum())) else None
    words = (
        f"Survival by current state: everybody counts as N until the {exposure.label.lower()} and as Y from then on. "
        "Early steps of Y rest on few patients."
    )
    return _curve(case, endpoint, SIMON_MAKUCH, words, tuple(groups), test, followed.left_out)


def _mantel_byar(followed: Followed, rows: Mapping[str, np.ndarray]) -> Comparison:
    if not followed.anyone_late:
        return mantel_byar(followed.days, followed.event, followed.exposure)
    fit = fit_cox(rows["stop"], rows["event"], {"exposed": rows["exposed"]}, entry=rows["start"])
    if fit.score_test is None:
        return Comparison(test="mantel-byar", statistic=None, df=1, p=None, reason="never at risk together")
    return Comparison(test="mantel-byar", statistic=fit.score_test, df=1, p=float(chdtrc(1, fit.score_test)))


def _hazard(case: Case, endpoint: Endpoint, exposure: Exposure, followed: Followed) -> dict[str, Any]:
    """The hazard ratio of the exposure from the day it begins, by Cox regression with start-stop rows."""
    rows = _rows(followed)
    patients, events = int(followed.days.size), int(rows["event"].sum())
    exposed = int(np.unique(rows["patient"][rows["exposed"] == 1]).size)
    told: tuple[Any, ...] = (None,) * 4
    if events:
        fit = fit_cox(
            rows["stop"],
            rows["event"],
            {"exposed": rows["exposed"]},
            entry=rows["start"],
            level=case.conventions.ci_level,
        )
        told = (fit.hr[0], fit.hr_lower[0], fit.hr_upper[0], fit.p[0])
    table = Table(columns=HAZARD_COLUMNS, rows=((exposure.key, *told, patients, exposed, events),))
    words = f"{endpoint.definition} Hazard after the {exposure.label.lower()} over the hazard without or before it."
    out = table.as_json() | {"label": TIME_DEPENDENT, "endpoint": endpoint.key, "definition": words}
    return out | {"left_out": [entry.as_json() for entry in followed.left_out]}


def _curve(
    case: Case,
    endpoint: Endpoint,
    label: str,
    words: str,
    groups: tuple[CurveGroup, ...],
    comparison: Comparison | None,
    left: Any,
) -> dict[str, Any]:
    curve = Curve(
        endpoint=endpoint.key,
        definition=f"{endpoint.definition} {words}",
        groups=groups,
        comparison=comparison,
        ci=case.conventions.ci_type,
        left_out=tuple(left),
    ).as_json()
    return {"kind": curve.pop("kind"), "label": label} | curve
