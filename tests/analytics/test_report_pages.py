"""The report in the administration: every reader gets their own reading, nothing runs in it, orders are answered."""

import io
import zipfile
from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from analytics import report_orders, reports
from analytics.models import ReportOrder, Snapshot, Subscription
from registry.models import User
from tests.analytics.built import built, render_once
from tests.factories import as_system, make

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("report")]
Enter = Callable[..., Client]


@pytest.fixture(autouse=True)
def quick(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was rendered once in this process is not rendered again."""
    render_once(snapshot, monkeypatch)


def file_of(snapshot: Snapshot, name: str) -> str:
    return reverse("admin:analytics_snapshot_report", args=[snapshot.pk, name])


@pytest.fixture
def reported(snapshot: Snapshot) -> Snapshot:
    reports.keep(snapshot)
    return snapshot


def test_each_reader_gets_their_own_reading(signed_in: Enter, reported: Snapshot):
    with as_system():
        make("site", code="HOME")
    full, safe = signed_in("statistician"), signed_in("investigator", "HOME")

    for name in ("report.html", "report.pdf", "report.docx", "figures/os_relapse.png", "results.json"):
        assert full.get(file_of(reported, name)).content == built(reported)[name]
        assert safe.get(file_of(reported, name)).content == built(reported, reports.DISCLOSED)[name]
    for name in ("recompute.R", "endpoints/os_relapse.csv", "tables/patient.csv", "figures/swimmer.svg"):
        assert full.get(file_of(reported, name)).status_code == 200
        assert safe.get(file_of(reported, name)).status_code == 404


def test_strangers_and_roles_without_snapshots_get_nothing(signed_in: Enter, reported: Snapshot, client: Client):
    with as_system():
        make("site", code="HOME")
    addresses = [file_of(reported, "report.pdf"), reverse("admin:analytics_snapshot_bundle", args=[reported.pk])]

    for address in addresses:
        assert client.get(address).status_code == 302
        assert signed_in("coordinator", "HOME").get(address).status_code in (302, 403)


def test_nothing_loads_or_runs_in_the_page_but_its_own_style(signed_in: Enter, reported: Snapshot):
    answer = signed_in("statistician").get(file_of(reported, "report.html"))

    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "'unsafe-inline'" not in policy
    assert b" style=" not in answer.content


def test_files_that_are_not_there_are_not_found(signed_in: Enter, reported: Snapshot, snapshot: Snapshot):
    client = signed_in("statistician")

    for name in ("nothing.pdf", "../manifest.json", "figures/", "figures/%2e%2e/x"):
        assert client.get(file_of(reported, "x").removesuffix("x") + name).status_code in (301, 302, 404)
    assert client.get("/admin/analytics/snapshot/999/report.zip").status_code == 404


def test_the_bundle_is_a_zip_of_everything_the_reader_may_have(signed_in: Enter, reported: Snapshot):
    answer = signed_in("statistician").get(reverse("admin:analytics_snapshot_bundle", args=[reported.pk]))

    names = zipfile.ZipFile(io.BytesIO(answer.content)).namelist()
    assert len(names) == len(built(reported))
    assert f"snapshot-{reported.pk}/recompute.R" in names
    assert answer["Content-Disposition"] == f'attachment; filename="snapshot-{reported.pk}-report.zip"'


def test_a_report_is_asked_for_once_and_then_offered(signed_in: Enter, snapshot: Snapshot):
    client, page = signed_in("statistician"), reverse("admin:analytics_snapshot_change", args=[snapshot.pk])
    ask = reverse("admin:analytics_snapshot_make_report", args=[snapshot.pk])
    before = client.get(page).content.decode()

    assert client.get(ask).status_code == 405
    client.post(ask)
    client.post(ask)
    waiting = client.get(page).content.decode()
    report_orders.answer(ReportOrder.objects.get().pk)
    after = client.get(page).content.decode()

    assert "Write the report" in before
    assert "Being written" in waiting
    assert "Report: PDF" in after
    assert "in a zip" in after


def test_a_subscription_is_to_a_plan_or_a_schedule(signed_in: Enter):
    client = signed_in("administrator")
    User.objects.update(email="reader@example.org")
    person = User.objects.get().pk
    add = reverse("admin:analytics_subscription_add")

    neither = client.post(add, {"person": person}).content.decode()
    client.post(add, {"person": person, "plan": "post_infusion"})

    assert "one of the two" in neither
    assert [(held.person_id, held.plan) for held in Subscription.objects.all()] == [(person, "post_infusion")]
    assert "every scheduled snapshot of After infusion" in client.get(
        reverse("admin:analytics_subscription_changelist")
    ).content.decode()  # fmt: skip
