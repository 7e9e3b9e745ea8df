"""Draw courses without a relapse of the index remission: lasting remission, death in it, non-response."""

from __future__ import annotations

from analytics.synthetic.aftermath import SHORTEST, draw_aftermath
from analytics.synthetic.course import (
    CUTOFF,
    EARLY_DEATH,
    FIRST_INFUSION,
    LAST_INFUSION,
    Course,
)
from analytics.synthetic.dice import Dice

AGES = ((0.0, 430), (0.25, 1900), (0.5, 3700), (0.75, 5500), (0.95, 7900), (1.0, 9900))  # days at infusion
DEATHS_IN_REMISSION = (
    ("INFECTION", "CART"),
    ("ORGAN_FAILURE", "CART"),
    ("HEMORRHAGE", "CART"),
    ("OTHER", "NONE"),
)
DEATHS_AFTER_TRANSPLANT = (("GVHD", "HSCT"), ("INFECTION", "HSCT"), ("VOD_SOS", "HSCT"), ("IPS_PULM", "HSCT"))


def draw_start(dice: Dice, *, latest: int | None = None) -> Course:
    """A course with an infusion day, an age and a sex; still without a response."""
    last = LAST_INFUSION.toordinal() if latest is None else min(latest, LAST_INFUSION.toordinal())
    return Course(
        number=0,
        day0=dice.between(FIRST_INFUSION.toordinal(), last),
        age_days=dice.quantile(AGES),
        sex="M" if dice.chance(0.55) else "F",
        end=0,
        dead=False,
        prior_transplant=dice.chance(0.38),
    )


def last_contact(dice: Dice, course: Course) -> int:
    """Days from infusion to the last contact of the living: near the cut-off, a few lost earlier."""
    span = CUTOFF.toordinal() - course.day0
    return dice.between(500, span - 800) if span > 1400 and dice.chance(0.06) else span - dice.between(10, 330)


def draw_remission(dice: Dice, *, consolidated: bool, dead: bool) -> Course:
    """A remission never lost, with or without a transplant in remission."""
    course = draw_start(dice)
    course.end = last_contact(dice, course)
    course.late_cr = dice.chance(0.02)
    course.cr_day = dice.between(55, 75) if course.late_cr else dice.between(26, 33)
    if consolidated:
        course.consolidation = dice.between(90, 180)
    elif not dead and dice.chance(0.08):
        course.reinfusion = dice.between(150, 320)
    if dead:
        course.dead = True
        course.end = dice.between(200, 900) if not consolidated else course.consolidation + dice.between(40, 300)
        course.death = dice.one_of(DEATHS_AFTER_TRANSPLANT if consolidated else DEATHS_IN_REMISSION)
    return course


def draw_nonresponder(dice: Dice, *, kind: str, dead: bool) -> Course:
    """No remission: an early death before the assessment, or a failed infusion and what followed it."""
    course = draw_start(dice)
    if kind == EARLY_DEATH:
        course.dead, course.end = True, dice.between(9, 20)
        course.death = ("INFECTION", "CART")
        return course
    course.assessed = dice.between(26, 33)
    span = CUTOFF.toordinal() - course.day0
    end = (
        dice.between(SHORTEST[kind] + 20, SHORTEST[kind] + 320)
        if dead
        else span - course.assessed - dice.between(10, 330)
    )
    course.aftermath = draw_aftermath(dice, kind, end=end, dead=dead)
    course.dead, course.end = dead, course.assessed + end
    return course
