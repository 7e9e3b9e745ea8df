"""The flow of patients as a chart: boxes from the registry to the cohort and beyond, who left beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analytics.report.figures import Drawn, Result, renderer
from analytics.report.naming import prose, reason
from analytics.report.svg import COLOURS, INK, MUTED, new_figure
from analytics.report.wording import count

WIDTH, BOX, GAP, TOP = 7.4, 0.5, 0.3, 0.55  # inches
LEFT, BOX_WIDTH, SIDE = 0.35, 3.3, 4.15
MOST_REASONS, MOST_LETTERS = 3, 46


@dataclass(frozen=True)
class Onward:
    """What the cohort goes through next: a rate whose x is the next box, and who is not in it."""

    result: str
    reached: str
    not_reached: str


ONWARD: Mapping[str, tuple[Onward, ...]] = {
    "post_cart_relapse": (
        Onward("cr_rate", "reached complete remission", "no remission"),
        Onward("relapse_rate", "relapsed after CAR T", "no relapse on file"),
        Onward("hsct_after_relapse", "transplanted after the relapse", "no transplant after the relapse"),
    ),
    "post_infusion": (Onward("cr_rate", "reached complete remission", "no remission"),),
}


def flow(plan: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """The boxes of a plan: every step at which somebody left, and the rates the cohort goes through."""
    steps = answer["attrition"]
    boxes = [
        {"label": prose(step["step"]), "n": step["n"], "left": step["left"]}
        for number, step in enumerate(steps)
        if number in (0, len(steps) - 1) or step["left"]
    ]
    return {"kind": "flow", "boxes": [*boxes, *_onward(plan, answer, steps[-1]["n"])]}


def _onward(plan: str, answer: Mapping[str, Any], n: int | None) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for step in ONWARD.get(plan, ()):
        groups = answer["results"].get(step.result, {}).get("groups", [])
        if n is None or len(groups) != 1 or groups[0]["label"] != "all" or groups[0]["x"] is None:
            break
        x, asked = groups[0]["x"], groups[0]["n"]
        left = [{"reason": step.not_reached, "n": asked - x}, {"reason": "not evaluable", "n": n - asked}]
        found.append({"label": step.reached, "n": x, "left": [item for item in left if item["n"]]})
        n = x
    return found


@renderer("flow")
def flow_chart(title: str, result: Result) -> Drawn:
    """Boxes top to bottom; to the right, who left on the way to the box and why."""
    from matplotlib.patches import FancyBboxPatch

    boxes = result["boxes"]
    height = TOP + len(boxes) * BOX + (len(boxes) - 1) * GAP + 0.15
    figure = new_figure(WIDTH, height)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(0, height)
    axes.axis("off")
    axes.text(0.09, height - 0.13, title, ha="left", va="top", fontsize=11, fontweight="bold", color=INK)
    for number, box in enumerate(boxes):
        top = height - TOP - number * (BOX + GAP)
        last = number == len(boxes) - 1
        frame = FancyBboxPatch(
            (LEFT, top - BOX), BOX_WIDTH, BOX, boxstyle="round,pad=0,rounding_size=0.05", linewidth=1.1,
            edgecolor=COLOURS[0], facecolor=COLOURS[0] if last else "#eef5fa",
        )  # fmt: skip
        axes.add_patch(frame)
        ink = "#ffffff" if last else INK
        middle = LEFT + BOX_WIDTH / 2
        axes.text(middle, top - 0.16, count(box["n"]), ha="center", va="center", fontsize=11, fontweight="bold",
                  color=ink)  # fmt: skip
        axes.text(middle, top - 0.36, _short(box["label"]), ha="center", va="center", fontsize=8.5, color=ink)
        if number:
            _arrow(axes, (middle, top + GAP), (middle, top))
            _leavers(axes, box["left"], top + GAP / 2, middle)
    return figure, f"From the registry to the cohort: {_told(boxes)}."


def _arrow(axes: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    arrow = {"arrowstyle": "-|>", "color": MUTED, "linewidth": 1, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 9}
    axes.annotate("", xy=end, xytext=start, arrowprops=arrow)


def _leavers(axes: Any, left: Sequence[Result], y: float, middle: float) -> None:
    if not left:
        return
    _arrow(axes, (middle, y), (SIDE - 0.06, y))
    lines = [f"{count(item['n'])} {reason(item['reason'])}" for item in left[:MOST_REASONS]]
    if len(left) > MOST_REASONS:
        lines.append(f"{len(left) - MOST_REASONS} more reasons in the table")
    told = "\n".join(_short(line) for line in lines)
    axes.text(SIDE, y, told, ha="left", va="center", fontsize=8.5, color=INK, linespacing=1.25)


def _short(text: str) -> str:
    return text if len(text) <= MOST_LETTERS else f"{text[: MOST_LETTERS - 1]}…"


def _told(boxes: Sequence[Result]) -> str:
    return ", then ".join(f"{count(box['n'])} {box['label']}" for box in boxes)
