"""Comparisons with what is only partly known: dates known to the month, numbers below a measuring range.

Every answer has three values: surely so, surely not, cannot be decided. Only what is surely wrong is an
error; an order that cannot be decided becomes the flag A01 (data dictionary 1.3). Checks never look inside an
interval themselves.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from registry.checks.case import Row
from registry.checks.engine import Hit
from registry.dictionary.partial_date import PartialDate

DAYS_PER_YEAR = 365.25

# Orders of two dates ----------------------------------------------------------------------------------------


def must_not_follow(
    row: Row,
    column: str,
    other: Row,
    other_column: str,
    message: str,
    *,
    allowance: int = 0,
    reads: tuple[str, ...] = (),
) -> Iterator[Hit]:
    """row.column must not lie after other.column (plus an allowance in days)."""
    first, second = row.values.get(column), other.values.get(other_column)
    if first is None or second is None:
        return
    limit = second.shifted(allowance) if allowance else second
    if first.surely_after(limit):
        yield Hit(row, column, message, ((other, other_column),), reads)
    elif not first.surely_not_after(limit):
        yield Hit(row, column, _undecided(first, second), ((other, other_column),), reads, undecided=True)


def must_not_precede(
    row: Row,
    column: str,
    other: Row,
    other_column: str,
    message: str,
    *,
    allowance: int = 0,
    reads: tuple[str, ...] = (),
) -> Iterator[Hit]:
    """row.column must not lie before other.column (minus an allowance in days)."""
    first, second = row.values.get(column), other.values.get(other_column)
    if first is None or second is None:
        return
    limit = second.shifted(-allowance) if allowance else second
    if limit.surely_after(first):
        yield Hit(row, column, message, ((other, other_column),), reads)
    elif not limit.surely_not_after(first):
        yield Hit(row, column, _undecided(first, second), ((other, other_column),), reads, undecided=True)


def must_not_be_later_than(row: Row, column: str, day: date, message: str) -> Iterator[Hit]:
    """row.column must not lie after a day of the calendar."""
    moment = row.values[column]
    if moment.earliest > day:
        yield Hit(row, column, message)
    elif moment.latest > day:
        yield Hit(row, column, _undecided(moment, day), undecided=True)


def must_be_same_day(
    row: Row, column: str, other: Row, other_column: str, message: str, *, reads: tuple = ()
) -> Iterator[Hit]:
    """row.column and other.column must be the same day; the same partial date on both sides agrees."""
    first, second = row.values.get(column), other.values.get(other_column)
    if first is None or second is None or first == second:
        return
    apart = first.surely_after(second) or second.surely_after(first)
    words = message if apart else _undecided(first, second)
    yield Hit(row, column, words, ((other, other_column),), reads, undecided=not apart)


def _undecided(first: PartialDate, second: PartialDate | date) -> str:
    return f"The order of {first} and {second} cannot be decided from partial dates."


# Evidence on file -------------------------------------------------------------------------------------------


def some_within(
    moments: Iterable[PartialDate | None], first: PartialDate | None = None, last: PartialDate | None = None
) -> bool | None:
    """Whether some date lies in [first, last]: True surely, False surely none, None cannot be decided.

    A bound of None is open; a date of None is unknown and may lie anywhere.
    """
    answer: bool | None = False
    for moment in moments:
        if moment is None:
            answer = None
            continue
        after = first is None or moment.earliest >= first.latest
        before = last is None or moment.latest <= last.earliest
        if after and before:
            return True
        soonest = moment.earliest if first is None else max(moment.earliest, first.earliest)
        latest = moment.latest if last is None else min(moment.latest, last.latest)
        if soonest <= latest:
            answer = None
    return answer


def must_find(found: bool | None, row: Row, column: str, message: str, *, reads: tuple[str, ...]) -> Iterator[Hit]:
    """What `some_within` looked for must exist; `reads` names the columns it was looked for in."""
    if found is False:
        yield Hit(row, column, message, (), reads)
    elif found is None:
        words = "Partial or unknown dates do not tell whether the row that this one needs lies in time."
        yield Hit(row, column, words, (), reads, undecided=True)


# Distances and numbers --------------------------------------------------------------------------------------


def fewest_days(start: PartialDate | None, end: PartialDate | None) -> int | None:
    """The least number of days that can lie between two dates; None when one is unknown."""
    return (end.earliest - start.latest).days if start is not None and end is not None else None


def most_days(start: PartialDate | None, end: PartialDate | None) -> int | None:
    """The greatest number of days that can lie between two dates; None when one is unknown."""
    return (end.latest - start.earliest).days if start is not None and end is not None else None


def surely_at_least(row: Row, column: str, limit: float) -> bool:
    """The number is at least the limit, whatever its comparator leaves open (`<5` is not, `>=5` is)."""
    value = row.values.get(column)
    return value is not None and value >= Decimal(str(limit)) and row.comparators.get(column) not in ("<", "<=")


def surely_below(row: Row, column: str, limit: float) -> bool:
    """The number is below the limit, whatever its comparator leaves open (`<5` is below 5, `<=5` is not)."""
    value, comparator = row.values.get(column), row.comparators.get(column)
    if value is None or comparator in (">", ">="):
        return False
    return value < Decimal(str(limit)) or (comparator == "<" and value <= Decimal(str(limit)))


def surely_above(row: Row, column: str, limit: float) -> bool:
    """The number is above the limit, whatever its comparator leaves open (`>5` is above 5, `>=5` is not)."""
    value, comparator = row.values.get(column), row.comparators.get(column)
    if value is None or comparator in ("<", "<="):
        return False
    return value > Decimal(str(limit)) or (comparator == ">" and value >= Decimal(str(limit)))
