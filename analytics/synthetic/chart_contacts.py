"""When the synthetic patient was seen and how it ended: follow-up by the registry's schedule, death."""

from __future__ import annotations

from analytics.synthetic.chart import NOT_APPLICABLE, UNKNOWN, Chart
from analytics.synthetic.chart_disease import QUIET_DAYS
from analytics.synthetic.course import ACTIVE, CUTOFF, REMISSION

SCHEDULE = ((88, 112), (158, 204), (368, 420))
NEAR = 20  # days: two contacts closer than this are one


def write_contacts(chart: Chart) -> None:
    """Write the contacts in order, then the death."""
    course = chart.course
    previous = 0
    for day in _contact_days(chart):
        _contact(chart, day, previous=previous, vital="ALIVE")
        previous = day
    if course.dead:
        _contact(chart, course.end, previous=previous, vital="DEAD")
        _death(chart)
        return
    lost_on = course.end + chart.dice.between(745, 800)
    if course.day0 + lost_on <= CUTOFF.toordinal():
        _contact(chart, lost_on, previous=course.end, vital="LTFU")


def _contact_days(chart: Chart) -> list[int]:
    """Planned contacts, one soon after every transplant, and the last one of the living."""
    course, dice = chart.course, chart.dice
    first = course.cr_day or course.assessed
    fixed = [] if course.dead else [course.end]
    fixed += [day + 30 for day, _ in course.transplants() if day + 35 < course.end]
    yearly = [(year * 365 - 15, year * 365 + 45) for year in range(2, 16)]
    planned = [first] if first else []
    planned += [dice.between(low, high) for low, high in (*SCHEDULE, *yearly)]
    changes = [day for day, state in course.states() if state == ACTIVE]
    ends = [*changes, course.end] if course.dead else changes
    kept = sorted(day for day in fixed)
    for day in planned:
        too_near = any(abs(day - other) < NEAR for other in kept) or not (first or 0) <= day < course.end - NEAR
        if not too_near and not any(day <= end < day + QUIET_DAYS for end in ends if end != day):
            kept.append(day)
    return sorted(kept)


def _contact(chart: Chart, day: int, *, previous: int, vital: str) -> None:
    dice, course = chart.dice, chart.course
    since, state = course.state_on(day)
    seen = vital == "ALIVE" and (day == course.end or dice.chance(0.95))
    status = {REMISSION: "CR", ACTIVE: "ACTIVE"}.get(state, UNKNOWN) if vital != "LTFU" else UNKNOWN
    if vital == "ALIVE" and not seen:
        status = "NOT_ASSESSED"
    evaluated = max(since, previous if vital == "DEAD" else day - dice.between(0, 12) * (day != course.end))
    new_therapy = UNKNOWN if vital == "LTFU" else _new_therapy(chart, previous, day)
    chart.add(
        "follow_up",
        contact_date=chart.date(day),
        contact_kind=("CLINIC" if dice.chance(0.9) else "OUTSIDE_CLINIC") if seen else _remote(vital),
        vital_status=vital,
        disease_status=status,
        disease_evaluated_on=chart.date(evaluated) if status in {"CR", "ACTIVE"} else NOT_APPLICABLE,
        new_therapy_since_last=new_therapy,
        subsequent_malignancy=UNKNOWN if vital == "LTFU" else "N",
        ivig_ongoing=UNKNOWN if not seen else "Y" if dice.chance(0.5) else "N",
    )


def _remote(vital: str) -> str:
    return "PHONE" if vital == "ALIVE" else "RECORDS"


def _new_therapy(chart: Chart, previous: int, day: int) -> str:
    """What was newly given in (previous, day]: the transplant before the CAR T before anything else."""
    course = chart.course
    if any(previous < given <= day for given, _ in course.transplants()):
        return "HSCT"
    after = course.aftermath
    lines = [*after.lines, *([after.rescue] if after.rescue else [])] if after else []
    given = [(course.opened + line.start, line.category) for line in lines]
    if course.reinfusion is not None:
        given.append((course.reinfusion, "CART_CD19"))
    new = [category for start, category in given if previous < start <= day]
    return "CART" if "CART_CD19" in new else "OTHER" if new else "N"


def _death(chart: Chart) -> None:
    course, dice = chart.course, chart.dice
    _, state = course.state_on(course.end)
    cause, related = course.death
    if state == ACTIVE:
        cause, related = "ALL", "NONE"
    elif not cause:
        after_transplant = course.aftermath is not None and course.aftermath.transplant is not None
        causes = {"GVHD": 0.3, "INFECTION": 0.4, "VOD_SOS": 0.15, "IPS_PULM": 0.15}
        cause = dice.pick(causes) if after_transplant else "INFECTION"
        related = "HSCT" if after_transplant else "SALVAGE"
    chart.add(
        "death",
        death_date=chart.date(course.end),
        primary_cause=cause,
        contributing_causes="INFECTION" if cause != "INFECTION" and dice.chance(0.3) else NOT_APPLICABLE,
        autopsy="Y" if dice.chance(0.1) else "N",
        disease_status_at_death={REMISSION: "REMISSION", ACTIVE: "ACTIVE"}.get(state, UNKNOWN),
        related_to=related,
    )
