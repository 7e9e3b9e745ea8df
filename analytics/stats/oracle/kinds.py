"""The engine's answers in the shape of the reference: curves, incidence, log-rank, RMST, proportions, tables.

One function per kind of case: (case) -> nested object with the keys of `expected`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.stats.checks import durations, merged
from analytics.stats.compare import gray, logrank, pairwise
from analytics.stats.curves import aalen_johansen, kaplan_meier
from analytics.stats.followup import reverse_kaplan_meier
from analytics.stats.labels import grouping
from analytics.stats.oracle.folder import Case, Frame, canonical
from analytics.stats.proportions import exact_interval, wilson_interval
from analytics.stats.results import plain
from analytics.stats.rmst import restricted_mean, rmst_difference
from analytics.stats.stepcurve import CauseCurve, SurvivalCurve

Answer = dict[str, Any]


def names(value: Any) -> list[str]:
    """One column name or a list of them, as a list."""
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def used(frame: Frame, spec: Mapping[str, Any], *keys: str) -> Frame:
    """The rows that have a value in every column the spec uses, without patients who are never at risk."""
    complete = frame.complete(name for key in keys for name in names(spec.get(key)))
    if "entry" not in keys or not spec.get("entry"):
        return complete
    return complete.where(complete.numbers(spec["entry"]) < complete.numbers(spec["time"]))


def split(frame: Frame, group: str | None) -> list[tuple[str, NDArray[np.bool_]]]:
    """The groups of a frame in label order, with their rows; one group `all` without a grouping column."""
    if group is None:
        return [("all", np.ones(frame.rows, dtype=bool))]
    labels, position = grouping(frame.labels(group), length=frame.rows)
    return [(label, position == i) for i, label in enumerate(labels)]


def in_order(frame: Frame, group: str, wanted: Iterable[Any] | None) -> tuple[list[str], NDArray[np.int64]]:
    """The group labels in the order of the reference (R sorts texts by locale), and each row's place in it."""
    labels, position = grouping(frame.labels(group), length=frame.rows)
    mine, theirs = [canonical(label) for label in labels], [canonical(label) for label in wanted or ()]
    if sorted(mine) != sorted(theirs):
        return list(labels), position
    place = [theirs.index(label) for label in mine]
    return [labels[mine.index(label)] for label in theirs], np.array(place, dtype=np.int64)[position]


def entry_of(frame: Frame, spec: Mapping[str, Any]) -> Any:
    """The delayed-entry times, if the case has any."""
    return frame.numbers(spec["entry"]) if spec.get("entry") else None


def merged_times(frame: Frame, spec: Mapping[str, Any]) -> tuple[NDArray[Any], NDArray[Any] | None]:
    """Durations and entry times, ties of all groups recognised together as R does."""
    days, entry = durations(frame.numbers(spec["time"])), entry_of(frame, spec)
    if entry is None:
        return merged(days)[0], None
    days, entry = merged(days, durations(entry, name="entry", negative=True))
    return days, entry


def km(case: Case) -> Answer:
    """Kaplan-Meier or reverse Kaplan-Meier per group."""
    frame = used(case.frame, case.spec, "time", "event", "entry", "group")
    return {"groups": survival_groups(frame, case.spec)}


def survival_groups(frame: Frame, spec: Mapping[str, Any]) -> Answer:
    """Every group's curve as the reference prints it."""
    estimator = reverse_kaplan_meier if spec.get("reverse") else kaplan_meier
    days, entry = merged_times(frame, spec)
    event, answers = frame.numbers(spec["event"]), {}
    for label, rows in split(frame, spec.get("group")):
        curve = estimator(
            days[rows],
            event[rows],
            entry=None if entry is None else entry[rows],
            conf_type=spec.get("conf_type", "log-log"),
            level=spec.get("level", 0.95),
        )
        answers[label] = survival(curve, spec)
    return answers


def survival(curve: SurvivalCurve, spec: Mapping[str, Any]) -> Answer:
    """One curve: size, quantiles, readings, restricted mean, all steps."""
    answer: Answer = {"n": curve.n, "events": curve.events}
    for key, share in (("median", 0.5), ("q25", 0.25), ("q75", 0.75)):
        q = curve.quantile(share)
        answer |= {key: q.days, f"{key}_lower": q.lower, f"{key}_upper": q.upper}
    if spec.get("times") is not None:
        read = curve.at(spec["times"], extend=True)
        answer["at_times"] = plain(
            {"time": read.time, "n_risk": read.n_risk, "surv": read.estimate}
            | {"std_err": read.std_err, "lower": read.lower, "upper": read.upper}
        )
    if spec.get("tau") is not None:
        mean = restricted_mean(curve, tau=spec["tau"], extend=True)
        answer["rmst"] = {"tau": mean.tau, "estimate": mean.estimate, "std_err": mean.std_err}
    if spec.get("curve"):
        shown = ("time", "n_risk", "n_event", "n_censor", "std_err", "lower", "upper")
        answer["curve"] = plain({key: getattr(curve, key) for key in shown} | {"surv": curve.estimate})
    return answer


