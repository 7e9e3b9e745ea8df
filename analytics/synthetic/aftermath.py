"""Draw what follows a relapse: lines, transplant, next relapse, consistent with a given last day and fate."""

from __future__ import annotations

from analytics.synthetic.course import (
    CR_ALIVE,
    CR_DEATH,
    CR_RELAPSE,
    EARLY_DEATH,
    FAILED,
    HSCT_CR,
    HSCT_DEATH,
    HSCT_RELAPSE,
    LATE_CR_ALIVE,
    PALLIATIVE,
    TRANSPLANTED,
    UNTREATED,
    Aftermath,
    Line,
)
from analytics.synthetic.dice import Dice

#: Fewest days from the relapse to the last day that leave room for the kind's story (two lines included).
SHORTEST = {
    UNTREATED: 1,
    PALLIATIVE: 25,
    EARLY_DEATH: 12,
    FAILED: 58,
    CR_RELAPSE: 105,
    CR_DEATH: 80,
    CR_ALIVE: 240,
    LATE_CR_ALIVE: 240,
    HSCT_DEATH: 170,
    HSCT_RELAPSE: 230,
    HSCT_CR: 400,
}
CATEGORIES = {
    "CHEMO": 25.0,
    "INO": 16.0,
    "BLINA": 14.0,
    "CART_CD19": 9.0,
    "CART_OTHER": 7.0,
    "TARGETED": 3.0,
    "RT_LOCAL": 2.0,
}
LATER_CATEGORIES = {"CHEMO": 5.0, "INO": 4.0, "BLINA": 3.0, "TARGETED": 1.0}


def draw_aftermath(dice: Dice, kind: str, *, end: int, dead: bool, two_lines: bool = False) -> Aftermath:
    """Fill in one aftermath. `two_lines`: line 1 failed, the remission before HSCT came with line 2."""
    after = Aftermath(kind=kind, end=end, dead=dead)
    if kind == UNTREATED:
        after.reason_untreated = "DIED_EARLY" if end <= 30 else "PALLIATIVE"
        return after
    start = dice.between(2, min(14, end // 4))
    first = Line(start=start, category=dice.pick(CATEGORIES))
    after.lines.append(first)
    if kind == PALLIATIVE:
        first.intent, first.category = "PALLIATIVE", "STEROID_PALL"
        return after
    if kind == EARLY_DEATH:
        return after
    first.assessed = start + dice.between(28, 38)
    first.response = "CR"
    if kind in (FAILED, LATE_CR_ALIVE) or two_lines:
        _fail_first_line(dice, after)
    if kind in TRANSPLANTED:
        first.intent = "BRIDGE_HSCT" if dice.chance(0.6) else "CURATIVE"
        _transplant(dice, after)
    if kind in (CR_RELAPSE, HSCT_RELAPSE):
        _next_relapse(dice, after)
    return after


def _fail_first_line(dice: Dice, after: Aftermath) -> None:
    """Line 1 fails; line 2 follows when there is time, and leads to remission in all kinds but FAILED."""
    first = after.lines[0]
    first.response = "PD" if dice.chance(0.3) else "NR"
    second = Line(start=first.assessed + dice.between(4, 10), category=dice.pick(LATER_CATEGORIES))
    if after.kind != FAILED:
        second.assessed, second.response = second.start + dice.between(28, 35), "CR"
    elif after.end < second.start + 20 or not dice.chance(0.7):
        return
    elif after.end > second.start + 45:
        second.assessed, second.response = second.start + dice.between(28, 35), "NR"
    after.lines.append(second)


def _transplant(dice: Dice, after: Aftermath) -> None:
    """Transplant 14 to 60 days after the remission, sooner where the last day is near."""
    remission = after.lines[-1].assessed
    room = after.end - remission
    latest = min(60, room // 3)
    after.transplant = remission + dice.between(14, max(14, latest))


def _next_relapse(dice: Dice, after: Aftermath) -> None:
    """The next relapse: shortly before the death, or long enough before the last contact for a rescue."""
    since = after.transplant if after.transplant is not None else after.lines[-1].assessed
    earliest = since + (50 if after.transplant is not None else 25)
    if after.dead:
        after.relapse = max(earliest, after.end - dice.between(18, 300))
    else:
        after.relapse = dice.between(earliest, max(earliest, after.end - 150))
    left = after.end - after.relapse
    if left < 50 or (after.dead and dice.chance(0.3)):
        after.reason_untreated = "DIED_EARLY" if left <= 30 else "PALLIATIVE"
        return
    start = after.relapse + dice.between(4, 10)
    rescue = Line(start=start, category=dice.pick(LATER_CATEGORIES))
    if left >= 50:
        rescue.assessed = start + dice.between(28, 35)
        rescue.response = "NR" if after.dead else "CR"
    after.rescue = rescue
