"""Tasks: three lines each, ids and keys only, safe to repeat.

What they do stands in runs, schedules and worker.
"""

from celery import shared_task
from django.utils import timezone

from analytics import announcing, checks, looks, reading_orders, report_orders, runs, schedules, worker

HOUR = 3600


@shared_task(soft_time_limit=HOUR, time_limit=HOUR + 60)
def compute_run(*, run: int) -> None:
    """Take the snapshot a run asks for."""
    worker.compute(run)


@shared_task
def snapshot_on_schedule(*, schedule: int, plan: str, cutoff: str = "today", by: tuple[str, ...] = ()) -> None:
    """Ask for the run of a schedule's present slot."""
    schedules.request_slot(schedule, plan=plan, cutoff=cutoff, by=by, now=timezone.now())


@shared_task(soft_time_limit=HOUR, time_limit=HOUR + 60)
def check_snapshot(*, check: int) -> None:
    """Recompute the snapshot a check asks for."""
    checks.answer(check)


@shared_task(soft_time_limit=HOUR, time_limit=HOUR + 60)
def make_report(*, order: int) -> None:
    """Render and keep the report an order asks for, then tell the subscribers."""
    report_orders.answer(order)


@shared_task(soft_time_limit=HOUR, time_limit=HOUR + 60)
def make_readings(*, snapshot: int) -> None:
    """Make what is said beside a snapshot's results, where it got lost."""
    reading_orders.work(snapshot)


@shared_task(soft_time_limit=HOUR, time_limit=HOUR + 60)
def answer_look(*, look: int) -> None:
    """Answer a question of a page."""
    looks.answer(look)


@shared_task
def reconcile() -> None:
    """Give runs of silent workers back to the queue, announce what waits, ask again for what got lost."""
    runs.sweep()
    checks.sweep()
    report_orders.sweep()
    reading_orders.sweep()
    announcing.announce()
    looks.sweep()
