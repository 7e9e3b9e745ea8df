"""The administration in a real browser: a snapshot with its figures, run now, a schedule - under a strict policy."""

import pytest
from playwright.sync_api import Page, expect

from analytics import worker
from analytics.models import Run, Snapshot
from tests.browser.eyes import Eyes
from tests.browser.hands import sign_in
from tests.registry.people import account

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.slow
def test_from_run_now_to_the_figure(page: Page, live_server, nobody_sends, snapshot: Snapshot, eyes: Eyes):
    account("stella", "statistician")
    sign_in(page, f"{live_server.url}/admin/", "stella")
    expect(page.get_by_role("heading", name="Administration", level=1)).to_be_visible()
    eyes.look("admin-home")

    page.get_by_role("link", name="Snapshots", exact=True).click()
    expect(page.get_by_role("heading", name="Snapshots", level=1)).to_be_visible()
    eyes.look("admin-snapshots")
    page.get_by_role("button", name="Outcome after the first transplant").click()
    expect(page.locator(".pill-queued")).to_be_visible()
    worker.compute(Run.objects.get().pk)
    page.reload()
    eyes.look("admin-run")
    page.get_by_role("link", name="Open Snapshot").click()
    expect(page.get_by_role("heading", name="Overall survival after transplant", exact=False).first).to_be_visible()

    page.goto(f"{live_server.url}/admin/analytics/snapshot/{snapshot.pk}/change/")
    figure = page.locator("#os_relapse img.figure")
    figure.scroll_into_view_if_needed()
    expect(figure).to_have_js_property("complete", True)
    assert figure.evaluate("image => image.naturalWidth") > 300
    eyes.look("admin-snapshot")
    eyes.look_at_print("admin-snapshot")

    page.goto(f"{live_server.url}/admin/analytics/run/add/")
    eyes.look("admin-run-add")
    page.goto(f"{live_server.url}/admin/analytics/schedule/add/")
    page.get_by_label("Name").fill("Nightly")
    page.get_by_label("Rhythm").select_option("daily")
    eyes.look("admin-schedule")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("every day 02:15 UTC")).to_be_visible()
    eyes.look("admin-schedules")

    assert not eyes.faults, "\n".join(eyes.faults)
