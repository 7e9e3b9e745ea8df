"""Worker and scheduler as processes of their own, in an instance of their own, on any broker."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.conftest import ROOT, Instance

MOST_SECONDS = 60

#: One process prepares everything: each start of Python and Django costs a second.
PREPARE = """
import pathlib
import django
django.setup()
from django.core.management import call_command
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule
from analytics import schedules
from analytics.models import Schedule
from analytics.synthetic import cohort_bundle, write_bundle
from registry.access import scoped, system_scope
from registry.importing import import_source
call_command("migrate", verbosity=0)
folder = pathlib.Path({folder!r})
write_bundle(cohort_bundle({patients}, seed=7), folder)
with scoped(system_scope("tests")):
    assert import_source(folder, now=timezone.now()).status == "committed"
every, _made = IntervalSchedule.objects.get_or_create(every=1, period="seconds")
schedules.keep(Schedule(name="Every second", interval=every, enabled={scheduled!r}), schedules.Order("post_transplant"))
"""
RUNS = "SELECT id, state, tries, slot, snapshot_id, error FROM analytics_run ORDER BY id"


@dataclass(frozen=True)
class Place:
    """An instance with workers: where, and with which variables."""

    instance: Instance
    variables: dict[str, str]

    def python(self, code: str) -> None:
        """Runs Python code in the instance, to a good end."""
        environ = self.instance.environ | self.variables
        ended = subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr

    def state(self) -> dict[str, Any]:
        """The ledger as it stands, read beside the workers.

        Opened for writing too: a killed worker may leave a hot journal, which the next reader has to roll back.
        """
        path = self.instance.directory / "registry.sqlite3"
        with closing(sqlite3.connect(f"file:{path}?mode=rw", uri=True, timeout=10)) as connection:
            connection.row_factory = sqlite3.Row
            told = [dict(row) for row in connection.execute(RUNS)]
            (snapshots,) = connection.execute("SELECT count(*) FROM analytics_snapshot").fetchone()
        return {"runs": told, "snapshots": snapshots}

    def until(self, reached: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """The first state that satisfies, within a bounded time."""
        deadline = time.monotonic() + MOST_SECONDS
        while not reached(state := self.state()):
            assert time.monotonic() < deadline, f"not reached in {MOST_SECONDS} s: {state}"
            time.sleep(0.2)
        return state

    def start(self, *, beat: bool) -> subprocess.Popen:
        """A worker (with scheduler) in a process group of its own."""
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-c", "1", "--loglevel", "WARNING"]
        with open(self.instance.directory / "worker.log", "ab") as log:
            return subprocess.Popen(
                [*command, *(["-B", "-s", str(self.instance.directory / "beat")] if beat else [])],
                cwd=ROOT,
                env=self.instance.environ | self.variables,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @contextmanager
    def worker(self, *, beat: bool = True) -> Iterator[subprocess.Popen]:
        """Started, and ended with everything it started."""
        process = self.start(beat=beat)
        try:
            yield process
        finally:
            end(process)


def end(process: subprocess.Popen, how: int = signal.SIGTERM) -> None:
    """Ends a process group that we started and waits for it."""
    for sign in (how, signal.SIGKILL):
        try:
            os.killpg(process.pid, sign)
            process.wait(timeout=10)
            return
        except ProcessLookupError:
            process.wait(timeout=10)
            return
        except subprocess.TimeoutExpired:
            continue


def prepare(
    instance: Instance, folder: Path, *, broker: str | None = None, patients: int = 20, scheduled: bool = True
) -> Place:
    """A migrated instance with synthetic patients, and a schedule that is due every second."""
    variables = {"DJANGO_SETTINGS_MODULE": "tests.analytics.worker_settings", "TEST_QUEUE": f"test-{uuid4().hex[:12]}"}
    if broker:
        variables["BROKER_URL"] = broker
    place = Place(instance, variables)
    place.python(PREPARE.format(folder=str(folder), patients=patients, scheduled=scheduled))
    return place
