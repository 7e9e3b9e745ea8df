"""Step curves: survival with band, censoring marks and numbers at risk; cumulative incidence by cause."""

from collections.abc import Sequence
from typing import Any

from analytics.report.canvas import Line, canvas
from analytics.report.few import MEANING
from analytics.report.figures import Drawn, Result, renderer
from analytics.report.naming import words
from analytics.report.svg import COLOURS, DASHES, INK
from analytics.report.wording import DAYS_PER_MONTH, comparison

MOST_MARKS = 300  # more censoring marks than this are a smear, not information
MOST_BANDS = 4  # more bands than this hide each other
BANDS, NO_BANDS = "95 % confidence bands", "limits in the table instead of bands"
THIN = 0.45  # of its width has a curve where it rests on few


@renderer("curve")
def survival(title: str, result: Result) -> Drawn:
    """Survival curves, one per group, with numbers at risk below."""
    groups = [group for group in result["groups"] if group["n"]]
    lines = [
        Line(words(group["label"]), group["steps"], 1.0, COLOURS[i % len(COLOURS)], DASHES[i % len(DASHES)])
        for i, group in enumerate(groups)
    ]
    note = comparison(result.get("comparison"))
    few = _few(lines)
    figure, axes = canvas(title, lines, at_risk=lines, tests=[note] if note else [], few=few, y_label="Probability")
    banded = len(lines) <= MOST_BANDS
    for line in lines:
        if banded:
            _band(axes, line, light=len(lines) > 2)
        _step(axes, line)
        _censored(axes, line)
    bands = BANDS if banded else NO_BANDS
    shown = f"Kaplan-Meier curves with {bands}, censoring marks and numbers at risk{few and f'; {few}'}"
    return figure, f"{shown}. {note}." if note else f"{shown}."


@renderer("incidence")
def incidence(title: str, result: Result) -> Drawn:
    """Cumulative incidences: colour tells the group (the cause, if one group), the dash the cause."""
    groups = [group for group in result["groups"] if group["n"]]
    one = len(groups) == 1
    causes = [words(cause["cause"]) for cause in groups[0]["causes"]] if groups else []
    lines = [
        Line(causes[j], cause["steps"], 0.0, COLOURS[(j if one else i) % len(COLOURS)], DASHES[j % len(DASHES)],
             1.7 if j == 0 else 1.3)
        for i, group in enumerate(groups)
        for j, cause in enumerate(group["causes"])
    ]  # fmt: skip
    at_risk = [
        Line(words(group["label"]), group["causes"][0]["steps"], 0.0, COLOURS[i % len(COLOURS)], "-")
        for i, group in enumerate(groups)
    ]
    by_dash = [Line(cause, {"days": ()}, 0.0, INK, DASHES[j % len(DASHES)], 1.3) for j, cause in enumerate(causes)]
    key = lines if one else [*at_risk, *by_dash]
    tests = [f"{words(str(test['cause']))}: {comparison(test)}" for test in result.get("comparison") or ()]
    few = _few(lines)
    figure, axes = canvas(title, lines, at_risk=at_risk, key=key, tests=tests, few=few, y_label="Cumulative incidence")
    banded = len(groups) <= MOST_BANDS
    for number, line in enumerate(lines):
        if banded and (one or number % len(causes) == 0):
            _band(axes, line, light=len(lines) > 2)
        _step(axes, line)
    bands = BANDS if banded else NO_BANDS
    shown = f"Cumulative incidence curves with competing risks, {bands} and numbers at risk{few and f'; {few}'}"
    return figure, f"{shown}. {'; '.join(tests)}." if tests else f"{shown}."


def _few(lines: Sequence[Line]) -> str:
    """How the figure shows where few are at risk; blank where none of its curves goes on so far."""
    return f"thin: {MEANING}" if any(few for line in lines for _xs, _ys, few in line.stretches()) else ""


def _step(axes: Any, line: Line) -> None:
    """The curve, thin where it rests on few."""
    for xs, ys, few in line.stretches():
        axes.step(
            xs,
            ys,
            where="post",
            color=line.colour,
            linestyle=line.dash,
            linewidth=line.width * (THIN if few else 1),
            solid_capstyle="butt",
        )


def _band(axes: Any, line: Line, *, light: bool) -> None:
    xs, lower = line.points("lower")
    _xs, upper = line.points("upper")
    if len(xs) == len(upper) and len(xs) > 1:
        axes.fill_between(xs, lower, upper, step="post", color=line.colour, alpha=0.07 if light else 0.14, linewidth=0)


def _censored(axes: Any, line: Line) -> None:
    """A tick on the curve for every day on which somebody was censored, unless too many to be read."""
    marks = censoring_days(line.steps)
    if not 0 < len(marks) <= MOST_MARKS:
        return
    xs = [day / DAYS_PER_MONTH for day, _value in marks]
    ys = [value for _day, value in marks]
    axes.plot(xs, ys, linestyle="none", marker="|", markersize=5, markeredgewidth=0.9, color=line.colour)


def censoring_days(steps: Result) -> list[tuple[float, float]]:
    """Days with censored patients and the curve's value there, from numbers at risk and steps alone."""
    found, before = [], 1.0
    entries = list(zip(steps["days"], steps["estimate"], steps["n_risk"], strict=True))
    for index, (day, value, n) in enumerate(entries):
        if value is None:
            continue
        after = entries[index + 1][2] if index + 1 < len(entries) else 0
        events = round(n * (1 - value / before)) if before > 0 else 0
        if n - after - events > 0:
            found.append((day, value))
        before = value
    return found
