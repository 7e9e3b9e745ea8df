"""Pages, filters, ETags: the promises about lists."""

import base64
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from api.views import DOORS, plural
from registry.access import system_scope
from registry.entities import dictionary
from registry.memory import acting
from registry.models import CARTInfusion, FollowUp, Status
from tests.api.world import SAVED_AT, World, make

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

CONTACTS = "/api/v1/follow_ups/"


@pytest.fixture
def contacts(world: World) -> list[int]:
    """Seven contacts of the patient of BOS, in the order of their ids."""
    with acting(system_scope("test"), "setup"):
        for _ in range(6):
            make(FollowUp, patient=world.patients["own"])
    with acting(system_scope("test"), "reading"):
        return list(FollowUp.objects.filter(patient=world.patients["own"]).order_by("pk").values_list("pk", flat=True))


def test_pages_give_every_row_once_and_in_order(coordinator: Client, contacts: list[int]) -> None:
    seen, address = [], f"{CONTACTS}?page_size=3&patient=C19-OWN-1"
    while address:
        page = coordinator.get(address).json()
        assert set(page) == {"next", "previous", "results"}
        seen += [row["id"] for row in page["results"]]
        address = page["next"]

    assert seen == contacts


def test_the_way_back_leads_to_the_same_rows(coordinator: Client, contacts: list[int]) -> None:
    start = coordinator.get(CONTACTS, {"page_size": "3"}).json()

    second = coordinator.get(start["next"]).json()

    assert coordinator.get(second["previous"]).json()["results"] == start["results"]


def test_a_page_holds_50_rows_unless_asked(coordinator: Client, world: World) -> None:
    with acting(system_scope("test"), "setup"):
        for _ in range(210):
            make(FollowUp, patient=world.patients["own"])

    assert len(coordinator.get(CONTACTS).json()["results"]) == 50
    assert len(coordinator.get(CONTACTS, {"page_size": "200"}).json()["results"]) == 200


@pytest.mark.parametrize("size", ["0", "201", "-1", "x", "", "1e2", "9" * 5000, "\x00", "٣"])
def test_a_page_size_beyond_the_limits_is_refused(size: str, coordinator: Client) -> None:
    response = coordinator.get(CONTACTS, {"page_size": size})

    assert response.status_code == 400
    assert list(response.json()["fields"]) == ["page_size"]


def cursor(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "é",
        "\x00",
        cursor("p=abc"),
        cursor("p=\x00"),
        cursor("p=" + "9" * 40),
        cursor("o=-1"),
        cursor("r=z"),
    ],
)
def test_a_cursor_that_is_none_is_refused(text: str, coordinator: Client) -> None:
    response = coordinator.get(CONTACTS, {"cursor": text})

    assert response.status_code == 400


def test_filters_narrow(coordinator: Client, statistician: Client, world: World) -> None:
    later = (SAVED_AT + timedelta(days=1)).isoformat().replace("+00:00", "Z")
    with acting(system_scope("test"), "setup"):
        row = CARTInfusion.objects.get(pk=world.rows["shared", "infusion"].pk)
        row.record_status, row.modified_at = Status.COMPLETE, SAVED_AT + timedelta(days=2)
        row.save()

    def patients(**query: str) -> list[str]:
        response = statistician.get("/api/v1/infusions/", query)
        assert response.status_code == 200, response.content
        return [row["patient"] for row in response.json()["results"]]

    assert patients() == ["C19-OWN-1", "C19-FOR-1", "C19-SHA-1"]
    assert patients(patient="C19-OWN-1") == ["C19-OWN-1"]
    assert patients(record_status="COMPLETE") == ["C19-SHA-1"]
    assert patients(modified_since=later) == ["C19-SHA-1"]
    assert patients(modified_since="2026-03-02", record_status="DRAFT") == []
    assert patients(site="BOS") == ["C19-OWN-1", "C19-FOR-1", "C19-SHA-1"], "the site of the row itself"
    found = statistician.get("/api/v1/relapses/", {"site": "DFC"}).json()["results"]
    assert [row["patient"] for row in found] == ["C19-FOR-1"], "the site that enrolled, where the row has none"


def test_voided_rows_are_listed_only_when_asked_for(coordinator: Client, world: World) -> None:
    with acting(system_scope("test"), "setup"):
        row = FollowUp.objects.get(pk=world.rows["own", "follow_up"].pk)
        row.voided, row.void_reason = True, "entered twice"
        row.save()

    def ids(**query: str) -> list[int]:
        return [found["id"] for found in coordinator.get(CONTACTS, query).json()["results"]]

    assert row.pk not in ids()
    assert ids(voided="true") == [row.pk]
    assert coordinator.get(f"{CONTACTS}{row.pk}/").json()["voided"] is True


BAD = {
    "colour": "red", "ordering": "-id", "patient__registry_id": "x", "id__gt": "1", "format": "xml",
    "site__name": "x", "record_status": "DONE", "modified_since": "yesterday", "voided": "1",
    "site": "NOWHERE", "patient": "x y", "limit": "1", "offset": "1",
    "search": "x", "modified_since ": "2026-01-01",
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_bad_filter_is_refused_by_name(name: str, coordinator: Client) -> None:
    response = coordinator.get(CONTACTS, {name: BAD[name]})

    assert response.status_code == 400
    assert list(response.json()["fields"]) == [name]


def test_a_filter_given_twice_is_refused(coordinator: Client) -> None:
    assert coordinator.get(f"{CONTACTS}?patient=A&patient=B").status_code == 400


def test_a_detail_takes_no_filter(coordinator: Client, world: World) -> None:
    assert coordinator.get("/api/v1/patients/C19-OWN-1/?site=BOS").status_code == 400


def test_an_unchanged_row_is_not_sent_again(coordinator: Client, world: World) -> None:
    row = world.rows["own", "follow_up"]
    address = f"{CONTACTS}{row.pk}/"
    etag = coordinator.get(address)["ETag"]

    assert etag.startswith('"1-')
    again = coordinator.get(address, headers={"If-None-Match": etag})
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)

    with acting(system_scope("test"), "changed"):
        row.contact_kind = "VISIT"
        row.save()
    changed = coordinator.get(address, headers={"If-None-Match": etag})
    assert changed.status_code == 200
    assert changed["ETag"].startswith('"2-')


@pytest.mark.parametrize("name", [plural(slug) for slug in dictionary().slugs])
def test_a_page_takes_the_same_queries_for_any_number_of_rows(
    name: str, statistician: Client, world: World, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Token, its last use, memberships, the page: whatever its size."""
    assert name in DOORS
    statistician.get(f"/api/v1/{name}/")

    for size in ("1", "200"):
        with django_assert_num_queries(3):
            rows = statistician.get(f"/api/v1/{name}/", {"page_size": size}).json()["results"]
        assert rows


def test_too_many_requests_are_asked_to_wait(coordinator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    from rest_framework.throttling import UserRateThrottle

    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "2/min"})
    answers = [coordinator.get(CONTACTS) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1].json()["code"] == "throttled"
    assert int(answers[-1]["Retry-After"]) > 0
    assert settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]["user"]
