"""A form that branches, in a real browser: headings that count while somebody types, questions that come and go."""

import pytest
from playwright.sync_api import expect

from tests.browser.hands import answer, sign_in
from tests.registry.screens import World

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(world: World) -> World:
    world.add("infusion", infusion_date="2015-01-10")
    return world


def test_headings_count_while_somebody_types(page, chart, world, eyes):
    sign_in(page, f"{chart}relapse/new")
    sites = page.get_by_role("group", name="Sites").locator("legend .how-far")
    expect(sites).to_contain_text("0 of 5 answered")

    answer(page, site_marrow="Y", site_cns="UNK")
    expect(sites).to_contain_text("2 of 6 answered")
    page.locator("#id_marrow_blast_pct").press_sequentially("80")
    expect(sites).to_contain_text("3 of 6 answered")
    page.get_by_label("Flow cytometry").first.check()
    expect(sites).to_contain_text("4 of 6 answered")
    eyes.look("23-counted")

    answer(page, site_marrow="N")
    expect(sites).to_contain_text("3 of 5 answered")
    expect(page.locator("#id_marrow_blast_pct")).to_be_visible()

    before = sites.inner_text()
    page.keyboard.press("Control+s")
    expect(page.get_by_role("status").first).to_contain_text("Relapse saved")
    page.goto(f"{chart}relapse/{world.rows('relapse')[0].pk}/edit")
    expect(sites).to_have_text(before)
    assert eyes.faults == []


def test_a_fault_goes_and_comes_back_with_its_question(page, chart, world, eyes):
    sign_in(page, f"{chart}relapse/new")
    answer(page, site_marrow="Y", marrow_blast_pct="plenty", site_other="Y", relapse_date="2015-02-30")
    page.keyboard.press("Control+s")
    summary, box = page.get_by_role("alert"), page.locator("#id_marrow_blast_pct")
    expect(summary).to_contain_text("2 answers need a look")
    expect(box).to_have_attribute("aria-invalid", "true")
    eyes.look("24-two-faults")

    answer(page, site_marrow="N")
    expect(summary).to_contain_text("one answer needs a look")
    expect(summary.get_by_role("link", name="Marrow blasts")).to_have_count(0)
    expect(box).not_to_have_attribute("aria-invalid", "true")
    expect(box).to_have_accessible_description(
        "Percent of nucleated cells. Possible 0 to 100 %. Look in: pathology report"
    )
    expect(page.locator("[data-name=marrow_blast_pct] .kept")).to_contain_text("what cannot be read is not saved")
    eyes.look("25-one-fault")

    answer(page, site_marrow="Y")
    expect(summary.get_by_role("link", name="Marrow blasts")).to_be_visible()
    expect(summary).to_contain_text("2 answers need a look")
    expect(box).to_have_attribute("aria-invalid", "true")

    answer(page, site_marrow="N", marrow_blast_pct="", relapse_date="2015-02-28")
    box.blur()
    expect(box).to_be_hidden()
    page.keyboard.press("Control+s")
    expect(page.get_by_role("status").first).to_contain_text("Relapse saved")
    assert eyes.faults == []


def test_the_summary_goes_when_nothing_asked_is_wrong(page, chart, world, eyes):
    sign_in(page, f"{chart}relapse/new")
    answer(page, site_marrow="Y", marrow_blast_pct="plenty")
    page.keyboard.press("Control+s")
    summary = page.get_by_role("alert")
    expect(summary).to_contain_text("one answer needs a look")

    answer(page, site_marrow="N")
    expect(page.locator(".faults")).to_be_hidden()
    page.keyboard.press("Control+s")
    expect(page.get_by_role("status").first).to_contain_text("Relapse saved")
    expect(page.locator(".message-warning")).to_contain_text("Left as it was")
    eyes.look("26-left-out")
    assert [row.site_marrow for row in world.rows("relapse")] == ["N"]
    assert eyes.faults == []
