"""The founding demonstration cohort: 195 invented courses that reproduce the numbers of a published abstract.

WHOLLY SYNTHETIC. The courses are constructed so that the registry's code must print the published figures
(`targets.json`); they show that the code computes what it should and are no evidence about patients. The
survival curve is fixed by the order of deaths and last contacts and by three pinned days; three P values
are met by rearranging labels (`steer`).
"""

from __future__ import annotations

from datetime import date

from analytics.synthetic.aftermath import SHORTEST, draw_aftermath
from analytics.synthetic.course import (
    CR_ALIVE,
    CR_DEATH,
    CR_RELAPSE,
    CUTOFF,
    EARLY_DEATH,
    FAILED,
    FIRST_INFUSION,
    HSCT_CR,
    HSCT_DEATH,
    HSCT_RELAPSE,
    LAST_INFUSION,
    LATE_CR_ALIVE,
    PALLIATIVE,
    UNTREATED,
    Aftermath,
    Course,
)
from analytics.synthetic.dice import Dice
from analytics.synthetic.steer import steer
from analytics.synthetic.unrelapsed import draw_nonresponder, draw_remission

INFUSED, REMISSIONS, RELAPSED = 195, 185, 85
DEAD = {
    UNTREATED: 6,
    EARLY_DEATH: 3,
    PALLIATIVE: 3,
    FAILED: 14,
    CR_DEATH: 2,
    CR_RELAPSE: 7,
    HSCT_DEATH: 4,
    HSCT_RELAPSE: 14,
}
LONGEST = {UNTREATED: 75, EARLY_DEATH: 26, PALLIATIVE: 200, FAILED: 500, CR_DEATH: 450, HSCT_DEATH: 600}
ALIVE = {HSCT_CR: 16, HSCT_RELAPSE: 3, CR_ALIVE: 9, CR_RELAPSE: 2, LATE_CR_ALIVE: 2}
TWO_LINES = {HSCT_CR: 3, HSCT_RELAPSE: 4, HSCT_DEATH: 1}

# Deaths after relapse, in days: (number, first, last) spread evenly with jitter. The pinned ones make the
# median (15.3 months = day 466) and its limits (9 and 27 months = days 274 and 822); 48 deaths before 24
# months make 43 %.
DEATH_DAYS = (
    *((9, 5, 57), (23, 60, 270), (1, 274, 274), (9, 282, 462), (1, 466, 466), (5, 478, 724)),
    *((2, 745, 812), (1, 822, 822), (1, 960, 1100), (1, 1580, 1800)),
)
LOST_AFTER = (35, 41, 46)  # last contacts between these deaths and the next
FOLLOW_UP_MEDIAN = 1552  # 51 months, reverse Kaplan-Meier
RELAPSE_DAYS = (
    (21, 66, 182),
    (21, 184, 266),
    (1, 268, 268),
    (24, 270, 540),
    (18, 545, 1350),
)  # 268 = 8.8 months
EARLY = 21
MARROW = 67
MEDIAN_AGE_DAYS = 3872  # 10.6 years at relapse
YOUNGER = ((0.0, 870), (0.3, 1800), (0.7, 2900), (1.0, 3830))
OLDER = ((0.0, 3910), (0.4, 5000), (0.8, 6900), (1.0, 8900))
PRIOR_TRANSPLANT, PRIOR_AMONG_TRANSPLANTED, CONSOLIDATED = 47, 18, 3

CATEGORIES = {"CHEMO": 24, "INO": 16, "BLINA": 14, "CART_CD19": 9, "CART_OTHER": 7}
SMALL_CATEGORIES = {"TARGETED": 3, "RT_LOCAL": 2, "OTHER": 1}  # pooled in the test

# Chi-square intervals of the wanted P values (upper tail, degrees of freedom in brackets).
EARLY_V_LATE = (17.5, 22.5)  # P about 3e-5 to 2e-6 [1]
EFS_BY_CATEGORY = (8.8263, 8.8356)  # P = .116 +- .0002 [5]
OS_BY_PRIOR_TRANSPLANT = (1.9724, 1.9760)  # P = .160 +- .0002 [1]


