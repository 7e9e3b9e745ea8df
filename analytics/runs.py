"""The ledger of runs: who asked for what, who works on it, how it ended.

Every step is one conditional UPDATE, so the database decides between workers on SQLite and PostgreSQL alike.
A worker holds a lease and renews it; when the lease ends the run goes back to the queue, and the fencing
number keeps the old worker from writing. The broker's message is a hint: `sweep` sends it again, so losing
every message loses no run.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from celery import current_app
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerDown

from analytics.models import Run, State

log = logging.getLogger(__name__)

MOST_TRIES = 3
#: How long a worker may be silent; it renews three times in that time.
LEASE = timedelta(seconds=getattr(settings, "RUN_LEASE_SECONDS", 30))
#: A queued run whose message got lost is announced again after this.
RESEND = timedelta(seconds=getattr(settings, "RUN_RESEND_SECONDS", 15))
COMPUTE_TASK = "analytics.tasks.compute_run"


class LeaseLost(RuntimeError):
    """Another worker has taken the run over; this one must not write its result."""


@dataclass(frozen=True)
class Claim:
    """The right to work on a run: valid while the run still carries this fencing number."""

    run: int
    fence: int
    plan: str
    cutoff: date
    by: tuple[str, ...]
    requested_by: str


def clock() -> datetime:
    """The database's clock, the only one all workers share; SQLite lives on one host, so that host's."""
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        return cursor.fetchone()[0]


def request(
    plan: str,
    *,
    cutoff: date,
    by: Iterable[str] = (),
    requested_by: str,
    slot: str | None = None,
    schedule: int | None = None,
    now: datetime | None = None,
) -> Run:
    """Ask for a snapshot: a row first, the message after its commit. A slot that has a run keeps that one."""
    now = now or clock()
    values = {
        "plan": plan,
        "cutoff": cutoff,
        "strata": ",".join(by),
        "schedule_id": schedule,
        "requested_by": requested_by,
        "requested_at": now,
        "sent_at": now,
    }
    with transaction.atomic():
        if slot is None:
            run, made = Run.objects.create(**values), True
        else:
            run, made = Run.objects.get_or_create(slot=slot, defaults=values)
        if made:
            transaction.on_commit(partial(send, run.pk))
    return run


@contextmanager
def quietly(event: str) -> Iterator[None]:
    """A broker that does not answer is no fault: the sweep sends later what could not be sent now."""
    try:
        yield
    except (BrokerDown, OSError) as fault:
        log.warning(event, exc_info=fault)  # the event's words are ours, without values


def send(run: int) -> None:
    """Tell the workers."""
    with quietly("message of a run not sent"):
        current_app.send_task(COMPUTE_TASK, kwargs={"run": run})


def claim(run: int, *, worker: str, now: datetime | None = None) -> Claim | None:
    """Take a queued run for this worker; None when taken, ended, or its question is being computed."""
    now = now or clock()
    try:
        with transaction.atomic():
            taken = Run.objects.filter(pk=run, state=State.QUEUED, tries__lt=MOST_TRIES).update(
                state=State.RUNNING,
                tries=F("tries") + 1,
                fence=F("fence") + 1,
                worker=worker,
                step="starting",
                lease_until=now + LEASE,
                started_at=now,
                finished_at=None,
                error="",
            )
            if not taken:
                return None
            row = Run.objects.get(pk=run)
    except IntegrityError:  # the same question is running: wait for its answer, then find the snapshot there
        return None
    return Claim(row.pk, row.fence, row.plan, row.cutoff, row.by, row.requested_by)


def _held(held: Claim) -> Q:
    return Q(pk=held.run, fence=held.fence, state=State.RUNNING)


def renew(held: Claim, *, step: str | None = None, now: datetime | None = None) -> bool:
    """Say that the worker lives, and at which step it is; False when the run is no longer its own."""
    changes = {"lease_until": (now or clock()) + LEASE} | ({} if step is None else {"step": step[:80]})
    return bool(Run.objects.filter(_held(held)).update(**changes))


def finish(held: Claim, *, snapshot: int, now: datetime | None = None) -> None:
    """Close the run with its snapshot; LeaseLost (undoing the transaction) when another worker took over."""
    closed = Run.objects.filter(_held(held)).update(
        state=State.DONE, snapshot_id=snapshot, step="", finished_at=now or clock(), lease_until=None
    )
    if not closed:
        raise LeaseLost("Another worker has taken this run over.")


def fail(held: Claim, sentence: str, *, again: bool, now: datetime | None = None) -> None:
    """Close the run with its reason; with `again` and tries left it waits for its next try instead."""
    now = now or clock()
    if again:
        waiting = Run.objects.filter(_held(held), tries__lt=MOST_TRIES)
        if waiting.update(state=State.QUEUED, error=sentence[:500], lease_until=None, sent_at=now):
            return
    Run.objects.filter(_held(held)).update(state=State.FAILED, error=sentence[:500], lease_until=None, finished_at=now)


def sweep(*, now: datetime | None = None) -> list[int]:
    """Give runs of silent workers back to the queue, fail those tried too often, announce what waits.

    Returns the runs announced; safe to repeat, and safe with two sweepers.
    """
    now = now or clock()
    silent = Run.objects.filter(state=State.RUNNING, lease_until__lt=now)
    for run, fence, step, tries in list(silent.values_list("pk", "fence", "step", "tries")):
        mine = Run.objects.filter(pk=run, fence=fence, state=State.RUNNING, lease_until__lt=now)
        told = f"The worker stopped without a word at step '{step}' (try {tries} of {MOST_TRIES})."
        if tries < MOST_TRIES:
            mine.update(state=State.QUEUED, error=told, lease_until=None, sent_at=now - RESEND)
        else:
            mine.update(state=State.FAILED, error=told, lease_until=None, finished_at=now)
            log.error("run failed: its worker stopped too often", extra={"run": run})
    announced = []
    waiting = Run.objects.filter(state=State.QUEUED, sent_at__lte=now - RESEND)
    for run in list(waiting.values_list("pk", flat=True)):
        if Run.objects.filter(pk=run, state=State.QUEUED, sent_at__lte=now - RESEND).update(sent_at=now):
            send(run)
            announced.append(run)
    return announced
