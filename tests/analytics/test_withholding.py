"""Complementary withholding: no small count can be computed from those told, by whoever knows every total."""

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.report.withholding import margins, of_table, withheld

LEAST = 5
NONE: tuple[int, ...] = ()


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        ([40, 12, 5], NONE),
        ([40, 0, 0], NONE),  # nobody is not somebody
        ([40, 12, 5, 3], (2, 3)),  # alone it would be the total less the others
        ([40, 16, 2, 2], (1, 2, 3)),  # two of four together are as small as one
        ([40, 16, 1, 1], (1, 2, 3)),  # one and one are told by their sum
        ([40, 9, 2, 3], (2, 3)),
        ([3, 0], (0, 1)),
        ([40, 7, 7, 3], (1, 2, 3)),  # which of two equal ones goes must not hang on their order
        ([4], (0,)),
        ([40, None, 3], (0, 2)),
    ],
)
def test_a_set_of_counts_hides_its_small_ones_and_what_tells_them(counts: list, hidden: tuple):
    assert [i for i, gone in enumerate(withheld(counts, [range(len(counts))], LEAST)) if gone] == list(hidden)


def test_a_group_is_hidden_with_another_since_all_patients_together_are_told():
    """Events and others of EARLY and LATE: 18 of 21 would be 53 less 35."""
    assert of_table([[18, 3], [35, 5]], [[0, 1]], LEAST) == [[True, True], [True, True]]
    assert of_table([[18, 3], [35, 5], [40, 30]], [[0, 1, 2]], LEAST) == [[True, True], [True, True], [False, False]]


def test_a_single_table_row_has_no_other_group_to_hide():
    assert of_table([[57, 3]], margins(["all"]), LEAST) == [[True, True]]
    assert of_table([[50, 10]], margins(["all"]), LEAST) == [[False, False]]


def test_cells_that_only_the_whole_system_tells_are_found():
    """Two closed blocks joined by one cell: every line hides two or more, and the joint is still their difference."""
    table = [[9, 9, 40, 40], [9, 9, 3, 40], [40, 40, 9, 9], [40, 40, 9, 9]]
    forced = [(0, 0), (0, 1), (1, 0), (1, 1), (2, 2), (2, 3), (3, 2), (3, 3)]

    hidden = of_table(table, [range(4)], LEAST, forced=[4 * row + column for row, column in forced])

    assert sum(map(sum, hidden)) > len(forced) + 1
    assert not computable(table, [range(4)], hidden)


def test_crossed_groups_are_held_against_the_groups_of_each_stratum():
    labels = ["M / <10", "M / >=10", "F / <10", "F / >=10"]

    assert margins(labels) == [[0, 1, 2, 3], [0, 1], [2, 3], [0, 2], [1, 3]]
    assert margins(["M", "F"]) == [[0, 1]] and margins(["all"]) == []
    assert all(itertools.chain(*of_table([[18, 3], [20, 20], [21, 21], [22, 22]], margins(labels), LEAST)))


def computable(table: list[list[int]], groups: list, hidden: list[list[bool]]) -> list[tuple[int, int]]:
    """By brute force: small hidden cells that are the same in every table of these totals that a reader can imagine.

    Totals of rows, and of columns over each set of groups, are known, and so is every cell that is told.
    """
    cells = [(r, c) for r, row in enumerate(hidden) for c, gone in enumerate(row) if gone]
    lines = [{(r, c) for c in range(len(row))} for r, row in enumerate(table)]
    lines += [{(r, c) for r in some} for some in groups for c in range(len(table[0]))]
    found = []
    for cell in cells:
        if 0 < table[cell[0]][cell[1]] < LEAST and not _moves(cell, cells, lines):
            found.append(cell)
    return found


def _moves(cell: tuple[int, int], cells: list, lines: list[set]) -> bool:
    """Whether some change of the hidden cells keeps every total and changes this one: it is no combination of them."""
    rows = [[Fraction(int(one in line)) for one in cells] for line in lines]
    goal = [Fraction(int(one == cell)) for one in cells]
    return _rank([*rows, goal]) > _rank(rows)


def _rank(matrix: list) -> int:
    rows, rank = [row[:] for row in matrix], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((i for i in range(rank, len(rows)) if rows[i][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for i in range(rank + 1, len(rows)):
            factor = rows[i][column] / rows[rank][column]
            rows[i] = [a - factor * b for a, b in zip(rows[i], rows[rank], strict=True)]
        rank += 1
    return rank


TABLES = st.integers(2, 5).flatmap(
    lambda width: st.lists(st.lists(st.integers(0, 30), min_size=width, max_size=width), min_size=2, max_size=6)
)


@given(TABLES)
def test_no_small_cell_of_any_table_can_be_computed(table: list[list[int]]):
    """An attacker who knows every total and solves the whole system finds no small cell, nor a small sum of a line,
    unless everything in its way is hidden already."""
    groups = [list(range(len(table)))]
    hidden = of_table(table, groups, LEAST)

    lines = [[(r, c) for c in range(len(table[0]))] for r in range(len(table))]
    lines += [[(r, c) for r in range(len(table))] for c in range(len(table[0]))]
    for line in lines:
        gone = [table[r][c] for r, c in line if hidden[r][c]]
        if 0 < sum(gone) < LEAST:
            assert len(gone) == len(line), "what is left of the line could be hidden, too"
    for row, column in computable(table, groups, hidden):
        assert all(hidden[row]) and all(one[column] for one in hidden)
    shown = [n for row, gone in zip(table, hidden, strict=True) for n, one in zip(row, gone, strict=True) if not one]
    assert not any(0 < n < LEAST for n in shown)


@given(TABLES, st.randoms(use_true_random=False))
def test_the_order_of_groups_and_answers_decides_nothing(table: list[list[int]], dice):
    """Two results that tell the same counts in another order withhold the same ones."""
    rows, columns = list(range(len(table))), list(range(len(table[0])))
    dice.shuffle(rows)
    dice.shuffle(columns)
    turned = of_table([[table[r][c] for c in columns] for r in rows], [range(len(table))], LEAST)

    hidden = of_table(table, [range(len(table))], LEAST)
    assert turned == [[hidden[r][c] for c in columns] for r in rows]