def founding_courses(seed: int) -> list[Course]:
    """Return the 195 courses, numbered in order of infusion."""
    relapsed = _relapsed(seed)
    dice = Dice("founding, others", seed)
    remissions = [draw_remission(dice, consolidated=n < 22, dead=n % 14 == 5) for n in range(REMISSIONS - RELAPSED)]
    fates = (
        EARLY_DEATH,
        EARLY_DEATH,
        UNTREATED,
        FAILED,
        FAILED,
        FAILED,
        FAILED,
        FAILED,
        HSCT_CR,
        HSCT_RELAPSE,
    )
    others = [draw_nonresponder(dice, kind=kind, dead=kind != HSCT_CR) for kind in fates]
    remissions[0].day0 = date(2012, 5, 8).toordinal()  # the first and the last year are never empty
    others[3].day0 = date(2019, 10, 15).toordinal()
    courses = sorted([*relapsed, *remissions, *others], key=lambda course: course.day0)
    for number, course in enumerate(courses, start=1):
        course.number = number
    return courses


def marrow_relapses(courses: list[Course], seed: int) -> dict[int, bool]:
    """Say by number whether the first relapse involved the marrow: 67 of 85, never one radiated locally."""
    relapsed = [course for course in courses if course.relapse is not None]
    local = [course for course in relapsed if any(x.category == "RT_LOCAL" for x in course.aftermath.lines)]
    others = Dice("founding, marrow", seed).shuffled(course for course in relapsed if course not in local)
    outside = {course.number for course in [*local, *others][: RELAPSED - MARROW]}
    return {course.number: course.number not in outside for course in relapsed}


def _relapsed(seed: int) -> list[Course]:
    dice = Dice("founding, relapsed", seed)
    afters = _aftermaths(dice)
    _steer_categories(dice, afters)
    early = steer(
        dice,
        [(after.end, after.dead) for after in afters],
        [n < EARLY for n in range(RELAPSED)],
        target=EARLY_V_LATE,
        worse=True,
    )
    prior = _prior_transplants(dice, afters)
    days = _relapse_days(dice, afters, early)
    ages = dice.shuffled(
        [
            *(dice.quantile(YOUNGER) for _ in range(42)),
            MEDIAN_AGE_DAYS,
            *(dice.quantile(OLDER) for _ in range(42)),
        ]
    )
    courses = [
        _course(dice, after, relapse=day, age=age, prior=had)
        for after, day, age, had in zip(afters, days, ages, prior, strict=True)
    ]
    late_enough = [course for course in courses if course.prior_transplant and course.relapse > 330]
    for course in late_enough[:CONSOLIDATED]:
        course.prior_transplant = False
        course.consolidation = dice.between(70, course.relapse - 150)
    return courses


def _course(dice: Dice, after: Aftermath, *, relapse: int, age: int, prior: bool) -> Course:
    """Place the course in the calendar: the living are last seen shortly before the cut-off."""
    last = CUTOFF.toordinal() - relapse - after.end
    if after.dead:
        day0 = dice.between(FIRST_INFUSION.toordinal(), min(LAST_INFUSION.toordinal(), last))
    elif after.end < 730:  # lost to follow-up
        day0 = dice.between(date(2014, 1, 1).toordinal(), date(2018, 12, 31).toordinal())
    else:
        day0 = max(min(last - dice.between(10, 300), LAST_INFUSION.toordinal()), FIRST_INFUSION.toordinal())
    if age < MEDIAN_AGE_DAYS:  # at least one year old at the infusion
        age = min(max(age, relapse + 380), MEDIAN_AGE_DAYS - 20)
    return Course(
        number=0,
        day0=day0,
        age_days=age - relapse,
        sex="M" if dice.chance(0.55) else "F",
        end=relapse + after.end,
        dead=after.dead,
        cr_day=dice.between(26, 33),
        prior_transplant=prior,
        relapse=relapse,
        aftermath=after,
    )


def _spread(dice: Dice, number: int, first: int, last: int) -> list[int]:
    """Return increasing days spread evenly over an interval, each moved by up to a quarter of the step."""
    step = (last - first) / number
    return [first + int(step * (n + 0.5) + step * (dice.between(0, 100) - 50) / 200) for n in range(number)]


