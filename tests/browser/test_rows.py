"""The table of rows in a real browser: what is typed or pasted and not saved is there again."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from registry import drafts
from registry.models import FormDraft, User
from tests.browser.eyes import Eyes
from tests.browser.test_journey import sign_in
from tests.registry.screens import World

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

PASTE = """text => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    const told = {clipboardData: data, bubbles: true, cancelable: true};
    document.activeElement.dispatchEvent(new ClipboardEvent("paste", told));
}"""


@pytest.fixture
def world() -> World:
    world = World()
    world.add("infusion", infusion_date="2015-01-10")
    world.client()  # makes the person whose account is used below
    return world


@pytest.fixture
def eyes(page: Page) -> Eyes:
    return Eyes(page)


def kept(page: Page, box: str) -> None:
    """Wait until what was typed into a box is kept: the page that was left sends it on its own time."""
    for _ in range(100):
        writer, place = FormDraft.objects.values_list("user__username", "place").get()
        found = drafts.kept_at(User.objects.get(username=writer), place, now=timezone.now())
        if box in found[0].texts:
            return
        page.wait_for_timeout(100)
    raise AssertionError("the last row was not kept within ten seconds")


def test_pasted_and_typed_rows_survive_leaving_the_page(page, live_server, world, eyes):
    rows = f"{live_server.url}/patients/{world.own.registry_id}/response/rows"
    sign_in(page, live_server.url, "coordinator-BOS")
    page.goto(rows)
    page.locator("#id_r0-assessment_date").focus()
    page.evaluate(PASTE, "2015-02-07\tCART\tD28\tCR\tNEG\n2015-04-20\tCART\tD100\tCR\tNEG\n")
    expect(page.locator(".keeping")).to_contain_text("Kept")
    page.locator("#id_r2-assessment_date").press_sequentially("2015-07")
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Response assessments")
    kept(page, "r2-assessment_date")

    page.goto(rows)
    expect(page.get_by_role("complementary", name="Unsaved input")).to_contain_text("did not save")
    eyes.look("28-rows-offered")
    page.get_by_role("link", name="Take it back").click()
    expect(page.locator("#id_r1-timepoint")).to_have_value("D100")
    expect(page.locator("#id_r2-assessment_date")).to_have_value("2015-07")
    eyes.look("29-rows-taken-back")

    page.locator("#id_r2-timepoint").select_option("M6")
    page.keyboard.press("Control+s")
    expect(page.get_by_role("status").first).to_contain_text("3 response assessments saved.")
    assert [str(row.assessment_date)[:7] for row in world.rows("response")] == ["2015-02", "2015-04", "2015-07"]
    assert not FormDraft.objects.exists()
    assert eyes.faults == []
