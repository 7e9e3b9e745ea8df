"""Cumulative incidence with competing risks, by hand."""

import numpy as np
import pytest

from analytics.stats.curves import aalen_johansen, kaplan_meier


def test_incidences_of_five_patients() -> None:
    # 5 at risk: cause 1 at 1, cause 2 at 2, censored at 3, cause 1 at 4, censored at 5
    curves = aalen_johansen([1, 2, 3, 4, 5], [1, 2, 0, 1, 0])

    assert curves[1].estimate == pytest.approx([0.2, 0.2, 0.2, 0.2 + 0.6 / 2, 0.5])
    assert curves[2].estimate == pytest.approx([0, 0.2, 0.2, 0.2, 0.2])
    assert (curves[1].events, curves[2].events, curves.causes) == (2, 1, (1, 2))


def test_ten_tied_patients_have_one_exact_answer() -> None:
    # the case on which a library that moves tied times at random gives 0.50, 0.64, 0.64
    days = [1, 2, 2, 3, 3, 4, 4, 5, 5, 6]
    state = [1, 1, 2, 0, 1, 1, 2, 0, 1, 2]

    first, again = aalen_johansen(days, state)[1], aalen_johansen(days, state)[1]

    assert first.at([5]).estimate[0] == pytest.approx(0.1 + 0.9 / 9 + 0.7 / 7 + 0.6 / 5 + 0.36 / 3)
    assert first.estimate.tolist() == again.estimate.tolist()


def test_a_cause_nobody_had_is_zero_without_interval() -> None:
    curve = aalen_johansen([1, 2], [1, 0], causes=(1, 2))[2]

    assert curve.estimate.tolist() == [0, 0]
    assert np.isnan(curve.lower).all()


def test_the_only_cause_of_everybody_ends_at_one_with_no_spread_left() -> None:
    curve = aalen_johansen([1, 2, 3, 4], [1, 1, 1, 1])[1]

    assert curve.estimate[-1] == pytest.approx(1)
    assert curve.std_err[-1] == 0
    assert np.isnan(curve.upper[-1])


def test_standard_error_without_competing_events_is_greenwoods() -> None:
    draw = np.random.default_rng(2)
    days, event = draw.integers(1, 50, 120), draw.integers(0, 2, 120)
    alone, survival = aalen_johansen(days, event)[1], kaplan_meier(days, event)
    left = survival.estimate > 0

    assert alone.std_err[left] == pytest.approx(survival.std_err[left], rel=1e-10)


def test_named_causes_reach_the_result() -> None:
    group = aalen_johansen([10, 200, 400], [1, 2, 0], causes=(1, 2)).as_group("all", names={1: "relapse", 2: "nrm"})
    told = group.as_json()

    assert [cause["cause"] for cause in told["causes"]] == ["relapse", "nrm"]
    assert told["causes"][0]["at"][0]["estimate"] == pytest.approx(1 / 3)
    assert told["causes"][0]["at"][-1] == {
        "days": 1826.25,
        "months": 60,
        "estimate": None,
        "lower": None,
        "upper": None,
    }


@pytest.mark.parametrize("call", [lambda: aalen_johansen([1], [1])[2], lambda: aalen_johansen([], [])[1]])
def test_a_cause_without_curve_is_named(call) -> None:
    with pytest.raises(KeyError, match="no curve for cause"):
        call()


def test_cause_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="causes must be positive codes"):
        aalen_johansen([1], [1], causes=(0, 1))
