"""The demonstration: a synthetic cohort, a snapshot of every plan through the real job queue, the founding table.

Wholly synthetic patients that meet the published figures show that the code computes what the text reports; they are no
evidence about patients. An instance that holds other patients is never touched.
"""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from types import FrameType

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule

from analytics import reports, runs, schedules
from analytics.models import Run, Schedule, Snapshot, State
from analytics.report.naming import within, words
from registry import agreements
from registry.access import scoped, system_scope
from registry.memory import acting
from registry.models import Agreement, Membership, Patient, Site, User
from registry.models.agreement import Tier

USER = "demo"
#: Together they may do everything the demonstration shows; a real person would hold one or two of them.
ROLES = ("data_manager", "statistician", "administrator")
AGREEMENT, AGREEMENT_DAYS = "DEMO", 5 * 365
LONGEST_SECONDS = 120
SCHEDULE_MINUTES = 2
Say = Callable[[str], None]


class DemoRefused(RuntimeError):
    """The demonstration cannot run here; the message says why and the way out."""


def refuse_real_patients() -> None:
    """The synthetic cohort is never mixed with other patients."""
    with scoped(system_scope("demo")):
        real = Site.objects.exclude(name__istartswith="synthetic").exists()
        if real and Patient.objects.exists():
            raise DemoRefused(
                f"{settings.INSTANCE_DIR} holds patients that are not the demonstration's. "
                "Set INSTANCE_DIR to another folder, for example INSTANCE_DIR=./demo-instance make demo."
            )


def make_user() -> str:
    """The demonstration's account with a new random password, which is returned."""
    password = secrets.token_urlsafe(12)
    scope = system_scope("demo")
    with acting(scope, "demonstration account"):
        user, _made = User.objects.get_or_create(username=USER, defaults={"first_name": "Demo"})
        user.set_password(password)
        user.save()
        for role in ROLES:
            everywhere = role == "data_manager"
            if not Membership.objects.filter(user=user, role=role).exists():
                Membership.objects.create(user=user, role=role, all_sites=everywhere)
    return password


def make_agreement() -> None:
    """The agreement under which snapshots of the demonstration can be exported, de-identified."""
    if not Agreement.objects.filter(code=AGREEMENT).exists():
        now = timezone.now()
        until = now.date() + timedelta(days=AGREEMENT_DAYS)
        terms = "Synthetic patients: free for everybody, no evidence."
        agreements.make_agreement(AGREEMENT, tier=Tier.T1, until=until, terms=terms, now=now)


def make_schedule(plan: str) -> None:
    """A schedule that takes a snapshot by itself while the demonstration is served; editable in the admin."""
    every, _made = IntervalSchedule.objects.get_or_create(every=SCHEDULE_MINUTES, period=IntervalSchedule.MINUTES)
    name = f"Demo: {within(words(plan))}, every {SCHEDULE_MINUTES} minutes"
    with transaction.atomic():
        if not Schedule.objects.filter(name=name).exists():
            schedules.keep(Schedule(name=name, interval=every), schedules.Order(plan))


@contextmanager
def worker() -> Iterator[subprocess.Popen]:
    """Worker and scheduler as the real system runs them, in one process group; ended with the demonstration."""
    log = Path(settings.INSTANCE_DIR) / "worker.log"
    with log.open("ab") as handle:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "config", "worker", "-B", "-c", "2", "--loglevel", "WARNING"],
            cwd=settings.BASE_DIR, stdout=handle, stderr=handle, start_new_session=True,
        )  # fmt: skip
        try:
            yield process
        finally:
            end(process)


def end(process: subprocess.Popen) -> None:
    """Ask a process group to end, and insist after three seconds: no run is under way, and none could be lost."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def take_snapshots(plans: list[str], cutoff: object, process: subprocess.Popen, say: Say) -> dict[str, Snapshot]:
    """Ask the queue for every plan and wait for the answers; DemoRefused tells the error of a failed run."""
    asked = {plan: runs.request(plan, cutoff=cutoff, requested_by="demo").pk for plan in plans}
    done: dict[str, Snapshot] = {}
    deadline = time.monotonic() + LONGEST_SECONDS
    while len(done) < len(asked):
        for plan, run in asked.items():
            row = Run.objects.select_related("snapshot").get(pk=run)
            if row.state == State.FAILED:
                raise DemoRefused(f"The snapshot of {plan} failed: {row.error}")
            if row.state == State.DONE and plan not in done:
                done[plan] = row.snapshot
                say(f"  {plan}: snapshot {row.snapshot_id}")
        if process.poll() is not None:
            raise DemoRefused(f"The worker ended; see {settings.INSTANCE_DIR}/worker.log")
        if time.monotonic() > deadline:
            raise DemoRefused(f"No answer after {LONGEST_SECONDS} s; see {settings.INSTANCE_DIR}/worker.log")
        time.sleep(0.2)
    return done


def reported(snapshot: Snapshot, process: subprocess.Popen) -> dict[str, bytes]:
    """The files of the report that the worker writes after a run; DemoRefused tells why there is none."""
    deadline = time.monotonic() + LONGEST_SECONDS
    while reports.report_of(snapshot) is None:
        order = snapshot.report_orders.first()
        if order is not None and order.error:
            raise DemoRefused(order.error)
        if process.poll() is not None or time.monotonic() > deadline:
            raise DemoRefused(f"No report; see {settings.INSTANCE_DIR}/worker.log")
        time.sleep(0.2)
    return reports.read_all(snapshot, disclosed=False)


def serve(port: int, ready: Callable[[], None]) -> None:
    """Serve the pages until Ctrl-C or a polite end."""
    web = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "1",
         "--threads", "4", "--timeout", "60", "--log-level", "warning", "--no-control-socket"],
        cwd=settings.BASE_DIR, start_new_session=True,
    )  # fmt: skip

    def stop(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    try:
        _wait_for(port, web)
        ready()
        web.wait()
    except KeyboardInterrupt:
        pass
    finally:
        end(web)


def _wait_for(port: int, web: subprocess.Popen) -> None:
    import urllib.error
    import urllib.request

    for _ in range(150):
        if web.poll() is not None:
            raise DemoRefused(f"The web server could not start on port {port}; is it in use? Set PORT=8001.")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise DemoRefused(f"The web server did not answer on port {port}.")
