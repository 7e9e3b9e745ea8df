"""Snapshots by API: newest first, whole or disclosed by the reader's rights, one result by its key."""

import zlib
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from django.test import Client
from jsonschema import Draft202012Validator

from analytics import labels
from analytics.freezing import Frozen
from analytics.models import FrozenFile, Snapshot
from api.schema import document
from tests.api.world import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

RARE = {"label": "all", "x": 2, "n": 20, "estimate": 0.1, "lower": 0.01, "upper": 0.32}
ANSWER = {
    "attrition": [{"step": "every patient", "n": 40, "left": []}, {"step": "treated", "n": 20, "left": [
        {"reason": "no infusion", "n": 20}]}],
    "results": {"relapse_rate": {"kind": "proportion", "groups": [RARE], "method": "exact"}},
    "not_stratified": [],
}  # fmt: skip
ADDRESS = "/api/v1/snapshots/"


def keep(plan: str = "post_transplant", *, day: int = 1) -> Snapshot:
    """A snapshot as the engine keeps it, with hand-made results."""
    file = Frozen.of_json(ANSWER)
    FrozenFile.objects.get_or_create(
        sha256=file.sha256, defaults={"size": len(file.body), "packed": zlib.compress(file.body)}
    )
    return Snapshot.objects.create(
        plan=plan,
        plan_version="1",
        cutoff=date(2026, 1, day),
        strata="sex",
        taken_at=datetime(2026, 1, day, tzinfo=UTC),
        taken_by="test",
        data_sha256="d" * 64,
        results_sha256=file.sha256,
        code_version="1",
        conventions_sha256="c" * 64,
        synthetic=True,
        patients=20,
        headline={"open": [], "disclosed": []},
        manifest={
            "files": {"results.json": {"sha256": file.sha256, "bytes": 1}},
            "conventions": {"ci": "log-log"},
        },
        seconds=1.0,
    )


def test_snapshots_are_listed_newest_first(statistician: Client, world: World) -> None:
    made = [keep(day=day).pk for day in (1, 2, 3)] + [keep("post_infusion", day=4).pk]

    first = statistician.get(ADDRESS, {"page_size": "3"}).json()
    rest = statistician.get(first["next"]).json()

    assert [row["id"] for row in first["results"] + rest["results"]] == made[::-1]
    assert first["results"][0] == {
        "id": made[-1], "plan": "post_infusion", "plan_version": "1", "cutoff": "2026-01-04", "by": ["sex"],
        "taken_at": "2026-01-04T00:00:00Z", "data_sha256": "d" * 64, "code_version": "1", "synthetic": True,
        "results_sha256": keep(day=9).results_sha256,
    }  # fmt: skip
    assert len(statistician.get(ADDRESS, {"plan": "post_infusion"}).json()["results"]) == 1
    assert statistician.get(ADDRESS, {"plan": "\x00"}).status_code == 400
    assert statistician.get(ADDRESS, {"taken_by": "x"}).status_code == 400


def test_a_hidden_snapshot_is_not_listed_and_is_read_by_its_id(statistician: Client, world: World) -> None:
    left, hidden, shown = (keep(day=day) for day in (1, 2, 3))
    labels.hide(hidden, actor="stat", reason="taken of half an import")
    labels.hide(shown, actor="stat", reason="by mistake")
    labels.show(shown, actor="stat")

    assert [row["id"] for row in statistician.get(ADDRESS).json()["results"]] == [shown.pk, left.pk]
    for end in ("", "results/relapse_rate/"):
        assert statistician.get(f"{ADDRESS}{hidden.pk}/{end}").status_code == 200


def test_who_runs_analyses_reads_every_number(statistician: Client, world: World) -> None:
    body = statistician.get(f"{ADDRESS}{keep().pk}/").json()

    assert (body["attrition"], body["results"]) == (ANSWER["attrition"], ANSWER["results"])
    assert (body["snapshot"]["plan"], body["snapshot"]["conventions"]) == (
        "post_transplant",
        {"ci": "log-log"},
    )


def test_others_read_no_small_number(reader: Callable[[str], Client], world: World) -> None:
    client, address = reader("investigator"), f"{ADDRESS}{keep().pk}/"

    whole = client.get(address).json()["results"]["relapse_rate"]
    single = client.get(f"{address}results/relapse_rate/").json()

    assert whole == single
    assert whole["groups"][0]["x"] is None
    assert "0.1" not in client.get(address).content.decode()


def test_one_result_is_read_by_its_key(statistician: Client, world: World) -> None:
    address = f"{ADDRESS}{keep().pk}/results/"

    assert statistician.get(f"{address}relapse_rate/").json() == ANSWER["results"]["relapse_rate"]
    assert statistician.get(f"{address}no_such/").status_code == 404


def test_the_etag_tells_disclosed_from_whole(
    statistician: Client, reader: Callable[[str], Client], world: World
) -> None:
    address = f"{ADDRESS}{keep().pk}/"
    whole = statistician.get(address)["ETag"]

    assert statistician.get(address, headers={"If-None-Match": whole}).status_code == 304
    assert reader("investigator").get(address, headers={"If-None-Match": whole}).status_code == 200


def test_answers_are_as_the_document_says(statistician: Client, world: World) -> None:
    pk = keep().pk

    for path, address in (
        ("/api/v1/snapshots/", ADDRESS),
        ("/api/v1/snapshots/{id}/", f"{ADDRESS}{pk}/"),
        ("/api/v1/snapshots/{id}/results/{key}/", f"{ADDRESS}{pk}/results/relapse_rate/"),
    ):
        content = document()["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]
        schema = {**content["schema"], "components": document()["components"]}
        Draft202012Validator(schema).validate(statistician.get(address).json())
