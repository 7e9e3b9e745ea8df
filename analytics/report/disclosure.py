"""What may leave the circle of people with person-level rights: small cells withheld, curves cut.

A policy is a small object; its default withholds counts of 1 to 4 and ends curves where fewer than 5 are at
risk (RELIABILITY EXP-05). A withheld number is None. Values that are one person's (minimum, maximum) never
leave. What would give a withheld count away is withheld, too: every total is taken as known (`withholding`).

Not withheld is how many patients a result rests on, though it may be few fewer than there are, and counts of different
questions are not held against each other (docs/exports.md).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.report.disclosure_levels import safer_levels
from analytics.report.withholding import margins, of_table, withheld

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
#: Results whose rows are signs: a patient may have several, or none, so that they make up no total.
SEVERAL = frozenset({"toxicity"})
#: Why patients whose group is not known are left out of a result by groups.
NO_GROUP = "UNK"


def safer(answer: Mapping[str, Any], policy: Policy = DEFAULT) -> dict[str, Any]:
    """The attrition and results of a snapshot as anybody may see them."""
    cohort = answer["attrition"][-1]["n"] if answer["attrition"] else None
    return {
        **answer,
        "attrition": attrition(answer["attrition"], policy),
        "results": {key: safer_result(result, policy, cohort=cohort) for key, result in answer["results"].items()},
    }


def safer_result(result: Result, policy: Policy = DEFAULT, *, cohort: int | None = None) -> dict[str, Any]:
    """One result as anybody may see it; cohort: how many patients there are, where that is told beside it."""
    beside = {"cohort": cohort} if result["kind"] == "table" else {}
    safe = RULES[result["kind"]](result, policy, **beside)
    if "left_out" in safe:
        left = safe["left_out"]
        safe["left_out"] = [{**item, "n": None if policy.small(item["n"]) else item["n"]} for item in left]
    return safe


def _set(counts: Sequence[int], policy: Policy) -> list[bool]:
    """Which counts of a set with a known total to withhold."""
    return withheld(counts, [range(len(counts))], policy.least)


def _sizes(result: Result, policy: Policy) -> list[bool]:
    """Which groups of a result to withhold whole, for their size."""
    groups = result["groups"]
    return withheld([group["n"] for group in groups], margins([group["label"] for group in groups]), policy.least)


def _answers(result: Result, rows: Sequence[Sequence[int]], policy: Policy, whole: Sequence[bool]) -> list[list[bool]]:
    """Which answers of each group to withhold; whole: the groups of which all go.

    Patients of no known group are a group that is not told and may be small: the same question without groups less the
    groups that are told would be theirs.
    """
    totals, width = margins([group["label"] for group in result["groups"]]), len(rows[0]) if rows else 0
    forced = [place for place in range(width * len(rows)) if whole[place // width]]
    unknown = totals and any(item["reason"] == NO_GROUP and item["n"] for item in result.get("left_out", ()))
    if unknown:
        totals[0].append(len(rows))
    return of_table([*rows, *([[1] * width] if unknown else [])], totals, policy.least, forced=forced)[: len(rows)]


def _rare(result: Result, hits: Sequence[int], policy: Policy, few: Sequence[bool]) -> list[bool]:
    """Of which groups to withhold how many had the event, or said yes: those who had it not are as telling."""
    pairs = [[x, group["n"] - x] for x, group in zip(hits, result["groups"], strict=True)]
    return [any(row) for row in _answers(result, pairs, policy, few)]


def _proportion(result: Result, policy: Policy) -> dict[str, Any]:
    """Rates hide x where either answer tells too much, or gives another group's away. The codes of a list are a set;
    signs of which a patient may have several are each a question of its own."""
    groups = result["groups"]
    few = [policy.small(group["n"]) for group in groups]
    if _are_parts(groups):
        hide = _set([group["x"] for group in groups], policy)
    elif result.get("endpoint") in SEVERAL:
        hide = [any(_set([group["x"], group["n"] - group["x"]], policy)) for group in groups]
    else:
        few = _sizes(result, policy)
        hide = _rare(result, [group["x"] for group in groups], policy, few)
    nothing = {"x": None, "estimate": None, "lower": None, "upper": None}
    return {**result, "groups": [
        {**_told(group, policy), **(nothing if hidden else {}), **({"n": None} if small else {})}
        for group, hidden, small in zip(groups, hide, few, strict=True)
    ]}  # fmt: skip


def _are_parts(groups: Sequence[Result]) -> bool:
    """Whether the groups are the codes of a list: together they make up the n of each."""
    together = sum(group["x"] for group in groups)
    return len(groups) > 1 and all(group["n"] == together for group in groups)


def _told(group: Result, policy: Policy) -> dict[str, Any]:
    """A group of a rate with its companion counts (those graded by another system) hidden when they are small."""
    beside = group.get("graded_otherwise")
    return {**group, "graded_otherwise": None} if beside is not None and policy.small(beside) else dict(group)


def _summary(result: Result, policy: Policy) -> dict[str, Any]:
    hide = _sizes(result, policy)
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
    hide = _sizes(result, policy)
    told = _rare(result, [group["events"] for group in result["groups"]], policy, hide)
    groups = [
        _safe_curve(group, -1 if hidden else _last_day(group["steps"], policy), hidden=hidden, rare=rare)
        for group, hidden, rare in zip(result["groups"], hide, told, strict=True)
    ]
    return {**result, "groups": groups, "comparison": None if any(hide) else result["comparison"]}


def _safe_curve(group: Result, last: float, *, hidden: bool, rare: bool) -> dict[str, Any]:
    return {
        **group,
        "n": None if hidden else group["n"],
        "events": None if rare else group["events"],
        "median": {name: _time(value, last) for name, value in group["median"].items()},
        "at": _readings(group["at"], last),
        "steps": _cut(group["steps"], last),
    }


def _incidence(result: Result, policy: Policy) -> dict[str, Any]:
    """The causes of a group make up its events, which the curve without any event tells; where these tell too much
    every cause does."""
    hide, groups = _sizes(result, policy), []
    events = [[cause["events"] for cause in group["causes"]] for group in result["groups"]]
    told = _answers(result, events, policy, _rare(result, [sum(mine) for mine in events], policy, hide))
    for group, hidden, row in zip(result["groups"], hide, told, strict=True):
        causes = []
        for cause, rare in zip(group["causes"], row, strict=True):
            last = -1 if hidden else _last_day(cause["steps"], policy)
            causes.append({
                **cause,
                "events": None if rare else cause["events"],
                "at": _readings(cause["at"], last),
                "steps": _cut(cause["steps"], last),
            })  # fmt: skip
        groups.append({**group, "n": None if hidden else group["n"], "causes": causes})
    return {**result, "groups": groups, "comparison": None if any(hide) else result["comparison"]}


def _table(result: Result, policy: Policy, *, cohort: int | None = None) -> dict[str, Any]:
    """Any table: small whole numbers withheld. One of levels (n of a whole): as sums, with what gives them away."""
    columns = list(result["columns"])
    if {"group", "characteristic", "n", "of"} <= set(columns):
        return {**result, "rows": safer_levels(columns, result["rows"], policy.least, cohort=cohort)}

    def cell(value: Any) -> Any:
        whole = isinstance(value, int) and not isinstance(value, bool)
        return None if whole and policy.small(value) else value

    return {**result, "rows": [[cell(value) for value in row] for row in result["rows"]]}


def occupancy(result: Result, policy: Policy = DEFAULT) -> dict[str, Any]:
    """Shares in states without months at which few are followed, or a state that few are in gives itself away.

    A share of the n patients below the policy's least is withheld with its smallest neighbour.
    """
    at = []
    for reading in result["at"]:
        if policy.small(reading["n_risk"]) or not reading["n_risk"]:
            break
        people = [reading[state] * result["n"] for state in result["states"]]
        hide = _set([0 if n < 0.5 else max(1, round(n)) for n in people], policy)
        hidden = {state: None for state, few in zip(result["states"], hide, strict=True) if few}
        at.append({**reading, **hidden})
    left = [{**item, "n": None if policy.small(item["n"]) else item["n"]} for item in result["left_out"]]
    return {**result, "at": at, "left_out": left}


RULES: dict[str, Callable[..., dict[str, Any]]] = {
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
