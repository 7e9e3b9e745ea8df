"""A registry with something behind every door: a filled chart, a cohort, snapshots, runs, questions, exports."""

from datetime import date, timedelta

import pytest
from django.utils import timezone
from django_celery_beat.models import CrontabSchedule

from analytics import checks, companions, looks, report_orders, runs, schedules, snapshots, worker
from analytics.models import Look, Run, SavedAnalysis, Schedule, Snapshot, State, Subscription
from exports import jobs
from registry import agreements, queries
from registry.access import system_scope
from registry.models import Agreement, Change, Finding, Patient, Record, User
from tests.factories import as_system
from tests.registry.screens import CLINICAL, World

CUTOFF = date(2022, 12, 31)
ASKER, READER = "statistician", "investigator"
QUESTION = {"plan": "post_cart_relapse", "key": "os_relapse", "by": ["sex"], "exposure": "", "method": "groups"}
Names = dict[str, object]


@pytest.fixture
def nobody_sends(monkeypatch: pytest.MonkeyPatch) -> None:
    """No broker carries messages here: whatever a worker has to do is done by its own call."""
    for ledger in (looks, runs, jobs, checks, report_orders):
        monkeypatch.setattr(ledger, "send", lambda number: None)


def chart(world: World) -> tuple[Names, dict[str, Record]]:
    """A row of every kind, some of them wrong, and what fills the addresses of the desk."""
    rows = {slug: (world.rows(slug) or [world.add(slug)])[0] for slug in CLINICAL}
    world.add("infusion", infusion_date="2016-01-10", dose_total_e6="0.01")
    world.add("relapse", relapse_date="2014-01-01")
    with as_system():
        query = queries.raise_query(rows["infusion"], "weight_kg", "Sure?")
        finding = Finding.objects.filter(patient=world.own, severity="WARNING").first()
        change = Change.objects.filter(patient_id=world.own.pk).first()
    told = {"own": world.own.registry_id, "pk": rows["infusion"].pk, "query": query.pk, "patient": world.own.pk}
    return told | {"site": world.here.pk, "finding": finding.pk, "change": change.pk}, rows


def results(world: World) -> Names:
    """Snapshots of every plan, two of one, one by groups, one nobody has read yet; questions in every state."""
    older = snapshots.take("post_cart_relapse", cutoff=CUTOFF - timedelta(days=365), taken_by="tests")
    unread = snapshots.take("post_infusion", cutoff=CUTOFF - timedelta(days=365), taken_by="tests")
    grouped = snapshots.take("post_cart_relapse", cutoff=CUTOFF, by=["sex"], taken_by="tests")
    kept = {plan: snapshots.take(plan, cutoff=CUTOFF, taken_by="tests")
            for plan in ("post_infusion", "post_transplant", "post_cart_relapse")}  # fmt: skip
    for snapshot in (grouped, *kept.values()):
        companions.made(snapshot)
    newest = kept["post_cart_relapse"]
    comparison = looks.request(Look.Kind.COMPARISON, {"a": older.pk, "b": newest.pk}, requested_by=ASKER)
    looks.answer(comparison.pk)
    SavedAnalysis.objects.create(
        name="Survival by sex", plan="post_cart_relapse", key="os_relapse", strata="sex", method="groups",
        cutoff="today", owner=ASKER, saved_at=timezone.now(),
    )  # fmt: skip
    with as_system():
        studied = Patient.objects.exclude(pk=world.own.pk).first()
    return {
        "snapshot": newest.pk,
        "older": older.pk,
        "grouped": grouped.pk,
        "unread": unread.pk,
        "studied": studied.registry_id,
        "look": asked(),
        "regression": asked(method="regression", by=["sex", "prior_hsct"]),
        "later": asked(by=[], exposure="hsct"),
        "failed_look": asked(by=["nothing"]),
        "waiting": asked(answer=False, key="hsct_after_relapse"),
        "own_look": asked(READER),
    }


def asked(by_whom: str = ASKER, *, answer: bool = True, **other: object) -> int:
    """A question, answered unless it has to wait."""
    look = looks.request(Look.Kind.QUESTION, QUESTION | {"cutoff": CUTOFF.isoformat()} | other, requested_by=by_whom)
    if answer:
        looks.answer(look.pk)
    return look.pk


def machine_room() -> Names:
    """Runs in every state, a schedule and who is told of it."""
    told = {"cutoff": CUTOFF, "requested_by": ASKER}
    done = runs.request("post_transplant", **told)
    worker.compute(done.pk)
    queued = runs.request("post_infusion", by=["sex"], **told)
    failed = Run.objects.create(
        plan="post_infusion", state=State.FAILED, error="The worker ran out of memory.", requested_at=timezone.now(),
        finished_at=timezone.now(), **told,
    )  # fmt: skip
    nightly = CrontabSchedule.objects.create(minute="15", hour="2")
    order = schedules.Order("post_cart_relapse", "month_end", ("sex",))
    schedule = schedules.keep(Schedule(name="Relapse by sex", crontab=nightly), order)
    person = User.objects.get(username="administrator")
    subscription = Subscription.objects.create(person=person, plan="post_cart_relapse", since=timezone.now())
    names = {"run": done.pk, "queued_run": queued.pk, "failed_run": failed.pk, "schedule": schedule.pk}
    return names | {"subscription": subscription.pk, "user": person.pk}


def exported(snapshot: int, site: str) -> Names:
    """An export with its files, one that waits, one that failed."""
    now = timezone.now()
    agreements.make_agreement("PAPER-1", tier="T1", until=now.date() + timedelta(days=9), sites=(site,), now=now)
    told = {"file_format": "csv", "purpose": "a paper on relapse after CAR T", "scope": system_scope("tests")}
    made, waiting, failed = (
        jobs.request(Snapshot.objects.get(pk=snapshot), Agreement.objects.get(), **told) for _each in range(3)
    )
    jobs.work(made.pk)
    jobs.fail(failed.pk, "The snapshot cannot be read by this version.")
    return {"export": made.pk, "export_waiting": waiting.pk, "export_failed": failed.pk}


def whole(world: World) -> tuple[Names, dict[str, Record]]:
    """Everything; what fills the addresses, and a row of every kind of record."""
    names, rows = chart(world)
    names |= results(world) | machine_room()
    return names | exported(names["snapshot"], world.here.code), rows
