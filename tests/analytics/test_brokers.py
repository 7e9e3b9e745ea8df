"""The schedule really runs: scheduler, broker, worker and database as processes, on every broker we name."""

import signal
from pathlib import Path

import pytest
from kombu import Connection

from tests.analytics.processes import Place, end, prepare
from tests.conftest import Instance
from tests.services import needs

REQUEST = """
import django
django.setup()
from datetime import date
from analytics import runs
for plan in ("post_cart_relapse", "post_infusion", "post_transplant"):
    runs.request(plan, cutoff=date(2022, 12, 31), requested_by="test")
"""


def _scheduled_run(place: Place) -> None:
    with place.worker():
        state = place.until(lambda told: sum(run["state"] == "done" for run in told["runs"]) >= 2)

    slots = [run["slot"] for run in state["runs"]]
    assert len(set(slots)) == len(slots)
    assert state["snapshots"] == 1  # nothing changed between the slots: one answer for all


@pytest.mark.proof
def test_a_scheduled_run_through_the_embedded_broker(instance: Instance, tmp_path: Path):
    _scheduled_run(prepare(instance, tmp_path / "bundle"))


@pytest.mark.proof
@needs("redis")
def test_a_scheduled_run_through_redis(instance: Instance, tmp_path: Path, redis_url: str):
    _scheduled_run(prepare(instance, tmp_path / "bundle", broker=redis_url))


@pytest.mark.proof
@needs("rabbitmq")
def test_a_scheduled_run_through_rabbitmq(instance: Instance, tmp_path: Path, amqp_url: str):
    place = prepare(instance, tmp_path / "bundle", broker=amqp_url)
    try:
        _scheduled_run(place)
    finally:
        with Connection(amqp_url) as connection:
            connection.default_channel.queue_delete(place.variables["TEST_QUEUE"])


@pytest.mark.proof
def test_a_killed_worker_loses_no_run(instance: Instance, tmp_path: Path, capsys: pytest.CaptureFixture):
    """Embedded broker: its message is gone with the worker, the row is not (JOB-01, JOB-03)."""
    place, kills = prepare(instance, tmp_path / "bundle", patients=300, scheduled=False), 3
    place.python(REQUEST)

    for _kill in range(kills):
        process = place.start(beat=True)
        place.until(lambda told: any(run["state"] == "running" for run in told["runs"]))
        end(process, signal.SIGKILL)
    with place.worker():
        state = place.until(lambda told: all(run["state"] in ("done", "failed") for run in told["runs"]))

    lost = sum(run["state"] != "done" and run["tries"] < 3 for run in state["runs"])
    with capsys.disabled():
        print(
            f"\nT13 worker_kills={kills} runs={len(state['runs'])} lost={lost} dup_snapshots={state['snapshots'] - 3}"
        )
    assert lost == 0, state
    assert state["snapshots"] <= 3
