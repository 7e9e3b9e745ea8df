"""Exports by API: an agreement's token sees its own exports at its tier and nothing else, and only while it holds."""

import io
from collections.abc import Callable
from datetime import timedelta

import pandas as pd
import pytest
from django.test import Client
from django.utils import timezone
from jsonschema import Draft202012Validator

from analytics import labels, ledger
from analytics.freezing import Frozen
from analytics.models import Export, FrozenFile, Handover
from api.schema import document
from registry import agreements
from registry.access import system_scope
from registry.memory import acting
from registry.models import Agreement, User
from registry.tokens import issue
from tests.api.test_snapshots import keep
from tests.api.world import World

pytestmark = pytest.mark.django_db
LIST = "/api/v1/exports/"
RATE = {"kind": "proportion", "groups": [{"label": "all", "x": None}]}
RESULTS = {"attrition": [], "results": {"relapse_rate": RATE}}
TABLE = b"patient,relapse_day\r\nP-1,340\r\nP-2,12\r\n"


def agreement(code: str, tier: str = "T1", *, sites: tuple[str, ...] = ()) -> Agreement:
    now = timezone.now()
    return agreements.make_agreement(code, tier=tier, until=now.date() + timedelta(days=9), sites=sites, now=now)


def export(under: Agreement, *, state: str = "done", day: int = 1, results: bool = True) -> Export:
    """An export as a worker leaves it."""
    files = {"tables/relapse.csv": Frozen(TABLE), **({"results.json": Frozen.of_json(RESULTS)} if results else {})}
    FrozenFile.keep(files.values())
    now = timezone.now()
    told = {path: {"sha256": one.sha256, "bytes": len(one.body)} for path, one in files.items()}
    told["tables/relapse.csv"] |= {"rows": 2, "columns": ["patient", "relapse_day"]}
    return Export.objects.create(
        snapshot=keep(day=day), agreement=under, tier=under.tier, file_format="csv", purpose="a paper",
        requested_by="test", requested_at=now, sent_at=now, state=state,
        **({"finished_at": now, "patients": 2, "files": told} if state == "done" else {}),
    )  # fmt: skip


