"""Log-rank and Gray's test by hand and where they cannot be computed; correction for several pairs."""

import numpy as np
import pytest

from analytics.stats.compare import adjust, compare_survival, gray, logrank, pairwise
from analytics.stats.curves import kaplan_meier

# Two groups of four; event times 1 (A), 2 (B), 3 (A), 4 (B); the rest censored at 5.
DAYS = [1, 3, 5, 5, 2, 4, 5, 5]
EVENT = [1, 1, 0, 0, 1, 1, 0, 0]
GROUP = ["A"] * 4 + ["B"] * 4


def test_observed_and_expected_of_two_small_groups() -> None:
    test = logrank(DAYS, EVENT, GROUP)
    expected = 4 / 8 + 3 / 7 + 3 / 6 + 2 / 5
    variance = sum(a * (n - a) / n**2 for a, n in ((4, 8), (3, 7), (3, 6), (2, 5)))

    assert test.observed == (2, 2)
    assert test.expected[0] == pytest.approx(expected)
    assert test.statistic == pytest.approx((2 - expected) ** 2 / variance)
    assert (test.df, test.n, test.groups) == (1, (4, 4), ("A", "B"))


def test_two_strata_add_up() -> None:
    strata = [1, 1, 2, 2, 1, 1, 2, 2]
    test = logrank(DAYS, EVENT, GROUP, strata=strata)

    assert test.expected[0] == pytest.approx(2 / 4 + 1 / 3 + 1 / 2)  # at 4 only B is left in stratum 1
    assert logrank(DAYS, EVENT, GROUP, strata=[strata, [1] * 8]).statistic == pytest.approx(test.statistic)


def test_the_weight_of_early_events_is_the_pooled_survival_before_them() -> None:
    test = logrank(DAYS, EVENT, GROUP, rho=1)

    assert test.observed[0] == pytest.approx(1 + 6 / 8)


def test_curves_and_test_counted_once_are_the_same_numbers() -> None:
    draw = np.random.default_rng(3)
    days, event, group = draw.integers(0, 40, 200), draw.integers(0, 2, 200), draw.integers(1, 4, 200)
    entry = draw.integers(-5, 20, 200)

    curves, test = compare_survival(days, event, group, entry=entry)

    assert test == logrank(days, event, group, entry=entry)
    for label, curve in curves.items():
        mine = group == int(label)
        alone = kaplan_meier(days[mine], event[mine], entry=entry[mine])
        assert curve.estimate.tolist() == alone.estimate.tolist()
        assert curve.n_risk.tolist() == alone.n_risk.tolist()
        assert curve.at([3, 10]).n_risk.tolist() == alone.at([3, 10]).n_risk.tolist()


@pytest.mark.parametrize(
    ("days", "event", "group", "reason"),
    [
        ([], [], [], "fewer than two groups"),
        ([1, 2], [1, 1], ["A", "A"], "fewer than two groups"),
        ([1, 2], [0, 0], ["A", "B"], "no events"),
        ([1, 2], [0, 1], ["A", "B"], "only one group has patients at risk when events happen"),
        ([1, 1], [1, 1], ["A", "B"], "have the event at once"),
    ],
)
def test_a_comparison_that_is_not_computable_says_why(days: list, event: list, group: list, reason: str) -> None:
    test = logrank(days, event, group)

    assert (test.statistic, test.p) == (None, None)
    assert reason in test.reason


def test_a_group_that_leaves_before_the_first_event_does_not_count_as_a_degree_of_freedom() -> None:
    test = logrank([1, *(day + 1 for day in DAYS)], [0, *EVENT], ["0", *GROUP])

    assert test.df == 1
    assert test.statistic == pytest.approx(logrank(DAYS, EVENT, GROUP).statistic)


def test_pairs_are_corrected_for_their_number() -> None:
    pairs = pairwise([*DAYS, 9, 9], [*EVENT, 1, 1], [*GROUP, "C", "C"])
    raw = [pair.p for pair in pairs]

    assert [(pair.a, pair.b) for pair in pairs] == [("A", "B"), ("A", "C"), ("B", "C")]
    assert [pair.p_bonferroni for pair in pairs] == [min(1, 3 * p) for p in raw]
    assert [pair.p_holm for pair in pairs] == list(adjust(raw, method="holm"))


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("holm", (0.03, 0.06, 0.06, 0.02)),
        ("bonferroni", (0.04, 0.12, 0.16, 0.02)),
        ("bh", (0.02, 0.04, 0.04, 0.02)),
    ],
)
def test_corrections_of_four_p_values(method: str, expected: tuple[float, ...]) -> None:
    # R: p.adjust(c(.01, .03, .04, .005), method)
    assert adjust([0.01, 0.03, 0.04, 0.005], method=method) == pytest.approx(expected)


def test_an_unknown_correction_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown correction 'sidak'"):
        adjust([0.5], method="sidak")


@pytest.mark.parametrize(
    ("state", "group", "reason"),
    [
        ([1, 2, 0, 1], ["A"] * 4, "fewer than two groups"),
        ([2, 2, 0, 0], ["A", "A", "B", "B"], "no events of this cause"),
    ],
)
def test_gray_says_why_there_is_no_test(state: list, group: list, reason: str) -> None:
    test = gray([1, 2, 3, 4], state, group, cause=1)

    assert (test.p, test.reason) == (None, reason)
    assert test.as_json()["reason"] == reason
