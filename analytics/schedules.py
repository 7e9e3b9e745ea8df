"""Schedules: which plan is computed when; rows of the scheduler, made once with sensible defaults."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analytics import runs
from analytics.models import SCHEDULED_TASK, Run, Schedule
from analytics.slots import cutoff_of, slot_of

#: A message that waited this long is worth nothing: the next sweep or slot says the same.
EXPIRE_SECONDS = 6 * 3600


@dataclass(frozen=True)
class Order:
    """What a schedule asks for; stored as the keyword arguments of its task: keys and ids only."""

    plan: str
    cutoff: str = "today"
    by: tuple[str, ...] = ()

    @classmethod
    def of(cls, kwargs: str) -> "Order":
        held = json.loads(kwargs or "{}")
        return cls(held.get("plan", ""), held.get("cutoff", "today"), tuple(held.get("by", ())))

    def kwargs(self, schedule: int | None) -> str:
        return json.dumps({"schedule": schedule, "plan": self.plan, "cutoff": self.cutoff, "by": list(self.by)})


def keep(schedule: Schedule, order: Order) -> Schedule:
    """Write a schedule with its order; the row's own id travels in its messages and names its slots."""
    schedule.task = SCHEDULED_TASK
    schedule.expire_seconds = EXPIRE_SECONDS
    schedule.kwargs = order.kwargs(schedule.pk)
    schedule.save()
    if json.loads(schedule.kwargs)["schedule"] != schedule.pk:
        schedule.kwargs = order.kwargs(schedule.pk)
        schedule.save()
    return schedule


def request_slot(schedule: int, *, plan: str, cutoff: str, by: Iterable[str], now: datetime) -> Run | None:
    """The run of a schedule's present slot: made once, whoever delivers the message and however often."""
    row = Schedule.objects.filter(pk=schedule).first()
    if row is None:  # deleted since the message was sent
        return None
    slot = slot_of(row, now)
    return runs.request(
        plan,
        cutoff=cutoff_of(cutoff, slot),
        by=by,
        requested_by=f"schedule: {row.name}"[:150],
        slot=f"{row.pk} {slot:%Y-%m-%dT%H:%M:%SZ}",
        schedule=row.pk,
        now=now,
    )


def add_default_schedules(apps: Any, plans: Iterable[str]) -> None:
    """Migration step: one weekly snapshot of each plan, Monday early in UTC, an hour apart; switched on."""
    crontab = apps.get_model("django_celery_beat", "CrontabSchedule")
    task = apps.get_model("django_celery_beat", "PeriodicTask")
    for hour, plan in enumerate(plans, start=2):
        when, _made = crontab.objects.get_or_create(
            minute="15", hour=str(hour), day_of_week="1", day_of_month="*", month_of_year="*", timezone="UTC"
        )
        row, made = task.objects.get_or_create(
            name=f"Weekly {plan}",
            defaults={"task": SCHEDULED_TASK, "crontab": when, "expire_seconds": EXPIRE_SECONDS},
        )
        if made:
            row.kwargs = Order(plan).kwargs(row.pk)
            row.save()
