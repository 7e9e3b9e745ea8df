"""Results as sentences of a report: one renderer per kind, every number with its place in the results."""

from collections.abc import Callable

from analytics.report.bound import Part, Place, Text, shown
from analytics.report.cells import (
    in_months,
    in_percent,
    of,
    reading,
    spread,
    tested,
    unit_of,
)
from analytics.report.few import mark, noted
from analytics.report.naming import capital, within, words
from analytics.report.nobody import not_estimable
from analytics.report.phrases import phrase
from analytics.report.wording import DASH, count, months, ratio_percent, rounded

READ_AT = (12, 24, 60)  # months that a sentence tells; the table has all
CI = "95 % CI "
GROUPS_IN_FULL = 2  # more groups are told in a phrase each
MOST_GROUPS = 8  # and more than these by figure and table alone

RENDERERS: dict[str, Callable[[Place, Place], Text]] = {}


def renderer(kind: str) -> Callable[[Callable[[Place, Place], Text]], Callable[[Place, Place], Text]]:
    def register(function: Callable[[Place, Place], Text]) -> Callable[[Place, Place], Text]:
        RENDERERS[kind] = function
        return function

    return register


def sentence(result: Place) -> Text:
    """What a result says, group by group, with its test; empty for a table."""
    groups = list(result.get("groups"))
    if why := not_estimable(result.value):
        return (f"{capital(why)}.",)
    if result.value["kind"] not in RENDERERS:
        return ()
    if len(groups) > MOST_GROUPS:
        return (f"{len(groups)} groups; see the table.", *tests(result))
    told: list[Part] = []
    for index, group in enumerate(groups):
        label = group["label"].value
        named = "" if label == "all" else f"{words(label)}: "
        short = len(groups) > GROUPS_IN_FULL or group["n"].value == 0
        one = phrase(result, index) if short else RENDERERS[result.value["kind"]](result, group)
        told += [" " if told else "", named, *one, "."]
    note = [part for text in noted([tuple(told)]) for part in (" ", *text)]
    return (*told, *tests(result), *note)


def message(result: Place) -> Text:
    """The same in one line: for key messages and tables, which say below what the mark of few patients means."""
    groups = list(result.get("groups"))
    if not_estimable(result.value):
        return ()
    if len(groups) > GROUPS_IN_FULL + 1:
        return tests(result)[1:]
    told: list[Part] = []
    for index, group in enumerate(groups):
        label = group["label"].value
        told += ["; " if told else "", "" if label == "all" else f"{within(words(label))} "]
        rate = result.value["kind"] == "proportion" and group["x"].value is not None and group["n"].value != 0
        told += RENDERERS["proportion"](result, group) if rate else phrase(result, index)
    return (*told, ".", *tests(result))


def lone_cells(result: Place) -> tuple[Text, Text, Text]:
    """n, estimate and limits of the only group of a rate or a quantity."""
    group = result["groups"][0]
    if why := not_estimable(result.value):
        return (shown(count, group["n"]),), (why,), (DASH,)
    if result.value["kind"] == "proportion":
        limits = shown(in_percent, group["lower"], group["upper"])
        return of(group), (shown(ratio_percent, group["x"], group["n"]),), (limits,)
    scale, unit = unit_of(result.value)
    return (shown(count, group["n"]),), (*spread(group, scale, "median"), f" {unit}"), spread(group, scale, "q1", "q3")


def tests(result: Place) -> Text:
    found = result.value.get("comparison")
    if not found:
        return ()
    if isinstance(found, dict):
        return (" ", *tested(result["comparison"]), ".")
    told: list[Part] = []
    for test in result["comparison"]:
        told += [f" {words(str(test['cause'].value))}: ", *tested(test), "."]
    return tuple(told)


def _read(held: Place, before: str) -> list[Part]:
    """`at 24 months 42.9 % (32.2 to 53.2)` for the times a sentence tells and the curve reaches."""
    told: list[Part] = []
    for at in held["at"]:
        if at["months"].value in READ_AT and at["estimate"].value is not None:
            told += [f"{', ' if told else before}{rounded(at['months'].value, 0)} months ", *reading(held, at)]
    return told


@renderer("curve")
def curve(result: Place, group: Place) -> Text:
    """Patients, events, median and survival at the years."""
    found = group["median"]
    limits = (CI, shown(in_months, found["lower"], found["upper"]))
    middle: Text = ("median not reached",)
    if found["days"].value is not None:
        few = mark(group, found["days"].value)
        middle = ("median ", shown(months, found["days"]), *few, " months (", *limits, ")")
    return (shown(count, group["n"]), " patients, ", shown(count, group["events"]), " events, ", *middle,
            *_read(group, "; estimate at "))  # fmt: skip


@renderer("incidence")
def incidence(result: Place, group: Place) -> Text:
    """Events of each cause and its cumulative incidence at the years."""
    told: list[Part] = [shown(count, group["n"]), " patients"]
    for cause in group["causes"]:
        told += [f"; {within(words(cause['cause'].value))} in ", shown(count, cause["events"])]
        told += _read(cause, ", cumulative incidence at ")
    return tuple(told)


@renderer("proportion")
def proportion(result: Place, group: Place) -> Text:
    """So many of so many, with exact limits."""
    if group["x"].value is None:
        return of(group)
    limits = shown(in_percent, group["lower"], group["upper"])
    return (*of(group), " (", shown(ratio_percent, group["x"], group["n"]), f", {CI}", limits, ")")


@renderer("summary")
def summary(result: Place, group: Place) -> Text:
    """Median and quartiles."""
    scale, unit = unit_of(result.value)
    return ("median ", *spread(group, scale, "median"), f" {unit} (quartiles ", *spread(group, scale, "q1", "q3"),
            ") in ", shown(count, group["n"]), " patients")  # fmt: skip
