"""How many queries the pages of results, exports and administration cost: the same however many rows there are."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from analytics import history
from analytics.freezing import Frozen
from analytics.models import Export, FrozenFile, Look, Run, SavedAnalysis, Schedule, Snapshot, State, Subscription
from exports import jobs
from registry import agreements
from registry.access import system_scope
from registry.models import User
from tests.analytics.test_room_doors import names, world  # noqa: F401 - fixtures: a row behind every door
from tests.query_counts import hold, measured
from tests.registry.screens import World

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

RESULTS = {
    "results": "/results/",
    "history of a plan": "/results/plans/post_cart_relapse/",
    "snapshot": "/results/snapshots/{snapshot}/",
    "comparison": "/results/compare/{older}/{snapshot}/",
    "patient": "/results/patients/{own}/",
    "analysis": "/results/analysis/",
    "answer": "/results/analysis/{look}/",
    "exports": "/exports/",
    "export": "/exports/{export}/",
}
ADMINISTRATION = {
    "home": "/admin/",
    "snapshots": "/admin/analytics/snapshot/",
    "snapshot": "/admin/analytics/snapshot/{snapshot}/change/",
    "runs": "/admin/analytics/run/",
    "run": "/admin/analytics/run/{run}/change/",
    "schedules": "/admin/analytics/schedule/",
    "subscriptions": "/admin/analytics/subscription/",
    "findings": "/admin/registry/finding/",
}
PEOPLE = {"accounts": "/admin/registry/user/", "account": "/admin/registry/user/{user}/change/"}
MEMORY = {"changes": "/admin/registry/change/", "change": "/admin/registry/change/{change}/change/"}


@pytest.fixture
def rooms(world: World, names: dict[str, object]) -> dict[str, tuple[Client, dict[str, str]]]:  # noqa: F811
    """Each room as somebody who sees most of it."""
    more_of_everything(names, 1)
    statistician = world.client("statistician")
    return {
        "results": (statistician, RESULTS),
        "administration": (statistician, ADMINISTRATION),
        "administration, people": (world.client("administrator"), PEOPLE),
        "administration, memory": (world.client("investigator"), MEMORY),
    }


def more_of_everything(names: dict[str, object], rows: int) -> None:  # noqa: F811
    """As many more snapshots, runs in every state, questions, kept analyses, schedules, exports and people."""
    first, now = Snapshot.objects.get(pk=names["snapshot"]), timezone.now()
    until = now.date() + timedelta(days=9)
    agreement = agreements.make_agreement(f"PAPER-{rows}", tier="T1", until=until, sites=("BOS",), now=now)
    for number in range(rows):
        place = f"{rows}-{number}"
        told = {field.attname: getattr(first, field.attname) for field in Snapshot._meta.concrete_fields[1:]}
        told |= {"cutoff": first.cutoff - timedelta(days=rows * 10 + number), "taken_at": now - timedelta(days=400)}
        results = Frozen(FrozenFile.objects.get(pk=first.results_sha256).body + b" " * (rows * 10 + number))
        FrozenFile.keep([results])  # the same numbers under a hash of their own
        told |= {"results_sha256": results.sha256}
        snapshot = Snapshot.objects.create(**told)
        asked = {"plan": "post_infusion", "cutoff": now.date(), "requested_by": "t", "requested_at": now}
        for state in State:
            ended = {"snapshot": snapshot, "error": "fell", "finished_at": now}
            Run.objects.create(**asked, state=state, strata=f"sex{place}", **ended)
        Look.objects.create(kind="question", asked=Look.objects.get(pk=names["look"]).asked, sent_at=now,
                            requested_by="statistician-BOS", requested_at=now)  # fmt: skip
        SavedAnalysis.objects.create(name=f"Kept {place}", plan="post_cart_relapse", key="os_relapse", strata="sex",
                                     method="groups", cutoff="today", owner="t", saved_at=now)  # fmt: skip
        schedule = Schedule.objects.first()
        schedule.pk, schedule.name, schedule._state.adding = None, f"Nightly {place}", True
        schedule.save()
        Run.objects.create(**asked, schedule_id=schedule.pk, slot=place)
        person = User.objects.create(username=f"reader {place}", email="r@example.org")
        Subscription.objects.create(person=person, schedule_id=schedule.pk, since=now)
        asking = {"file_format": "csv", "purpose": "a paper", "scope": system_scope("tests")}
        export = jobs.request(first, agreement, **asking)
        Export.objects.filter(pk=export.pk).update(state="failed", error="fell", finished_at=now)
        names.setdefault("export", export.pk)


def test_the_course_of_many_snapshots_is_read_at_once(
    names: dict[str, object],  # noqa: F811
    django_assert_num_queries: DjangoAssertNumQueries,
):
    more_of_everything(names, 6)
    snapshots = history.of_question("post_cart_relapse")
    cache.clear()

    with django_assert_num_queries(1):
        cold = history.trends(snapshots, disclosed=False)
    with django_assert_num_queries(0):
        assert history.trends(snapshots, disclosed=False) == cold
    assert {len(one.values) for one in cold} == {7}


def counted(rooms: dict[str, tuple[Client, dict[str, str]]], names: dict[str, object]) -> dict[str, dict[str, int]]:  # noqa: F811
    cache.clear()
    return {room: measured(client, pages, **names) for room, (client, pages) in rooms.items()}


def test_every_page_costs_what_the_baseline_says_and_no_more_with_more_rows(
    rooms: dict[str, tuple[Client, dict[str, str]]],
    world: World,  # noqa: F811
    names: dict[str, object],  # noqa: F811
):
    few = counted(rooms, names)
    more_of_everything(names, 6)
    for number in range(6):
        world.add("infusion", infusion_date=f"2016-0{number + 1}-10", dose_total_e6="0.01")
    many = counted(rooms, names)

    for room, counts in few.items():
        hold(room, counts)
    assert many == few
