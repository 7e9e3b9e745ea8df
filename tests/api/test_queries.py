"""The door to the data queries: what is asked where, without threads and names."""

from collections.abc import Callable

import pytest
from django.test import Client

from registry import queries
from registry.access import scoped, system_scope
from registry.models import Query
from tests.api.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
LIST = "/api/v1/queries/"


@pytest.fixture
def asked(world: World) -> dict[str, Query]:
    """One query about the infusion of every patient."""
    with scoped(system_scope("tests")):
        return {
            name: queries.raise_query(world.rows[name, "infusion"], "infusion_date", "Is Berta's date right?")
            for name in ("own", "shared", "foreign")
        }


def test_a_reader_sees_the_queries_of_the_own_sites(coordinator: Client, asked: dict[str, Query]) -> None:
    rows = coordinator.get(LIST).json()["results"]

    assert [row["id"] for row in rows] == [asked["own"].pk, asked["shared"].pk]
    assert (rows[0]["entity"], rows[0]["column"], rows[0]["state"], rows[0]["site"]) == (
        "infusion", "infusion_date", "OPEN", "BOS",
    )  # fmt: skip
    assert "Berta" not in coordinator.get(LIST).content.decode()
    assert coordinator.get(f"{LIST}{asked['own'].pk}/").json() == rows[0]
    assert coordinator.get(f"{LIST}{asked['foreign'].pk}/").status_code == 404


@pytest.mark.parametrize(("role", "status"), [("monitor", 200), ("statistician", 200), ("collaborator", 403)])
def test_who_may_read_them(role: str, status: int, world: World, reader: Callable[[str], Client]) -> None:
    assert reader(role).get(LIST).status_code == status


def test_the_filters(coordinator: Client, asked: dict[str, Query]) -> None:
    def found(**filters: str) -> list[int]:
        return [row["id"] for row in coordinator.get(LIST, filters).json()["results"]]

    assert found(patient="C19-OWN-1", state="OPEN", site="BOS") == [asked["own"].pk]
    assert found(state="CLOSED") == found(rule="H60") == []


@pytest.mark.parametrize("name", ["colour", "state", "rule", "site", "patient"])
def test_a_filter_that_means_nothing_is_refused(coordinator: Client, name: str) -> None:
    assert coordinator.get(LIST, {name: "no\x00where!"}).status_code == 400


def test_a_changed_query_has_another_tag(coordinator: Client, asked: dict[str, Query]) -> None:
    address = f"{LIST}{asked['own'].pk}/"
    tag = coordinator.get(address)["ETag"]
    assert coordinator.get(address, headers={"If-None-Match": tag}).status_code == 304
    with scoped(system_scope("tests")):
        queries.close(asked["own"])

    assert coordinator.get(address, headers={"If-None-Match": tag}).json()["state"] == "CLOSED"


def test_a_page_takes_the_same_number_of_queries(
    coordinator: Client, world: World, django_assert_max_num_queries
) -> None:
    with scoped(system_scope("tests")):
        for column in ("product", "intent", "protocol", "site"):
            queries.raise_query(world.rows["own", "infusion"], column, "Sure?")
    with django_assert_max_num_queries(8):
        assert len(coordinator.get(LIST).json()["results"]) == 4
