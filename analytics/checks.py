"""Recomputations asked for in the administration: done by a worker, for the web loads no statistics."""

from datetime import datetime, timedelta
from functools import partial

from celery import current_app
from django.db import transaction
from django.utils import timezone

from analytics.code_version import code_version
from analytics.models import Check, Snapshot
from analytics.runs import RESEND, quietly
from analytics.verification import verify

CHECK_TASK = "analytics.tasks.check_snapshot"
#: After this nobody waits for the answer any more; ask again.
GIVEN_UP = timedelta(hours=1)


def request(snapshot: Snapshot, *, requested_by: str, now: datetime | None = None) -> Check:
    """Ask for a recomputation; one that waits already is the answer."""
    now = now or timezone.now()
    waiting = snapshot.checks.filter(finished_at=None, requested_at__gt=now - GIVEN_UP).first()
    if waiting is not None:
        return waiting
    with transaction.atomic():
        check = Check.objects.create(snapshot=snapshot, requested_by=requested_by, requested_at=now, sent_at=now)
        transaction.on_commit(partial(send, check.pk))
    return check


def send(check: int) -> None:
    with quietly("message of a check not sent"):
        current_app.send_task(CHECK_TASK, kwargs={"check": check})


def answer(check: int) -> None:
    """Recompute and write down what was found; a check answered before is left alone."""
    asked = Check.objects.select_related("snapshot").filter(pk=check, finished_at=None).first()
    if asked is None:
        return
    found = verify(asked.snapshot)
    Check.objects.filter(pk=check, finished_at=None).update(
        finished_at=timezone.now(),
        code_version=code_version(),
        differences=list(found.differences),
        remarks=list(found.remarks),
    )


def sweep(*, now: datetime | None = None) -> None:
    """Announce checks whose message got lost."""
    now = now or timezone.now()
    waiting = Check.objects.filter(finished_at=None, sent_at__lte=now - RESEND, requested_at__gt=now - GIVEN_UP)
    for check in list(waiting.values_list("pk", flat=True)):
        Check.objects.filter(pk=check).update(sent_at=now)
        send(check)
