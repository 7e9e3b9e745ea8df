"""Two people at one record, each in a browser of their own: the second reads who is at work."""

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from tests.browser.eyes import Eyes
from tests.browser.hands import answer, sign_in, wait_until_kept

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def second(browser: Browser) -> Page:
    context = browser.new_context()
    yield context.new_page()
    context.close()


def test_the_second_person_reads_who_is_at_work(page, second, chart, world):
    row = world.add("follow_up", contact_date="2016-01-15")
    form = f"{chart}follow_up/{row.pk}/edit"
    eyes = Eyes(second)
    sign_in(page, form)
    answer(page, contact_date="2016-03-30")
    expect(page.locator(".keeping")).to_contain_text("Kept")
    sign_in(second, form, "dora")
    expect(second.locator(".others")).to_contain_text("anna has this record open with unsent input since")
    expect(second.locator("#id_contact_date")).to_have_value("2016-01-15")
    eyes.look("27-somebody-at-work")

    answer(second, contact_date="2016-03-29")
    expect(second.locator(".keeping")).to_contain_text("Kept")
    expect(page.locator(".others")).to_have_count(0)
    answer(page, change_reason="letter")
    expect(page.locator(".others")).to_contain_text("dora has this record open")
    page.keyboard.press("Control+s")
    expect(page.get_by_role("status").first).to_contain_text("saved")
    second.reload()
    expect(second.locator(".others")).to_have_count(0)
    assert eyes.faults == []


def test_an_open_page_is_told_who_comes_and_goes_while_it_is_in_sight(page, second, chart, world, eyes):
    form, table = f"{chart}follow_up/new", f"{chart}follow_up/rows"
    page.clock.install()
    sign_in(page, form)
    word, asked = page.locator("[data-together]"), []
    expect(word).to_have_text("")
    sign_in(second, table, "dora")
    second.locator("#id_r0-contact_date").fill("2016-03-29")
    wait_until_kept(second, "r0-contact_date")

    page.on("request", lambda request: asked.append(request) if "others" in request.url else None)
    page.clock.fast_forward(31_000)
    expect(word).to_have_text("Also at work here: dora")
    expect(word).to_have_role("status")
    expect(page.locator(".others")).to_contain_text("dora is entering follow-ups of this patient, unsaved since")
    assert [told(request) for request in asked] == [("GET", "1")]
    eyes.look("28-somebody-comes")

    show(page, hidden=True)
    page.clock.fast_forward(300_000)
    second.keyboard.press("Control+s")
    expect(second.get_by_role("status").first).to_contain_text("1 follow-up saved.")
    assert len(asked) == 1
    show(page, hidden=False)
    expect(word).to_have_text("Nobody else is at work here any more.")
    expect(page.locator(".others")).to_have_count(0)
    assert len(asked) == 2
    assert eyes.faults == []


def test_who_fills_a_table_reads_who_is_at_work(page, second, chart, world, eyes):
    sign_in(second, f"{chart}follow_up/new", "dora")
    answer(second, contact_date="2016-03-29")
    wait_until_kept(second, "contact_date")

    sign_in(page, f"{chart}follow_up/rows")

    expect(page.locator(".others")).to_contain_text("dora is entering follow-ups of this patient, unsaved since")
    expect(page.locator("[data-together]")).to_have_text("Also at work here: dora")
    eyes.look("29-somebody-beside-a-table")
    assert eyes.faults == []


def told(request: Request) -> tuple[str, str]:
    """How the page asked, and whether it said that it asks by itself."""
    return request.method, request.headers.get("x-unattended", "")


def show(page: Page, *, hidden: bool) -> None:
    """Put the page behind another, or in sight again."""
    page.evaluate("""hidden => {
        Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }""", hidden)  # fmt: skip
