"""Schedules: there from the first migration on, edited as people think of them, one run per slot."""

import json
from datetime import UTC, datetime, time

import pytest
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from analytics import runs, schedules, tasks
from analytics.admin.schedules import KEPT, ScheduleForm, rhythm_of
from analytics.models import SCHEDULED_TASK, Run, Schedule
from analytics.questions import PLANS

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

MONDAY = datetime(2026, 11, 23, 2, 15, 4, tzinfo=UTC)
ASKED = {"name": "Nightly", "enabled": "on", "plan": "post_transplant", "cutoff": "today", "rhythm": "daily",
         "at": "02:15"}  # fmt: skip


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "send", lambda run: None)


def weekly(**order: object) -> Schedule:
    when, _made = CrontabSchedule.objects.get_or_create(minute="15", hour="2", day_of_week="1", timezone="UTC")
    return schedules.keep(
        Schedule(name="Weekly", crontab=when), schedules.Order(**{"plan": "post_transplant", **order})
    )


def requested(row: Schedule, now: datetime) -> Run | None:
    return schedules.request_slot(**json.loads(row.kwargs), now=now)


def test_defaults_take_every_plan_weekly(db: object):
    from django.apps import apps

    PeriodicTask.objects.all().delete()
    schedules.add_default_schedules(apps, PLANS)
    schedules.add_default_schedules(apps, PLANS)

    made = {schedules.Order.of(row.kwargs).plan: row for row in Schedule.objects.all()}
    assert set(made) == set(PLANS)
    assert all(json.loads(row.kwargs)["schedule"] == row.pk and row.enabled for row in made.values())
    assert all(row.expire_seconds for row in made.values())


def test_the_scheduled_task_is_one_the_workers_know():
    assert tasks.snapshot_on_schedule.name == SCHEDULED_TASK
    assert tasks.compute_run.name == runs.COMPUTE_TASK


def test_a_slot_delivered_three_times_makes_one_run():
    row = weekly(cutoff="yesterday", by=("sex",))

    made = {requested(row, MONDAY.replace(second=second)).pk for second in (4, 5, 59)}

    run = Run.objects.get()
    assert made == {run.pk}
    assert (run.slot, f"{run.cutoff}", run.strata) == (f"{row.pk} 2026-11-23T02:15:00Z", "2026-11-22", "sex")
    assert run.requested_by == "schedule: Weekly"


def test_the_next_week_is_another_slot():
    row = weekly()

    assert requested(row, MONDAY).pk != requested(row, MONDAY.replace(day=30)).pk


def test_a_message_of_a_deleted_schedule_asks_for_nothing():
    row = weekly()
    kept = json.loads(row.kwargs)
    row.delete()

    assert schedules.request_slot(**kept, now=MONDAY) is None


def test_messages_hold_keys_and_ids_only():
    row = weekly(by=("sex",))

    told = {"schedule": row.pk, "plan": "post_transplant", "cutoff": "today", "by": ["sex"]}
    assert json.loads(row.kwargs) == told


def saved(asked: dict, row: Schedule | None = None) -> Schedule:
    form = ScheduleForm(asked, instance=row)
    assert form.is_valid(), form.errors
    order = schedules.Order(form.cleaned_data["plan"], form.cleaned_data["cutoff"], tuple(form.cleaned_data["by"]))
    return schedules.keep(form.save(commit=False), order)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"rhythm": "daily", "at": "02:15"}, {"rhythm": "daily", "at": time(2, 15)}),
        ({"rhythm": "weekly", "at": "23:00", "weekday": "0"},
         {"rhythm": "weekly", "weekday": "0", "at": time(23, 0)}),
        ({"rhythm": "monthly", "at": "00:00", "day": "1"}, {"rhythm": "monthly", "day": 1, "at": time(0, 0)}),
        ({"rhythm": "interval", "every": "90", "period": "minutes"},
         {"rhythm": "interval", "every": 90, "period": "minutes"}),
    ],
)  # fmt: skip
def test_a_rhythm_is_written_and_read_back(asked: dict, told: dict):
    assert rhythm_of(saved({**ASKED, **asked})) == told


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"rhythm": "interval"}, "every"),
        ({"rhythm": "interval", "every": "0"}, "every"),
        ({"rhythm": "daily", "at": ""}, "at"),
        ({"rhythm": "daily", "at": "25:00"}, "at"),
        ({"rhythm": "monthly", "day": "31"}, "day"),
        ({"plan": "nonsense"}, "plan"),
        ({"by": ["relapse_timing"]}, "by"),
        ({"cutoff": "tomorrow"}, "cutoff"),
        ({"name": ""}, "name"),
    ],
)
def test_a_schedule_that_makes_no_sense_is_refused_at_its_field(asked: dict, field: str):
    assert field in ScheduleForm({**ASKED, **asked}).errors


def test_times_that_the_form_cannot_say_are_kept():
    odd, _made = CrontabSchedule.objects.get_or_create(minute="*/7", hour="3", timezone="UTC")
    row = schedules.keep(Schedule(name="Odd", crontab=odd), schedules.Order("post_transplant"))

    again = saved({**ASKED, "name": "Odd, renamed", "rhythm": KEPT}, row)

    assert (again.crontab_id, again.interval_id) == (odd.pk, None)
    assert IntervalSchedule.objects.count() == 0
