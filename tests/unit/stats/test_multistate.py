"""Occupation of states: by hand, as Kaplan-Meier where two states are, and as R's survfit where more are."""

import json
import subprocess

import numpy as np
import pytest

from analytics.stats.curves import aalen_johansen, kaplan_meier
from analytics.stats.multistate import occupation
from tests.services import needs

NEVER = np.nan


def drawn(n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Patients who relapse, are transplanted and die on few days, so that most are shared; some move twice in a day."""
    dice = np.random.default_rng(20231)
    relapse = dice.integers(1, 30, n).astype(float)
    hsct = relapse + dice.integers(0, 12, n)
    death = np.where(dice.random(n) < 0.5, hsct, relapse) + dice.integers(0, 20, n)
    ends = dice.integers(5, 45, n).astype(float)
    entered = np.column_stack([relapse, hsct, death])
    entered[dice.random(entered.shape) < 0.25] = NEVER
    entered[:, 1] = np.where(entered[:, 1] > entered[:, 2], NEVER, entered[:, 1])
    entered[:, 0] = np.where(entered[:, 0] > entered[:, 2], NEVER, entered[:, 0])
    entered[entered > ends[:, None]] = NEVER
    return entered, ends


def test_by_hand():
    """Four patients: one relapses on day 10 and dies on day 20, one dies on day 10, two are censored on days 15, 30."""
    found = occupation([[10, 20], [NEVER, 10], [NEVER, NEVER], [NEVER, NEVER]], [20, 10, 15, 30])

    assert found.days.tolist() == [10, 20]
    assert found.shares.tolist() == [[0.5, 0.25, 0.25], [0.5, 0.0, 0.5]]
    assert found.at(9).tolist() == [1, 0, 0]
    assert found.at(31) is None
    assert [found.at_risk(day) for day in (0, 10, 11, 30)] == [4, 4, 3, 1]


def test_two_states_are_kaplan_meier():
    _entered, ends = drawn()
    died = np.arange(ends.size) % 5 < 3
    found = occupation(np.where(died, ends, NEVER)[:, None], ends)
    curve = kaplan_meier(ends, died.astype(int))

    steps = curve.as_group("all").as_json()["steps"]
    events = dict(zip(steps["days"], steps["estimate"], strict=True))
    assert found.shares[:, 0] == pytest.approx([events[day] for day in found.days], rel=1e-12)


def test_two_ends_are_cumulative_incidences():
    _entered, ends = drawn()
    state = np.arange(ends.size) % 3
    entered = np.column_stack([np.where(state == cause, ends, NEVER) for cause in (1, 2)])
    found = occupation(entered, ends)
    group = aalen_johansen(ends, state, causes=(1, 2)).as_group("all", names={1: "a", 2: "b"}).as_json()

    for number, cause in enumerate(group["causes"], start=1):
        told = dict(zip(cause["steps"]["days"], cause["steps"]["estimate"], strict=True))
        assert found.shares[:, number] == pytest.approx([told[day] for day in found.days], rel=1e-12)


def test_shares_add_to_one_and_the_last_state_only_grows():
    found = occupation(*drawn())

    assert found.shares.sum(axis=1) == pytest.approx(1, abs=1e-12)
    assert (found.shares >= -1e-15).all()
    assert (np.diff(found.shares[:, -1]) >= 0).all()


def test_nobody_gives_nothing():
    found = occupation(np.zeros((0, 3)), [])

    assert found.days.size == 0
    assert found.at(0) is None


R = """
library(survival); d <- jsonlite::fromJSON(file("stdin"))
d$state <- factor(d$state, 0:3, c("none", "relapse", "hsct", "dead"))
fit <- survfit(Surv(start, stop, state) ~ 1, data = d, id = id)
p <- summary(fit, times = unlist(d$at))$pstate
cat(jsonlite::toJSON(p, digits = I(15)))
"""


@needs("r")
def test_more_states_agree_with_r():
    entered, ends = drawn()
    ends = np.fmax(ends, 0.0)
    found = occupation(entered, ends)
    rows: dict[str, list[float]] = {"id": [], "start": [], "stop": [], "state": []}
    for who, moves in enumerate(entered):
        start = 0.0
        last_of_day = {day: state for state, day in enumerate(moves, start=1) if np.isfinite(day)}
        for day, state in sorted(last_of_day.items()):
            _row(rows, who, start, day, state)
            start = day
        if ends[who] > start and 3 not in last_of_day.values():
            _row(rows, who, start, ends[who], 0)
    rows["at"] = found.days.tolist()
    padded = {name: values + [values[-1]] * (len(rows["id"]) - len(values)) for name, values in rows.items()}

    told = subprocess.run(["Rscript", "-e", R], input=json.dumps(padded), capture_output=True, text=True, check=True)

    theirs = np.array(json.loads(told.stdout))[: found.days.size]
    assert found.shares == pytest.approx(theirs, abs=1e-12)


def _row(rows: dict[str, list[float]], who: int, start: float, stop: float, state: int) -> None:
    for name, value in zip(("id", "start", "stop", "state"), (who, start, stop, state), strict=True):
        rows[name].append(value)
