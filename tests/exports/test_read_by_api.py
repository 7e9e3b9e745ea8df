"""What an agreement's token reads of a snapshot by API is what its export holds: the same codes, the same years."""

import json
import re
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from analytics import labels
from analytics.models import Export, Handover, Snapshot
from exports import bundle, jobs
from exports.bundle import compose
from registry.models import User
from registry.tokens import issue
from tests.exports.conftest import CODES, CUTOFF, World, agreement
from tests.exports.reading import files_of, rows_of

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("exports")]
LIST = "/api/v1/snapshots/"
#: Tier -> the tables whose names are codes under its agreement.
CODED = {"T1": ("site", "protocol"), "T2": ("site",)}


def everybody(tables: dict[str, str], *asked: Any) -> tuple[dict[str, str], list[dict[str, Any]]]:
    """All patients may leave: then the results do, too."""
    sites = {row["patient"]: row["site"] for row in rows_of(tables["patient"])}
    return sites, [{"step": "patients in the export", "n": len(sites), "left": []}] * 2


@pytest.fixture(params=CODED)
def export(request: pytest.FixtureRequest, snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> Export:
    monkeypatch.setattr(bundle, "_admitted", everybody)
    under, now = agreement(request.param, CODES[request.param]), timezone.now()
    made = jobs.new_export(snapshot, under, file_format="csv", purpose="a paper", by="stat", now=now)
    jobs.keep(made, compose(snapshot, under, "csv"), held=False)
    return made


@pytest.fixture
def collaborator(export: Export) -> Client:
    token = issue(User.objects.create(username="colin"), agreement=export.agreement)
    return Client(headers={"Authorization": f"Bearer {token}"})


def exported(export: Export) -> dict[str, Any]:
    """What results.json and the manifest of the export hold."""
    files = files_of(compose(export.snapshot, export.agreement, "csv"))
    return {"snapshot": json.loads(files["manifest.json"])["snapshot"], **json.loads(files["results.json"])}


def test_a_token_reads_what_was_exported_and_nothing_made_anew(export: Export, collaborator: Client) -> None:
    told = exported(export)

    assert collaborator.get(f"{LIST}{export.snapshot_id}/").json() == told
    for key, result in told["results"].items():
        assert collaborator.get(f"{LIST}{export.snapshot_id}/results/{key}/").json() == result


def test_no_site_and_at_t1_no_trial_is_named(world: World, export: Export, collaborator: Client) -> None:
    names = {row[column] for slug in CODED[export.tier] for row in rows_of(world.tables[slug])
             for column in ("code", "short_code") if column in row}  # fmt: skip

    body = collaborator.get(f"{LIST}{export.snapshot_id}/").content.decode()
    assert names and not any(re.search(rf"(?<![A-Z0-9]){re.escape(name)}(?![A-Z0-9])", body) for name in names)
    assert re.search(r'"SITE-[0-9A-Z]{8}"', body)


def test_at_t1_a_snapshot_has_years_only(export: Export, collaborator: Client) -> None:
    taken = export.snapshot.taken_at
    days = {"T1": [str(CUTOFF.year), str(taken.year)], "T2": [CUTOFF.isoformat(), taken.date().isoformat()]}

    [row] = collaborator.get(LIST).json()["results"]
    head = collaborator.get(f"{LIST}{export.snapshot_id}/").json()["snapshot"]
    for told in (row, head):
        assert [told["cutoff"], told["taken_at"].partition("T")[0]] == days[export.tier]


def test_reading_results_is_told_to_the_ledger_as_fetching_their_file_is(export: Export, collaborator: Client) -> None:
    address = f"{LIST}{export.snapshot_id}/"
    etag = collaborator.head(address)["ETag"]
    assert collaborator.get(address, headers={"If-None-Match": etag}).status_code == 304
    assert not Handover.objects.exists()

    for end in ("", "results/table1/"):
        collaborator.get(address + end)

    assert [(one.actor, one.way, one.agreement) for one in Handover.objects.all()] == [
        ("colin", "api", export.agreement.code)
    ] * 2
    assert {file["sha256"] for one in Handover.objects.all() for file in one.files} == {
        export.files["results.json"]["sha256"]
    }


def test_hidden_or_held_what_a_token_may_read_stays_as_exported(export: Export, collaborator: Client) -> None:
    labels.hide(export.snapshot, actor="stat", reason="superseded")
    assert collaborator.get(f"{LIST}{export.snapshot_id}/").status_code == 200

    Export.objects.update(state=Export.State.HELD)
    assert collaborator.get(f"{LIST}{export.snapshot_id}/").status_code == 404
