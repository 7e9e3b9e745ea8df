"""Kaplan-Meier by hand, its median rule, what is not estimable, and lifelines as second opinion."""

import math

import numpy as np
import pytest

from analytics.stats.bands import limits
from analytics.stats.curves import kaplan_meier
from analytics.stats.followup import reverse_kaplan_meier
from analytics.stats.results import Quantile


def test_survival_of_six_patients() -> None:
    # at 2: 6 at risk, 2 events; at 4: 3 at risk, 1 event; at 6: 1 at risk, 1 event
    curve = kaplan_meier([2, 2, 2, 4, 4, 6], [1, 0, 1, 1, 0, 1])

    assert curve.estimate == pytest.approx([4 / 6, 4 / 9, 0])
    assert curve.std_err[0] == pytest.approx(2 / 3 * math.sqrt(2 / (6 * 4)))
    assert (curve.n, curve.events) == (6, 4)


@pytest.mark.parametrize(
    ("conf_type", "printed"),
    [
        ("log-log", (0.324, 0.532)),
        ("log", (0.337, 0.549)),
        ("plain", (0.325, 0.535)),
        ("logit", (0.329, 0.537)),
    ],
)
def test_only_some_interval_types_print_as_the_founding_paper_does(
    conf_type: str, printed: tuple[float, float]
) -> None:
    # the paper: survival .43 at 24 months, 95 % limits .32 to .53, n = 85, standard error .0537
    lower, upper = limits(np.array([0.43]), np.array([0.0537]), conf_type=conf_type, level=0.95)

    assert (round(lower[0], 3), round(upper[0], 3)) == printed


def test_no_interval_before_the_first_event_and_none_at_zero() -> None:
    curve = kaplan_meier([1, 2, 3], [0, 1, 1])

    assert np.isnan(curve.lower[[0, 2]]).all()
    assert np.isnan(curve.upper[[0, 2]]).all()
    assert np.isnan(curve.std_err[2])


@pytest.mark.parametrize(
    ("days", "event", "median"),
    [
        ([1, 2, 3, 4], [1, 1, 1, 1], 2.5),  # sits on .5 from 2 to 3: the middle
        ([1, 2, 3, 4], [1, 1, 0, 0], 2),  # stays on .5 to the end: its first time
        ([1, 2, 3, 4, 5], [1, 1, 1, 1, 1], 3),  # jumps over .5
        ([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 1], 3.5),  # 1 - 1/6 ... gives .49999999999999994
        ([1, 2, 3], [1, 0, 0], None),  # not reached
        ([1, 2], [0, 0], None),
        ([5], [1], 5),
        ([0, 0, 4], [1, 1, 1], 0),
    ],
)
def test_median_follows_the_rule_of_printed_survfit(days: list, event: list, median: float | None) -> None:
    assert kaplan_meier(days, event).median.days == median


def test_upper_limit_of_the_median_is_not_reached_when_survival_ends_at_zero() -> None:
    curve = kaplan_meier([1, 2, 3, 4, 5, 6], [1] * 6)

    assert curve.median == Quantile(days=3.5, lower=1, upper=None)


def test_nothing_is_read_beyond_the_last_day() -> None:
    curve = kaplan_meier([1, 2], [1, 1])
    product, reference = curve.at([2, 3]), curve.at([2, 3], extend=True)

    assert product.estimate[0] == 0.0
    assert np.isnan(product.estimate[1])
    assert reference.estimate[1] == 0.0
    assert product.n_risk.tolist() == [1, 0]


def test_number_at_risk_under_delayed_entry_counts_those_who_entered_before() -> None:
    curve = kaplan_meier([3, 5, 8], [1, 1, 1], entry=[0, 3, 4])

    assert curve.at([3, 4, 4.5, 5]).n_risk.tolist() == [1, 1, 2, 2]
    assert curve.at([4], extend=True).n_risk.tolist() == [2]


def test_left_truncation_that_empties_the_risk_set_early_goes_on_at_zero() -> None:
    curve = kaplan_meier([2, 10, 12], [1, 1, 0], entry=[0, 5, 5])

    assert curve.estimate.tolist() == [0, 0, 0]
    assert curve.median == Quantile(days=2, lower=None, upper=None)


def test_nobody_is_not_an_error() -> None:
    curve = kaplan_meier([], [])
    group = curve.as_group("all").as_json()

    assert group["n"] == 0
    assert group["median"] == {"days": None, "lower": None, "upper": None}
    assert {reading["estimate"] for reading in group["at"]} == {None}
    assert group["steps"] == {"days": [], "estimate": [], "lower": [], "upper": [], "n_risk": []}


def test_median_follow_up_flips_the_flag_and_nothing_else() -> None:
    days, event = [2, 2, 2, 4, 4, 6], [1, 0, 1, 1, 0, 1]

    assert reverse_kaplan_meier(days, event).estimate == pytest.approx([5 / 6, 5 / 9, 5 / 9])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kaplan_meier([1], [2]), "event must be 0 or 1: 2 at position 0"),
        (lambda: kaplan_meier([1, 2], [1, 0], conf_type="loglog"), "unknown interval type 'loglog'"),
        (lambda: kaplan_meier([1, 2], [1, 0], level=95), "level must lie between 0 and 1: 95"),
        (lambda: kaplan_meier([1, 2], [1, 0]).quantile(1), "q must lie between 0 and 1: 1"),
        (lambda: kaplan_meier([1, 2], [1, 0]).at([math.nan]), "not a number"),
    ],
)
def test_faulty_questions_are_refused(call, message: str) -> None:
    with pytest.raises(ValueError, match=message.replace("(", r"\(")):
        call()


@pytest.mark.parametrize("seed", range(3))
def test_lifelines_agrees_on_survival_limits_and_numbers_at_risk(seed: int) -> None:
    from lifelines import KaplanMeierFitter

    draw = np.random.default_rng(seed)
    days, event = draw.integers(1, 90, 300), draw.integers(0, 2, 300)
    curve = kaplan_meier(days, event)
    other = KaplanMeierFitter().fit(days, event)
    inside = (curve.estimate > 0) & (curve.estimate < 1)
    limits = other.confidence_interval_.loc[curve.time].to_numpy()

    assert curve.estimate == pytest.approx(other.survival_function_.loc[curve.time].to_numpy()[:, 0], abs=1e-13)
    assert curve.n_risk.tolist() == other.event_table.loc[curve.time, "at_risk"].tolist()
    assert curve.lower[inside] == pytest.approx(limits[inside, 0], rel=1e-12)
    assert curve.upper[inside] == pytest.approx(limits[inside, 1], rel=1e-12)
