"""The promised shapes of an answer (CONTRACT 3), read literally: every way an answer breaks them, in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

DAYS_PER_MONTH = 30.4375
MONTHS = [6, 12, 24, 36, 60]
CAUSES = ({"relapse", "nrm"}, {"recovery", "competing"})
ALWAYS = {"kind", "endpoint", "definition", "left_out"}
KEYS = {
    "curve": {"groups", "comparison", "ci"},
    "incidence": {"groups", "comparison", "ci"},
    "proportion": {"groups", "method"},
    "summary": {"groups", "unit"},
    "table": {"columns", "rows"},
}
LABELLED_BY_CODE = ("relapse_site", "hsct_outcome", "salvage_response", "toxicity")
GROUPED_BY_THEMSELVES = (*LABELLED_BY_CODE, "os_relapse_by_timing", "efs_salvage_by_type", "os_hsct_by_prior_hsct")

Fault = Iterator[str]


def faults(answer: dict[str, Any], *, stratified: bool) -> list[str]:
    """Everything in an answer that CONTRACT 3 does not allow."""
    found = [f"attrition: {fault}" for fault in _attrition(answer["attrition"])]
    found += [] if ("not_stratified" in answer) == stratified else ["not_stratified stands beside results under --by"]
    for key, result in answer["results"].items():
        found += [f"{key}: {fault}" for fault in _result(key, result, stratified=stratified)]
    return found


def _attrition(steps: list[dict[str, Any]]) -> Fault:
    for before, after in pairwise(steps):
        if after["n"] != before["n"] - sum(line["n"] for line in after["left"]):
            yield f"{after['step']}: {before['n']} less those who left is not {after['n']}"
    yield from (f"keys of a step: {set(step)}" for step in steps if set(step) != {"step", "n", "left"})


def _result(key: str, result: dict[str, Any], *, stratified: bool) -> Fault:
    kind = result["kind"]
    if set(result) != ALWAYS | KEYS[kind]:
        yield f"keys {sorted(result)}"
    for line in result["left_out"]:
        if set(line) != {"reason", "n"} or not line["reason"] or _not_count(line["n"]):
            yield f"left_out {line}"
    if kind == "table":
        yield from (f"row of {len(row)} cells" for row in result["rows"] if len(row) != len(result["columns"]))
        return
    labels = [group["label"] for group in result["groups"]]
    if len(set(labels)) != len(labels) or not all(isinstance(label, str) and label for label in labels):
        yield f"labels {labels}"
    if not stratified and key not in GROUPED_BY_THEMSELVES and labels != ["all"]:
        yield f"the only group is all, found {labels}"
    for group in result["groups"]:
        yield from (f"{group['label']}: {fault}" for fault in GROUPS[kind](group))
    if kind in ("curve", "incidence"):
        yield from _comparison(result)


def _curve(group: dict[str, Any]) -> Fault:
    if set(group) != {"label", "n", "events", "median", "at", "steps"} or group["events"] > group["n"]:
        yield f"keys or events of {group}"
    if set(group["median"]) != {"days", "lower", "upper"}:
        yield f"median {group['median']}"
    yield from _steps(group["steps"], rising=False)
    yield from _readings(group["at"], group["steps"], {"n_risk"})


def _incidence(group: dict[str, Any]) -> Fault:
    if set(group) != {"label", "n", "causes"} or {one["cause"] for one in group["causes"]} not in CAUSES:
        yield f"causes {group}"
    for one in group["causes"]:
        if set(one) != {"cause", "events", "at", "steps"}:
            yield f"keys {set(one)}"
        yield from _steps(one["steps"], rising=True)
        yield from _readings(one["at"], one["steps"], set())
    together = [values for one in group["causes"] if (values := one["steps"]["estimate"])]
    if any(sum(values) > 1 + 1e-9 for values in zip(*together, strict=True)):
        yield "incidences add up to more than 1"


def _proportion(group: dict[str, Any]) -> Fault:
    keys = set(group) - {"graded_otherwise"}  # of toxicity only, promised in docs/endpoints.md
    if keys != {"label", "x", "n", "estimate", "lower", "upper"} or not 0 <= group["x"] <= group["n"]:
        yield f"{group}"
    told = [group[name] for name in ("lower", "estimate", "upper")]
    if group["n"] == 0:
        yield from () if told == [None] * 3 else (f"estimate of nobody: {told}",)
    elif not 0 <= told[0] <= told[1] == group["x"] / group["n"] <= told[2] <= 1:
        yield f"limits {told}"


def _summary(group: dict[str, Any]) -> Fault:
    five = [group[name] for name in ("min", "q1", "median", "q3", "max")]
    if set(group) != {"label", "n", "min", "q1", "median", "q3", "max"}:
        yield f"keys {set(group)}"
    if five != ([None] * 5 if group["n"] == 0 else sorted(five)):
        yield f"{group['n']} values: {five}"


GROUPS: dict[str, Callable[[dict[str, Any]], Fault]] = {
    "curve": _curve,
    "incidence": _incidence,
    "proportion": _proportion,
    "summary": _summary,
}


def _steps(steps: dict[str, list[Any]], *, rising: bool) -> Fault:
    if set(steps) != {"days", "estimate", "lower", "upper", "n_risk"} or len(set(map(len, steps.values()))) != 1:
        yield f"steps { ({name: len(values) for name, values in steps.items()}) }"
    days = steps["days"]
    if not all(isinstance(day, int) and day >= 0 for day in days) or not _climbs(days, strictly=True):
        yield f"days {days}"
    values = steps["estimate"] if rising else [-value for value in steps["estimate"]]
    if not all(0 <= value <= 1 + 1e-12 for value in steps["estimate"]) or not _climbs(values, strictly=False):
        yield f"estimates {steps['estimate']}"
    for low, value, high in zip(steps["lower"], steps["estimate"], steps["upper"], strict=True):
        if (low is None) != (high is None) or (low is not None and not low <= value <= high):
            yield f"limits {low} {value} {high}"


def _readings(at: list[dict[str, Any]], steps: dict[str, list[Any]], more: set[str]) -> Fault:
    last = steps["days"][-1] if steps["days"] else -1
    if [one["months"] for one in at] != MONTHS:
        yield f"read at {[one['months'] for one in at]}"
    for one in at:
        if set(one) != {"days", "months", "estimate", "lower", "upper"} | more:
            yield f"keys {set(one)}"
        if one["days"] != one["months"] * DAYS_PER_MONTH:
            yield f"days {one['days']} of {one['months']} months"
        if (one["estimate"] is None) != (one["days"] > last):
            yield f"read {one} of a group followed {last} days"
        if one["estimate"] is None and (one["lower"], one["upper"]) != (None, None):
            yield f"limits beyond follow-up {one}"


def _comparison(result: dict[str, Any]) -> Fault:
    told, groups = result["comparison"], result["groups"]
    if told is None:
        return
    tests = told if result["kind"] == "incidence" else [told]
    for test in tests:
        wanted = {"test", "statistic", "df", "p"} | ({"cause"} if result["kind"] == "incidence" else set())
        if set(test) - {"reason"} != wanted or (test["p"] is None) != ("reason" in test):
            yield f"comparison {test}"
    sizes = [group["n"] for group in groups if group["label"] != "OTHER"]  # a pooled rest may stand aside
    if len(groups) < 2 or min(sizes, default=5) < 5 or sum(map(_events, groups)) < 5:
        yield f"compared groups of {sizes} with {sum(map(_events, groups))} events"


def _events(group: dict[str, Any]) -> int:
    return group["events"] if "events" in group else sum(one["events"] for one in group["causes"])


def _climbs(values: Iterable[float], *, strictly: bool) -> bool:
    return all(a < b if strictly else a <= b + 1e-12 for a, b in pairwise(values))


def _not_count(value: Any) -> bool:
    return not isinstance(value, int) or isinstance(value, bool) or value < 0 or math.isinf(value)
