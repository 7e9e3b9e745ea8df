"""The table of rows in a real browser: what is typed or pasted and not saved is there again."""

import pytest
from playwright.sync_api import expect

from registry.models import FormDraft
from tests.browser.hands import paste, sign_in, wait_until_kept
from tests.registry.screens import World

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(world: World) -> World:
    world.add("infusion", infusion_date="2015-01-10")
    return world


def test_pasted_and_typed_rows_survive_leaving_the_page(page, chart, world, eyes):
    rows = f"{chart}response/rows"
    sign_in(page, rows)
    page.locator("#id_r0-assessment_date").focus()
    paste(page, "2015-02-07\tCART\tD28\tCR\tNEG\n2015-04-20\tCART\tD100\tCR\tNEG\n")
    expect(page.locator(".keeping")).to_contain_text("Kept")
    page.locator("#id_r2-assessment_date").press_sequentially("2015-07")
    page.get_by_role("link", name="Cancel").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Response assessments")
    wait_until_kept(page, "r2-assessment_date")

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


def test_rows_added_to_a_refused_table_are_empty(page, chart, world, eyes):
    sign_in(page, f"{chart}response/rows")
    page.locator("#id_r0-assessment_date").focus()
    paste(page, "2015-02-30\tCART\tD28\tCR\tNEG\n")
    page.keyboard.press("Control+s")
    expect(page.get_by_role("alert")).to_contain_text("not a day of the calendar")

    page.get_by_role("button", name="More rows").click()

    added = page.locator("tbody tr").nth(6)
    assert added.locator("input, select").evaluate_all("boxes => boxes.map((box) => box.value)") == [
        f"infusion:{world.rows('infusion')[0].pk}", "", "", "", "", "",
    ]  # fmt: skip
    expect(added.locator("[aria-invalid], .grid-bad")).to_have_count(0)
    page.locator("#id_r0-assessment_date").fill("2015-02-28")
    page.keyboard.press("Control+s")
    expect(page.get_by_role("status").first).to_contain_text("1 response assessment saved.")
    assert eyes.faults == []
