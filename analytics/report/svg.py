"""Figures as SVG that is the same bytes for the same data, readable without a style sheet, and told in words.

matplotlib draws; what it writes is then cleaned: styles become attributes (a strict content security policy
forbids inline styles), dates and program names go, a title and a description for screen readers come in.
"""

import io
import re
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from html import escape
from typing import Any

FONTS = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, 'DejaVu Sans', sans-serif"
NAME_LETTERS = 31  # of a line's name that fit beside a figure of lines
INK, MUTED, GRID, WARNING = "#1d2733", "#5a6675", "#dfe4ea", "#a02c00"
#: Okabe and Ito's colours, told apart with every common colour vision; dashes tell groups apart in grey.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#7a5c00", "#56b4e9", "#333333", "#e69f00")
DASHES = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (6, 2, 1.5, 2)), (0, (3, 1)), (0, (8, 3)), (0, (1, 3)), "-")

SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "cart19",
    "font.family": ["DejaVu Sans"],
    "font.size": 9.5,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "path.simplify": False,
}


@contextmanager
def house_style() -> Iterator[None]:
    """matplotlib's own settings replaced by ours, whatever a user's configuration file says."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(SETTINGS)
        yield


def new_figure(width: float, height: float) -> Any:
    """A figure of this size in inches, without any window or global state."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), facecolor="none")


def name_lines(axes: Any, names: Sequence[str]) -> None:
    """The names of lines one below the other, a long one on two lines; what does not fit on two ends in dots."""
    told = [textwrap.fill(name, NAME_LETTERS, max_lines=2, placeholder=" …") for name in names]
    axes.set_yticks([])
    across = axes.get_yaxis_transform()
    for row, name in enumerate(told):  # each line by itself: readers' fonts are narrower than the one measured here
        lines = name.split("\n")
        for number, line in enumerate(lines):
            y = row + (number - (len(lines) - 1) / 2) * 0.42
            axes.text(-0.02, y, line, transform=across, fontsize=8.5, color=INK, ha="right", va="center")


def mark_synthetic(figure: Any) -> None:
    """Say on the figure itself that nobody's data are shown."""
    box = {"boxstyle": "round,pad=0.35", "facecolor": "#fff1e8", "edgecolor": WARNING, "linewidth": 0.8}
    style = {
        "ha": "center",
        "va": "center",
        "fontsize": 8,
        "fontweight": "bold",
        "color": WARNING,
        "bbox": box,
    }
    figure.text(0.905, 1 - 0.2 / figure.get_figheight(), "SYNTHETIC DATA", **style)


def to_svg(figure: Any, *, title: str, description: str) -> bytes:
    """The figure's final bytes."""
    written = io.StringIO()
    figure.savefig(written, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return clean(written.getvalue(), title=title, description=description).encode("utf-8")


_STYLE = re.compile(r' style="([^"]*)"')
_HEAD = re.compile(r"^.*?<svg\b([^>]*)>", re.DOTALL)
_STRAYS = (
    re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL),
    re.compile(r"\s*<defs>\s*<style[^>]*>.*?</style>\s*</defs>", re.DOTALL),
    re.compile(r"\s*<!--.*?-->", re.DOTALL),
)


def clean(svg: str, *, title: str, description: str) -> str:
    """The SVG with attributes for styles, no metadata, our fonts, title and description."""
    for stray in _STRAYS:
        svg = stray.sub("", svg)
    svg = _STYLE.sub(_as_attributes, svg)
    head = (
        r'<svg\1 role="img" aria-labelledby="figure-title figure-description" '
        f'stroke-linejoin="round" stroke-linecap="butt" font-family="{FONTS}">\n'
    )
    words = (
        f'<title id="figure-title">{escape(title)}</title>\n'
        f'<desc id="figure-description">{escape(description)}</desc>\n'
    )
    return _HEAD.sub(head, svg, count=1).replace(">\n", f">\n{words}", 1)


def _as_attributes(match: re.Match[str]) -> str:
    told = []
    for part in match.group(1).split(";"):
        name, _colon, value = part.strip().partition(":")
        if name and name != "font-family":
            told.append(f'{name}="{value.strip()}"')
    return "".join(f" {attribute}" for attribute in told)
