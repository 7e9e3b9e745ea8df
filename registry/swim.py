"""The courses of many patients as lines of one scale, for lists: from the first infusion to the last that is known."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from registry.dictionary.partial_date import PartialDate

DAYS_PER_YEAR = 365.25
WIDTH, EDGE = 170, 8
#: What is marked on the line, and its word.
MARKED = {"relapse": "relapse", "hsct": "transplant", "infusion": "infusion", "death": "death"}


@dataclass(frozen=True)
class Lane:
    """One patient's line in the drawing's units; `words` says the same for those who do not see it."""

    end: float
    marks: list[tuple[float, str]]
    words: str
    start: float = EDGE
    width: int = WIDTH


def lanes(courses: Mapping[int, Iterable[tuple[str, PartialDate]]]) -> dict[int, Lane]:
    """The lines of these patients, (kind, date) each; nobody without a dated infusion has one."""
    after = {patient: found for patient, marks in courses.items() if (found := _days(list(marks)))}
    longest = max((day for found in after.values() for _kind, day in found), default=0)
    return {patient: _lane(found, max(longest, 1)) for patient, found in after.items()}


def _days(marks: list[tuple[str, PartialDate]]) -> list[tuple[str, int]]:
    """(kind, days from the first infusion) of what came with or after it, in order."""
    zero: date | None = min((on.value for kind, on in marks if kind == "infusion"), default=None)
    if zero is None:
        return []
    return sorted(((kind, (on.value - zero).days) for kind, on in marks if on.value >= zero), key=lambda one: one[1])


def _lane(found: list[tuple[str, int]], longest: int) -> Lane:
    def x(day: int) -> float:
        return round(EDGE + (WIDTH - 2 * EDGE) * day / longest, 1)

    marks = [(x(day), kind) for kind, day in found if kind in MARKED]
    told = [f"{MARKED[kind]} on day {day}" for kind, day in found if kind in MARKED and day > 0]
    years = found[-1][1] / DAYS_PER_YEAR
    return Lane(x(found[-1][1]), marks, ", ".join([*told, f"known for {years:.1f} years"]))
