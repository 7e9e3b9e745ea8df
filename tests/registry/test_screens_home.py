"""Home: what is due and overdue with its window, queries for the reader, what changed since the last sweep."""

from datetime import timedelta

import pytest
from django.utils import timezone

from registry import queries
from registry.models import User
from registry.sweep import sweep
from tests.factories import as_system
from tests.registry.screens import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def section(client, name: str) -> str:
    page = client.get("/").content.decode()
    return page.partition(f'aria-labelledby="{name}"')[2].partition("</section>")[0]


def swept(days_ago: int = 0) -> None:
    with as_system():
        sweep(now=timezone.now() - timedelta(days=days_ago))


def infused(world: World, days_ago: int) -> None:
    """An infusion so many days ago, and contact with the patient a week later."""
    today = timezone.localdate()
    world.add("infusion", infusion_date=(today - timedelta(days=days_ago)).isoformat())
    world.add("follow_up", contact_date=(today - timedelta(days=days_ago - 7)).isoformat())


def test_what_is_due_stands_with_its_window_and_a_way_to_enter_it(world):
    infused(world, days_ago=28)
    swept()

    shown = section(world.client("coordinator"), "due")
    assert world.own.registry_id in shown and "left" in shown
    assert f"/patients/{world.own.registry_id}/response/new?due=" in shown
    read = section(world.client("monitor"), "due")
    assert world.own.registry_id in read and "/new" not in read


def test_the_overdue_are_counted_and_shown_as_such(world):
    world.add("infusion", infusion_date="2015-01-10")
    world.add("follow_up", contact_date="2015-02-10")
    swept()

    page = world.client("coordinator").get("/").content.decode()
    assert "days overdue" in page
    assert "tile-bad" in page.partition("overdue</span>")[0]


def test_queries_for_me_put_those_assigned_to_me_first(world):
    client = world.client("coordinator")
    with as_system():
        queries.raise_query(world.add("relapse"), "level", "Sure?")
        queries.raise_query(world.add("hsct"), "hsct_date", "Sure?",
                            assignee=User.objects.get(username="coordinator-BOS"))  # fmt: skip

    shown = section(client, "asked")
    assert shown.index("Transplant date") < shown.index("Relapse: Level")
    assert shown.count("assigned to you") == 1
    assert "No query waits" in section(world.client("monitor"), "asked")
    assert not section(world.client("statistician"), "asked")


def test_changes_since_the_last_sweep_are_told(world):
    client = world.client("coordinator")
    assert "has not run yet" in section(client, "changed")
    swept(days_ago=1)
    assert "Nothing has changed" in section(client, "changed")
    world.add("relapse")

    assert "+1 new" in section(client, "changed") and "H50" in section(client, "changed")


def test_home_tells_nothing_of_other_sites(world):
    infused(world, days_ago=28)
    with as_system():
        queries.raise_query(world.add("relapse"), "level", "Sure?")
    swept()

    assert world.own.registry_id not in world.client("coordinator", site="CHI").get("/").content.decode()
