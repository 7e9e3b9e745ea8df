"""Readings that are still to be made: claimed by one worker at a time, asked for again where they got lost.

A worker makes the readings of a snapshot right after its run. Where it died in between, or a snapshot was taken by
a command, the sweep finds the snapshot without readings and sends a message. The row is the truth and the message a
hint, as with runs; it stands while the readings do not.
"""

import logging
from datetime import datetime, timedelta

from celery import current_app
from django.db.models import F
from django.utils import timezone

from analytics import companions
from analytics.models import ReadingsOrder, ReportOrder, Snapshot
from analytics.runs import quietly

log = logging.getLogger(__name__)

TASK = "analytics.tasks.make_readings"
MOST_TRIES = 3
#: A snapshot so old, or a message so old, and still no readings: they got lost.
LOST = timedelta(minutes=5)
#: No worker lives longer with one task (`tasks.HOUR` and a minute): the claim of a dead one ends.
CLAIM = timedelta(minutes=62)
#: So many messages a sweep at most, newest snapshots first: runs and reports go on beside.
MOST_AT_ONCE = 3


def work(snapshot: int, *, now: datetime | None = None) -> bool:
    """Make the readings of a snapshot unless they are there, another worker is at it, or it was tried too often."""
    now = now or timezone.now()
    found = Snapshot.objects.filter(pk=snapshot).first()
    if found is None:
        return False
    ReadingsOrder.objects.get_or_create(snapshot=found, defaults={"sent_at": now})
    free = ReadingsOrder.objects.filter(snapshot=found, tries__lt=MOST_TRIES).exclude(claimed_until__gt=now)
    if not free.update(tries=F("tries") + 1, claimed_until=now + CLAIM):
        return False
    try:
        companions.made(found)
    except Exception:  # the snapshot stands without them; its words may quote a value, so they stay in the log
        log.exception("readings not made", extra={"snapshot": snapshot})
        ReadingsOrder.objects.filter(snapshot=found).update(claimed_until=None, sent_at=timezone.now())
        return False
    ReadingsOrder.objects.filter(snapshot=found).delete()
    return True


def sweep(*, now: datetime | None = None) -> list[int]:
    """Send a message for snapshots without readings that nobody is making; returns them. Safe with two sweepers.

    A snapshot whose report is ordered gets its readings with it.
    """
    now = now or timezone.now()
    lost = now - LOST
    bare = Snapshot.objects.filter(companions=None, taken_at__lte=lost)
    ordered = ReportOrder.objects.filter(done_at=None)
    busy = ReadingsOrder.objects.exclude(tries__lt=MOST_TRIES, sent_at__lte=lost)
    claimed = ReadingsOrder.objects.filter(claimed_until__gt=now)
    waiting = bare
    for others in (ordered, busy, claimed):
        waiting = waiting.exclude(pk__in=others.values("snapshot"))
    sent = []
    for snapshot in waiting.order_by("-pk").values_list("pk", flat=True)[:MOST_AT_ONCE]:
        _order, made = ReadingsOrder.objects.get_or_create(snapshot_id=snapshot, defaults={"sent_at": now})
        if made or ReadingsOrder.objects.filter(snapshot=snapshot, sent_at__lte=lost).update(sent_at=now):
            with quietly("message of readings not sent"):
                current_app.send_task(TASK, kwargs={"snapshot": snapshot})
            sent.append(snapshot)
    return sent
