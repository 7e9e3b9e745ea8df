"""Mails about scheduled snapshots: once per run and person, a link and disclosed headlines, nothing attached."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from analytics import announcing, companions, report_orders, reports, runs, schedules, worker
from analytics.models import Announcement, ReportOrder, Run, Schedule, Snapshot, Subscription
from analytics.report.headline import lines
from registry.access import system_scope
from registry.memory import acting
from registry.models import Membership, User
from registry.people import add_person
from tests.analytics.conftest import CUTOFF

pytestmark = pytest.mark.django_db
SLOT = "1 2026-03-02T02:15:00Z"


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "send", lambda run: None)
    monkeypatch.setattr(reports, "keep", lambda snapshot: None)
    monkeypatch.setattr(companions, "made", lambda snapshot: None)


@pytest.fixture
def reader() -> User:
    person = add_person("reader", role="statistician").user
    person.email = "reader@example.org"
    person.save()
    return person


def ended(slot: str | None = SLOT, **more: Any) -> Run:
    """A run of the worker with its report order answered."""
    run = runs.request("post_cart_relapse", cutoff=CUTOFF, requested_by="schedule: Weekly", slot=slot, **more)
    assert worker.compute(run.pk) is not None
    for order in ReportOrder.objects.filter(done_at=None):
        report_orders.answer(order.pk)
    return run


def test_a_subscriber_is_told_once_with_link_and_disclosed_headlines(already_frozen: None, reader: User):
    Subscription.objects.create(person=reader, plan="post_cart_relapse")
    run = ended()
    for _again in range(3):
        announcing.announce()

    [sent] = mail.outbox
    snapshot = Snapshot.objects.get()
    assert sent.to == ["reader@example.org"]
    assert sent.subject.startswith("[SYNTHETIC] Relapse after CAR T")
    assert f"http://127.0.0.1:8000/admin/analytics/snapshot/{snapshot.pk}/change/" in sent.body
    assert all(str(line) in sent.body for line in lines(snapshot.headline["disclosed"]))
    assert "invented patients" in sent.body
    assert not sent.attachments
    assert sent.extra_headers["Message-ID"] == f"<run-{run.pk}-person-{reader.pk}@127.0.0.1>"


def test_a_mail_about_groups_tells_every_group(already_frozen: None, reader: User):
    Subscription.objects.create(person=reader, plan="post_cart_relapse")
    ended(by=("sex",))
    announcing.announce()

    [sent] = mail.outbox
    compared = [line for line in lines(Snapshot.objects.get().headline["disclosed"]) if line.compared]
    assert {group for line in compared for group, _phrase in line.groups} == {"Female", "Male"}
    assert all(f"    {group}: {phrase}\n" in sent.body for line in compared for group, phrase in line.groups)


def test_two_subscriptions_of_one_person_are_one_mail(already_frozen: None, reader: User):
    schedule = schedules.keep(Schedule(name="Weekly", crontab=Schedule.objects.first().crontab), schedules.Order("x"))
    Subscription.objects.create(person=reader, plan="post_cart_relapse")
    Subscription.objects.create(person=reader, schedule=schedule)

    ended(schedule=schedule.pk)

    assert len(mail.outbox) == 1


def test_runs_by_hand_and_other_plans_are_no_news(already_frozen: None, reader: User):
    Subscription.objects.create(person=reader, plan="post_infusion")
    ended()
    Subscription.objects.create(person=reader, plan="post_cart_relapse")
    ended(slot=None)

    assert not mail.outbox


def test_a_run_before_the_subscription_is_no_news(already_frozen: None, reader: User):
    ended()
    Subscription.objects.create(person=reader, plan="post_cart_relapse")

    announcing.announce()

    assert not mail.outbox


def test_the_mail_waits_for_the_report(already_frozen: None, reader: User):
    Subscription.objects.create(person=reader, plan="post_cart_relapse")
    run = runs.request("post_cart_relapse", cutoff=CUTOFF, requested_by="schedule: Weekly", slot=SLOT)
    worker.compute(run.pk)

    assert announcing.announce() == 0
    report_orders.answer(ReportOrder.objects.get().pk)

    assert len(mail.outbox) == 1


@pytest.mark.parametrize("lost", ["role", "active", "address"])
def test_rights_are_asked_again_before_every_mail(already_frozen: None, reader: User, lost: str):
    Subscription.objects.create(person=reader, plan="post_cart_relapse")
    if lost == "role":
        with acting(system_scope("tests"), "left the study"):
            Membership.objects.filter(user=reader).update(role="collaborator")
    else:
        User.objects.filter(pk=reader.pk).update(**{"active": {"is_active": False}, "address": {"email": ""}}[lost])

    ended()

    assert not mail.outbox
    assert Announcement.objects.get().error.startswith("Not sent")


def test_a_mail_server_that_refuses_is_asked_again(already_frozen: None, reader: User, monkeypatch: pytest.MonkeyPatch):
    Subscription.objects.create(person=reader, plan="post_cart_relapse")
    monkeypatch.setattr(announcing.EmailMessage, "send", lambda self: (_ for _ in ()).throw(ConnectionRefusedError()))
    ended()
    monkeypatch.undo()
    soon, later = timezone.now(), timezone.now() + announcing.AGAIN + timedelta(seconds=1)

    told = [announcing.announce(now=soon), announcing.announce(now=later), announcing.announce(now=later)]

    assert told == [0, 1, 0]
    assert len(mail.outbox) == 1


def test_a_report_that_cannot_be_made_says_why_and_the_mail_goes_out(
    already_frozen: None, reader: User, monkeypatch: pytest.MonkeyPatch
):
    def broken(snapshot: Snapshot) -> None:
        raise ValueError("Canary-Patient-1999")

    monkeypatch.setattr(reports, "keep", broken)
    Subscription.objects.create(person=reader, plan="post_cart_relapse")
    ended()

    assert ReportOrder.objects.get().error == "The report could not be made (ValueError)."
    assert len(mail.outbox) == 1


def test_an_order_whose_worker_died_is_sent_again_three_times(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch):
    sent: list[int] = []
    monkeypatch.setattr(report_orders, "send", sent.append)
    order = report_orders.request(snapshot, requested_by="test")
    late = timezone.now() + report_orders.RESEND + timedelta(seconds=1)

    for tries in range(1, report_orders.MOST_TRIES + 1):
        report_orders.sweep(now=late)
        ReportOrder.objects.update(tries=tries, sent_at=timezone.now())
    report_orders.sweep(now=late)

    order.refresh_from_db()
    assert sent == [order.pk] * 3
    assert "three times" in order.error
