"""Tasks of the registry: three lines each, safe to repeat."""

from celery import shared_task
from django.utils import timezone

from registry import drafts, upload_work, uploads
from registry.access import scoped, system_scope
from registry.sweep import sweep

HOUR = 3600


@shared_task(soft_time_limit=HOUR, time_limit=HOUR + 60)
def nightly_sweep() -> None:
    """Bring findings, due items and queries of every patient up to date and count them; forget what has expired."""
    with scoped(system_scope("nightly sweep")):
        sweep(now=timezone.now())
    drafts.forget_expired(timezone.now())
    uploads.forget_expired(timezone.now())


@shared_task(soft_time_limit=HOUR, time_limit=HOUR + 60)
def import_upload(*, upload: int) -> None:
    """Look what an uploaded file would do, or import it: what its row waits for."""
    upload_work.work(upload)
