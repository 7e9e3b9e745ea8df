"""Results as tables of text: one renderer per kind of result, and nothing else is accepted.

Every figure has such a table beside it: it is what a screen reader and a printer get.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from analytics.report.wording import (
    DASH,
    WITHHELD,
    comparison,
    count,
    interval,
    months,
    p_value,
    percent,
    ratio_percent,
    rounded,
    words,
)

Result = Mapping[str, Any]


@dataclass(frozen=True)
class Tabulated:
    """A table ready to print: columns, rows of text, and what has to be said below it."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()


RENDERERS: dict[str, Callable[[Result], Tabulated]] = {}


def renderer(kind: str) -> Callable[[Callable[[Result], Tabulated]], Callable[[Result], Tabulated]]:
    def register(function: Callable[[Result], Tabulated]) -> Callable[[Result], Tabulated]:
        RENDERERS[kind] = function
        return function

    return register


def tabulate(result: Result) -> Tabulated:
    """The table of a result (its promised JSON)."""
    return RENDERERS[result["kind"]](result)


def _left_out(result: Result) -> tuple[str, ...]:
    return tuple(f"Left out: {count(item['n'])} ({words(item['reason'])})" for item in result.get("left_out", ()))


def _read_months(groups: list[Result], at: Callable[[Result], list[Result]]) -> list[str]:
    seen = {reading["months"]: None for group in groups for reading in at(group)}
    return [f"{rounded(month, 0)} months" for month in seen]


@renderer("curve")
def curve(result: Result) -> Tabulated:
    """Median and survival at the fixed times, group by group."""
    groups = result["groups"]
    head = (
        "Group",
        "n",
        "Events",
        "Median, months (95 % CI)",
        *_read_months(groups, lambda group: group["at"]),
    )
    rows = []
    for group in groups:
        median = group["median"]
        limits = interval(median["lower"], median["upper"], scale=1 / 30.4375)
        at = [_reading(reading) for reading in group["at"]]
        rows.append((words(group["label"]), count(group["n"]), count(group["events"]),
                     f"{months(median['days'])} ({limits})", *at))  # fmt: skip
    notes = [f"Confidence limits: {result.get('ci', 'log-log')}. NR: not reached."]
    if result.get("comparison"):
        notes.insert(0, comparison(result["comparison"]) + ".")
    return Tabulated(head, tuple(rows), (*notes, *_left_out(result)))


def _reading(reading: Result) -> str:
    if reading["estimate"] is None:
        return DASH
    return f"{percent(reading['estimate'])} ({interval(reading['lower'], reading['upper'], scale=100)})"


@renderer("incidence")
def incidence(result: Result) -> Tabulated:
    """Cumulative incidence at the fixed times, one line per group and cause."""
    groups = result["groups"]
    head = ("Group", "Cause", "n", "Events", *_read_months(groups, lambda group: group["causes"][0]["at"]))
    rows = [
        (words(group["label"]), words(cause["cause"]), count(group["n"]), count(cause["events"]),
         *[_reading(reading) for reading in cause["at"]])
        for group in groups
        for cause in group["causes"]
    ]  # fmt: skip
    notes = [f"{words(str(test['cause']))}: {comparison(test)}." for test in result.get("comparison") or ()]
    return Tabulated(head, tuple(rows), (*notes, *_left_out(result)))


@renderer("proportion")
def proportion(result: Result) -> Tabulated:
    """Shares with their exact limits."""
    rows = tuple(
        (words(group["label"]), _of(group), ratio_percent(group["x"], group["n"]),
         interval(group["lower"], group["upper"], scale=100))
        for group in result["groups"]
    )  # fmt: skip
    note = "Confidence limits: " + {"exact": "exact (Clopper-Pearson)."}.get(result["method"], f"{result['method']}.")
    return Tabulated(("Group", "Patients", "Share", "95 % CI, %"), rows, (note, *_left_out(result)))


def _of(group: Result) -> str:
    return WITHHELD if group["x"] is None else f"{count(group['x'])} of {count(group['n'])}"


@renderer("summary")
def summary(result: Result) -> Tabulated:
    """Median, quartiles and range; times in months, ages in years."""
    scale, unit = (1 / 30.4375, "months") if result["unit"] == "days" else (1.0, result["unit"])

    def shown(value: float | None) -> str:
        return DASH if value is None else rounded(value * scale)

    rows = tuple(
        (words(group["label"]), count(group["n"]), shown(group["median"]),
         f"{shown(group['q1'])} to {shown(group['q3'])}", f"{shown(group['min'])} to {shown(group['max'])}")
        for group in result["groups"]
    )  # fmt: skip
    return Tabulated(("Group", "n", f"Median, {unit}", "Quartiles", "Range"), rows, _left_out(result))


@renderer("table")
def table(result: Result) -> Tabulated:
    """A table as it was computed."""
    rows = tuple(tuple(_cell(cell) for cell in row) for row in result["rows"])
    return Tabulated(tuple(str(column) for column in result["columns"]), rows)


def _cell(value: Any) -> str:
    if value is None:
        return DASH
    return rounded(value) if isinstance(value, float) else str(value)


def in_short(result: Result) -> str:
    """The result of the first group in one phrase; empty when there is nothing to say."""
    if not result.get("groups"):
        return ""
    kind, group = result["kind"], result["groups"][0]
    if kind == "curve":
        limits = interval(group["median"]["lower"], group["median"]["upper"], scale=1 / 30.4375)
        return f"median {months(group['median']['days'])} months ({limits}), n {count(group['n'])}"
    if kind == "incidence":
        cause = group["causes"][0]
        reached = [reading for reading in cause["at"] if reading["estimate"] is not None]
        if not reached:
            return f"n {count(group['n'])}"
        last = reached[-1]
        return f"{percent(last['estimate'])} at {rounded(last['months'], 0)} months, n {count(group['n'])}"
    if kind == "proportion":
        return WITHHELD if group["x"] is None else f"{_of(group)} ({ratio_percent(group['x'], group['n'])})"
    if kind == "summary":
        return f"median {tabulate({**result, 'groups': [group]}).rows[0][2]}, n {count(group['n'])}"
    return ""


__all__ = ["RENDERERS", "Tabulated", "in_short", "p_value", "tabulate"]
