"""Competing events as areas of one whole: relapse, death without it, and nobody's event yet on top."""

from bisect import bisect_right
from collections.abc import Sequence

from analytics.report.canvas import Line, canvas, thinned
from analytics.report.few import MARK, MEANING
from analytics.report.figures import Drawn, Result, renderer
from analytics.report.naming import words
from analytics.report.svg import INK
from analytics.report.wording import DAYS_PER_MONTH, percent
from analytics.stats.risk import rests_on_few

#: Told apart with every common colour vision and, dark between light, in grey.
AREAS = ("#e69f00", "#4a4a4a", "#cc79a7", "#7a5c00")
FREE, FREE_COLOUR = "Event-free", "#9fc5de"
BESIDE = 2.1  # inches right of the areas, for their names
APART = 0.065  # of the height: names closer than this are moved apart
PALE = 0.55  # how much white lies over the areas where they rest on few


@renderer("stacked")
def stacked(title: str, result: Result) -> Drawn:
    """Cumulative incidences on top of each other up to 1, each area named where it ends."""
    group = next((group for group in result["groups"] if group["n"]), {"causes": []})
    causes = group["causes"]
    days, heights = _heights(causes)
    end = Line("All", {"days": days[-1:]}, 0.0, INK, "-")
    followed = [Line("All", cause["steps"], 0.0, INK, "-") for cause in causes[:1]]
    begins = _few_from(causes, days)
    few, mark = (f"pale, {MARK}: {MEANING}", MARK) if begins < days[-1] else ("", "")
    figure, axes = canvas(title, [end], at_risk=followed, y_label="Share of patients", few=few, right=BESIDE)
    names = [*(words(cause["cause"]) for cause in causes), FREE]
    months = [day / DAYS_PER_MONTH for day in days]
    floor, middles = [0.0] * len(days), []
    for height, colour in zip((*heights, None), (*AREAS[: len(causes)], FREE_COLOUR), strict=True):
        top = [1.0] * len(days) if height is None else [low + own for low, own in zip(floor, height, strict=True)]
        xs, low = thinned(months, floor)
        axes.fill_between(xs, low, thinned(months, top)[1], step="post", color=colour, edgecolor="#ffffff",
                          linewidth=0.6)  # fmt: skip
        middles.append((floor[-1] + top[-1]) / 2)
        floor = top
    if few:
        axes.axvspan(begins / DAYS_PER_MONTH, months[-1], color="#ffffff", alpha=PALE, linewidth=0)
    ends = [height[-1] for height in heights]
    shares = [f"{percent(share)}{mark}" for share in (*ends, max(1 - sum(ends), 0.0))]
    for y, name, share in zip(_apart(middles), names, shares, strict=True):
        axes.annotate(f"{name} {share}", (1.02, y), xycoords=("axes fraction", "data"), fontsize=8.5, color=INK,
                      va="center", annotation_clip=False)  # fmt: skip
    told = ", ".join(f"{name.lower()} {share}" for name, share in zip(names, shares, strict=True))
    shown = f"Cumulative incidences stacked up to all patients, with numbers at risk{few and f'; {few}'}"
    return figure, f"{shown}. At {months[-1]:.0f} months: {told}."


def _heights(causes: Sequence[Result]) -> tuple[list[float], list[list[float]]]:
    """Days from 0 to the last that every cause is known on, and each cause's incidence on these days."""
    known = [[(day, value) for day, value in zip(cause["steps"]["days"], cause["steps"]["estimate"], strict=True)
              if value is not None] for cause in causes]  # fmt: skip
    last = min((steps[-1][0] if steps else 0.0 for steps in known), default=0.0)
    days = sorted({0.0, last, *(day for steps in known for day, _value in steps if day <= last)})
    return days, [_on(steps, days) for steps in known]


def _few_from(causes: Sequence[Result], days: Sequence[float]) -> float:
    """The last day of the figure on which its areas do not rest on few yet."""
    enough = [day for cause in causes[:1] for day in days if not rests_on_few(cause["steps"], day)]
    return max(enough, default=0.0)


def _on(steps: Sequence[tuple[float, float]], days: Sequence[float]) -> list[float]:
    """A step curve's value on each of these days; 0 before its first."""
    begins = [day for day, _value in steps]
    places = (bisect_right(begins, day) for day in days)
    return [steps[place - 1][1] if place else 0.0 for place in places]


def _apart(middles: Sequence[float]) -> list[float]:
    """Heights of the names, in their order, none on another and none above the figure."""
    placed: list[float] = []
    for middle in middles:
        placed.append(max(middle, placed[-1] + APART) if placed else middle)
    ceiling = 1.0
    for place in range(len(placed) - 1, -1, -1):
        placed[place] = min(placed[place], ceiling)
        ceiling = placed[place] - APART
    return placed
