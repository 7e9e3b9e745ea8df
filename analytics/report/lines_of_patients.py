"""The course of the cohort: stacked bars of the states by month, and one line per relapsed patient (swimmer plot)."""

from typing import Any

from analytics.report.few import MARK, MEANING
from analytics.report.figures import Drawn, Result, renderer
from analytics.report.naming import within, words
from analytics.report.svg import GRID, INK, MUTED, new_figure
from analytics.report.wording import DAYS_PER_MONTH, count, percent
from analytics.stats.risk import FEW

WIDTH = 7.4
#: From well to worst, told apart with every common colour vision and in grey.
STATE_COLOURS = {
    "in_remission": "#0072b2",
    "before_remission": "#9fc5de",
    "relapsed": "#e69f00",
    "after_hsct": "#009e73",
    "dead": "#4a4a4a",
}
MOST_LINES = 120
MOST_TICKS = 13
MARKS = {  # what a mark means: sign, colour, word
    "salvage1": ("^", "#d55e00", "salvage begins"),
    "hsct_post": ("s", "#009e73", "transplant"),
    "next_relapse": ("D", "#cc79a7", "next relapse"),
}


@renderer("occupancy")
def occupancy(title: str, result: Result) -> Drawn:
    """Stacked bars by month; the number still followed stands under each bar."""
    height, at = 4.2, result["at"]
    figure = new_figure(WIDTH, height)
    axes = figure.add_axes((0.85 / WIDTH, 1.0 / height, (WIDTH - 3.0) / WIDTH, (height - 1.6) / height))
    bottom = [0.0] * len(at)
    places = range(len(at))
    many = sum(reading["n_risk"] >= FEW for reading in at)  # patients only leave: the others follow
    for state, colour in STATE_COLOURS.items():
        shares = [reading[state] or 0.0 for reading in at]  # a withheld share leaves a gap of the total
        axes.bar(places, shares, bottom=bottom, width=0.82, color=colour, edgecolor="#ffffff", linewidth=0.6,
                 label=words(state))  # fmt: skip
        bottom = [low + share for low, share in zip(bottom, shares, strict=True)]
    for place in places[many:]:
        axes.text(place, 1.01, MARK, transform=axes.get_xaxis_transform(), ha="center", fontsize=8.5, color=INK)
    few = f"{MARK} {MEANING}" if many < len(at) else ""
    axes.text(1.02, -0.29, few, transform=axes.transAxes, fontsize=8.5, color=MUTED)
    axes.set_xlim(-0.6, len(at) - 0.4)
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0 %", "25 %", "50 %", "75 %", "100 %"])
    every = 1 if len(at) <= MOST_TICKS else 2
    axes.set_xticks(list(places)[::every], [str(reading["months"]) for reading in at][::every])
    axes.set_xlabel("Months from infusion", fontsize=9)
    figure.text(0.012, 0.31 / height, "Followed", fontsize=8.5, fontweight="bold", color=MUTED, va="center")
    for place in list(places)[::every]:
        axes.text(place, -0.29, count(at[place]["n_risk"]), transform=axes.get_xaxis_transform(), ha="center",
                  fontsize=8.5, color=INK)  # fmt: skip
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], loc="upper left", bbox_to_anchor=(1.02, 1), frameon=False, fontsize=8.5)
    figure.text(0.012, 1 - 0.13 / height, title, ha="left", va="top", fontsize=11, fontweight="bold", color=INK)
    last = at[max(many, 1) - 1]
    told = ", ".join(f"{within(words(state))} {percent(last[state])}" for state in STATE_COLOURS)
    shown = f"Share of patients in each state by month from infusion{few and f'; {few}'}"
    return figure, f"{shown}. At {last['months']} months: {told}."


@renderer("courses")
def courses(title: str, result: Result) -> Drawn:
    """One bar per patient from relapse to death or last contact, with what happened on the way."""
    lines = result["lines"][:MOST_LINES]
    height = 1.35 + max(0.085 * len(lines), 0.8)
    figure = new_figure(WIDTH, height)
    axes = figure.add_axes((0.35 / WIDTH, 0.6 / height, (WIDTH - 0.6) / WIDTH, (height - 1.35) / height))
    ends = [line["days"] / DAYS_PER_MONTH for line in lines]
    axes.barh(range(len(lines)), ends, height=0.62, color="#c7d8e4", linewidth=0)
    _points(axes, [(end, row) for row, (end, line) in enumerate(zip(ends, lines, strict=True)) if line["dead"]],
            "X", INK, "death")  # fmt: skip
    _points(axes, [(end, row) for row, (end, line) in enumerate(zip(ends, lines, strict=True)) if not line["dead"]],
            ">", "#0072b2", "alive at last contact")  # fmt: skip
    for name, (sign, colour, word) in MARKS.items():
        found = [(line[name] / DAYS_PER_MONTH, row) for row, line in enumerate(lines) if line[name] is not None]
        _points(axes, found, sign, colour, word)
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.set_xlim(0, (max(ends, default=0) or 1) * 1.02)
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel("Months from relapse; one line per patient", fontsize=9)
    figure.legend(*axes.get_legend_handles_labels(), loc="upper left", ncols=5, frameon=False, fontsize=8.5,
                  bbox_to_anchor=(0.005, 1 - 0.33 / height), handletextpad=0.2, columnspacing=1.2)  # fmt: skip
    figure.text(0.012, 1 - 0.13 / height, title, ha="left", va="top", fontsize=11, fontweight="bold", color=INK)
    dead = sum(line["dead"] for line in lines)
    more = (
        f" The {len(lines)} longest of {len(result['lines'])} are shown." if len(result["lines"]) > len(lines) else ""
    )
    told = (
        f"One line per relapsed patient from relapse to death or last contact: {len(lines)} lines, {dead} end in death"
    )
    return figure, f"{told}.{more}"


def _points(axes: Any, found: list[tuple[float, int]], sign: str, colour: str, word: str) -> None:
    if found:
        axes.scatter([x for x, _row in found], [row for _x, row in found], marker=sign, s=15, color=colour, label=word,
                     linewidths=0, zorder=3, clip_on=False)  # fmt: skip
