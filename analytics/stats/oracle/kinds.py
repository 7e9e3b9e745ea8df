"""The engine's answers in the shape of the reference: curves, incidence, log-rank, RMST, proportions, tables.

One function per kind of case: (case) -> nested object with the keys of `expected`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from analytics.stats.compare import gray, logrank, pairwise
from analytics.stats.curves import aalen_johansen, kaplan_meier
from analytics.stats.followup import reverse_kaplan_meier
from analytics.stats.labels import grouping
from analytics.stats.oracle.folder import Case, Frame
from analytics.stats.proportions import exact_interval, wilson_interval
from analytics.stats.results import plain
from analytics.stats.rmst import restricted_mean, rmst_difference
from analytics.stats.stepcurve import CauseCurve, SurvivalCurve

Answer = dict[str, Any]


def names(value: Any) -> list[str]:
    """One column name or a list of them, as a list."""
    return [] if value is None else [value] if isinstance(value, str) else list(value)


def used(frame: Frame, spec: Mapping[str, Any], *keys: str) -> Frame:
    """The rows that have a value in every column the spec uses."""
    return frame.complete(name for key in keys for name in names(spec.get(key)))


def split(frame: Frame, group: str | None) -> list[tuple[str, Frame]]:
    """The groups of a frame in label order; one group `all` without a grouping column."""
    if group is None:
        return [("all", frame)]
    labels, position = grouping(frame.labels(group), length=frame.rows)
    return [(label, frame.where(position == i)) for i, label in enumerate(labels)]


def entry_of(frame: Frame, spec: Mapping[str, Any]) -> Any:
    """The delayed-entry times, if the case has any."""
    return frame.numbers(spec["entry"]) if spec.get("entry") else None


def km(case: Case) -> Answer:
    """Kaplan-Meier or reverse Kaplan-Meier per group."""
    frame = used(case.frame, case.spec, "time", "event", "entry", "group")
    return {"groups": survival_groups(frame, case.spec)}


def survival_groups(frame: Frame, spec: Mapping[str, Any]) -> Answer:
    """Every group's curve as the reference prints it."""
    estimator = reverse_kaplan_meier if spec.get("reverse") else kaplan_meier
    answers = {}
    for label, part in split(frame, spec.get("group")):
        curve = estimator(
            part.numbers(spec["time"]),
            part.numbers(spec["event"]),
            entry=entry_of(part, spec),
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
    arrays = (frame.numbers(spec["time"]), frame.numbers(spec["event"]), frame.labels(spec["group"]))
    options = {
        "strata": [frame.labels(name) for name in names(spec.get("strata"))] or None,
        "entry": entry_of(frame, spec),
        "rho": spec.get("rho", 0),
    }
    test = logrank(*arrays, **options)
    place = _order(test.groups, order)
    answer = {
        "groups": [test.groups[i] for i in place],
        "n": [test.n[i] for i in place],
        "observed": [test.observed[i] for i in place],
        "expected": [test.expected[i] for i in place],
        "variance": [[test.variance[i][j] for j in place] for i in place],
        "chisq": test.statistic,
        "df": test.df,
        "p": test.p,
    }
    if spec.get("pairwise"):
        answer["pairwise"] = _pairs(pairwise(*arrays, **options), [test.groups[i] for i in place])
    return answer


def _order(found: tuple[str, ...], wanted: Iterable[str] | None) -> list[int]:
    labels = [str(label) for label in wanted or ()]
    return [found.index(label) for label in labels] if sorted(labels) == sorted(found) else list(range(len(found)))


def _pairs(pairs: Iterable[Any], order: list[str]) -> list[Answer]:
    by_labels = {frozenset((pair.a, pair.b)): pair for pair in pairs}
    out = []
    for i, a in enumerate(order):
        for b in order[i + 1 :]:
            pair = by_labels[frozenset((a, b))]
            out.append(
                {"a": _as_read(a), "b": _as_read(b), "chisq": pair.statistic, "df": pair.df, "p": pair.p}
                | {"p_holm": pair.p_holm, "p_bonferroni": pair.p_bonferroni, "p_bh": pair.p_bh}
            )
    return out


def _as_read(label: str) -> Any:
    try:
        return float(label)
    except ValueError:
        return label


def cif(case: Case) -> Answer:
    """Cumulative incidence per group and cause, and Gray's test of every cause."""
    spec = case.spec
    frame = used(case.frame, spec, "time", "event", "group", "strata")
    codes = frame.numbers(spec["event"])
    causes = sorted({int(code) for code in codes if code > 0})
    incidence: Answer = {}
    cumulative: Answer = {}
    for label, part in split(frame, spec.get("group")):
        curves = aalen_johansen(
            part.numbers(spec["time"]),
            part.numbers(spec["event"]),
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
        answer["gray_test"] = _gray(frame, spec, causes)
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
    found = rmst_difference(
        frame.numbers(spec["time"]),
        frame.numbers(spec["event"]),
        frame.labels(spec["group"]),
        tau=spec["tau"],
        entry=entry_of(frame, spec),
        extend=True,
    )
    return {
        "groups": list(found.groups),
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
