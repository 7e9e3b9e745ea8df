"""The pages of exports: who sees which, a request from the form to the file, what is refused."""

import io
import zipfile
from collections.abc import Callable

import pytest
from django.test import Client

from analytics.freezing import Frozen
from analytics.models import Export, FrozenFile, Handover, Snapshot
from exports import jobs
from exports.tasks import make_export, reconcile
from registry import agreements
from registry.models import Agreement, User
from registry.tokens import issue
from tests.api.test_exports import TABLE, export
from tests.api.test_exports import agreement as under
from tests.api.world import World as Sites
from tests.api.world import build
from tests.exports.conftest import agreement
from tests.registry.people import account

pytestmark = pytest.mark.django_db
ROLES = ("coordinator", "data_manager", "investigator", "statistician", "monitor", "collaborator", "administrator")
ALL_SITES = ("statistician", "administrator")
#: Role at BOS -> agreements whose exports it sees; None: the door is closed. A collaborator holds a token of ALL-1.
SEEN = dict.fromkeys(ROLES) | {
    "data_manager": {"BOS-1"},
    "statistician": {"ALL-1", "BOS-1", "DFC-1"},
    "collaborator": {"ALL-1"},
}


@pytest.fixture
def sites(db: None) -> Sites:
    return build()


def signed_in(role: str) -> Client:
    client = Client()
    client.force_login(account(role, role, *([] if role in ALL_SITES else ["BOS"])))
    return client


@pytest.mark.parametrize("role", ROLES)
def test_every_role_at_every_door(role: str, sites: Sites) -> None:
    covered = {"ALL-1": (), "BOS-1": ("BOS",), "DFC-1": ("DFC",)}
    made = {code: export(under(code, sites=covered[code]), day=day) for day, code in enumerate(covered, start=1)}
    client, seen = signed_in(role), SEEN[role]
    if role == "collaborator":
        issue(User.objects.get(username=role), agreement=Agreement.objects.get(code="ALL-1"))

    assert client.get("/exports/").status_code == (403 if seen is None else 200)
    for code, one in made.items():
        expected = 403 if seen is None else 200 if code in seen else 404
        for end in ("", "all.zip", "files/tables/relapse.csv"):
            assert client.get(f"/exports/{one.pk}/{end}").status_code == expected, (code, end)
            assert Client().get(f"/exports/{one.pk}/{end}").status_code == 302
            assert client.put(f"/exports/{one.pk}/{end}").status_code in (403, 404, 405)
    asking = {"snapshot": made["BOS-1"].snapshot_id, "agreement": made["BOS-1"].agreement_id, "format": "csv",
              "purpose": "a paper"}  # fmt: skip
    before = Export.objects.count()
    may = role in ("data_manager", "statistician")
    assert client.post("/exports/", asking).status_code == (302 if may else 403)
    assert Export.objects.count() == before + may


def test_a_file_leaves_as_an_attachment_and_the_ledger_knows(sites: Sites) -> None:
    made, client = export(under("ALL-1")), signed_in("statistician")

    file = client.get(f"/exports/{made.pk}/files/tables/relapse.csv")
    packed = client.get(f"/exports/{made.pk}/all.zip")

    assert file.content == TABLE and file["Content-Disposition"].startswith('attachment; filename="SYNTHETIC-ALL-1-T1')
    with zipfile.ZipFile(io.BytesIO(packed.content)) as archive:
        assert archive.read("tables/relapse.csv") == TABLE and set(archive.namelist()) == set(made.files)
    assert packed.content == client.get(f"/exports/{made.pk}/all.zip").content
    told = Handover.objects.order_by("pk")
    assert [(one.actor, one.way, len(one.files)) for one in told] == [("statistician", "page", n) for n in (1, 2, 2)]
    assert b"statistician" in client.get(f"/exports/{made.pk}/").content


def test_an_answer_without_bytes_is_no_row_of_the_ledger(sites: Sites) -> None:
    made, client = export(under("ALL-1")), signed_in("statistician")

    for address in (f"/exports/{made.pk}/files/tables/relapse.csv", f"/exports/{made.pk}/all.zip"):
        head = client.head(address)
        assert (head.status_code, head.content) == (200, b"") and int(head["Content-Length"]) > 0
        assert client.get(address, headers={"If-None-Match": head["ETag"]}).status_code == 304
    assert not Handover.objects.exists()


