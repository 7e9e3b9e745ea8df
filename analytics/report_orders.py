"""Orders for reports: written in the transaction that closes a run, answered by a worker, then announced.

The row is the truth and the message a hint, as with runs: an order whose message or worker got lost is sent
again by the sweep, three times at most.
"""

import logging
from datetime import datetime, timedelta
from functools import partial

from celery import current_app
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from analytics import announcing, reports
from analytics.code_version import code_version
from analytics.models import ReportOrder, Snapshot
from analytics.runs import quietly

log = logging.getLogger(__name__)

REPORT_TASK = "analytics.tasks.make_report"
MOST_TRIES = 3
#: Longer than a report of the largest registry takes; a worker silent for so long is gone.
RESEND = timedelta(minutes=5)


def request(snapshot: Snapshot, *, requested_by: str, at_once: bool = True, now: datetime | None = None) -> ReportOrder:
    """Ask for the report of a snapshot; an order that is open already is the answer.

    The message follows the commit; with `at_once` off the caller sends it when the report can be written.
    """
    now = now or timezone.now()
    wanted = {"snapshot": snapshot, "code_version": code_version(), "done_at": None}
    values = {"requested_by": requested_by[:150], "requested_at": now, "sent_at": now}
    order, made = ReportOrder.objects.get_or_create(**wanted, defaults=values)
    if made and at_once:
        transaction.on_commit(partial(send, order.pk))
    return order


def send_of(snapshot: Snapshot) -> None:
    """Tell the workers of the open orders of a snapshot."""
    for order in snapshot.report_orders.filter(done_at=None).values_list("pk", flat=True):
        send(order)


def send(order: int) -> None:
    with quietly("message of a report not sent"):
        current_app.send_task(REPORT_TASK, kwargs={"order": order})


def answer(order: int, *, now: datetime | None = None) -> None:
    """Make and keep the report an order asks for, then tell the subscribers; an order answered before is left alone."""
    asked = ReportOrder.objects.select_related("snapshot").filter(pk=order, done_at=None).first()
    if asked is None:
        return
    fence = ReportOrder.objects.filter(pk=order, done_at=None, tries=asked.tries)
    if not fence.update(tries=F("tries") + 1, sent_at=now or timezone.now()):
        return
    error = ""
    try:
        reports.keep(asked.snapshot)
    except Exception as fault:  # whatever a renderer says; its words may quote a value, its kind does not
        log.exception("report not made", extra={"order": order, "snapshot": asked.snapshot_id})
        error = f"The report could not be made ({type(fault).__name__})."
    ReportOrder.objects.filter(pk=order, done_at=None).update(done_at=timezone.now(), error=error)
    announcing.announce()


def sweep(*, now: datetime | None = None) -> None:
    """Send again what got lost; give up on what a worker died of three times."""
    now = now or timezone.now()
    silent = ReportOrder.objects.filter(done_at=None, sent_at__lte=now - RESEND)
    silent.filter(tries__gte=MOST_TRIES).update(done_at=now, error="The worker stopped three times at this report.")
    for order in list(silent.filter(tries__lt=MOST_TRIES).values_list("pk", flat=True)):
        if silent.filter(pk=order).update(sent_at=now):
            send(order)