def logrank_case(case: Case) -> Answer:
    """k-group log-rank, with strata and pairs where asked."""
    frame = used(case.frame, case.spec, "time", "event", "entry", "group", "strata")
    return logrank_answer(frame, case.spec, order=case.expected.get("groups"))


def logrank_answer(frame: Frame, spec: Mapping[str, Any], *, order: Iterable[str] | None) -> Answer:
    """One log-rank test in the group order of the reference."""
    labels, group = in_order(frame, spec["group"], order)
    arrays = (frame.numbers(spec["time"]), frame.numbers(spec["event"]), group)
    options = {
        "strata": [frame.labels(name) for name in names(spec.get("strata"))] or None,
        "entry": entry_of(frame, spec),
        "rho": spec.get("rho", 0),
    }
    test = logrank(*arrays, **options)
    shown = ("n", "observed", "expected", "variance", "df", "p")
    answer = {"groups": labels, "chisq": test.statistic} | {key: getattr(test, key) for key in shown}
    if spec.get("pairwise"):
        answer["pairwise"] = [
            {"a": _as_read(labels[int(pair.a)]), "b": _as_read(labels[int(pair.b)]), "chisq": pair.statistic}
            | {key: getattr(pair, key) for key in ("df", "p", "p_holm", "p_bonferroni", "p_bh")}
            for pair in pairwise(*arrays, **options)
        ]
    return answer


def _as_read(label: str) -> Any:
    try:
        return float(label)
    except ValueError:
        return label


def cif(case: Case) -> Answer:
    """Cumulative incidence per group and cause, and Gray's test of every cause."""
    spec = case.spec
    causes = sorted({int(code) for code in case.frame.numbers(spec["event"]) if code > 0})
    frame = used(case.frame, spec, "time", "event", "group")
    days, state = merged_times(frame, {"time": spec["time"]})[0], frame.numbers(spec["event"])
    incidence: Answer = {}
    cumulative: Answer = {}
    for label, rows in split(frame, spec.get("group")):
        curves = aalen_johansen(
            days[rows],
            state[rows],
            causes=causes,
            conf_type=spec.get("conf_type", "log"),
            level=spec.get("level", 0.95),
        )
        incidence[label] = {"n": curves.n} | _causes(curves.curves, spec["times"])
        cumulative[label] = {
            f"cause_{curve.cause}": plain({"time": spec["times"], "cif": curve.at(spec["times"]).estimate})
            for curve in curves.curves
        }
    answer: Answer = {"survfit_aj": incidence, "cmprsk_cuminc": cumulative}
    if spec.get("group"):
        answer["gray_test"] = _gray(used(frame, spec, "strata"), spec, causes)
    return answer


def _causes(curves: Iterable[CauseCurve], times: list[float]) -> Answer:
    answer: Answer = {}
    for curve in curves:
        read = curve.at(times, extend=True)
        answer["n_risk"] = plain(read.n_risk)
        answer[f"cause_{curve.cause}"] = plain(
            {
                "time": read.time,
                "cif": read.estimate,
                "std_err": read.std_err,
                "lower": read.lower,
                "upper": read.upper,
            }
        )
    return answer


def _gray(frame: Frame, spec: Mapping[str, Any], causes: list[int]) -> Answer:
    strata = names(spec.get("strata"))
    tests = {
        cause: gray(
            frame.numbers(spec["time"]),
            frame.numbers(spec["event"]),
            frame.labels(spec["group"]),
            cause=cause,
            strata=frame.labels(strata[0]) if strata else None,
        )
        for cause in causes
    }
    return {f"cause_{cause}": {"stat": test.statistic, "df": test.df, "p": test.p} for cause, test in tests.items()}


def binom(case: Case) -> Answer:
    """Exact and Wilson limits of x out of n."""
    x, n = case.spec["x"], case.spec["n"]
    level = case.spec.get("level", 0.95)
    exact, wilson = exact_interval(x, n, level=level), wilson_interval(x, n, level=level)
    return {
        "estimate": x / n if n else None,
        "exact_lower": exact.lower,
        "exact_upper": exact.upper,
        "wilson_lower": wilson.lower,
        "wilson_upper": wilson.upper,
    }


def rmst_diff(case: Case) -> Answer:
    """Restricted means of two groups and their difference."""
    spec = case.spec
    frame = used(case.frame, spec, "time", "event", "entry", "group")
    labels, group = in_order(frame, spec["group"], case.expected.get("groups"))
    found = rmst_difference(
        frame.numbers(spec["time"]),
        frame.numbers(spec["event"]),
        group,
        tau=spec["tau"],
        entry=entry_of(frame, spec),
        extend=True,
    )
    return {
        "groups": labels,
        "rmst": [mean.estimate for mean in found.means],
        "std_err": [mean.std_err for mean in found.means],
        "difference": found.estimate,
        "difference_se": found.std_err,
        "lower": found.lower,
        "upper": found.upper,
        "p": found.p,
    }


KINDS: dict[str, Callable[[Case], Answer]] = {
    "km": km,
    "logrank": logrank_case,
    "cif": cif,
    "binom": binom,
    "rmst_diff": rmst_diff,
}
