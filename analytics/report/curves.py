"""Step curves: survival with band, censoring marks and numbers at risk; cumulative incidence by cause."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.report.figures import Drawn, Result, renderer
from analytics.report.naming import words
from analytics.report.svg import COLOURS, DASHES, GRID, INK, MUTED, new_figure
from analytics.report.wording import DAYS_PER_MONTH, comparison

WIDTH, PLOT_HEIGHT = 7.4, 3.9  # inches
LEFT, RIGHT, TOP, BOTTOM = 1.25, 0.25, 0.55, 0.62
ROW = 0.21  # height of a line of the table of numbers at risk
MOST_MARKS = 300  # more censoring marks than this are a smear, not information
MOST_POINTS = 1500  # a printed line has no more
SPACINGS = (1, 2, 3, 6, 12, 24, 36, 60, 120)  # months between ticks


@dataclass(frozen=True)
class Line:
    """One step curve to draw: days from 0, values from each day on."""

    label: str
    steps: Mapping[str, Sequence[Any]]
    start: float
    colour: str
    dash: Any
    width: float = 1.7

    def points(self, name: str) -> tuple[list[float], list[float]]:
        """Months and values of the estimate or a limit, from time zero to the last day and not beyond."""
        days, values = [0.0], [self.start]
        for day, value in zip(self.steps["days"], self.steps[name], strict=True):
            if value is None and name != "estimate":
                value = values[-1]
            if value is None:
                continue
            days.append(day)
            values.append(value)
        return thinned([day / DAYS_PER_MONTH for day in days], values)

    @property
    def last(self) -> float:
        return max(self.steps["days"], default=0) / DAYS_PER_MONTH


def thinned(xs: list[float], ys: list[float]) -> tuple[list[float], list[float]]:
    """At most MOST_POINTS points: the last one of each narrow strip, and both ends."""
    if len(xs) <= MOST_POINTS:
        return xs, ys
    wide = xs[-1] / MOST_POINTS
    keep = [i for i in range(len(xs)) if i in (0, len(xs) - 1) or int(xs[i] / wide) != int(xs[i + 1] / wide)]
    return [xs[i] for i in keep], [ys[i] for i in keep]


@renderer("curve")
def survival(title: str, result: Result) -> Drawn:
    """Survival curves, one per group, with numbers at risk below."""
    groups = [group for group in result["groups"] if group["n"]]
    lines = [
        Line(words(group["label"]), group["steps"], 1.0, COLOURS[i % len(COLOURS)], DASHES[i % len(DASHES)])
        for i, group in enumerate(groups)
    ]
    figure, axes, ticks = canvas(title, lines, rows=len(lines), y_label="Probability")
    for line in lines:
        _band(axes, line, light=len(lines) > 3)
        _step(axes, line)
        _censored(axes, line)
    note = comparison(result.get("comparison"))
    if note:
        axes.text(0.015, 0.04, note, transform=axes.transAxes, fontsize=8.5, color=INK)
    _legend(axes, lines, corner="upper right")
    at_risk_below(figure, axes, lines, ticks)
    shown = "Kaplan-Meier curves with 95 % confidence bands, censoring marks and numbers at risk"
    return figure, f"{shown}. {note}." if note else f"{shown}."


@renderer("incidence")
def incidence(title: str, result: Result) -> Drawn:
    """Cumulative incidences: colour tells the group (the cause, if one group), the dash the cause."""
    groups = [group for group in result["groups"] if group["n"]]
    lines = []
    for i, group in enumerate(groups):
        for j, cause in enumerate(group["causes"]):
            one = len(groups) == 1
            label = words(cause["cause"]) if one else f"{words(group['label'])}: {words(cause['cause'])}"
            colour = COLOURS[(j if one else i) % len(COLOURS)]
            lines.append(Line(label, cause["steps"], 0.0, colour, DASHES[j % len(DASHES)], 1.7 if j == 0 else 1.3))
    at_risk = [
        Line(words(group["label"]), group["causes"][0]["steps"], 0.0, COLOURS[i % len(COLOURS)], "-")
        for i, group in enumerate(groups)
    ]
    figure, axes, ticks = canvas(title, lines, rows=len(at_risk), y_label="Cumulative incidence")
    for number, line in enumerate(lines):
        if len(groups) == 1 or number % len(groups[0]["causes"]) == 0:
            _band(axes, line, light=len(lines) > 3)
        _step(axes, line)
    tests = [f"{words(str(test['cause']))}: {comparison(test)}" for test in result.get("comparison") or ()]
    for number, test in enumerate(tests):
        axes.text(0.015, 0.95 - 0.06 * number, test, transform=axes.transAxes, fontsize=8.5, color=INK, va="top")
    _legend(axes, lines, corner="upper right")
    at_risk_below(figure, axes, at_risk, ticks)
    shown = "Cumulative incidence curves with competing risks, 95 % confidence bands and numbers at risk"
    return figure, f"{shown}. {'; '.join(tests)}." if tests else f"{shown}."


def canvas(
    title: str, lines: list[Line], *, rows: int, y_label: str, right: float = RIGHT
) -> tuple[Any, Any, list[int]]:
    """A figure with axes in months, room for `rows` lines of numbers at risk, and the tick months."""
    risk = ROW * (rows + 1) + 0.12
    height = PLOT_HEIGHT + risk
    figure = new_figure(WIDTH, height)
    box = (
        LEFT / WIDTH,
        (BOTTOM + risk) / height,
        (WIDTH - LEFT - right) / WIDTH,
        (PLOT_HEIGHT - TOP - BOTTOM) / height,
    )
    axes = figure.add_axes(box)
    last = max((line.last for line in lines), default=0) or 1
    spacing = next((wide for wide in SPACINGS if last / wide <= 8), SPACINGS[-1])
    ticks = list(range(0, int(last) + 1, spacing))
    axes.set_xlim(0, last * 1.01)
    axes.set_ylim(0, 1.01)
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "0.25", "0.50", "0.75", "1.00"])
    axes.grid(axis="y", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("Months", fontsize=9)
    axes.set_ylabel(y_label, fontsize=9)
    figure.text(0.012, 1 - 0.13 / height, title, ha="left", va="top", fontsize=11, fontweight="bold", color=INK)
    return figure, axes, ticks


def _step(axes: Any, line: Line) -> None:
    xs, ys = line.points("estimate")
    axes.step(
        xs,
        ys,
        where="post",
        color=line.colour,
        linestyle=line.dash,
        linewidth=line.width,
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


def _legend(axes: Any, lines: list[Line], *, corner: str) -> None:
    if len(lines) < 2:
        return
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color=line.colour, linestyle=line.dash, linewidth=line.width) for line in lines]
    axes.legend(handles, [line.label for line in lines], loc=corner, frameon=False, fontsize=8.5, handlelength=2.6)


def at_risk_below(figure: Any, axes: Any, lines: list[Line], ticks: list[int]) -> None:
    """The table of numbers at risk, aligned with the ticks; it ends where the curve ends."""
    from matplotlib.transforms import blended_transform_factory

    height = figure.get_figheight()
    across = blended_transform_factory(axes.transData, figure.transFigure)
    top = (ROW * (len(lines) + 1) + 0.05) / height
    figure.text(0.012, top, "At risk", fontsize=8.5, fontweight="bold", color=MUTED, va="center")
    for number, line in enumerate(lines, start=1):
        y = top - number * ROW / height
        label = line.label if len(line.label) <= 14 else f"{line.label[:13]}…"
        figure.text(0.012, y, label, fontsize=8.5, color=line.colour, va="center")
        for tick in ticks:
            n = at_risk(line.steps, tick * DAYS_PER_MONTH)
            if n is not None:
                axes.text(
                    tick,
                    y,
                    str(n),
                    transform=across,
                    fontsize=8.5,
                    color=INK,
                    ha="center",
                    va="center",
                    clip_on=False,
                )


def at_risk(steps: Result, day: float) -> int | None:
    """How many are still followed on a day; None beyond the last day of the curve."""
    return next((n for known, n in zip(steps["days"], steps["n_risk"], strict=True) if known >= day), None)
