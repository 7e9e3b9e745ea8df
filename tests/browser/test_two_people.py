"""Two people at one record, each in a browser of their own: the second reads who is at work."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.eyes import Eyes
from tests.browser.hands import answer, sign_in

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
