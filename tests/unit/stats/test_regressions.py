"""Cox, exposure, landmark, Fine-Gray and restricted means: by hand, by law, lifelines as second opinion."""

import math

import numpy as np
import pytest

from analytics.stats.cox import fit_cox
from analytics.stats.curves import kaplan_meier
from analytics.stats.exposure import mantel_byar, simon_makuch, split_at_exposure
from analytics.stats.finegray import fit_fine_gray
from analytics.stats.landmark import at_landmark
from analytics.stats.proportionality import TRANSFORMS, proportionality_test
from analytics.stats.rmst import restricted_mean, rmst_difference


def made_up(rows: int = 200, seed: int = 4) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    draw = np.random.default_rng(seed)
    x = {"early": draw.integers(0, 2, rows).astype(float), "age": draw.normal(12, 5, rows)}
    days = np.ceil(draw.exponential(60 * np.exp(-0.8 * x["early"]))).astype(int)
    return days, draw.integers(0, 2, rows), x


def test_cox_of_three_patients_in_closed_form() -> None:
    # events at 1 (x = 1) and 2 (x = 0), censored at 3 (x = 1): maximum at exp(b) = sqrt(1/2)
    fit = fit_cox([1, 2, 3], [1, 1, 0], {"x": [1, 0, 1]})

    assert fit.coef[0] == pytest.approx(math.log(math.sqrt(0.5)), rel=1e-10)
    assert fit.loglik_null == pytest.approx(-math.log(3) - math.log(2))


def test_lifelines_agrees_on_the_cox_model() -> None:
    import pandas as pd
    from lifelines import CoxPHFitter

    days, event, x = made_up()
    fit = fit_cox(days, event, x)
    frame = pd.DataFrame({"days": days, "event": event, **x})
    other = CoxPHFitter().fit(frame, "days", "event", fit_options={"precision": 1e-13, "max_steps": 200})

    assert fit.coef == pytest.approx(other.params_.tolist(), abs=1e-6)
    assert fit.se == pytest.approx(other.standard_errors_.tolist(), rel=1e-6)
    assert fit.loglik == pytest.approx(other.log_likelihood_, rel=1e-12)
    assert fit.concordance == pytest.approx(other.concordance_index_, rel=1e-12)


def test_lifelines_agrees_on_time_varying_exposure() -> None:
    import pandas as pd
    from lifelines import CoxTimeVaryingFitter

    days, event, x = made_up()
    exposure = np.where(np.arange(200) % 3 == 0, 20.0, np.nan)
    rows = split_at_exposure(days, event, exposure)
    fit = fit_cox(rows.stop, rows.event, {"exposed": rows.exposed, "age": x["age"][rows.patient]}, entry=rows.start)
    frame = pd.DataFrame(
        {"id": rows.patient, "start": rows.start, "stop": rows.stop, "event": rows.event}
        | {"exposed": rows.exposed, "age": x["age"][rows.patient]}
    )
    options = {"precision": 1e-13, "max_steps": 200}
    other = CoxTimeVaryingFitter().fit(
        frame, id_col="id", event_col="event", start_col="start", stop_col="stop", fit_options=options
    )

    assert fit.coef == pytest.approx(other.params_.tolist(), abs=1e-8)
    assert fit.se == pytest.approx(other.standard_errors_.tolist(), rel=1e-6)
    assert fit.concordance is None


def test_units_of_a_covariate_change_the_coefficient_and_nothing_else() -> None:
    days, event, x = made_up()
    in_years, in_months = fit_cox(days, event, x), fit_cox(days, event, x | {"age": x["age"] * 12})

    assert in_months.coef[1] == pytest.approx(in_years.coef[1] / 12)
    assert in_months.p[1] == pytest.approx(in_years.p[1])
    assert in_months.loglik == pytest.approx(in_years.loglik)


def test_rows_without_a_covariate_are_left_out_and_counted() -> None:
    days, event, x = made_up()
    x["age"][:7] = np.nan

    assert (fit_cox(days, event, x).n, fit_cox(days, event, x).left_out) == (193, 7)


@pytest.mark.parametrize(
    ("x", "warning"),
    [
        ({"x": [0, 0, 1, 1, 0, 1]}, "no events in a level of x"),
        ({"x": [3, 3, 3, 3, 3, 3]}, "x is constant or a combination of the other covariates"),
        ({"y": [1, 2, 3, 3, 1, 2], "x": [2, 4, 6, 6, 2, 4]}, "x is constant or a combination"),
    ],
)
def test_what_cannot_be_estimated_is_named(x: dict[str, list[float]], warning: str) -> None:
    fit = fit_cox([1, 2, 3, 4, 5, 6], [1, 1, 0, 0, 1, 0], x)

    assert fit.coef[-1] is None
    assert fit.hr_upper[-1] is None
    assert any(warning in told for told in fit.warnings)


