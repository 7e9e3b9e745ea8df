"""Any number of invented courses for benchmarks: the same kinds as the founding cohort, no target."""

from __future__ import annotations

from analytics.synthetic.aftermath import SHORTEST, draw_aftermath
from analytics.synthetic.course import (
    CR_ALIVE,
    CR_DEATH,
    CR_RELAPSE,
    CUTOFF,
    EARLY_DEATH,
    FAILED,
    HSCT_CR,
    HSCT_DEATH,
    HSCT_RELAPSE,
    LATE_CR_ALIVE,
    PALLIATIVE,
    UNTREATED,
    Course,
)
from analytics.synthetic.dice import Dice
from analytics.synthetic.unrelapsed import draw_nonresponder, draw_remission, draw_start

RELAPSE_DAYS = ((0.0, 66), (0.25, 182), (0.5, 268), (0.8, 600), (1.0, 1300))
#: what follows a relapse, by weight, and the longest survival of those who die
DYING = {
    UNTREATED: (6, 75),
    EARLY_DEATH: (3, 26),
    PALLIATIVE: (3, 200),
    FAILED: (14, 400),
    CR_DEATH: (2, 450),
    CR_RELAPSE: (7, 700),
    HSCT_DEATH: (4, 450),
    HSCT_RELAPSE: (14, 900),
}
LIVING = {HSCT_CR: 16, HSCT_RELAPSE: 3, CR_ALIVE: 9, CR_RELAPSE: 2, LATE_CR_ALIVE: 2}


def cohort_courses(n_patients: int, seed: int) -> list[Course]:
    """Return n courses, numbered as drawn; n patients of one seed are the first n of any larger number."""
    if n_patients < 1:
        raise ValueError(f"a cohort needs at least one patient, not {n_patients}")
    courses = []
    for number in range(1, n_patients + 1):
        dice = Dice("course", seed, number)
        course = _course(dice)
        course.number = number
        courses.append(course)
    return courses


def _course(dice: Dice) -> Course:
    fate = dice.pick({"remission": 100, "relapse": 85, "failure": 8, "early death": 2})
    if fate == "relapse":
        return _relapsed(dice)
    if fate == "failure":
        return draw_nonresponder(dice, kind=dice.pick({FAILED: 5, UNTREATED: 1, HSCT_RELAPSE: 1}), dead=True)
    if fate == "early death":
        return draw_nonresponder(dice, kind=EARLY_DEATH, dead=True)
    return draw_remission(dice, consolidated=dice.chance(0.22), dead=dice.chance(0.07))


def _relapsed(dice: Dice) -> Course:
    relapse = dice.quantile(RELAPSE_DAYS)
    dead = dice.chance(53 / 85)
    if dead:
        kind = dice.pick({name: weight for name, (weight, _) in DYING.items()})
        end = dice.between(SHORTEST[kind], DYING[kind][1])
        latest = CUTOFF.toordinal() - relapse - end
    else:
        kind, end = dice.pick(LIVING), 0
        latest = CUTOFF.toordinal() - relapse - SHORTEST[kind] - 340
    course = draw_start(dice, latest=latest)
    if not dead:
        end = CUTOFF.toordinal() - course.day0 - relapse - dice.between(10, 330)
    course.prior_transplant = dice.chance(0.55)
    course.age_days = min(course.age_days, 10950 - relapse)
    course.cr_day = dice.between(26, 33)
    course.relapse = relapse
    course.aftermath = draw_aftermath(dice, kind, end=end, dead=dead, two_lines=kind == HSCT_CR and dice.chance(0.2))
    course.dead, course.end = dead, relapse + end
    return course
