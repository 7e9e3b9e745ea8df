"""What one cell of a table prints, and sentences say in passing: an estimate with its limits, a median, a share."""

from collections.abc import Callable, Mapping
from typing import Any

from analytics.report.bound import Part, Place, Text, shown
from analytics.report.few import MARK, mark
from analytics.report.naming import words
from analytics.report.wording import (
    DASH,
    DAYS_PER_MONTH,
    NOT_REACHED,
    comparison_parts,
    count,
    interval,
    months,
    p_value,
    percent,
    rounded,
)
from analytics.stats.risk import FEW

Result = Mapping[str, Any]
Cell = Text


def name(group: Place) -> Text:
    return (words(group["label"].value),)


def number(printed: Callable[..., str], *places: Place) -> Cell:
    return (shown(printed, *places),)


def in_months(lower: float | None, upper: float | None) -> str:
    return interval(lower, upper, scale=1 / DAYS_PER_MONTH)


def in_percent(lower: float | None, upper: float | None) -> str:
    return interval(lower, upper, scale=100)


def median(group: Place) -> Text:
    """`15.3 (9.0 to 27.0)`, in months; `15.3† (...)` where it rests on few; a dash of nobody."""
    found = group["median"]
    if group["n"].value == 0:
        return (DASH,)
    few = mark(group, found["days"].value)
    return (shown(months, found["days"]), *few, " (", shown(in_months, found["lower"], found["upper"]), ")")


def reading(held: Place, at: Place) -> Text:
    """`42.9 % (32.2 to 53.2)` of a curve (a group, or a cause of one), marked where it rests on few; a dash beyond
    its last day."""
    if at["estimate"].value is None:
        return (shown(percent, at["estimate"]),)
    few = mark(held, at["days"].value, known=at.value.get("n_risk"))
    return (shown(percent, at["estimate"]), *few, " (", shown(in_percent, at["lower"], at["upper"]), ")")


def tested(found: Place) -> Text:
    """`Log-rank P <.0001`, the P value in its place."""
    before, after = comparison_parts(found.value)
    return (before, shown(p_value, found["p"])) if after is None else (before + after,)


def of(group: Place) -> Text:
    """`185 of 195`."""
    if group["x"].value is None:
        return (shown(count, group["x"]),)
    return (shown(count, group["x"]), " of ", shown(count, group["n"]))


def unit_of(result: Result) -> tuple[float, str]:
    """What times and ages are multiplied by to be read, and the unit they then have."""
    return (1 / DAYS_PER_MONTH, "months") if result["unit"] == "days" else (1.0, result["unit"])


def spread(group: Place | Mapping[str, Place], scale: float, *names: str, decimals: int = 1) -> Text:
    """`3.9 to 16.4`, or one number; one dash where none is known. What was read from a curve (`n_risk`) is marked where
    few were at risk, and may be `NR`."""
    n_risk = group.value.get("n_risk", {}) if isinstance(group, Place) else {}
    missing = {one: NOT_REACHED if n_risk.get(one, FEW) is None else DASH for one in names}
    if all(group[one].value is None for one in names) and len(set(missing.values())) == 1:
        return (shown(lambda *none: missing[names[0]], *(group[one] for one in names)),)
    told: list[Part] = []
    for one in names:

        def printed(value: float | None, absent: str = missing[one]) -> str:
            return absent if value is None else rounded(value * scale, decimals)

        few = (MARK,) if group[one].value is not None and n_risk.get(one, FEW) < FEW else ()
        told += [*([" to "] if told else []), shown(printed, group[one]), *few]
    return tuple(told)