def test_a_covariate_that_foretells_every_event_has_the_likelihood_of_the_limit_however_wide_it_is() -> None:
    fit = fit_cox([3, 6, 1, 1, 6], [0, 0, 0, 0, 1], {"x": [-0.03, 0.65, -1.24, -1.17, 0.68]})
    assert fit.coef == (None,)
    assert fit.loglik == pytest.approx(0, abs=1e-11)


def test_no_events_and_few_events_are_told() -> None:
    assert fit_cox([1, 2], [0, 0], {"x": [0, 1]}).warnings == ("not estimable: no events",)
    assert "2 events for 1 covariates" in fit_cox([1, 2, 3], [1, 1, 0], {"x": [1, 0, 1]}).warnings[0]


def test_proportionality_is_not_tested_where_there_is_no_coefficient() -> None:
    fit = fit_cox([1, 2, 3, 4], [1, 1, 0, 0], {"x": [0, 0, 1, 1]})

    assert proportionality_test(fit).reason == "a coefficient is not estimable"
    assert proportionality_test(fit).p == (None, None)


def test_log_of_a_zero_duration_is_no_time_scale() -> None:
    fit = fit_cox([0, 2, 3, 4], [1, 1, 0, 1], {"x": [0, 1, 1, 0]})

    assert proportionality_test(fit, transform="log").reason == "log of a duration of 0"


def test_a_patient_censored_on_day_0_leaves_the_log_of_time_a_scale() -> None:
    fit = fit_cox([0, 2, 3, 4, 6, 7], [0, 1, 1, 1, 0, 1], {"x": [0, 1, 0, 0, 1, 1]})

    assert proportionality_test(fit, transform="log").reason is None
    assert all(p is not None for p in proportionality_test(fit, transform="log").p)


@pytest.mark.parametrize("transform", TRANSFORMS)
def test_an_effect_that_reverses_is_found(transform: str) -> None:
    early, late = np.arange(1, 101), np.arange(101, 201)
    x = np.concatenate((np.tile([1, 1, 1, 0], 25), np.tile([0, 0, 0, 1], 25))).astype(float)
    fit = fit_cox(np.concatenate((early, late)), np.ones(200), {"x": x})

    assert proportionality_test(fit, transform=transform).p[-1] < 0.01


def test_faulty_models_are_refused() -> None:
    with pytest.raises(ValueError, match="unknown rule for ties 'exact'"):
        fit_cox([1], [1], {"x": [1]}, ties="exact")
    with pytest.raises(ValueError, match="at least one covariate"):
        fit_cox([1], [1], {})
    with pytest.raises(ValueError, match="covariate x must be finite"):
        fit_cox([1, 2], [1, 0], {"x": [1, math.inf]})
    with pytest.raises(ValueError, match="unknown transform 'sqrt'"):
        proportionality_test(fit_cox([1, 2, 3], [1, 1, 0], {"x": [1, 0, 1]}), transform="sqrt")
    with pytest.raises(ValueError, match="at least one covariate"):
        fit_fine_gray([1], [1], {}, cause=1)


def test_follow_up_is_split_at_the_exposure() -> None:
    # before, on the day 0, on the last day, never, no follow-up
    rows = split_at_exposure([10, 8, 6, 4, 0], [1, 0, 1, 1, 1], [5, 0, 6, np.nan, np.nan])
    told = list(zip(rows.patient, rows.start, rows.stop, rows.event, rows.exposed, strict=True))

    assert told == [(0, 0, 5, 0, 0), (0, 5, 10, 1, 1), (1, 0, 8, 0, 1), (2, 0, 6, 1, 0), (3, 0, 4, 1, 0)]
    assert (rows.n_exposed, rows.on_last_day, rows.vanished) == (2, 1, 1)


def test_a_same_day_transplant_and_death_is_no_transplanted_death() -> None:
    never, ever = simon_makuch([10, 20], [1, 0], [10, np.nan])

    assert (never.events, ever.n) == (1, 0)
    assert (
        mantel_byar([10, 20], [1, 0], [10, np.nan]).reason
        == "exposed and unexposed patients are never at risk together"
    )
    assert mantel_byar([10, 20], [0, 0], [5, np.nan]).reason == "no events"


def test_the_landmark_keeps_those_followed_beyond_it_and_restarts_the_clock() -> None:
    rows = at_landmark([10, 30, 40, 50], [1, 0, 1, 0], landmark=30, exposure_days=[5, np.nan, 30, 31])

    assert rows.patient.tolist() == [2, 3]
    assert rows.days.tolist() == [10, 20]
    assert rows.exposed.tolist() == [1, 0]
    assert [(left.reason, left.n) for left in rows.left_out] == [
        ("event on or before the landmark", 1),
        ("last seen on or before the landmark", 1),
    ]
    with pytest.raises(ValueError, match="landmark must be a time from 0 on"):
        at_landmark([1], [1], landmark=-1)


def test_fine_gray_without_competing_events_is_breslow_cox() -> None:
    days, event, x = made_up()
    plain, weighted = fit_cox(days, event, x, ties="breslow"), fit_fine_gray(days, event, x, cause=1)
    robust = fit_cox(days, event, x, ties="breslow", robust=True)

    assert weighted.coef == pytest.approx(plain.coef, rel=1e-9)
    assert weighted.se == pytest.approx(robust.se, rel=1e-9)


