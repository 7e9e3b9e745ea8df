"""Which counts to withhold so that no small one can be computed from those that are told.

Counts stand in sums whose totals are taken as known, whether this result prints them or another does: the answers of
a group make up its size; the groups of a result make up what the same question tells of all patients; the levels of a
characteristic and those missing make up everybody. Withheld are the small counts, and then, while one of them could
be computed, the smallest told count of a sum that gives it away. Source: RELIABILITY EXP-05, EXP-06.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, combinations

Counts = Sequence[int | None]
Sums = Sequence[Sequence[int]]
#: The unknowns are solved for modulo a prime: whole numbers, and no rounding.
PRIME = 2**61 - 1
CROSSED = " / "


def withheld(counts: Counts, sums: Sums, least: int, *, forced: Iterable[int] = ()) -> list[bool]:
    """Which counts to withhold; None is no count: it is not told, and nothing is gained by it.

    sums: places of counts that add up to a known total; forced: places withheld for a reason of their own. A withheld
    count must not follow from the totals, and those withheld of a sum must not be small together. Equal counts go
    together: the order in which they are told decides nothing.
    """
    hidden = {place for place, n in enumerate(counts) if n is not None and 0 < n < least} | set(forced)
    lines = [[place for place in line if counts[place] is not None] for line in sums]
    while more := _smallest(counts, _telling(counts, lines, hidden, least), hidden) or _smallest(
        counts, _solved(lines, hidden), hidden
    ):
        hidden |= more
    return [place in hidden for place in range(len(counts))]


def of_table(rows: Sequence[Counts], groups: Sums, least: int, *, forced: Iterable[int] = ()) -> list[list[bool]]:
    """The same for a row per group and a column per answer; groups: sets of rows whose columns have known totals."""
    width = len(rows[0]) if rows else 0
    sums = [range(width * row, width * (row + 1)) for row in range(len(rows))]
    sums += [[width * row + column for row in some] for some in groups for column in range(width)]
    hidden = withheld(list(chain.from_iterable(rows)), sums, least, forced=forced)
    return [hidden[width * row : width * (row + 1)] for row in range(len(rows))]


def margins(labels: Sequence[str]) -> list[list[int]]:
    """The sets of groups of which totals are told elsewhere: all of them, and of crossed strata those that share a
    level. A result that is not grouped has none."""
    if list(labels) == ["all"]:
        return []
    levels = [label.split(CROSSED) for label in labels]
    strata = len(levels[0]) if len({len(one) for one in levels}) == 1 else 1
    found = []
    for kept in chain.from_iterable(combinations(range(strata), size) for size in range(strata)):
        sets: dict[tuple[str, ...], list[int]] = {}
        for place, level in enumerate(levels):
            sets.setdefault(tuple(level[one] for one in kept), []).append(place)
        found += sets.values()
    return found


def _telling(counts: Counts, lines: Sums, hidden: set[int], least: int) -> Iterator[Sequence[int]]:
    """The sums of which one count alone, or only a small number of patients, is withheld."""
    for line in lines:
        gone = [place for place in line if place in hidden]
        if len(gone) == 1 or 0 < sum(counts[place] or 0 for place in gone) < least:
            yield line


def _solved(lines: Sums, hidden: set[int]) -> Iterator[Sequence[int]]:
    """The sums that hold a withheld count which follows from all totals together."""
    places = {place: at for at, place in enumerate(sorted(hidden))}
    rows: list[dict[int, int]] = []
    for line in lines:
        row = {places[place]: 1 for place in line if place in hidden}
        for other in rows:
            row = _less(row, other)
        if row:
            rows = [_less(other, row) for other in rows] + [row]
    alone = {next(iter(row)) for row in rows if len(row) == 1}
    yield from (line for line in lines if any(places.get(place) in alone for place in line))


def _less(row: dict[int, int], other: dict[int, int]) -> dict[int, int]:
    """The row without the first unknown of the other, which is one there and in no third."""
    first = min(other)
    factor = row.get(first, 0) * pow(other[first], -1, PRIME) % PRIME
    if not factor:
        return row
    left = {at: (row.get(at, 0) - factor * other.get(at, 0)) % PRIME for at in row.keys() | other.keys()}
    return {at: value for at, value in left.items() if value}


def _smallest(counts: Counts, lines: Iterable[Sequence[int]], hidden: set[int]) -> set[int]:
    """The smallest told counts of these sums, of those with the fewest to choose from; nobody (0) comes last, as it
    hides little."""
    told = [left for line in lines if (left := [place for place in line if place not in hidden])]
    fewest = min(map(len, told), default=0)
    choice = {place: counts[place] or float("inf") for left in told if len(left) == fewest for place in left}
    return {place for place, n in choice.items() if n == min(choice.values())}
