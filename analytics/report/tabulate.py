"""Results as tables of text: one renderer per kind of result, and nothing else is accepted.

Every figure has such a table beside it: it is what a screen reader and a printer get. The numbers of a table
know their place in the results (`report.bound`).
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from analytics.report.bound import Place, Text, plain, shown, unbroken
from analytics.report.cells import Cell, in_percent, median, name, number, of, reading, spread, tested, unit_of
from analytics.report.few import below
from analytics.report.naming import capital, reason, stratum, term, words
from analytics.report.naming import level as named
from analytics.report.nobody import not_estimable
from analytics.report.wording import (
    DASH,
    count,
    p_value,
    ratio_percent,
    rounded,
)

Result = Mapping[str, Any]


@dataclass(frozen=True)
class Tabulated:
    """A table ready to print: columns, cells whose numbers know their place, and what has to be said below it."""

    columns: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]
    remarks: tuple[Text, ...] = ()

    @property
    def rows(self) -> tuple[tuple[str, ...], ...]:
        """The cells as text."""
        return tuple(tuple(plain(cell) for cell in row) for row in self.cells)

    @property
    def labelled(self) -> list[list[tuple[str, str]]]:
        """Each cell with its heading, which a phone prints beside it."""
        return [list(zip(self.columns, map(unbroken, row), strict=False)) for row in self.cells]

    @property
    def notes(self) -> tuple[str, ...]:
        """The remarks as text."""
        return tuple(plain(remark) for remark in self.remarks)


RENDERERS: dict[str, Callable[[Place], Tabulated]] = {}


def renderer(kind: str) -> Callable[[Callable[[Place], Tabulated]], Callable[[Place], Tabulated]]:
    def register(function: Callable[[Place], Tabulated]) -> Callable[[Place], Tabulated]:
        RENDERERS[kind] = function
        return function

    return register


def tabulate(result: Result, at: str = "") -> Tabulated:
    """The table of a result (its promised JSON); `at`: where the result stands, for the places of the numbers.

    A result of nobody has no lines, and says why below.
    """
    table = RENDERERS[result["kind"]](Place(result, at))
    why = not_estimable(result)
    return replace(table, cells=(), remarks=((f"{capital(why)}.",), *_left_out(Place(result, at)))) if why else table


def _left_out(result: Place) -> tuple[Text, ...]:
    return tuple(
        ("Left out: ", shown(count, item["n"]), f" ({reason(item['reason'].value)})")
        for item in result.get("left_out")
        if item["n"].value != 0
    )


def _read_months(groups: Place, at: Callable[[Place], Place]) -> list[str]:
    """The columns of fixed times: whole months, else the day."""
    seen = {reading["months"].value: reading["days"].value for group in groups for reading in at(group)}
    return [f"{rounded(month, 0)} months" if month == int(month) else f"Day {day}" for month, day in seen.items()]


@renderer("curve")
def curve(result: Place) -> Tabulated:
    """Median and survival at the fixed times, group by group."""
    groups = result["groups"]
    times = _read_months(groups, lambda group: group["at"])
    rows = tuple(
        (name(group), number(count, group["n"]), number(count, group["events"]), median(group),
         *[reading(group, at) for at in group["at"]])
        for group in groups
    )  # fmt: skip
    notes = [(f"Confidence limits: {result.value.get('ci', 'log-log')}. NR: not reached.",), *below(rows)]
    if result.value.get("comparison"):
        notes.insert(0, (*tested(result["comparison"]), "."))
    return Tabulated(("Group", "n", "Events", "Median, months (95 % CI)", *times), rows, (*notes, *_left_out(result)))


@renderer("incidence")
def incidence(result: Place) -> Tabulated:
    """Cumulative incidence at the fixed times, one line per group and cause."""
    groups = result["groups"]
    times = _read_months(groups, lambda group: group["causes"][0]["at"])
    rows = tuple(
        (name(group), (words(cause["cause"].value),), number(count, group["n"]), number(count, cause["events"]),
         *[reading(cause, at) for at in cause["at"]])
        for group in groups
        for cause in group["causes"]
    )  # fmt: skip
    notes = [(f"{words(str(test['cause'].value))}: ", *tested(test), ".") for test in result.get("comparison")]
    return Tabulated(("Group", "Cause", "n", "Events", *times), rows, (*notes, *below(rows), *_left_out(result)))


#: Counts that some shares have beside them.
BESIDE = ("graded_otherwise",)


@renderer("proportion")
def proportion(result: Place) -> Tabulated:
    """Shares with their exact limits."""
    beside = [one for one in BESIDE if any(one in group.value for group in result["groups"])]
    rows = tuple(
        (name(group), of(group), number(ratio_percent, group["x"], group["n"]),
         number(in_percent, group["lower"], group["upper"]), *(number(count, group[one]) for one in beside))
        for group in result["groups"]
    )  # fmt: skip
    method = result["method"].value
    note = "Confidence limits: " + {"exact": "exact (Clopper-Pearson)."}.get(method, f"{method}.")
    columns = ("Group", "Patients", "Share", "95 % CI, %", *map(words, beside))
    return Tabulated(columns, rows, ((note,), *_left_out(result)) if rows else _left_out(result))


@renderer("summary")
def summary(result: Place) -> Tabulated:
    """Median, quartiles and range; times in months, ages in years."""
    scale, unit = unit_of(result.value)
    rows = tuple(
        (name(group), number(count, group["n"]), spread(group, scale, "median"), spread(group, scale, "q1", "q3"),
         spread(group, scale, "min", "max"))
        for group in result["groups"]
    )  # fmt: skip
    read_off = [("NR: not reached.",)] if any("n_risk" in group.value for group in result["groups"]) else []
    notes = (*read_off, *below(rows), *_left_out(result))
    return Tabulated(("Group", "n", f"Median, {unit}", "Quartiles", "Range"), rows, notes)


@renderer("table")
def table(result: Place) -> Tabulated:
    """A table as it was computed; one of levels (table 1) as a paper prints it."""
    if set(LEVEL_COLUMNS) <= set(result["columns"].value):
        return _levels(result)
    everything = [str(column.value) for column in result["columns"]]
    named = [dict(zip(everything, row, strict=True)) for row in result["rows"]]
    columns = [name for name in everything if name not in OF_TWO or any(row[name].value is not None for row in named)]
    limits = set(columns) >= LIMITS
    heads = tuple("95 % CI" if column == "lower" and limits else words(column)
                  for column in columns if column != "upper" or not limits)  # fmt: skip
    rows = tuple(tuple(_cells({name: row[name] for name in columns}, limits=limits)) for row in named)
    return Tabulated(heads, rows, _left_out(result))


#: Columns that only a comparison of two groups fills; a table without one leaves them out.
OF_TWO = {"difference_days", "lower", "upper", "p"}
#: Confidence limits stand in one column.
LIMITS = {"lower", "upper"}


def _cells(row: Mapping[str, Place], *, limits: bool) -> Iterator[Cell]:
    for column, cell in row.items():
        if not limits or column not in LIMITS:
            yield _cell(column, cell)
        elif column == "lower":
            decimals = 2 if "hazard_ratio" in row else 1
            yield number(lambda low, high, to=decimals: _between(low, high, to), cell, row["upper"])


def _between(lower: float | None, upper: float | None, decimals: int) -> str:
    known = lower is not None or upper is not None
    return f"{rounded(lower, decimals)} to {rounded(upper, decimals)}" if known else DASH


#: How numbers of a table print that one decimal would spoil.
PRINTED: Mapping[str, Callable[[float], str]] = {
    **dict.fromkeys(("p", "ph_p"), p_value),
    **dict.fromkeys(("hazard_ratio", "ph_chisq"), lambda value: rounded(value, 2)),
}


def _cell(column: str, cell: Place) -> Cell:
    """A word as it is, a whole number as such, any other number as its column prints it."""
    if isinstance(cell.value, str):
        said = term(cell.value)
        return (f"{said[:1].upper()}{said[1:]}" if column == "term" else said,)

    def printed(found: Any) -> str:
        if found is None:
            return DASH
        return PRINTED.get(column, rounded)(found) if isinstance(found, float) else str(found)

    return (shown(printed, cell),)


LEVEL_COLUMNS = ("group", "characteristic", "level", "n", "of", "percent", "median", "q1", "q3", "missing")
Level = tuple[str, str]


def _levels(result: Place) -> Tabulated:
    """One line per level or quantity, one column per group; `characteristic, level` names the line."""
    columns = result["columns"].value
    rows = [{column: row[index] for index, column in enumerate(columns)} for row in result["rows"]]
    groups = list(dict.fromkeys(row["group"].value for row in rows))
    lines: dict[Level, dict[str, Mapping[str, Place]]] = {}
    for row in rows:
        lines.setdefault((row["characteristic"].value, row["level"].value or ""), {})[row["group"].value] = row
    places = {characteristic: place for place, (characteristic, _) in reversed([*enumerate(lines)])}
    cells = tuple(
        (((_level_name(level)),), *[_level(lines[level].get(group)) for group in groups])
        for level in sorted(lines, key=lambda level: places[level[0]])
    )
    note = "n (percent of those known) or median (quartiles); missing: patients without an answer."
    heads = [words(group) if group != "all" else "Patients" for group in groups]
    return Tabulated(("Characteristic", *heads), cells, ((note,),))


def _level_name(level: Level) -> str:
    characteristic, value = level
    return f"{stratum(characteristic)}: {words(named(characteristic, value))}" if value else stratum(characteristic)


def _level(row: Mapping[str, Place] | None) -> Cell:
    if row is None:
        return (DASH,)
    hidden = row["of"].value is None and row["n"].value is not None  # the few missing, and with them every percentage
    missing: Text = (", missing ", shown(count, row["missing"])) if row["missing"].value or hidden else ()
    if row["median"].value is not None:
        decimals = 0 if row["characteristic"].value == "year" else 1
        middle = spread(row, 1.0, "median", decimals=decimals)
        return (*middle, " (", *spread(row, 1.0, "q1", "q3", decimals=decimals), ")", *missing)
    if row["percent"].value is None:
        return (shown(count, row["n"]), *missing)
    return (shown(count, row["n"]), " (", shown(lambda share: f"{rounded(share)} %", row["percent"]), ")", *missing)
