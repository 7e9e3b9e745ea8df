"""Figures of results: one renderer per kind, deterministic SVG, told in words inside.

Curves show confidence band, censoring marks and numbers at risk, and end where follow-up ends. Accepts the
promised JSON of a result and nothing else. matplotlib is imported when something is drawn, never by reading
this module.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from analytics.report import svg
from analytics.report.figure_forms import in_form
from analytics.report.naming import words
from analytics.report.phrases import in_short

Result = Mapping[str, Any]
Drawn = tuple[Any, str]  # the figure and what it shows, in words

RENDERERS: dict[str, Callable[[str, Result], Drawn]] = {}
#: A table with these columns is a regression and has a figure; any other is a table and nothing else.
FOREST_COLUMNS = ("term", "hazard_ratio", "lower", "upper", "p")
#: Kinds whose figure only compares groups; one group is a sentence.
NEEDS_GROUPS = frozenset({"proportion", "summary"})
#: How the name of a figure ends that stacks what competes.
STACKED = "_stacked"


def renderer(kind: str) -> Callable[[Callable[[str, Result], Drawn]], Callable[[str, Result], Drawn]]:
    def register(function: Callable[[str, Result], Drawn]) -> Callable[[str, Result], Drawn]:
        RENDERERS[kind] = function
        return function

    return register


def has_figure(result: Result) -> bool:
    """Whether there is something to draw: a kind with a figure, and patients; a lone number is none."""
    if result["kind"] == "table":
        return bool(result["rows"]) and set(FOREST_COLUMNS) <= set(result["columns"])
    drawn = [group for group in result["groups"] if group["n"]]
    return len(drawn) >= (2 if result["kind"] in NEEDS_GROUPS else 1)


def drawings(results: Mapping[str, Result]) -> Iterator[tuple[str, str, str]]:
    """The figures of an answer: name, key of the result it shows, and how it is drawn; blank for its kind's own way.

    Competing events of all patients together are drawn stacked too, once for the same events.
    """
    stacked = set()
    for key, result in results.items():
        if not has_figure(result):
            continue
        yield key, key, ""
        causes = _competing(result)
        if len(causes) > 1 and causes not in stacked:
            stacked.add(causes)
            yield f"{key}{STACKED}", key, "stacked"


def _competing(result: Result) -> frozenset[str]:
    """The events that compete for all patients together; none where groups are compared."""
    if result["kind"] != "incidence" or len(result["groups"]) != 1:
        return frozenset()
    return frozenset(cause["cause"] for cause in result["groups"][0]["causes"])


def title_of(name: str) -> str:
    """The title of a figure by its name."""
    key = name.removesuffix(STACKED)
    return words(key) if key == name else f"{words(key)}, stacked"


def draw(key: str, result: Result, *, synthetic: bool, form: str = "svg", title: str = "") -> bytes:
    """The figure of a result as svg, png or pdf: the same result gives the same bytes. The title is the key's own."""
    from analytics.report import bars, curves, flow, forest, lines_of_patients, stacked  # noqa: F401 - register renderers

    title = title or title_of(key)
    with svg.house_style():
        figure, shown = RENDERERS[result.get("drawn", result["kind"])](title, result)
        if synthetic:
            svg.mark_synthetic(figure)
            title = f"{title} (synthetic data)"
        description = " ".join(part for part in (shown, _in_words(result)) if part)
        drawn = svg.to_svg(figure, title=title, description=description)
    return in_form(drawn, form)


def _in_words(result: Result) -> str:
    if not result.get("groups"):
        return ""
    groups = (f"{words(group['label'])}: {in_short(result, place)}" for place, group in enumerate(result["groups"]))
    return "; ".join(groups) + "."
