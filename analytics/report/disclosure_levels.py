"""A table of levels (table 1) as anybody may see it: who the patients are, without the few who could be told apart.

The levels of a characteristic and those missing make up the patients of a group; over the groups they make up what
the table of all patients tells. Counts are withheld so that none follows from these sums (`withholding`); with the
number missing go the number known and every percentage of it, which would tell it.
"""

from collections.abc import Sequence
from typing import Any

from analytics.report.withholding import Counts, margins, of_table, withheld

Row = dict[str, Any]
PATIENTS = "patients"
#: Columns that are one person's, and those that a withheld n takes with it.
ONE_PERSON = ("min", "max")
WITH_N = ("n", "percent", "median", "q1", "q3")
WITH_MISSING = ("missing", "of", "percent")


def safer_levels(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], least: int, *, cohort: int | None = None
) -> list[list[Any]]:
    """The rows without what tells of few; cohort: all patients, so that those of no group are known to be there."""
    told = [dict(zip(columns, row, strict=True)) for row in rows]
    groups = list(dict.fromkeys(row["group"] for row in told))
    sizes = {row["group"]: row["n"] for row in told if row["characteristic"] == PATIENTS}
    few = dict(zip(sizes, withheld(list(sizes.values()), margins(groups), least), strict=True))
    others = bool(margins(groups)) and cohort is not None and cohort > sum(sizes.values())
    for name in dict.fromkeys(row["characteristic"] for row in told if row["characteristic"] != PATIENTS):
        mine = {group: [row for row in told if (row["group"], row["characteristic"]) == (group, name)]
                for group in groups}  # fmt: skip
        _withhold(mine, least, few=few, others=others)
    for row in told:
        gone = (*WITH_N, *WITH_MISSING) if few.get(row["group"]) else ()
        row |= {column: None for column in (*gone, *ONE_PERSON) if column in row}
    return [[row[column] for column in columns] for row in told]


def _withhold(mine: dict[str, list[Row]], least: int, *, few: dict[str, bool], others: bool) -> None:
    """One characteristic in all its groups. others: there are patients of no group, who may be few."""
    levels = list(dict.fromkeys(row["level"] for rows in mine.values() for row in rows))
    table = [_counts(rows, levels) for rows in mine.values()]
    width, totals = len(levels) + 1, margins(list(mine))
    forced = [place for place in range(width * len(table)) if few.get(list(mine)[place // width])]
    if others:
        totals[0].append(len(table))
        table.append([*[1] * len(levels), None])  # that they have no answer tells nothing of them
    for rows, hidden in zip(mine.values(), of_table(table, totals, least, forced=forced), strict=False):
        for row in rows:
            if hidden[levels.index(row["level"])]:
                row |= {column: None for column in WITH_N if column in row}
            if hidden[-1]:
                measured = row["level"] is None
                row |= {column: None for column in WITH_MISSING if column in row and (column != "of" or not measured)}


def _counts(rows: Sequence[Row], levels: Sequence[str | None]) -> Counts:
    """The patients of each level, then those missing; a level that a group does not have is not told, nor is none."""
    found = {row["level"]: row["n"] for row in rows}
    return [*(found.get(level) for level in levels), rows[0].get("missing") if rows else None]
