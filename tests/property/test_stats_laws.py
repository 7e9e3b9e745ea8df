"""Laws that hold for every cohort: generated ones with ties, censoring, late entry, competing causes."""

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from analytics.stats.compare import gray, logrank
from analytics.stats.cox import fit_cox
from analytics.stats.curves import aalen_johansen, kaplan_meier
from analytics.stats.landmark import at_landmark

LAW = settings(max_examples=60, deadline=None, derandomize=True)
COHORT = st.lists(
    st.tuples(st.integers(0, 40), st.integers(0, 2), st.integers(0, 2), st.integers(-1, 20)),
    min_size=1,
    max_size=40,
)


def columns(cohort: list[tuple[int, int, int, int]]) -> tuple[np.ndarray, ...]:
    return tuple(np.array(column) for column in zip(*cohort, strict=True))


@LAW
@given(COHORT, st.booleans())
def test_survival_and_incidences_add_up_to_one(cohort: list, late: bool) -> None:
    """Everybody is alive without event or had one kind of event: S + sum of CIF = 1."""
    days, state, _, entry = columns(cohort)
    curves = aalen_johansen(days, state, entry=entry if late else None)

    total = curves.survival + sum((curve.estimate for curve in curves.curves), np.zeros_like(curves.survival))

    assert np.allclose(total, 1, rtol=0, atol=1e-12)


@LAW
@given(COHORT, st.booleans())
def test_survival_never_rises_and_its_limits_enclose_it(cohort: list, late: bool) -> None:
    """S falls or stays, lies in 0-1, and every limit lies on its side of it."""
    days, state, _, entry = columns(cohort)
    curve = kaplan_meier(days, state > 0, entry=entry if late else None)
    told = ~np.isnan(curve.lower)

    assert (np.diff(curve.estimate) <= 0).all()
    assert ((curve.estimate >= 0) & (curve.estimate <= 1)).all()
    assert (curve.lower[told] <= curve.estimate[told]).all()
    assert (curve.upper[told] >= curve.estimate[told]).all()


@LAW
@given(COHORT, st.randoms(use_true_random=False))
def test_the_order_of_the_patients_changes_nothing(cohort: list, shuffle) -> None:
    """Shuffled rows give the same bytes."""
    mixed = shuffle.sample(cohort, len(cohort))
    (days, state, group, _), (other_days, other_state, other_group, _) = columns(cohort), columns(mixed)

    assert kaplan_meier(days, state > 0).as_group("all") == kaplan_meier(other_days, other_state > 0).as_group("all")
    assert aalen_johansen(days, state).as_group("all") == aalen_johansen(other_days, other_state).as_group("all")
    assert logrank(days, state > 0, group) == logrank(other_days, other_state > 0, other_group)
    assert gray(days, state, group, cause=1) == gray(other_days, other_state, other_group, cause=1)


@LAW
@given(COHORT)
def test_doubling_the_data_keeps_the_estimate_and_halves_its_variance(cohort: list) -> None:
    """Every patient twice: the same S, the variance of Greenwood exactly half."""
    days, state, _, _ = columns(cohort)
    once, twice = kaplan_meier(days, state > 0), kaplan_meier(np.repeat(days, 2), np.repeat(state > 0, 2))
    told = ~np.isnan(once.std_err)

    assert np.allclose(once.estimate, twice.estimate, rtol=0, atol=1e-14)
    assert np.allclose(once.std_err[told] ** 2, 2 * twice.std_err[told] ** 2, rtol=1e-10, atol=0)


@LAW
@given(COHORT)
def test_without_competing_events_incidence_is_one_minus_survival(cohort: list) -> None:
    """One cause only: CIF = 1 - KM."""
    days, state, _, _ = columns(cohort)
    event = (state > 0).astype(int)

    alone = aalen_johansen(days, event, causes=(1,))[1]

    assert np.allclose(alone.estimate, 1 - kaplan_meier(days, event).estimate, rtol=0, atol=1e-12)


@LAW
@given(COHORT)
def test_names_of_the_groups_do_not_change_a_comparison(cohort: list) -> None:
    """Relabelling the groups leaves chi-square, df and p of log-rank and Gray as they are."""
    days, state, group, _ = columns(cohort)
    renamed = np.array(["c", "a", "b"])[group]

    for first, second in (
        (logrank(days, state > 0, group), logrank(days, state > 0, renamed)),
        (gray(days, state, group, cause=1), gray(days, state, renamed, cause=1)),
    ):
        assert (first.df, first.p is None) == (second.df, second.p is None)
        assert first.p is None or math.isclose(first.statistic, second.statistic, rel_tol=1e-6, abs_tol=1e-9)


@LAW
@given(COHORT)
def test_observed_and_expected_events_have_the_same_sum(cohort: list) -> None:
    """The log-rank test only moves events between groups."""
    days, state, group, entry = columns(cohort)
    test = logrank(days, state > 0, group, entry=entry)

    assert math.isclose(sum(test.observed), sum(test.expected), abs_tol=1e-9)


@LAW
@given(COHORT, st.integers(1, 500))
def test_shifting_time_and_entry_together_shifts_the_median(cohort: list, shift: int) -> None:
    """Only differences of dates matter: days + shift gives median + shift."""
    days, state, _, _ = columns(cohort)
    first, second = kaplan_meier(days, state > 0).median, kaplan_meier(days + shift, state > 0).median

    assert second.days == (None if first.days is None else first.days + shift)


@LAW
@given(COHORT, st.integers(0, 20))
def test_survival_after_a_landmark_is_the_conditional_survival(cohort: list, landmark: int) -> None:
    """S(L + t) = S(L) x S(t | alive at L)."""
    days, state, _, _ = columns(cohort)
    rows = at_landmark(days, (state > 0).astype(int), landmark=landmark)
    whole, after = kaplan_meier(days, state > 0), kaplan_meier(rows.days, rows.event)
    at_start = whole.at([landmark], extend=True).estimate[0]

    for time in after.time:
        joint = whole.at([landmark + time], extend=True).estimate[0]
        assert math.isclose(joint, at_start * after.at([time]).estimate[0], abs_tol=1e-12)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(COHORT)
def test_turning_a_covariate_round_turns_its_coefficient_round(cohort: list) -> None:
    """x and -x: the same model, the opposite sign; what is not estimable stays so."""
    days, state, group, _ = columns(cohort)
    x = group.astype(float)
    first, second = (fit_cox(days, state > 0, {"x": value}) for value in (x, -x))

    assert (first.coef[0] is None) == (second.coef[0] is None)
    if first.coef[0] is not None:
        assert math.isclose(first.coef[0], -second.coef[0], rel_tol=1e-6, abs_tol=1e-8)
