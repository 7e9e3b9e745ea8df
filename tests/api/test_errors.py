"""Every refusal has one shape, always JSON, and no input ends in a 5xx."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from api.views import DOORS
from tests.api.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

HOSTILE = (
    "\x00", "'", "1 OR 1=1", "../../etc/passwd", "%00", "\ud7ff", "\u202e", "a" * 5000, "-1", "9" * 30,
    "1e400", "NaN", "null", "[]", "{}", "<script>", "2026-02-30", "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59", "٣", "é", "2026-01-01T00:00:00+99:99", "\r\nX: y",
)  # fmt: skip


def envelope(response: Any, status: int) -> dict:
    """The body of a refusal, after its shape was checked."""
    assert response.status_code == status, response.content[:300]
    assert response["Content-Type"].startswith("application/json")
    body = response.json()
    assert list(body) == ["code", "message", "fields"]
    assert body["message"] and isinstance(body["fields"], dict)
    assert all(isinstance(text, str) for texts in body["fields"].values() for text in texts)
    return body


@pytest.mark.parametrize(
    "address",
    ["/api/v1/nothing/", "/api/v1/nothing", "/api/v2/patients/", "/api/x", "/api/", "/api/v1/infusions/abc/",
     "/api/v1/infusions/-1/", "/api/v1/infusions/99999999999999999999999/", "/api/v1/patients/%00/",
     "/api/v1/patients/C19-NONE/", "/api/v1/patients/a/b/", "/api/v1/sites/NOWHERE/", "/api/v1/snapshots/1/",
     "/api/v1/snapshots/1/results/os/", f"/api/v1/infusions/{'9' * 6000}/"],
)  # fmt: skip
def test_an_address_that_leads_nowhere(address: str, statistician: Client) -> None:
    assert envelope(statistician.get(address), 404)["code"] == "not_found"


def test_a_missing_last_slash_is_shown_the_way(statistician: Client) -> None:
    response = statistician.get("/api/v1/patients?page_size=2")

    assert (response.status_code, response["Location"]) == (301, "/api/v1/patients/?page_size=2")
    envelope(statistician.post("/api/v1/patients"), 404)


def test_only_json_is_served(statistician: Client) -> None:
    assert (
        envelope(statistician.get("/api/v1/patients/", headers={"Accept": "text/csv"}), 406)["code"] == "not_acceptable"
    )
    envelope(statistician.get("/api/v1/patients/", headers={"Accept": "text/html"}), 406)


def test_refusals_are_told_by_code(statistician: Client, client: Client, coordinator: Client) -> None:
    assert envelope(client.get("/api/v1/patients/"), 401)["code"] == "not_authenticated"
    assert envelope(coordinator.get("/api/v1/snapshots/"), 403)["code"] == "permission_denied"
    assert envelope(statistician.post("/api/v1/patients/"), 405)["code"] == "method_not_allowed"
    body = envelope(statistician.get("/api/v1/patients/?colour=red"), 400)
    assert body["code"] == "invalid"
    assert "colour" in body["message"] and "known here" in body["message"]


def test_a_fault_is_an_envelope_that_tells_nothing(statistician: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.views.RecordDoor.get_queryset", lambda self: 1 / 0)

    response = statistician.get("/api/v1/patients/")

    body = envelope(response, 500)
    assert body["code"] == "fault"
    assert response["X-Request-ID"] in body["message"]
    assert "division" not in response.content.decode()


def test_a_request_for_another_host_is_refused_in_json(statistician: Client) -> None:
    assert envelope(statistician.get("/api/v1/patients/", headers={"Host": "evil.example"}), 400)["code"] == "invalid"


def test_too_many_parameters_are_refused(statistician: Client) -> None:
    query = "&".join(f"p{number}=1" for number in range(2000))

    envelope(statistician.get(f"/api/v1/patients/?{query}"), 400)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_values_never_reach_the_database(text: str, statistician: Client, world: World) -> None:
    for name in ("infusions", "patients", "sites"):
        for parameter in (
            "patient",
            "site",
            "record_status",
            "modified_since",
            "voided",
            "cursor",
            "page_size",
            text[:99],
        ):
            response = statistician.get(f"/api/v1/{name}/", {parameter: text})
            assert response.status_code in (200, 400), (name, parameter, response.content[:200])
    for header in ({"If-None-Match": "x" * 3000}, {"Accept": "a;;;,=/"}, {"Range": "bytes=0-1"}):
        assert statistician.get("/api/v1/patients/C19-OWN-1/", headers=header).status_code in (200, 400, 406)
    assert connection.is_usable()


def test_a_body_is_not_read(statistician: Client) -> None:
    response = statistician.generic("GET", "/api/v1/patients/", data="{" * 100_000, content_type="application/json")

    assert response.status_code == 200


def test_head_answers_without_a_body(statistician: Client) -> None:
    for name in DOORS:
        response = statistician.head(f"/api/v1/{name}/")
        assert (response.status_code, response.content) == (200, b"")


def test_the_entrance_names_every_list(statistician: Client) -> None:
    addresses = json.loads(statistician.get("/api/v1/").content)

    assert set(addresses) == {*DOORS, "exports", "queries", "snapshots"}
    assert statistician.get(addresses["follow_ups"]).status_code == 200
