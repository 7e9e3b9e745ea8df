"""Registries made to break an analysis: every plan under every stratum answers in the promised shapes."""

import json
from datetime import date, timedelta
from functools import cache

import pytest

from analytics.study.catalogue import PLANS
from analytics.study.run import check_strata, run
from analytics.study.strata import STRATA
from tests.tables import DAY_0
from tests.unit.study.hostile import registry
from tests.unit.study.shapes import faults

SEEDS = {1: 0, 2: 1, 3: 8, 4: 40}  # seed: patients
MORE_SEEDS = {seed: size for size, seed in enumerate((11, 12, 13, 14, 15, 16), 2)} | {21: 30, 22: 60, 23: 90}
LATE = DAY_0 + timedelta(days=1200)
tables_of = cache(lambda seed: registry(seed, patients=(SEEDS | MORE_SEEDS)[seed]))


def usable(plan: str) -> list[tuple[str, ...]]:
    """No stratum, every stratum the plan knows at time zero, and two crossed."""
    singles = []
    for key in STRATA:
        try:
            check_strata(plan, [key])
        except ValueError:
            continue
        singles.append((key,))
    return [(), *singles, ("sex", "year_group"), ("prior_hsct", "age_group", "site")]


def ask(plan: str, seed: int, *, cutoff: date = LATE, by: tuple[str, ...] = ()) -> None:
    answer = run(plan, tables_of(seed), cutoff=cutoff, by=by)

    assert faults(answer, stratified=bool(by)) == [], by
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("seed", SEEDS)
def test_hostile_registries_are_answered_in_the_promised_shapes(plan: str, seed: int) -> None:
    ask(plan, seed)


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("by", [("sex",), ("prior_hsct", "age_group", "site")])
def test_hostile_strata_are_answered_in_the_promised_shapes(plan: str, by: tuple[str, ...]) -> None:
    ask(plan, 4, by=by)


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("cutoff", [DAY_0 - timedelta(days=1), DAY_0])
def test_early_cut_offs_are_answered_in_the_promised_shapes(plan: str, cutoff: date) -> None:
    ask(plan, 4, cutoff=cutoff)


@pytest.mark.proof
@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("seed", MORE_SEEDS)
def test_more_hostile_registries_under_every_stratum(plan: str, seed: int) -> None:
    for by in usable(plan):
        ask(plan, seed, by=by)
    ask(plan, seed, cutoff=date(1990, 1, 1))
    ask(plan, seed, cutoff=DAY_0 + timedelta(days=28))
