"""The result of one group in a phrase: for lists, headlines, mails and the words of a figure."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from analytics.report.bound import Place, Text, plain, shown
from analytics.report.cells import in_months, of, reading, spread, unit_of
from analytics.report.few import MARK, MEANING, is_marked, mark
from analytics.report.naming import prose, reason
from analytics.report.nobody import NOT_ESTIMABLE, not_estimable
from analytics.report.wording import count, months, ratio_percent, rounded

Result = Mapping[str, Any]


def phrase(result: Place, group: int = 0) -> Text:
    """The result of one group, the first, in one phrase; why there is none where nobody is in the result."""
    if why := not_estimable(result.value):
        return (why,)
    one = result["groups"][group]
    if one["n"].value == 0:
        return (f"{NOT_ESTIMABLE}, n ", shown(count, one["n"]))
    return PHRASES[result.value["kind"]](result, one)


def _curve_phrase(result: Place, group: Place) -> Text:
    found = group["median"]
    n = (", n ", shown(count, group["n"]))
    limits: Text = (" (", shown(in_months, found["lower"], found["upper"]), ")")
    if found["days"].value is None:
        return ("median not reached", *(limits if found["lower"].value is not None else ()), *n)
    few = mark(group, found["days"].value)
    return ("median ", shown(months, found["days"]), *few, " months", *limits, *n)


def _incidence_phrase(result: Place, group: Place) -> Text:
    cause = group["causes"][0]
    reached = [at for at in cause["at"] if at["estimate"].value is not None]
    told: Text = ("n ", shown(count, group["n"]))
    if not reached:
        return told
    month = f" at {rounded(reached[-1]['months'].value, 0)} months, "
    return (*reading(cause, reached[-1]), month, *told)


def _proportion_phrase(result: Place, group: Place) -> Text:
    if group["x"].value is None:
        return of(group)
    return (*of(group), " (", shown(ratio_percent, group["x"], group["n"]), ")")


def _summary_phrase(result: Place, group: Place) -> Text:
    scale, _unit = unit_of(result.value)
    return ("median ", *spread(group, scale, "median"), ", n ", shown(count, group["n"]))


PHRASES: dict[str, Callable[[Place, Place], Text]] = {
    "curve": _curve_phrase,
    "incidence": _incidence_phrase,
    "proportion": _proportion_phrase,
    "summary": _summary_phrase,
}


def in_steps(steps: Iterable[Result]) -> list[dict[str, Any]]:
    """The way from the registry to the patients studied, as a page prints it."""
    return [
        {
            "step": prose(step["step"]),
            "n": count(step["n"]),
            "left": [f"{count(item['n'])} {reason(item['reason'])}" for item in step["left"]],
        }
        for step in steps
    ]


def in_short(result: Result, group: int = 0) -> str:
    """The result of one group, the first, as text that stands alone: it says itself what its mark means."""
    told = phrase(Place(result), group)
    return f"{plain(told)} ({MARK} {MEANING})" if is_marked([told]) else plain(told)
