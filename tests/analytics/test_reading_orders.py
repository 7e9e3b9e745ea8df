"""Readings got lost between a run and its companion: asked for again, made once, never by two workers at once."""

from datetime import timedelta

import pytest
from celery import current_app
from django.utils import timezone

from analytics import companions, reading_orders, report_orders, runs, tasks, worker
from analytics.models import Companion, ReadingsOrder, ReportOrder, Snapshot
from tests.analytics.conftest import CUTOFF

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
Sent = list[int]


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Sent:
    """The snapshots named in messages, which no worker waits for."""
    messages: Sent = []

    def keep(task: str, kwargs: dict[str, int]) -> None:
        if task == tasks.make_readings.name:
            messages.append(kwargs["snapshot"])

    monkeypatch.setattr(current_app, "send_task", keep)
    return messages


def later(minutes: float) -> dict[str, object]:
    return {"now": timezone.now() + timedelta(minutes=minutes)}


@pytest.fixture
def bare(already_frozen: None, sent: Sent, monkeypatch: pytest.MonkeyPatch) -> Snapshot:
    """The snapshot of a run whose worker was killed before the readings."""
    run = runs.request("post_cart_relapse", cutoff=CUTOFF, requested_by="t")
    with monkeypatch.context() as dies:
        dies.setattr(companions, "made", _killed)
        with pytest.raises(KeyboardInterrupt):
            worker.compute(run.pk)
    ReportOrder.objects.update(done_at=timezone.now())
    return Snapshot.objects.get()


def _killed(snapshot: Snapshot) -> None:
    raise KeyboardInterrupt


def test_a_run_makes_the_readings_of_its_snapshot_and_leaves_no_order(already_frozen: None, sent: Sent):
    worker.compute(runs.request("post_cart_relapse", cutoff=CUTOFF, requested_by="t").pk)

    assert Companion.objects.count() == 1 and not ReadingsOrder.objects.exists()
    assert reading_orders.sweep(**later(600)) == []


def test_lost_readings_are_asked_for_again_and_made_by_the_task(bare: Snapshot, sent: Sent):
    assert reading_orders.sweep(**later(30)) == [], "the dead worker may still be at it"

    assert reading_orders.sweep(**later(63)) == [bare.pk] == sent
    ReadingsOrder.objects.update(claimed_until=timezone.now())
    tasks.make_readings(snapshot=bare.pk)

    assert companions.kept(bare) is not None and not ReadingsOrder.objects.exists()
    assert reading_orders.sweep(**later(600)) == []


def test_a_snapshot_taken_by_a_command_gets_its_readings_from_the_upkeep(snapshot: Snapshot, sent: Sent):
    tasks.reconcile()
    assert sent == [], "whoever took it may be making them"

    assert reading_orders.sweep(**later(6)) == [snapshot.pk]
    assert reading_orders.sweep(**later(7)) == [], "one message, until it is lost"
    assert reading_orders.sweep(**later(12)) == [snapshot.pk]
    for _twice in range(2):
        tasks.make_readings(snapshot=snapshot.pk)
    assert Companion.objects.count() == 1


def test_two_workers_never_make_the_same_readings(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch):
    real, at_work = companions.computed, []

    def meanwhile(one: Snapshot) -> object:
        at_work.append(one.pk)
        assert reading_orders.work(one.pk) is False, "the second worker goes away"
        return real(one)

    monkeypatch.setattr(companions, "computed", meanwhile)
    assert reading_orders.work(snapshot.pk) is True
    assert at_work == [snapshot.pk]


def test_what_fails_is_tried_three_times(snapshot: Snapshot, sent: Sent, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(companions, "computed", lambda one: 1 / 0)
    for minutes in (6, 20, 40, 60, 80):
        for one in reading_orders.sweep(**later(minutes)):
            tasks.make_readings(snapshot=one)

    assert len(sent) == reading_orders.MOST_TRIES
    assert not Companion.objects.exists()


def test_a_snapshot_whose_report_is_ordered_gets_its_readings_with_it(snapshot: Snapshot, sent: Sent):
    report_orders.request(snapshot, requested_by="t")

    assert reading_orders.sweep(**later(6)) == []


def test_a_snapshot_that_is_none_is_left_alone(db: object):
    tasks.make_readings(snapshot=999)

    assert not ReadingsOrder.objects.exists()