def _aftermaths(dice: Dice) -> list[Aftermath]:
    deaths = [day for segment in DEATH_DAYS for day in _spread(dice, *segment)]
    lost = [(deaths[n - 1] + deaths[n]) // 2 for n in LOST_AFTER]
    afters = []
    for day, kind in zip(deaths, _kinds_of_death(dice, deaths), strict=True):
        afters.append((kind, day, True))
    alive = _last_contacts(dice, deaths, lost)
    kinds = [kind for kind, number in ALIVE.items() for _ in range(number)]
    lost_kinds = [CR_ALIVE, CR_RELAPSE, CR_ALIVE]
    for kind in lost_kinds:
        kinds.remove(kind)
    afters += [(kind, day, False) for kind, day in zip(lost_kinds, lost, strict=True)]
    afters += [(kind, day, False) for kind, day in zip(dice.shuffled(kinds), alive, strict=True)]
    second_line = dict(TWO_LINES)
    drawn = []
    for kind, day, dead in dice.shuffled(afters):
        two_lines = second_line.get(kind, 0) > 0 and day >= SHORTEST[kind] + 60
        second_line[kind] = second_line.get(kind, 0) - two_lines
        drawn.append(draw_aftermath(dice, kind, end=day, dead=dead, two_lines=two_lines))
    return drawn


def _kinds_of_death(dice: Dice, deaths: list[int]) -> list[str]:
    """Give every death, earliest first, a story that fits its day; start again when one does not fit."""
    for _ in range(500):
        left, kinds = dict(DEAD), []
        for day in deaths:
            urgency = {
                kind: number / (LONGEST.get(kind, 2000) - day + 5)
                for kind, number in left.items()
                if number and SHORTEST[kind] <= day <= LONGEST.get(kind, 2000)
            }
            if not urgency:
                break
            kinds.append(dice.pick(urgency))
            left[kinds[-1]] -= 1
        if len(kinds) == len(deaths):
            return kinds
    raise RuntimeError("the stories do not fit the days of death")


def _last_contacts(dice: Dice, deaths: list[int], lost: list[int]) -> list[int]:
    """Last contacts of the living such that the reverse Kaplan-Meier median is the wanted day."""
    number = sum(ALIVE.values()) - len(lost)
    for below in range(8, number - 5):
        days = [
            *_spread(dice, below, 850, FOLLOW_UP_MEDIAN - 8),
            FOLLOW_UP_MEDIAN,
            *_spread(dice, number - below - 1, FOLLOW_UP_MEDIAN + 12, 2900),
        ]
        if _reverse_median([*lost, *days], deaths) == FOLLOW_UP_MEDIAN:
            return days
    raise RuntimeError("no order of last contacts gives the wanted follow-up")


def _reverse_median(contacts: list[int], deaths: list[int]) -> int:
    left, at_risk = 1.0, len(contacts) + len(deaths)
    for day, alive in sorted([(day, True) for day in contacts] + [(day, False) for day in deaths]):
        if alive:
            left *= (at_risk - 1) / at_risk
        at_risk -= 1
        if left < 0.4999:
            return day
    return 0


def _steer_categories(dice: Dice, afters: list[Aftermath]) -> None:
    treated = [after for after in afters if after.efs() is not None]
    counts = CATEGORIES | SMALL_CATEGORIES
    labels = [category for category, number in counts.items() for _ in range(number)]
    groups = ["OTHER" if label in SMALL_CATEGORIES else label for label in labels]
    times = [after.efs() for after in treated]
    for after, category in zip(treated, steer(dice, times, labels, groups=groups, target=EFS_BY_CATEGORY), strict=True):
        after.lines[0].category = str(category)


def _prior_transplants(dice: Dice, afters: list[Aftermath]) -> list[bool]:
    """Say who had a transplant before the relapse: 47, of them 18 among the 37 transplanted afterwards."""
    again = [n for n, after in enumerate(afters) if after.transplant is not None]
    times = [afters[n].survival_after_transplant() for n in again]
    labels = [n < PRIOR_AMONG_TRANSPLANTED for n in range(len(again))]
    prior = dict(zip(again, steer(dice, times, labels, target=OS_BY_PRIOR_TRANSPLANT, worse=True), strict=True))
    rest = dice.shuffled(n for n in range(len(afters)) if n not in prior)
    prior |= {n: place < PRIOR_TRANSPLANT - PRIOR_AMONG_TRANSPLANTED for place, n in enumerate(rest)}
    return [bool(prior[n]) for n in range(len(afters))]


def _relapse_days(dice: Dice, afters: list[Aftermath], early: list) -> list[int]:
    """Days from infusion to relapse: short ones to the early, long ones where there is room."""
    pool = [day for segment in RELAPSE_DAYS for day in _spread(dice, *segment)]
    early_pool, late_pool = dice.shuffled(pool[:EARLY]), sorted(pool[EARLY:])
    span = CUTOFF.toordinal() - FIRST_INFUSION.toordinal() - 30
    days = [0] * len(afters)
    for n in sorted(range(len(afters)), key=lambda n: -afters[n].end):  # least room first
        if early[n]:
            days[n] = early_pool.pop()
            continue
        fitting = [day for day in late_pool if day + afters[n].end <= span]
        days[n] = dice.one_of(fitting)
        late_pool.remove(days[n])
    return days
