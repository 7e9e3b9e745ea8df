"""The engine of the edit checks: declares and runs them; a check itself is a few lines.

Three severities (data dictionary 1.2): ERROR - impossible or contradictory, the record stays a draft; WARNING
- unusual, needs a reason; FLAG - acceptable, but an analysis needs an assumption. Partial dates are compared
in `compare`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

from registry.checks.case import Case, Row

ERROR, WARNING, FLAG = "ERROR", "WARNING", "FLAG"

#: Order of two partial dates that cannot be decided (data dictionary 1.3).
UNDECIDED_RULE = "A01"


@dataclass(frozen=True)
class Finding:
    """What a check found: on which row and column, in words, and which columns and rows it read.

    A finding about the chart as a whole (something missing that no row can be blamed for) has no `record_id`.
    """

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
    wants_today: bool


CHECKS: dict[str, Check] = {}


def check(rule: str, severity: str, sentence: str, *, source: str) -> Callable:
    """Declare a check. The function takes (case) or (case, today) and yields `Hit`s."""

    def declare(function: Callable[..., Iterator[Hit]]) -> Callable[..., Iterator[Hit]]:
        if rule in CHECKS:
            raise ValueError(f"Check {rule} is declared twice")
        CHECKS[rule] = Check(rule, severity, sentence, source, function, function.__code__.co_argcount == 2)
        return function

    return declare


def hit(row: Row, column: str, message: str, *also: tuple[Row, str], reads: tuple[str, ...] = ()) -> Hit:
    """A finding on `row.column`; `also` are the other cells read, `reads` further `entity.column` names.

    `reads` names columns without their rows: evidence that was looked for and not found, or that only chose
    the row. A blank column says that the finding is about the chart as a whole.
    """
    return Hit(row, column, message, also, reads)


def _finding(check: Check, found: Hit) -> Finding:
    cells = ((found.row, found.column), *found.also)
    columns = tuple(sorted({f"{row.entity}.{column}" for row, column in cells if column} | set(found.reads)))
    rows = tuple(sorted({row.key for row, _column in cells}))
    rule, severity, message = check.rule, check.severity, found.message
    if found.undecided:
        rule, severity, message = UNDECIDED_RULE, FLAG, f"{message} ({check.rule}: {check.sentence})"
    record_id = found.row.id if found.column else None
    return Finding(rule, severity, found.row.entity, record_id, found.column, message, columns, rows)


def run(case: Case, today: date) -> list[Finding]:
    """All findings of one patient, in the order of rule, row and column."""
    findings = {
        _finding(declared, found): None
        for declared in CHECKS.values()
        for found in (declared.look(case, today) if declared.wants_today else declared.look(case))
    }
    return sorted(
        findings,
        key=lambda found: (found.rule, found.entity, found.record_id or 0, found.column, found.message),
    )
