"""Hazard ratios with their limits, one line per term, on a logarithmic axis: the forest plot of a regression."""

import math
from typing import Any

from analytics.report.bars import BOTTOM, LINE, TOP
from analytics.report.figures import FOREST_COLUMNS, Drawn, Result, renderer
from analytics.report.naming import capital, term
from analytics.report.svg import COLOURS, GRID, INK, MUTED, name_lines, new_figure
from analytics.report.wording import DASH, p_value, rounded

WIDTH, LEFT, RIGHT = 7.4, 2.3, 2.2
TICKS = (0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20)


@renderer("table")
def forest(title: str, result: Result) -> Drawn:
    """Squares and limits; a term that cannot be estimated has its line and no square."""
    columns = list(result["columns"])
    rows = [{name: row[columns.index(name)] for name in FOREST_COLUMNS} for row in result["rows"]]
    rows = [row for row in rows if row["term"] != "GLOBAL"]  # the test of all terms together has no ratio
    height = TOP + BOTTOM + LINE * len(rows)
    figure = new_figure(WIDTH, height)
    axes = figure.add_axes(
        (LEFT / WIDTH, BOTTOM / height, (WIDTH - LEFT - RIGHT) / WIDTH, (height - TOP - BOTTOM) / height)
    )
    axes.set_xscale("log")
    low, high = _range(rows)
    axes.set_xlim(low, high)
    ticks = [tick for tick in TICKS if low <= tick <= high]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.axvline(1, color=MUTED, linewidth=0.9)
    for number, row in enumerate(rows):
        _line(axes, number, row)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    name_lines(axes, [capital(term(str(row["term"]))) for row in rows])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("Hazard ratio, 95 % confidence interval (log scale)", fontsize=9)
    figure.text(0.012, 1 - 0.13 / height, title, ha="left", va="top", fontsize=11, fontweight="bold", color=INK)
    told = "; ".join(f"{term(str(row['term']))} {_ratio(row)}" for row in rows)
    return figure, f"Hazard ratios with 95 % confidence intervals. {told}."


def _line(axes: Any, number: int, row: dict[str, Any]) -> None:
    if row["hazard_ratio"] is not None:
        if row["lower"] is not None and row["upper"] is not None:
            axes.plot([row["lower"], row["upper"]], [number, number], color=COLOURS[0], linewidth=1.6)
        axes.plot([row["hazard_ratio"]], [number], marker="s", markersize=5.5, color=COLOURS[0], linestyle="none")
    for place, text in ((1.03, _ratio(row)), (1.52, f"P {p_value(row['p'])}")):
        axes.text(place, number, text, transform=axes.get_yaxis_transform(), fontsize=8.5, color=INK, va="center")


def _range(rows: list[dict[str, Any]]) -> tuple[float, float]:
    known = [row[name] for row in rows for name in ("hazard_ratio", "lower", "upper") if row[name]]
    known = [value for value in known if math.isfinite(value) and 0.01 <= value <= 100] or [1.0]
    return min(0.45, *known) / 1.1, max(2.2, *known) * 1.1


def _ratio(row: dict[str, Any]) -> str:
    if row["hazard_ratio"] is None:
        return DASH
    return f"{rounded(row['hazard_ratio'], 2)} ({rounded(row['lower'], 2)} to {rounded(row['upper'], 2)})"
