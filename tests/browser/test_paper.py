"""A form on paper: every question with its boxes to tick, and where in the chart the answer is found."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.eyes import SHOTS
from tests.browser.hands import answer, sign_in
from tests.registry.screens import World

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

REASONS = ["UNK", "ND", "NA", "PEND"]


@pytest.fixture
def world(world: World) -> World:
    world.add("infusion", infusion_date="2015-01-10")
    return world


def question(page: Page, name: str) -> Locator:
    return page.locator(f".field[data-name={name}]")


def to_tick(page: Page, name: str) -> list[str]:
    """The boxes of a question that somebody sees on the paper."""
    boxes = question(page, name).locator(".tick-boxes li:visible")
    expect(boxes.first).to_be_visible()  # laid out once the page is told that it is printed
    return boxes.all_inner_texts()


def test_an_empty_form_says_where_the_answers_are_found(page, chart, world, eyes):
    sign_in(page, f"{chart}infusion/new")
    box = page.get_by_label("Cell source")
    expect(box).to_have_accessible_description("Autologous or allogeneic cells. Look in: apheresis record")
    eyes.look("30-where-in-the-chart")
    eyes.look_at_print("30-where-in-the-chart")
    page.emulate_media(media="print")
    expect(page.get_by_text("Look in: apheresis record").first).to_be_visible()
    assert eyes.faults == []


def test_an_empty_form_has_every_question_and_a_box_for_each_choice(page, chart, world, eyes):
    sign_in(page, f"{chart}relapse/new")
    expect(question(page, "marrow_blast_pct")).to_be_hidden()
    expect(page.locator(".on-paper").first).to_be_hidden()

    page.emulate_media(media="print")

    assert to_tick(page, "cd19_status") == ["Positive", "Negative", "Dim", "Mixed", *REASONS]
    assert to_tick(page, "relapse_date") == ["Chart", "Patient or family", "Estimated", "External source"]
    assert to_tick(page, "confirmed_by") == REASONS
    expect(page.locator("select:visible")).to_have_count(0)
    for name, words in {
        "marrow_blast_pct": "Only if Marrow is Yes.",
        "site_other_text": "Only if Other site is Yes.",
    }.items():
        expect(question(page, name)).to_be_visible()
        expect(question(page, name)).to_contain_text(words)
    expect(page.locator("p.on-paper").first).to_contain_text("write or tick why: UNK asked, not known, ND not done")
    eyes.look_at_print("31-empty-form")
    assert eyes.faults == []


def test_a_choice_too_long_for_boxes_is_a_line_to_write_on(page, live_server, world, eyes):
    sign_in(page, f"{live_server.url}/patients/new")

    page.emulate_media(media="print")

    assert to_tick(page, "country_residence") == REASONS
    expect(question(page, "country_residence").locator(".write-here")).to_be_visible()
    assert to_tick(page, "sex_at_birth")[:2] == ["Male", "Female"]
    assert eyes.faults == []


def test_a_form_filled_in_is_printed_as_it_stands(page, chart, world, eyes):
    row = world.add("relapse", site_marrow="N", cd19_status="DIM", level="UNK")
    sign_in(page, f"{chart}relapse/{row.pk}/edit")
    answer(page, cd22_status="NEG")

    page.pdf(path=SHOTS / "32-filled-form.pdf", format="A4")  # as the browser prints: the page is told before

    page.emulate_media(media="print")
    ticked = {
        name: question(page, name).locator(".ticked").all_inner_texts() for name in ("cd19_status", "cd22_status")
    }
    assert ticked == {"cd19_status": ["Dim"], "cd22_status": ["Negative"]}
    assert question(page, "level").locator(".reason-boxes .ticked").all_inner_texts() == ["UNK"]
    expect(question(page, "marrow_blast_pct")).to_be_hidden()
    assert eyes.faults == []
