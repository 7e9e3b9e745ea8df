"""The paper a curve is drawn on: axes in months, what the lines mean above them, numbers at risk below.

Nothing but the curves stands inside the axes: however many groups there are and however long their names, no text
covers a line.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import ceil
from typing import Any

from analytics.report.svg import GRID, INK, MUTED, new_figure
from analytics.report.wording import DAYS_PER_MONTH
from analytics.stats.risk import at_risk, rests_on_few

WIDTH, PLOT_HEIGHT = 7.4, 3.9  # inches
LEFT, RIGHT, TOP, BOTTOM = 1.25, 0.25, 0.55, 0.62
ROW = 0.21  # height of a line of text above or below the axes
LETTER = 0.068  # width of a letter of such a line
LONGEST_NAME = 24  # letters of a group's name beside its numbers at risk; longer ones stand above theirs
HANDLE = 0.62  # width of the stroke before a name in the key, with the gap after it
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

    def stretches(self) -> Iterator[tuple[list[float], list[float], bool]]:
        """The estimate in stretches that rest on enough patients and such that rest on few (True), end to end."""
        xs, ys = self.points("estimate")
        middles = ((one + other) / 2 * DAYS_PER_MONTH for one, other in pairwise(xs))
        begin = 0
        for few, parts in groupby(rests_on_few(self.steps, day) for day in middles):
            end = begin + sum(1 for _part in parts)
            yield xs[begin : end + 1], ys[begin : end + 1], few
            begin = end

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


def canvas(
    title: str,
    lines: Sequence[Line],
    *,
    at_risk: Sequence[Line],
    key: Sequence[Line] | None = None,
    tests: Sequence[str] = (),
    y_label: str,
    few: str = "",
    right: float = RIGHT,
) -> tuple[Any, Any]:
    """A figure with axes in months, the key (of the lines) and the tests above, and numbers at risk below.

    few: how the figure shows where few are at risk, said beside the numbers.
    """
    key = lines if key is None else key
    rows = _rows_each(at_risk)
    left = max(LEFT, 0.2 + LETTER * max((len(line.label) for line in at_risk), default=0)) if rows == 1 else LEFT
    columns = _key_columns(key, WIDTH - left - right)
    above = ROW * (ceil(len(key) / columns) if len(key) > 1 else 0) + ROW * len(tests)
    below = ROW * (len(at_risk) * rows + 1) + 0.12
    height = PLOT_HEIGHT + above + below
    figure = new_figure(WIDTH, height)
    axes = figure.add_axes((
        left / WIDTH,
        (BOTTOM + below) / height,
        (WIDTH - left - right) / WIDTH,
        (PLOT_HEIGHT - TOP - BOTTOM) / height,
    ))  # fmt: skip
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
    _tests_above(axes, tests)
    _key_above(axes, key, columns, over=ROW * len(tests))
    _at_risk_below(figure, axes, at_risk, ticks, few)
    return figure, axes


def _inches_above(axes: Any, inches: float) -> float:
    """A height above the axes as a share of theirs."""
    return 1 + inches / (PLOT_HEIGHT - TOP - BOTTOM)


def _tests_above(axes: Any, tests: Sequence[str]) -> None:
    for number, test in enumerate(reversed(tests)):
        y = _inches_above(axes, 0.07 + ROW * number)
        axes.text(0, y, test, transform=axes.transAxes, fontsize=8.5, color=INK, va="bottom")


def _key_columns(lines: Sequence[Line], room: float) -> int:
    widest = max((len(line.label) for line in lines), default=0) * LETTER + HANDLE
    return max(1, min(len(lines), int(room / widest)))


def _key_above(axes: Any, lines: Sequence[Line], columns: int, *, over: float) -> None:
    """Which line is which; read from left to right, as the groups are listed."""
    if len(lines) < 2:
        return
    from matplotlib.lines import Line2D

    rows = ceil(len(lines) / columns)
    drawn = [Line2D([], [], color=line.colour, linestyle=line.dash, linewidth=line.width) for line in lines]
    # A legend fills column by column.
    order = [at for column in range(columns) for row in range(rows) if (at := row * columns + column) < len(lines)]
    axes.legend([drawn[at] for at in order], [lines[at].label for at in order], ncols=columns, frameon=False,
                loc="lower left", bbox_to_anchor=(0, _inches_above(axes, 0.05 + over)), borderaxespad=0, borderpad=0,
                fontsize=8.5, handlelength=2.6, labelspacing=0.55, columnspacing=1.6)  # fmt: skip


def _rows_each(lines: Sequence[Line]) -> int:
    """How many rows the numbers at risk of a group take, its name included."""
    return 2 if any(len(line.label) > LONGEST_NAME for line in lines) else 1


def _at_risk_below(figure: Any, axes: Any, lines: Sequence[Line], ticks: Sequence[int], few: str) -> None:
    """The table of numbers at risk, aligned with the ticks; it ends where the curve ends."""
    from matplotlib.transforms import blended_transform_factory

    height, rows = figure.get_figheight(), _rows_each(lines)
    across = blended_transform_factory(axes.transData, figure.transFigure)
    top = (ROW * (len(lines) * rows + 1) + 0.05) / height
    figure.text(0.012, top, "At risk", fontsize=8.5, fontweight="bold", color=MUTED, va="center")
    figure.text(axes.get_position().x0, top, few, fontsize=8.5, color=MUTED, va="center")
    for number, line in enumerate(lines):
        y = top - (number * rows + 1) * ROW / height
        figure.text(0.012, y, line.label, fontsize=8.5, color=line.colour, va="center")
        y -= (rows - 1) * ROW / height
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
