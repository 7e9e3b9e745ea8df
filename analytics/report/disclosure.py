"""What may leave the circle of people with person-level rights: small cells withheld, curves cut.

A policy is a small object; its default withholds counts of 1 to 4 and ends curves where fewer than 5 are at
risk (RELIABILITY EXP-05). A withheld number is None. Values that are one person's (minimum, maximum) never
leave. Where one cell of a set is withheld its smallest neighbour is too, or the total would give it away.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Result = Mapping[str, Any]


@dataclass(frozen=True)
class Policy:
    """How small is small. A recorded exception is another policy, never a changed constant."""

    name: str = "default"
    least: int = 5

    def small(self, n: int | None) -> bool:
        """Whether a count says too much; nobody (0) is not somebody."""
        return n is not None and 0 < n < self.least


DEFAULT = Policy()


def safer(answer: Mapping[str, Any], policy: Policy = DEFAULT) -> dict[str, Any]:
    """The attrition and results of a snapshot as anybody may see them."""
    return {
        **answer,
        "attrition": attrition(answer["attrition"], policy),
        "results": {key: safer_result(result, policy) for key, result in answer["results"].items()},
    }


def safer_result(result: Result, policy: Policy = DEFAULT) -> dict[str, Any]:
    safe = RULES[result["kind"]](result, policy)
    if "left_out" in safe:
        left = safe["left_out"]
        safe["left_out"] = [{**item, "n": None if policy.small(item["n"]) else item["n"]} for item in left]
    return safe


def _hidden(counts: Sequence[int | None], policy: Policy) -> list[bool]:
    """Which counts of a set to withhold: the small ones, and with a single one its smallest neighbour."""
    hide = [policy.small(count) for count in counts]
    if sum(hide) == 1 and len(counts) > 1:
        others = [index for index, count in enumerate(counts) if not hide[index] and count]
        if others:
            hide[min(others, key=lambda index: counts[index])] = True
    return hide


def _proportion(result: Result, policy: Policy) -> dict[str, Any]:
    """Code lists share one n and hide as a set; rates hide x when either answer is rare."""
    groups = result["groups"]
    parts = (
        len(groups) > 1 and len({group["n"] for group in groups}) == 1 and sum(g["x"] for g in groups) == groups[0]["n"]
    )
    if parts:
        hide = _hidden([group["x"] for group in groups], policy)
    else:
        rare = [policy.small(g["x"]) or policy.small(g["n"] - g["x"]) or policy.small(g["n"]) for g in groups]
        hide = [found or extra for found, extra in zip(rare, _hidden([g["n"] for g in groups], policy), strict=True)]
    few = [policy.small(group["n"]) for group in groups]
    nothing = {"x": None, "estimate": None, "lower": None, "upper": None}
    return {**result, "groups": [
        {**_told(group, policy), **(nothing if hidden else {}), **({"n": None} if small else {})}
        for group, hidden, small in zip(groups, hide, few, strict=True)
    ]}  # fmt: skip


def _told(group: Result, policy: Policy) -> dict[str, Any]:
    """A group of a rate with its companion counts (those graded by another system) hidden when they are small."""
    beside = group.get("graded_otherwise")
    return {**group, "graded_otherwise": None} if beside is not None and policy.small(beside) else dict(group)


def _summary(result: Result, policy: Policy) -> dict[str, Any]:
    hide = _hidden([group["n"] for group in result["groups"]], policy)
    nothing = dict.fromkeys(("n", "median", "q1", "q3"))
    one_person = dict.fromkeys(("min", "max"))
    return {**result, "groups": [
        {**group, **one_person, **(nothing if hidden else {})}
        for group, hidden in zip(result["groups"], hide, strict=True)
    ]}  # fmt: skip


def _last_day(steps: Result, policy: Policy) -> float:
    """The last day on which enough patients are at risk; -1 when that is never so."""
    days = [day for day, n in zip(steps["days"], steps["n_risk"], strict=True) if n >= policy.least]
    return days[-1] if days else -1


def _cut(steps: Result, last: float) -> dict[str, Any]:
    keep = sum(1 for day in steps["days"] if day <= last)
    return {name: values[:keep] for name, values in steps.items()}


def _readings(at: Sequence[Result], last: float) -> list[dict[str, Any]]:
    nothing = {"estimate": None, "lower": None, "upper": None}
    return [
        dict(reading)
        if reading["days"] <= last
        else {**reading, **nothing, **({"n_risk": None} if "n_risk" in reading else {})}
        for reading in at
    ]


def _time(value: float | None, last: float) -> float | None:
    return value if value is not None and value <= last else None


def _curve(result: Result, policy: Policy) -> dict[str, Any]:
    hide = _hidden([group["n"] for group in result["groups"]], policy)
    groups = [
        _safe_curve(group, -1 if hidden else _last_day(group["steps"], policy), policy, hidden=hidden)
        for group, hidden in zip(result["groups"], hide, strict=True)
    ]
    return {**result, "groups": groups, "comparison": None if any(hide) else result["comparison"]}


def _safe_curve(group: Result, last: float, policy: Policy, *, hidden: bool) -> dict[str, Any]:
    rare = hidden or policy.small(group["events"]) or policy.small(group["n"] - group["events"])
    return {
        **group,
        "n": None if hidden else group["n"],
        "events": None if rare else group["events"],
        "median": {name: _time(value, last) for name, value in group["median"].items()},
        "at": _readings(group["at"], last),
        "steps": _cut(group["steps"], last),
    }


def _incidence(result: Result, policy: Policy) -> dict[str, Any]:
    hide = _hidden([group["n"] for group in result["groups"]], policy)
    groups = []
    for group, hidden in zip(result["groups"], hide, strict=True):
        rare = _hidden([cause["events"] for cause in group["causes"]], policy)
        causes = []
        for cause, few in zip(group["causes"], rare, strict=True):
            last = -1 if hidden else _last_day(cause["steps"], policy)
            causes.append({
                **cause,
                "events": None if hidden or few else cause["events"],
                "at": _readings(cause["at"], last),
                "steps": _cut(cause["steps"], last),
            })  # fmt: skip
        groups.append({**group, "n": None if hidden else group["n"], "causes": causes})
    return {**result, "groups": groups, "comparison": None if any(hide) else result["comparison"]}


def _table(result: Result, policy: Policy) -> dict[str, Any]:
    """Any table: small whole numbers withheld. One of levels (n of a whole): as sets, with what gives them away."""
    columns = list(result["columns"])
    if {"characteristic", "n", "of"} <= set(columns):
        return {**result, "rows": _levels(columns, result["rows"], policy)}

    def cell(value: Any) -> Any:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return None if whole and policy.small(value) else value

    return {**result, "rows": [[cell(value) for value in row] for row in result["rows"]]}


#: Columns of a table of levels that are one person's, and those that a withheld n takes with it.
ONE_PERSON = ("min", "max")
WITH_N = ("n", "percent", "median", "q1", "q3")


def _levels(columns: list[str], rows: Sequence[Sequence[Any]], policy: Policy) -> list[list[Any]]:
    named = [dict(zip(columns, row, strict=True)) for row in rows]
    sets: dict[tuple[Any, Any], list[dict[str, Any]]] = {}
    for row in named:
        sets.setdefault((row.get("group"), row["characteristic"]), []).append(row)
    for levels in sets.values():
        hide = _hidden([row["n"] for row in levels], policy)
        rest = policy.small(levels[0]["of"] - levels[0]["n"]) if len(levels) == 1 and levels[0]["of"] else False
        for row, hidden in zip(levels, hide, strict=True):
            row |= dict.fromkeys(name for name in ONE_PERSON if name in row)
            if hidden or rest or policy.small(row["of"]):
                row |= dict.fromkeys(name for name in WITH_N if name in row)
            row |= {name: None for name in ("of", "missing") if policy.small(row.get(name))}
    return [[row[column] for column in columns] for row in named]


def occupancy(result: Result, policy: Policy = DEFAULT) -> dict[str, Any]:
    """Shares in states without months at which few are followed, or a state that few are in gives itself away.

    A share of the n patients below the policy's least is withheld with its smallest neighbour.
    """
    at = []
    for reading in result["at"]:
        if policy.small(reading["n_risk"]) or not reading["n_risk"]:
            break
        people = [reading[state] * result["n"] for state in result["states"]]
        hide = _hidden([0 if n < 0.5 else max(1, round(n)) for n in people], policy)
        hidden = {state: None for state, few in zip(result["states"], hide, strict=True) if few}
        at.append({**reading, **hidden})
    left = [{**item, "n": None if policy.small(item["n"]) else item["n"]} for item in result["left_out"]]
    return {**result, "at": at, "left_out": left}


RULES: dict[str, Callable[[Result, Policy], dict[str, Any]]] = {
    "curve": _curve,
    "incidence": _incidence,
    "proportion": _proportion,
    "summary": _summary,
    "table": _table,
}


def attrition(steps: Sequence[Result], policy: Policy) -> list[dict[str, Any]]:
    """The way to the cohort without small steps: a step that loses few joins the next, rare reasons join.

    When so few are lost altogether that even the sum is small, only the number who stayed is told.
    """
    told: list[dict[str, Any]] = []
    waiting: list[dict[str, Any]] = []
    for index, step in enumerate(steps):
        waiting += [dict(item) for item in step["left"]]
        lost = sum(item["n"] for item in waiting)
        if index and policy.small(lost):
            continue
        told.append({"step": step["step"], "n": None if policy.small(step["n"]) else step["n"],
                     "left": _reasons(waiting, policy)})  # fmt: skip
        waiting = []
    if waiting and told:
        last = steps[-1]
        told[-1] = {"step": last["step"], "n": None if policy.small(last["n"]) else last["n"],
                    "left": _reasons([*told[-1]["left"], *waiting], policy)}  # fmt: skip
    return told


def _reasons(left: list[dict[str, Any]], policy: Policy) -> list[dict[str, Any]]:
    large = [item for item in left if not policy.small(item["n"])]
    few = [item for item in left if policy.small(item["n"])]
    if not few:
        return large
    pooled = sum(item["n"] for item in few)
    if policy.small(pooled) and large:
        smallest = min(large, key=lambda item: item["n"])
        large.remove(smallest)
        pooled += smallest["n"]
    return [*large, {"reason": "several reasons", "n": None if policy.small(pooled) else pooled}]
