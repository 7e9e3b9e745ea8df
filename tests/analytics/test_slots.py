"""Slots: every moment of a schedule once, whatever clocks and messages do. Times are UTC unless a zone is named."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from celery.schedules import crontab

from analytics.slots import NoSlot, cutoff_of, last_beat, last_moment

MONDAY_EARLY = crontab(minute="15", hour="2", day_of_week="1")
DAILY = crontab(minute="30", hour="2")
LEAP_DAY = crontab(minute="0", hour="0", day_of_month="29", month_of_year="2")
RARE = crontab(minute="0", hour="0", day_of_month="29", month_of_year="2", day_of_week="1")
BERLIN = ZoneInfo("Europe/Berlin")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "now", "slot"),
    [
        (MONDAY_EARLY, "2026-11-23 02:15:00", "2026-11-23 02:15"),  # at the moment itself
        (MONDAY_EARLY, "2026-11-23 02:15:40", "2026-11-23 02:15"),  # a second delivery
        (MONDAY_EARLY, "2026-11-23 09:00:00", "2026-11-23 02:15"),  # hours late
        (MONDAY_EARLY, "2026-11-23 02:14:59", "2026-11-16 02:15"),  # before it: the week before
        (MONDAY_EARLY, "2026-12-20 00:00:00", "2026-12-14 02:15"),  # weeks missed: the newest
        (DAILY, "2026-01-01 00:00:00", "2025-12-31 02:30"),  # year end
        (LEAP_DAY, "2027-06-01 00:00:00", "2024-02-29 00:00"),
        (LEAP_DAY, "2103-06-01 00:00:00", "2096-02-29 00:00"),  # no leap day in 2100
    ],
)
def test_the_slot_is_the_last_due_moment(line: crontab, now: str, slot: str):
    assert last_moment(line, at(now), ZoneInfo("UTC")) == at(slot)


@pytest.mark.parametrize(
    ("now", "slot"),
    [
        ("2026-03-28 12:00", "2026-03-28 01:30"),  # winter time
        ("2026-03-29 12:00", "2026-03-29 01:30"),  # 02:30 does not exist that day; it counts as 03:30
        ("2026-10-25 00:29", "2026-10-24 00:30"),  # before the hour that comes twice
        ("2026-10-25 00:31", "2026-10-25 00:30"),
        ("2026-10-25 01:31", "2026-10-25 00:30"),  # the second 02:30 is the same slot
    ],
)
def test_clocks_put_forward_and_back_make_one_slot_a_day(now: str, slot: str):
    assert last_moment(DAILY, at(now), BERLIN) == at(slot)


def test_a_moment_more_than_nine_years_ago_is_no_slot():
    with pytest.raises(NoSlot):
        last_moment(RARE, at("2040-01-01 00:00"), ZoneInfo("UTC"))


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"])
def test_twenty_years_of_weeks_make_one_slot_each(zone: str):
    start, weeks = at("2026-01-07 12:00"), 20 * 52
    slots = [last_moment(MONDAY_EARLY, start + timedelta(weeks=week), ZoneInfo(zone)) for week in range(weeks)]

    assert len(set(slots)) == weeks
    assert {slot.astimezone(ZoneInfo(zone)).weekday() for slot in slots} == {0}


@pytest.mark.parametrize("jitter", [0, 1, 59.9])
def test_an_interval_has_one_slot_per_full_minute(jitter: float):
    assert last_beat(timedelta(minutes=1), at("2026-03-01 12:00") + timedelta(seconds=jitter)) == at("2026-03-01 12:00")


@pytest.mark.parametrize(
    ("rule", "day"),
    [
        ("today", date(2026, 3, 1)),
        ("yesterday", date(2026, 2, 28)),
        ("month_end", date(2026, 2, 28)),
        ("year_end", date(2025, 12, 31)),
    ],
)
def test_cut_off_rules_give_a_day_of_the_slot(rule: str, day: date):
    assert cutoff_of(rule, at("2026-03-01 02:15")) == day


def test_an_unknown_rule_is_refused_by_name():
    with pytest.raises(ValueError, match="month_end"):
        cutoff_of("tomorrow", at("2026-03-01 02:15"))
