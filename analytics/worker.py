"""What a worker does with a run: claim it, take the snapshot, close it with result or reason.

The reason is a sentence of ours or the kind and place of the fault in the code - never its text, which may
quote a patient's value.
"""

import logging
import os
import platform
import threading
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from analytics import reading_orders, report_orders, reports, runs, snapshots
from analytics.models import Snapshot

log = logging.getLogger(__name__)

#: Faults of the moment: the same run may succeed a minute later.
PASSING = (OperationalError, InterfaceError, OSError, MemoryError)


def compute(run: int) -> int | None:
    """Work on a run if it is free; the id of its snapshot, None when it was not ours to finish."""
    held = runs.claim(run, worker=f"{platform.node()}:{os.getpid()}")
    if held is None:
        return None
    try:
        with alive(held):
            snapshot = snapshots.take(
                held.plan,
                cutoff=held.cutoff,
                by=held.by,
                taken_by=held.requested_by,
                progress=lambda step: _tell(held, step),
                settle=lambda kept: _settle(held, kept),
            )
    except runs.LeaseLost:
        log.warning("run taken over by another worker", extra={"run": held.run})
    except Exception as fault:
        log.exception("run failed", extra={"run": held.run, "plan": held.plan})
        runs.fail(held, sentence_of(fault), again=isinstance(fault, PASSING))
    else:
        log.info("run done", extra={"run": held.run, "snapshot": snapshot.pk, "seconds": snapshot.seconds})
        reading_orders.work(snapshot.pk)
        report_orders.send_of(snapshot)
        return snapshot.pk
    return None


def _tell(held: runs.Claim, step: str) -> None:
    if not runs.renew(held, step=step):
        raise runs.LeaseLost("Another worker has taken this run over.")


def _settle(held: runs.Claim, kept: Snapshot) -> None:
    """Close the run, and order the report that goes with it: both or neither."""
    runs.finish(held, snapshot=kept.pk)
    if reports.report_of(kept) is None:
        report_orders.request(kept, requested_by=held.requested_by, at_once=False)


@contextmanager
def alive(held: runs.Claim) -> Iterator[None]:
    """Renew the lease from a thread of its own while a long step computes; short runs never need it."""
    done = threading.Event()

    def renew() -> None:
        try:
            while not done.wait(runs.LEASE.total_seconds() / 3):
                try:
                    if not runs.renew(held):
                        return
                except DatabaseError:  # busy for a moment: the lease outlasts two missed renewals
                    log.warning("lease not renewed", extra={"run": held.run}, exc_info=True)
        finally:
            connection.close()  # each thread has its own

    thread = threading.Thread(target=renew, name=f"lease of run {held.run}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def sentence_of(fault: BaseException) -> str:
    """Why a run failed, in one sentence without patient data."""
    if isinstance(fault, snapshots.Refused):
        return str(fault)
    if isinstance(fault, MemoryError):
        return "The worker ran out of memory."
    if isinstance(fault, SoftTimeLimitExceeded):
        return "The computation took longer than a run may take and was stopped."
    if isinstance(fault, DatabaseError | InterfaceError):
        return f"The database refused or did not answer ({type(fault).__name__})."
    place = _place(fault)
    where = f" in {place}" if place else ""
    return f"The computation stopped with {type(fault).__name__}{where}; nothing was kept."


def _place(fault: BaseException) -> str:
    """The last line of our own code on the way to the fault."""
    root = f"{settings.BASE_DIR}{os.sep}"
    ours = [
        frame
        for frame in traceback.extract_tb(fault.__traceback__)
        if frame.filename.startswith(root) and "site-packages" not in frame.filename
    ]
    return f"{ours[-1].filename.removeprefix(root)}, line {ours[-1].lineno}" if ours else ""
