"""Shares and quantities: points with their limits, one line per group, counts beside them."""

from typing import Any

from analytics.report.figures import Drawn, Result, renderer
from analytics.report.naming import words
from analytics.report.svg import COLOURS, GRID, INK, MUTED, name_lines, new_figure
from analytics.report.tabulate import tabulate
from analytics.report.wording import DAYS_PER_MONTH

WIDTH, LINE, TOP, BOTTOM = 7.4, 0.3, 0.62, 0.6  # inches
LEFT, RIGHT = 2.3, 2.35


def _canvas(title: str, labels: list[str]) -> tuple[Any, Any]:
    height = TOP + BOTTOM + LINE * len(labels)
    figure = new_figure(WIDTH, height)
    axes = figure.add_axes(
        (LEFT / WIDTH, BOTTOM / height, (WIDTH - LEFT - RIGHT) / WIDTH, (height - TOP - BOTTOM) / height)
    )
    axes.set_ylim(len(labels) - 0.5, -0.5)
    name_lines(axes, labels)
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    figure.text(0.012, 1 - 0.13 / height, title, ha="left", va="top", fontsize=11, fontweight="bold", color=INK)
    return figure, axes


def _point(axes: Any, row: int, middle: float | None, low: float | None, high: float | None) -> None:
    if middle is None:
        return
    if low is not None and high is not None:
        axes.plot([low, high], [row, row], color=COLOURS[0], linewidth=1.6, solid_capstyle="butt")
    axes.plot([middle], [row], marker="s", markersize=5.5, color=COLOURS[0], linestyle="none")


def _beside(axes: Any, row: int, text: str, *, at: float = 1.03) -> None:
    axes.text(at, row, text, transform=axes.get_yaxis_transform(), fontsize=8.5, color=INK, va="center")


@renderer("proportion")
def proportion(title: str, result: Result) -> Drawn:
    """Shares with exact limits."""
    groups = result["groups"]
    figure, axes = _canvas(title, [words(group["label"]) for group in groups])
    told = tabulate(result)
    for row, group in enumerate(groups):
        _point(axes, row, *(None if value is None else value * 100 for value in _limits(group)))
        patients, share = told.rows[row][1:3]
        _beside(axes, row, patients)
        _beside(axes, row, share, at=1.42)
    axes.set_xlim(0, 100)
    axes.set_xlabel("Percent of patients, 95 % confidence interval", fontsize=9)
    return figure, "Shares of patients with exact 95 % confidence intervals."


def _limits(group: Result) -> tuple[float | None, float | None, float | None]:
    return group["estimate"], group["lower"], group["upper"]


@renderer("summary")
def summary(title: str, result: Result) -> Drawn:
    """Medians and quartiles, with the range as a thin line."""
    groups = result["groups"]
    scale, unit = (1 / DAYS_PER_MONTH, "months") if result["unit"] == "days" else (1.0, result["unit"])
    figure, axes = _canvas(title, [words(group["label"]) for group in groups])
    told = tabulate(result)
    for row, group in enumerate(groups):
        median, q1, q3, low, high = (
            None if group[name] is None else group[name] * scale for name in ("median", "q1", "q3", "min", "max")
        )
        if low is not None and high is not None:
            axes.plot([low, high], [row, row], color=MUTED, linewidth=0.8)
        if q1 is not None and q3 is not None:
            axes.plot([q1, q3], [row, row], color=COLOURS[0], linewidth=6, alpha=0.35, solid_capstyle="butt")
        _point(axes, row, median, None, None)
        _beside(axes, row, f"{told.rows[row][2]} ({told.rows[row][3]}), n {told.rows[row][1]}")
    axes.set_xlim(left=min(0, *(axes.get_xlim())))
    axes.set_xlabel(f"{unit.capitalize()}: median, quartiles, range", fontsize=9)
    return figure, "Medians with quartiles and ranges."
