"""Moments of a schedule: which one a message belongs to, and which cut-off date it asks for.

A slot is the last due moment at or before now, in UTC. Whatever is delivered twice, late, or by two
schedulers falls into the same slot; of several missed slots only the newest is caught up (RELIABILITY
JOB-09). Pure but for the types.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

#: Long enough for 29 February, also across a century year.
DAYS_BACK = 366 * 9


class NoSlot(ValueError):
    """The schedule has no moment at or before now."""


class Crontab(Protocol):
    """The sets of a crontab line, as Celery parses them (days of the week: Sunday is 0)."""

    minute: set[int]
    hour: set[int]
    day_of_week: set[int]
    day_of_month: set[int]
    month_of_year: set[int]


def last_moment(crontab: Crontab, now: datetime, zone: ZoneInfo) -> datetime:
    """The last moment of a crontab line at or before now.

    A local time that occurs twice counts the first time.
    """
    here = now.astimezone(zone)
    for back in range(DAYS_BACK):
        day = here.date() - timedelta(days=back)
        if not _is_due(crontab, day):
            continue
        for hour in sorted(crontab.hour, reverse=True):
            for minute in sorted(crontab.minute, reverse=True):
                moment = datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC)
                if moment <= now:
                    return moment
    raise NoSlot("The schedule has no moment in the last nine years.")


def _is_due(crontab: Crontab, day: date) -> bool:
    return (
        day.month in crontab.month_of_year
        and day.day in crontab.day_of_month
        and day.isoweekday() % 7 in crontab.day_of_week
    )


def last_beat(every: timedelta, now: datetime) -> datetime:
    """The last full interval, counted from 1970 in UTC, so that no process's start matters."""
    seconds = max(int(every.total_seconds()), 1)
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, tz=UTC)


def slot_of(schedule: Any, now: datetime) -> datetime:
    """The slot of a periodic task now."""
    if schedule.crontab:
        return last_moment(schedule.crontab.schedule, now, ZoneInfo(str(schedule.crontab.timezone)))
    if schedule.interval:
        return last_beat(schedule.interval.schedule.run_every, now)
    if schedule.clocked:
        return schedule.clocked.clocked_time.astimezone(UTC)
    raise NoSlot("The schedule has neither an interval nor a crontab.")


def _month_end(day: date) -> date:
    return day.replace(day=1) - timedelta(days=1)


def _year_end(day: date) -> date:
    return date(day.year - 1, 12, 31)


#: Cut-off rules a schedule may name: key -> (label, rule of the slot's day in UTC).
CUTOFF_RULES: dict[str, tuple[str, Callable[[date], date]]] = {
    "today": ("the day of the run", lambda day: day),
    "yesterday": ("the day before the run", lambda day: day - timedelta(days=1)),
    "month_end": ("the end of the month before", _month_end),
    "year_end": ("the end of the year before", _year_end),
}


def cutoff_of(rule: str, slot: datetime) -> date:
    """The cut-off date that a rule gives for a slot."""
    if rule not in CUTOFF_RULES:
        raise ValueError(f"unknown cut-off rule {rule!r}; known: {', '.join(CUTOFF_RULES)}")
    return CUTOFF_RULES[rule][1](slot.astimezone(UTC).date())