def test_an_agreement_that_ended_hands_nothing_over(sites: Sites) -> None:
    made, client = export(under("ALL-1")), signed_in("statistician")
    agreements.end_agreement("ALL-1", reason="closed", now=made.requested_at)

    assert client.get(f"/exports/{made.pk}/files/tables/relapse.csv").status_code == 403
    assert client.get(f"/exports/{made.pk}/all.zip").status_code == 403
    page = client.get(f"/exports/{made.pk}/").content.decode()
    assert f"was ended on {made.requested_at.date()}" in page and "all.zip" not in page
    assert not Handover.objects.exists()


def test_who_receives_at_t1_is_told_the_year_of_the_cut_off(sites: Sites) -> None:
    made = export(under("ALL-1"))
    collaborator = signed_in("collaborator")
    issue(User.objects.get(username="collaborator"), agreement=made.agreement)

    told = {who: client.get(f"/exports/{made.pk}/").content.decode()
            for who, client in (("receives", collaborator), ("exports", signed_in("statistician")))}  # fmt: skip

    assert "cut-off 2026)" in told["receives"] and "2026-01" not in told["receives"]
    assert "cut-off 2026-01-01)" in told["exports"]


BAD = {
    "purpose": ({"purpose": " "}, "Say what the export is for"),
    "control": ({"purpose": "a\x00b"}, "not allowed"),
    "format": ({"format": "xls"}, "Choose one of the formats"),
    "snapshot": ({"snapshot": "9" * 40}, "Choose a snapshot"),
    "agreement": ({"agreement": "x"}, "Choose a snapshot and an agreement"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_request_is_refused_in_a_sentence_and_nothing_is_lost(name: str, sites: Sites) -> None:
    made, client = export(under("ALL-1")), signed_in("statistician")
    changed, sentence = BAD[name]
    asking = {"snapshot": made.snapshot_id, "agreement": made.agreement_id, "format": "parquet", "purpose": "a paper"}

    response = client.post("/exports/", asking | changed)

    assert response.status_code == 422 and sentence in response.content.decode()
    assert name in ("purpose", "control") or 'value="a paper"' in response.content.decode()
    assert Export.objects.count() == 1


@pytest.mark.xdist_group("exports")
def test_from_the_form_to_the_file(
    snapshot: Snapshot, django_capture_on_commit_callbacks: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    held, client, sent = agreement("T1", "PAPER-1"), signed_in("statistician"), []
    monkeypatch.setattr(jobs, "send", sent.append)

    with django_capture_on_commit_callbacks(execute=True):
        asked = client.post("/exports/", {"snapshot": snapshot.pk, "agreement": held.pk, "format": "csv",
                                          "purpose": " a  paper "})  # fmt: skip
    assert b"data-working" in client.get(asked.url).content
    (number,) = sent
    make_export(export=number)
    make_export(export=number)  # a message delivered twice

    made = Export.objects.get()
    assert (made.state, made.purpose, made.tries) == ("done", "a paper", 1)
    assert made.patients and b"Download all files" in client.get(asked.url).content
    assert client.get(f"{asked.url}files/manifest.json").json()["agreement"] == "PAPER-1"


def test_an_export_whose_message_was_lost_is_announced_again(sites: Sites, monkeypatch: pytest.MonkeyPatch) -> None:
    waiting, sent = export(under("ALL-1"), state="waiting"), []
    monkeypatch.setattr(jobs, "send", sent.append)

    reconcile()
    Export.objects.update(sent_at="2020-01-01T00:00:00Z")
    reconcile()
    Export.objects.update(sent_at="2020-01-01T00:00:00Z", tries=9)
    reconcile()

    assert sent == [waiting.pk]
    assert Export.objects.get().state == "failed" and "stopped without a word" in Export.objects.get().error


def test_a_snapshot_of_another_version_fails_with_a_sentence(sites: Sites) -> None:
    broken = export(under("ALL-1"), state="waiting")  # its snapshot has settings of its own

    jobs.work(broken.pk)

    broken.refresh_from_db()
    assert broken.state == "failed" and "cannot be read by this version" in broken.error
    page = signed_in("statistician").get(f"/exports/{broken.pk}/").content.decode()
    assert "cannot be read by this version" in page


def test_the_same_file_is_kept_once(sites: Sites) -> None:
    FrozenFile.keep([Frozen(TABLE)])

    assert export(under("ALL-1")).files and FrozenFile.objects.filter(sha256=Frozen(TABLE).sha256).count() == 1