def client_under(code: str) -> Client:
    user, _made = User.objects.get_or_create(username="colin")
    token = issue(user, agreement=Agreement.objects.get(code=code))
    return Client(headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def collaborator(world: World) -> Client:
    agreement("PAPER-1")
    return client_under("PAPER-1")


@pytest.mark.both_databases
def test_a_token_lists_polls_and_fetches_what_its_agreement_gives(collaborator: Client) -> None:
    made = export(Agreement.objects.get(code="PAPER-1"))

    (row,) = collaborator.get(LIST).json()["results"]
    whole = collaborator.get(f"{LIST}{made.pk}/").json()
    file = next(one for one in whole["files"] if one["path"] == "tables/relapse.csv")
    response = collaborator.get(file["url"])

    assert (row["agreement"], row["tier"], row["state"], row["patients"]) == ("PAPER-1", "T1", "done", 2)
    assert response.content == TABLE and len(pd.read_csv(io.BytesIO(response.content))) == file["rows"]
    assert response["ETag"] == f'"{file["sha256"]}"'
    assert response["Content-Disposition"].startswith('attachment; filename="SYNTHETIC-PAPER-1-T1-snapshot-')
    assert "/" not in response["Content-Disposition"]
    told = Handover.objects.get()
    assert (told.actor, told.way, told.purpose, told.agreement) == ("colin", "api", "a paper", "PAPER-1")
    assert told.files == [{"path": "tables/relapse.csv", **made.files["tables/relapse.csv"]}]


def test_an_export_that_is_being_made_says_when_to_look_again(collaborator: Client) -> None:
    response = collaborator.get(f"{LIST}{export(Agreement.objects.get(), state='waiting').pk}/")

    assert response.json()["state"] == "waiting" and response.json()["files"] == []
    assert int(response["Retry-After"]) > 0


def test_exports_of_another_agreement_are_not_there(collaborator: Client) -> None:
    other = export(agreement("PAPER-2", "T2"))

    assert collaborator.get(LIST).json()["results"] == []
    for address in (f"{LIST}{other.pk}/", f"{LIST}{other.pk}/files/tables/relapse.csv", f"{LIST}999/"):
        assert collaborator.get(address).status_code == 404
    assert not Handover.objects.exists()


def test_a_file_that_is_none_is_not_there(collaborator: Client) -> None:
    made = export(Agreement.objects.get())

    for name in ("tables/patient.csv", "../manage.py", "tables/", "%00"):
        assert collaborator.get(f"{LIST}{made.pk}/files/{name}").status_code == 404


def test_no_live_row_is_read_under_an_agreement(world: World, collaborator: Client) -> None:
    for address in ("patients/", "infusions/", "sites/", "queries/", "patients/C19-OWN-1/"):
        assert collaborator.get(f"/api/v1/{address}").status_code == 403, address
    assert set(collaborator.get("/api/v1/").json()) == {"exports", "snapshots"}
    assert collaborator.get("/").status_code in (200, 403) and collaborator.get("/patients/").status_code == 403


def test_the_roles_of_the_owner_do_not_widen_the_token(world: World, reader: Callable[[str], Client]) -> None:
    reader("statistician")
    agreement("PAPER-1")
    token = issue(User.objects.get(username="statistician"), agreement=Agreement.objects.get())

    client = Client(headers={"Authorization": f"Bearer {token}"})
    assert client.get("/api/v1/patients/").status_code == 403
    assert client.get(LIST).status_code == 200


@pytest.mark.both_databases
def test_snapshots_are_read_where_their_results_were_exported(collaborator: Client) -> None:
    under = Agreement.objects.get()
    given, without = export(under, day=1), export(under, day=2, results=False)
    address = "/api/v1/snapshots/"
    keep(day=3)

    assert [row["id"] for row in collaborator.get(address).json()["results"]] == [given.snapshot_id]
    whole = collaborator.get(f"{address}{given.snapshot_id}/").json()
    assert whole == {"snapshot": whole["snapshot"], **RESULTS}, "the results as they were exported, not made anew"
    assert collaborator.get(f"{address}{given.snapshot_id}/results/table1/").status_code == 404
    assert collaborator.get(f"{address}{without.snapshot_id}/").status_code == 404


def test_a_hidden_snapshot_is_not_listed_under_an_agreement(collaborator: Client) -> None:
    made = export(Agreement.objects.get())
    labels.hide(made.snapshot, actor="stat", reason="superseded")

    assert collaborator.get("/api/v1/snapshots/").json()["results"] == []
    assert collaborator.get(f"/api/v1/snapshots/{made.snapshot_id}/").status_code == 200


@pytest.mark.parametrize("how", ["over", "ended"])
def test_an_agreement_that_ended_stops_everything_at_once(how: str, collaborator: Client) -> None:
    made = export(Agreement.objects.get())
    address = f"{LIST}{made.pk}/files/tables/relapse.csv"
    assert collaborator.get(address).status_code == 200

    with acting(system_scope("test"), "it ends"):
        yesterday = timezone.now() - timedelta(days=1)
        change = {"until": yesterday.date()} if how == "over" else {"ended_at": yesterday}
        Agreement.objects.update(**change)

    told = {"over": f"held until {yesterday.date()}", "ended": f"was ended on {yesterday.date()}"}[how]
    for one in (LIST, f"{LIST}{made.pk}/", address, "/api/v1/", "/api/v1/snapshots/", "/api/v1/patients/"):
        refused = collaborator.get(one)
        assert refused.status_code == 403, one
        assert f"The agreement PAPER-1 {told}" in refused.json()["message"], one
        assert "ask the registry's data managers" in refused.json()["message"], one
    assert Handover.objects.count() == 1


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_nothing_can_be_written(method: str, collaborator: Client) -> None:
    made = export(Agreement.objects.get())

    for asking in (collaborator, Client(enforce_csrf_checks=True)):
        for address in (LIST, f"{LIST}{made.pk}/", f"{LIST}{made.pk}/files/tables/relapse.csv"):
            assert getattr(asking, method)(address).status_code == 405, (method, address)


#: Role at BOS -> exports it sees: under an agreement of all sites, of BOS, of DFC.
SEEN = {
    "coordinator": None,
    "data_manager": {"BOS-1"},
    "investigator": None,
    "monitor": None,
    "statistician": {"ALL-1", "BOS-1", "DFC-1"},
    "collaborator": None,
    "administrator": None,
}


@pytest.mark.both_databases
@pytest.mark.parametrize("role", SEEN)
def test_a_member_sees_exports_within_the_own_sites(role: str, world: World, reader: Callable[[str], Client]) -> None:
    covered = {"ALL-1": (), "BOS-1": ("BOS",), "DFC-1": ("DFC",)}
    made = {code: export(agreement(code, sites=covered[code]), day=day) for day, code in enumerate(covered, start=1)}
    client, seen = reader(role), SEEN[role]

    answer = client.get(LIST)
    assert answer.status_code == (403 if seen is None else 200)
    if seen is not None:
        assert {row["agreement"] for row in answer.json()["results"]} == seen
    for code, one in made.items():
        expected = 403 if seen is None else 200 if code in seen else 404
        assert client.get(f"{LIST}{one.pk}/").status_code == expected, code


def test_parts_and_unchanged_files(collaborator: Client) -> None:
    address = f"{LIST}{export(Agreement.objects.get()).pk}/files/tables/relapse.csv"
    etag = collaborator.get(address)["ETag"]

    def asked(**headers: str) -> tuple[int, bytes]:
        response = collaborator.get(address, headers={name.replace("_", "-"): text for name, text in headers.items()})
        return response.status_code, response.content

    assert asked(If_None_Match=etag) == (304, b"")
    assert asked(Range="bytes=0-6") == (206, b"patient")
    assert asked(Range="bytes=-4") == (206, TABLE[-4:])
    assert asked(Range=f"bytes={len(TABLE) - 2}-") == (206, b"\r\n")
    assert asked(Range="bytes=9999-")[0] == 416
    assert asked(Range="bytes=0-6", If_Range='"other"') == (200, TABLE)
    assert asked(Accept="text/csv") == (200, TABLE)
    head = collaborator.head(address)
    assert (head.status_code, head["Content-Length"], head["Accept-Ranges"]) == (200, str(len(TABLE)), "bytes")


#: Asked how -> status, and whether bytes of the file leave.
ANSWERS = {
    "whole": ("get", {}, 200, True),
    "a part": ("get", {"Range": "bytes=0-6"}, 206, True),
    "held by another hash": ("get", {"If-None-Match": '"other"'}, 200, True),
    "unchanged": ("get", {"If-None-Match": "ETAG"}, 304, False),
    "no such part": ("get", {"Range": "bytes=9999-"}, 416, False),
    "what it is": ("head", {}, 200, False),
    "what a part is": ("head", {"Range": "bytes=0-6"}, 206, False),
}


@pytest.mark.parametrize("how", ANSWERS)
def test_the_ledger_has_a_row_where_bytes_leave_and_none_elsewhere(how: str, collaborator: Client) -> None:
    made = export(Agreement.objects.get())
    method, headers, status, leaves = ANSWERS[how]
    etag = f'"{made.files["tables/relapse.csv"]["sha256"]}"'
    asked = {name: etag if text == "ETAG" else text for name, text in headers.items()}

    answer = getattr(collaborator, method)(f"{LIST}{made.pk}/files/tables/relapse.csv", headers=asked)

    assert (answer.status_code, bool(answer.content)) == (status, leaves)
    assert Handover.objects.count() == leaves


def test_nothing_leaves_when_the_ledger_cannot_be_told(collaborator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    made = export(Agreement.objects.get())

    def refused(*asked: object, **more: object) -> None:
        raise RuntimeError("no ledger")

    monkeypatch.setattr(ledger, "write_down", refused)
    collaborator.raise_request_exception = False
    response = collaborator.get(f"{LIST}{made.pk}/files/tables/relapse.csv")

    assert response.status_code == 500 and TABLE not in response.content


def test_answers_are_as_the_document_says(collaborator: Client) -> None:
    made = export(Agreement.objects.get())

    for path, address in (("/api/v1/exports/", LIST), ("/api/v1/exports/{id}/", f"{LIST}{made.pk}/")):
        content = document()["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        schema = {**content["schema"], "components": document()["components"]}
        Draft202012Validator(schema).validate(collaborator.get(address).json())
