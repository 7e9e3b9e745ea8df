"""Rates with limits, printed numbers, descriptions, tables of counts, groups of measurements."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import gammaln

from analytics.stats.crosstab import chi_square, cross_tabulate, fisher_exact, odds_ratio, table_test
from analytics.stats.describe import describe, summary_group
from analytics.stats.proportions import exact_interval, proportion_group, wilson_interval
from analytics.stats.samples import compare_samples
from analytics.stats.wording import number_text, p_text, percent_number, percent_text


def test_limits_of_none_and_of_all() -> None:
    # exact limits of 0 of n: upper 1 - (.025)^(1/n)
    assert exact_interval(0, 10) == pytest.approx((0, 1 - 0.025 ** (1 / 10)))
    assert exact_interval(10, 10) == pytest.approx((0.025 ** (1 / 10), 1))
    assert wilson_interval(0, 10)[0] == 0
    assert wilson_interval(10, 10)[1] == 1


def test_nobody_counted_has_no_rate() -> None:
    group = proportion_group("all", 0, 0)

    assert (group.estimate, group.lower, group.upper) == (None, None, None)
    assert wilson_interval(0, 0) == (None, None)


@pytest.mark.parametrize("x,n", [(3, 2), (-1, 2), (1.5, 2), (0, -1)])
def test_impossible_counts_are_refused(x: float, n: float) -> None:
    with pytest.raises(ValueError, match=f"x = {x}, n = {n}"):
        exact_interval(x, n)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown interval method 'wald'"):
        proportion_group("all", 1, 2, method="wald")


@pytest.mark.parametrize(
    ("p", "text"),
    [
        (0.00004, "<.0001"),
        (0.116, ".116"),
        (0.16, ".160"),
        (0.0499, ".0499"),
        (0.0102, ".0102"),
        (0.0112, ".011"),
        (1.0, "1.000"),
        (None, "-"),
    ],
)
def test_p_values_are_printed_as_journals_do(p: float | None, text: str) -> None:
    assert p_text(p) == text


def test_percentages_are_rounded_half_up_from_the_exact_ratio() -> None:
    assert [percent_text(x, 37) for x in (16, 17, 4)] == ["43.2", "45.9", "10.8"]
    assert percent_text(1, 16) == "6.3"  # 6.25
    assert percent_text(0, 0) == "-"
    assert (percent_number(17, 37), percent_number(1, 16), percent_number(0, 0)) == (45.9, 6.3, None)
    assert number_text(0.25) == "0.3"
    assert number_text(None) == "-"


def test_a_p_value_beyond_one_is_refused() -> None:
    with pytest.raises(ValueError, match="lies between 0 and 1"):
        p_text(1.2)


def test_quartiles_of_type_seven_and_missing_values() -> None:
    found = describe([1, 2, 3, 4, None])

    assert (found.q1, found.median, found.q3) == (1.75, 2.5, 3.25)
    assert (found.n, found.missing, found.mean) == (4, 1, 2.5)
    assert found.sd == pytest.approx(math.sqrt(5 / 3))


def test_one_value_has_no_spread_and_none_has_nothing() -> None:
    assert describe([7]).sd is None
    assert describe([]).median is None
    assert summary_group("all", [10, 20]).as_json() == {
        "label": "all",
        "n": 2,
        "median": 15,
        "q1": 12.5,
        "q3": 17.5,
        "min": 10,
        "max": 20,
    }


def test_infinite_values_are_refused() -> None:
    with pytest.raises(ValueError, match="must be finite: inf"):
        describe([1, math.inf])


def test_fisher_of_the_tea_lady() -> None:
    assert fisher_exact([[3, 1], [1, 3]]).p == pytest.approx(34 / 70)


@pytest.mark.parametrize(
    ("table", "p"),
    [  # fisher.test of R 4.2.2
        ([[7, 12, 6], [5, 5, 5], [14, 9, 6], [7, 3, 4]], 0.5939120841728497),
        ([[6, 2, 5, 3], [1, 7, 2, 4], [5, 3, 1, 6], [4, 4, 5, 2]], 0.1639486871364327),
    ],
)
def test_fisher_of_a_table_of_middling_size_is_exact(table: list[list[int]], p: float) -> None:
    assert fisher_exact(table).p == pytest.approx(p, rel=1e-9)


def tables(rows: int, most: int) -> st.SearchStrategy:
    return st.lists(st.lists(st.integers(0, most), min_size=3, max_size=3), min_size=rows, max_size=rows)


@given(tables(2, 4) | tables(3, 1))
def test_fisher_adds_up_the_tables_that_are_no_more_probable(table: list[list[int]]) -> None:
    counts = np.array(table)
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    cells = [range(min(row, column) + 1) for row in rows for column in columns]
    ways = {}
    for free in itertools.product(*cells[: (len(rows) - 1) * 3]):
        upper = np.array(free).reshape(-1, 3)
        made = np.vstack((upper, columns - upper.sum(axis=0)))
        if (made >= 0).all() and (made.sum(axis=1) == rows).all():
            ways[made.tobytes()] = np.exp(-gammaln(made + 1).sum())
    told = ways[counts.astype(np.int64).tobytes()]
    expected = sum(way for way in ways.values() if way <= told * (1 + 1e-7)) / sum(ways.values())
    found = fisher_exact(counts).p
    assert (found is None and not counts.sum()) or found == pytest.approx(expected, rel=1e-9)


def test_fisher_does_not_care_about_order_and_is_the_same_every_time() -> None:
    table = np.array([[6, 2, 1], [3, 5, 2], [1, 2, 7]])

    assert fisher_exact(table).p == pytest.approx(fisher_exact(table.T[::-1]).p, rel=1e-12)
    assert fisher_exact(table).p == fisher_exact(table).p


def test_too_many_tables_give_no_p_and_chi_square_stands_in() -> None:
    table = np.array([[40, 30, 20, 4], [30, 40, 50, 30], [20, 30, 60, 40], [10, 30, 20, 50]])

    assert "use chi-square" in fisher_exact(table).reason
    assert table_test(table).test == "chi-square"


def test_the_test_of_a_table_is_named() -> None:
    assert table_test([[3, 1], [1, 3]]).test == "fisher"
    assert table_test([[30, 10], [10, 30]]).test == "chi-square"


def test_empty_margins_have_no_test_and_no_odds_ratio() -> None:
    assert chi_square([[0, 0], [3, 4]]).p is None
    assert fisher_exact([[0, 0], [3, 4]]).p == 1
    assert fisher_exact([[0, 0], [0, 0]]).p is None
    assert odds_ratio([[0, 0], [3, 4]]).estimate is None


def test_an_odds_ratio_can_be_zero_or_infinite() -> None:
    assert odds_ratio([[0, 12], [5, 9]]).estimate == 0
    assert odds_ratio([[5, 0], [9, 12]]).upper == math.inf


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fisher_exact([[1, -1]]), "whole numbers from 0 on: -1"),
        (lambda: fisher_exact([[1, 1.5]]), "whole numbers from 0 on: 1.5"),
        (lambda: chi_square([1, 2]), "rows and columns"),
        (lambda: odds_ratio([[1, 2, 3], [4, 5, 6]]), "2 x 2"),
        (lambda: cross_tabulate(["a"], []), "1 row labels"),
    ],
)
def test_faulty_tables_are_refused(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_groups_of_equal_values_have_no_rank_test() -> None:
    found = compare_samples([1.0, 1.0, 1.0, 1.0], ["a", "a", "b", "b"])

    assert (found.kruskal, found.kruskal_p, found.two.wilcoxon_p, found.two.welch_t) == (
        None,
        None,
        None,
        None,
    )


def test_a_group_without_known_values_has_no_test() -> None:
    found = compare_samples([1.0, 2.0, None, None], ["a", "a", "b", "b"])

    assert found.two.wilcoxon is None
    assert found.each[1].missing == 2
