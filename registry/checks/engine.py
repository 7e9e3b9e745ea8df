"""The engine of the edit checks: declares, runs and compares; a check itself is a few lines.

Three severities (data dictionary 1.2): ERROR - impossible or contradictory, the record stays a draft; WARNING - unusual,
needs a reason; FLAG - acceptable, but an analysis needs an assumption. Interval logic of partial dates lives here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from registry.checks.case import Case, Row
from registry.dictionary.partial_date import PartialDate

ERROR, WARNING, FLAG = "ERROR", "WARNING", "FLAG"


@dataclass(frozen=True)
class Finding:
    """What a check found: on which row and column, in words, and which columns and rows it read."""

    rule: str
    severity: str
    entity: str
    record_id: int | None
    column: str
    message: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]


@dataclass(frozen=True)
class Hit:
    """A check's own words about one row; the engine completes it to a finding."""

    row: Row
    column: str
    message: str
    also: tuple[tuple[Row, str], ...] = ()
    reads: tuple[str, ...] = ()
    undecided: bool = False


@dataclass(frozen=True)
class Check:
    """A declared rule: number, severity, sentence and source, with the function that looks."""

    rule: str
    severity: str
    sentence: str
    source: str
    look: Callable[..., Iterator[Hit]]


CHECKS: dict[str, Check] = {}

#: Order of two partial dates that cannot be decided (data dictionary 1.3).
UNDECIDED_RULE = "A01"


def check(rule: str, severity: str, sentence: str, *, source: str) -> Callable:
    """Declare a check. The function takes (case) or (case, today) and yields `Hit`s."""

    def declare(function: Callable[..., Iterator[Hit]]) -> Callable[..., Iterator[Hit]]:
        if rule in CHECKS:
            raise ValueError(f"Check {rule} is declared twice")
        CHECKS[rule] = Check(rule, severity, sentence, source, function)
        return function

    return declare


def hit(row: Row, column: str, message: str, *also: tuple[Row, str], reads: tuple[str, ...] = ()) -> Hit:
    """A finding on `row.column`; `also` are the other cells read, `reads` further `entity.column` names."""
    return Hit(row, column, message, also, reads)


def must_not_follow(
    row: Row, column: str, other: Row, other_column: str, message: str, *, allowance: int = 0
) -> Iterator[Hit]:
    """row.column must not lie after other.column (plus an allowance in days): three-valued on partial dates."""
    first, second = row.values.get(column), other.values.get(other_column)
    if first is None or second is None:
        return
    yield from _compare(row, column, first, other, other_column, second, message, allowance)


def must_not_precede(
    row: Row, column: str, other: Row, other_column: str, message: str, *, allowance: int = 0
) -> Iterator[Hit]:
    """row.column must not lie before other.column (minus an allowance in days): three-valued on partial dates."""
    first, second = row.values.get(column), other.values.get(other_column)
    if first is None or second is None:
        return
    second = second.shifted(-allowance) if allowance else second
    if second.surely_after(first):
        yield Hit(row, column, message, ((other, other_column),))
    elif not second.surely_not_after(first):
        yield Hit(row, column, _undecided(first, second), ((other, other_column),), undecided=True)


def _compare(
    row: Row,
    column: str,
    first: PartialDate,
    other: Row,
    other_column: str,
    second: PartialDate,
    message: str,
    allowance: int,
) -> Iterator[Hit]:
    second = second.shifted(allowance) if allowance else second
    if first.surely_after(second):
        yield Hit(row, column, message, ((other, other_column),))
    elif not first.surely_not_after(second):
        yield Hit(row, column, _undecided(first, second), ((other, other_column),), undecided=True)


def _undecided(first: PartialDate, second: PartialDate) -> str:
    return f"The order of {first} and {second} cannot be decided from partial dates."


def _finding(check: Check, found: Hit) -> Finding:
    cells = ((found.row, found.column), *found.also)
    columns = tuple(sorted({f"{row.entity}.{column}" for row, column in cells if column} | set(found.reads)))
    rows = tuple(sorted({row.key for row, _column in cells}))
    rule, severity = (UNDECIDED_RULE, FLAG) if found.undecided else (check.rule, check.severity)
    return Finding(rule, severity, found.row.entity, found.row.id, found.column, found.message, columns, rows)


def run(case: Case, today: date) -> list[Finding]:
    """All findings of one patient, in the order of rule, row and column."""
    findings = {
        _finding(declared, found): None
        for declared in CHECKS.values()
        for found in (
            declared.look(case, today) if declared.look.__code__.co_argcount == 2 else declared.look(case)
        )
    }
    return sorted(findings, key=lambda found: (found.rule, found.entity, found.record_id or 0, found.column, found.message))
