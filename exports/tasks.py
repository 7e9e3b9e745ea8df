"""Tasks: ids only, safe to repeat."""

from celery import shared_task

HOUR = 3600


@shared_task(soft_time_limit=HOUR, time_limit=HOUR + 60)
def make_export(*, export: int) -> None:
    """Make the files of an export."""
    from exports import jobs

    jobs.work(export)


@shared_task
def reconcile() -> None:
    """Announce exports that wait for a worker in vain."""
    from exports import jobs

    jobs.sweep()