def test_fine_gray_predicts_a_rising_incidence_and_says_what_it_cannot_estimate() -> None:
    days, event, x = made_up()
    fit = fit_fine_gray(days, event * (1 + np.arange(200) % 2), x, cause=1)
    curve = fit.predict([1, 12], [0, 10, 50, 1000])

    assert curve[0] == 0
    assert (np.diff(curve) >= 0).all()
    assert fit_fine_gray([1, 2], [2, 0], {"x": [0, 1]}, cause=1).warnings == ("not estimable: no events of this cause",)
    assert np.isnan(fit_fine_gray([1, 2], [2, 0], {"x": [0, 1]}, cause=1).predict([1], [5])).all()
    with pytest.raises(ValueError, match="1 values for 2 covariates"):
        fit.predict([1], [5])


def test_restricted_mean_of_three_patients() -> None:
    # S: 1 until 2, 2/3 until 4, 1/3 until 6: area up to 5 = 2 + 2 * 2/3 + 1/3
    curve = kaplan_meier([2, 4, 6], [1, 1, 1])

    assert restricted_mean(curve, tau=5).estimate == pytest.approx(2 + 4 / 3 + 1 / 3)


def test_restricted_means_do_not_reach_beyond_follow_up() -> None:
    with pytest.raises(ValueError, match="beyond the last observed time 6"):
        restricted_mean(kaplan_meier([2, 4, 6], [1, 1, 1]), tau=7)
    with pytest.raises(ValueError, match="tau must be a positive time"):
        restricted_mean(kaplan_meier([2], [1]), tau=0)


@pytest.mark.parametrize(("groups", "found"), [("aa", "1: a"), ("abc", "3: a, b, c"), ("", "none")])
def test_a_difference_of_other_than_two_groups_tells_the_means_alone(groups: str, found: str) -> None:
    size = len(groups)
    answer = rmst_difference([3, 4, 5][:size], [1] * size, list(groups), tau=2)

    assert [mean.estimate for mean in answer.means] == [2.0] * len(set(groups))
    assert (answer.estimate, answer.p) == (None, None)
    assert answer.reason == f"a difference needs two groups, found {found}"


def test_a_difference_without_events_has_no_test() -> None:
    found = rmst_difference([5, 5], [0, 0], ["a", "b"], tau=4)

    assert (found.estimate, found.p, found.reason) == (0, None, "no events before tau")


def test_late_entry_that_leaves_nobody_out_changes_no_digit_of_the_likelihood() -> None:
    """Hazards e^20 apart: sums at risk are added up, never taken apart."""
    x = {"x": [0.0, 0.0, 1.0, 1.0, 0.0, 1.0]}
    with_entry = fit_cox([2, 4, 5, 9, 9, 11], [1, 1, 0, 0, 1, 0], x, entry=[0, 1, 0, 1, 0, 1])
    without = fit_cox([2, 4, 5, 9, 9, 11], [1, 1, 0, 0, 1, 0], x)

    assert with_entry.coef == (None,)
    assert with_entry.loglik == pytest.approx(without.loglik, rel=1e-11)


def test_covariates_that_foretell_every_event_reach_a_likelihood_of_one() -> None:
    fit = fit_cox([1, 2, 3, 4], [1, 1, 1, 1], {"x": [4.0, 3.0, 2.0, 1.0]}, entry=[0, 0, 0, 0])

    assert fit.coef == (None,)
    assert fit.loglik == pytest.approx(0, abs=1e-10)
    assert fit.loglik <= 0


def test_a_covariate_without_information_has_a_likelihood_and_no_test() -> None:
    fit = fit_cox([1, 2, 3], [0, 0, 1], {"x": [0.0, 1.0, 1.0]})

    assert (fit.loglik_null, fit.loglik) == (0.0, 0.0)
    assert (fit.lr_test, fit.lr_df, fit.lr_p, fit.aic) == (None, None, None, None)


def test_a_robust_error_that_is_only_rounding_is_none() -> None:
    """One event, one cluster with it: every cluster's score is zero at the estimate."""
    fit = fit_cox([6, 6, 6, 6], [1, 1, 1, 1], {"x": [0.0, 1.0, 1.0, 3.0]}, robust=True, ties="breslow", cluster=[1] * 4)

    assert fit.coef[0] == pytest.approx(0, abs=1e-12)
    assert (fit.se, fit.z, fit.p) == ((None,), (None,), (None,))
    assert fit.naive_se[0] > 0


def test_ties_of_fractional_times_are_the_same_before_and_after_the_exposure() -> None:
    unexposed, exposed = simon_makuch([0.3, 0.1 + 0.2, 1.0], [1, 1, 0], [math.nan, 0.2, math.nan])

    assert unexposed.time[1] == exposed.time[0] == 0.3
