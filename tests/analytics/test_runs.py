"""Runs: one computation per question, none lost, none written by a worker that was replaced."""

import gc
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import OperationalError
from kombu.exceptions import OperationalError as BrokerDown

from analytics import runs, snapshots, worker
from analytics.models import Run, Snapshot, State

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LATER = NOW + runs.LEASE + timedelta(seconds=1)
CUTOFF = date(2022, 12, 31)
CANARY = "Canary-Patient-1999"


@pytest.fixture(autouse=True)
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """What was told to the broker."""
    told: list[int] = []
    monkeypatch.setattr(runs.current_app, "send_task", lambda name, kwargs: told.append(kwargs["run"]))
    yield told


def asked(plan: str = "post_transplant", **more: object) -> Run:
    return runs.request(plan, cutoff=CUTOFF, requested_by="test", now=NOW, **more)


def claimed(run: Run, now: datetime = NOW) -> runs.Claim:
    held = runs.claim(run.pk, worker="worker", now=now)
    assert held is not None
    return held


def test_the_message_follows_the_commit(sent: list[int], django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        run = asked()
        assert sent == []

    assert sent == [run.pk]


def test_a_broker_that_does_not_answer_is_no_fault(monkeypatch: pytest.MonkeyPatch):
    def down(name: str, kwargs: dict) -> None:
        raise BrokerDown("no connection")

    monkeypatch.setattr(runs.current_app, "send_task", down)

    runs.send(asked().pk)


def test_a_slot_has_one_run_however_often_it_is_delivered(sent: list[int], django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        first, again = asked(slot="7 2026-03-01T12:00:00Z"), asked(slot="7 2026-03-01T12:00:00Z")

    assert first.pk == again.pk
    assert sent == [first.pk]


def test_a_run_is_claimed_once(sent: list[int]):
    run = asked()

    assert claimed(run).fence == 1
    assert runs.claim(run.pk, worker="other", now=NOW) is None


def test_a_question_is_computed_once_at_a_time_and_waits_otherwise():
    first, twin = asked(), asked()
    held = claimed(first)

    assert runs.claim(twin.pk, worker="other", now=NOW) is None
    runs.fail(held, "over", again=False, now=NOW)
    assert runs.claim(twin.pk, worker="other", now=NOW) is not None


def test_a_silent_worker_loses_its_run_to_the_next(sent: list[int]):
    run = asked()
    claimed(run)

    assert runs.sweep(now=NOW + timedelta(seconds=1)) == []
    assert runs.sweep(now=LATER) == [run.pk] == sent
    assert claimed(run, LATER).fence == 2


def test_a_worker_that_renews_keeps_its_run():
    run = asked()
    held = claimed(run)

    assert runs.renew(held, step="computing", now=LATER - timedelta(seconds=2))
    assert runs.sweep(now=LATER) == []
    run.refresh_from_db()
    assert (run.state, run.step) == (State.RUNNING, "computing")


def test_a_replaced_worker_cannot_write_any_more(already_frozen: None):
    run = asked()
    paused = claimed(run)
    runs.sweep(now=LATER)
    claimed(run, LATER)

    with pytest.raises(runs.LeaseLost):
        snapshots.take(
            run.plan, cutoff=CUTOFF, taken_by="paused", settle=lambda kept: runs.finish(paused, snapshot=kept.pk)
        )

    assert not Snapshot.objects.exists()
    assert not runs.renew(paused)
    runs.fail(paused, "too late", again=False)
    run.refresh_from_db()
    assert (run.state, run.error) == (State.RUNNING, "")


def test_a_run_whose_workers_die_fails_after_three_tries():
    run, now = asked(), NOW
    for _try in range(runs.MOST_TRIES):
        claimed(run, now)
        now += runs.LEASE + timedelta(seconds=1)
        runs.sweep(now=now)

    run.refresh_from_db()
    assert (run.state, run.tries) == (State.FAILED, 3)
    assert "stopped without a word" in run.error
    assert runs.claim(run.pk, worker="fourth", now=now) is None


def test_a_lost_message_is_sent_again(sent: list[int]):
    run = asked()

    assert runs.sweep(now=NOW + timedelta(seconds=1)) == []
    assert runs.sweep(now=NOW + runs.RESEND) == [run.pk]
    assert runs.sweep(now=NOW + runs.RESEND) == []


def test_a_worker_takes_the_snapshot_and_a_second_delivery_does_nothing(already_frozen: None):
    run = asked()

    found = worker.compute(run.pk)

    assert worker.compute(run.pk) is None
    run.refresh_from_db()
    assert (run.state, run.snapshot_id, run.tries, run.error) == (State.DONE, found, 1, "")
    assert run.seconds is not None


def test_two_requests_for_the_same_end_in_one_snapshot(already_frozen: None):
    by_hand, by_schedule = asked(), asked(slot="1 2026-03-01T12:00:00Z")

    assert worker.compute(by_hand.pk) == worker.compute(by_schedule.pk)
    assert Snapshot.objects.count() == 1


def test_a_refused_question_fails_at_once_and_says_why(already_frozen: None):
    run = asked("post_transplant", by=["relapse_timing"])

    worker.compute(run.pk)

    run.refresh_from_db()
    assert (run.state, run.tries) == (State.FAILED, 1)
    assert "immortal time" in run.error


@pytest.mark.parametrize(
    ("fault", "state", "told"),
    [
        (ValueError(f"cannot read {CANARY}"), State.FAILED, "ValueError in tests/analytics/test_runs.py"),
        (KeyError(CANARY), State.FAILED, "KeyError"),
        (OperationalError(f"disk full near {CANARY}"), State.QUEUED, "The database refused"),
        (MemoryError(CANARY), State.QUEUED, "out of memory"),
        (OSError(CANARY), State.QUEUED, "OSError"),
    ],
)
def test_a_failed_run_is_readable_and_names_no_patient(
    already_frozen: None, monkeypatch: pytest.MonkeyPatch, fault: Exception, state: str, told: str
):
    def poisoned(*arguments: object, **more: object) -> dict:
        raise fault

    monkeypatch.setattr(snapshots, "compute", poisoned)
    run = asked()

    worker.compute(run.pk)

    run.refresh_from_db()
    assert run.state == state
    assert told in run.error
    assert CANARY not in run.error
    assert not Snapshot.objects.exists()


def test_a_passing_fault_is_tried_three_times_and_no_more(already_frozen: None, monkeypatch: pytest.MonkeyPatch):
    def full(*arguments: object, **more: object) -> dict:
        raise OperationalError("disk full")

    monkeypatch.setattr(snapshots, "compute", full)
    run = asked()

    for _delivery in range(5):
        worker.compute(run.pk)

    run.refresh_from_db()
    assert (run.state, run.tries) == (State.FAILED, runs.MOST_TRIES)


def test_a_poisoned_run_leaves_the_others_alone(already_frozen: None, monkeypatch: pytest.MonkeyPatch):
    plain = snapshots.compute

    def poisoned(plan: str, *arguments: object, **more: object) -> dict:
        if plan == "post_infusion":
            raise ValueError(CANARY)
        return plain(plan, *arguments, **more)

    monkeypatch.setattr(snapshots, "compute", poisoned)
    bad, good = asked("post_infusion"), asked("post_transplant")

    assert (worker.compute(bad.pk), worker.compute(good.pk) is not None) == (None, True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.filterwarnings("ignore:unclosed database")  # Django never closes a thread's way into memory (Python 3.13)
def test_a_long_step_keeps_its_lease(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(runs, "LEASE", timedelta(seconds=0.6))
    run = runs.request("post_transplant", cutoff=CUTOFF, requested_by="test")
    held = runs.claim(run.pk, worker="slow")
    before = Run.objects.get(pk=run.pk).lease_until

    with worker.alive(held):
        deadline = datetime.now(UTC) + timedelta(seconds=5)
        while Run.objects.get(pk=run.pk).lease_until == before and datetime.now(UTC) < deadline:
            time.sleep(0.05)  # a reader that never pauses would keep the table to itself

    gc.collect()  # here, where the warning is expected, not in whichever test comes next
    assert Run.objects.get(pk=run.pk).lease_until > before
