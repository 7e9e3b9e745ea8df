"""Form entry in a real browser: dates that answer, reasons from the keyboard, input that survives the browser."""

import os
import signal
import time

import pytest
from playwright.sync_api import Browser, expect

from registry.models import FormDraft
from tests import services
from tests.browser.eyes import Eyes
from tests.browser.hands import answer, sign_in, wait_until_kept
from tests.registry.screens import World

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]

#: At most so much typing is lost when the browser dies.
MOST_LOST_SECONDS = 5
ECHOES = {
    "2015-03-09": "9 March 2015, day +58",
    "2015-03": "March 2015, day unknown, day +50 to +80",
    "2015": "2015, month and day unknown, day \u22129 to +355",
    "UNK": "asked, not known",
    "2015-02-30": "2015-02-30 is not a day of the calendar",
    "09/03/2015": "09/03/2015 may be 9 March or 3 September: write the month's name",
    "9 Mar 2015": "9 March 2015, day +58",
    "about March": "Not understood as a date",
    "+28": "7 February 2015, day +28",
}


@pytest.fixture
def world(world: World) -> World:
    world.add("infusion", infusion_date="2015-01-10")
    return world


def test_a_date_box_says_what_it_understood_and_a_question_mark_offers_reasons(page, chart, world, eyes):
    sign_in(page, f"{chart}relapse/new")
    box, echo = page.locator("#id_relapse_date"), page.locator("#id_relapse_date_echo")
    for typed, told in ECHOES.items():
        box.fill(typed)
        box.blur()
        expect(echo).to_have_text(told)
    expect(box).to_have_value("2015-02-07")

    page.locator("#id_level").press("?")
    expect(page.get_by_role("group", name="No value because").get_by_role("button")).to_have_count(4)
    eyes.look("20-reasons")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Escape")
    expect(page.locator("#id_level")).to_be_focused()
    box.fill("")
    box.press("?")
    page.keyboard.press("p")
    expect(box).to_have_value("PEND")
    expect(box).to_be_focused()
    expect(echo).to_have_text("result expected")
    expect(page.locator(".keeping")).to_contain_text("Kept")

    box.fill("+203")
    page.keyboard.press("Control+s")
    expect(page.get_by_role("status").first).to_contain_text("Relapse saved")
    assert str(world.rows("relapse")[0].relapse_date) == "2015-08-01"
    assert not FormDraft.objects.exists()
    assert eyes.faults == []


def launched(browser: Browser) -> Browser:
    """One more browser process, of the same kind."""
    arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
    return browser.browser_type.launch(executable_path=services.chromium_path(), args=arguments)


def test_at_most_five_seconds_of_typing_die_with_the_browser(browser, chart, world):
    """The browser process is killed; its last keystrokes but those of five seconds are offered again."""
    doomed = launched(browser)
    page = doomed.new_page()
    sign_in(page, f"{chart}relapse/new")
    answer(page, level="MORPH", site_marrow="Y")
    page.locator("#id_relapse_date").press_sequentially("2015-08", delay=20)
    page.locator("#id_marrow_blast_pct").press_sequentially("80", delay=20)
    typed = time.monotonic()
    while time.monotonic() - typed < MOST_LOST_SECONDS - 0.5:
        page.wait_for_timeout(100)
    kill(doomed)

    again = launched(browser)
    page = again.new_page()
    eyes = Eyes(page)
    sign_in(page, f"{chart}relapse/new")
    expect(page.get_by_role("complementary", name="Unsaved input")).to_contain_text("did not save")
    eyes.look("21-offer")
    page.get_by_role("link", name="Take it back").click()
    expect(page.locator("#id_relapse_date")).to_have_value("2015-08")
    expect(page.locator("#id_marrow_blast_pct")).to_have_value("80")
    eyes.look("22-taken-back")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("status").first).to_contain_text("Next due")
    assert len(world.rows("relapse")) == 1
    assert not FormDraft.objects.exists()
    assert eyes.faults == []
    again.close()


def kill(browser: Browser) -> None:
    """SIGKILL to the browser's own processes, as a power cut would."""
    session = browser.new_browser_cdp_session()
    told = session.send("SystemInfo.getProcessInfo")["processInfo"]
    for process in sorted(told, key=lambda one: one["type"] != "browser"):
        try:
            os.kill(process["id"], signal.SIGKILL)
        except ProcessLookupError:
            continue


def test_leaving_or_being_signed_out_loses_nothing(page, chart, world, eyes):
    sign_in(page, f"{chart}relapse/new")
    answer(page, level="MORPH", site_marrow="Y", marrow_blast_pct="81")
    page.get_by_role("link", name="Cancel").click()
    page.wait_for_url("**/patients/*/")
    wait_until_kept(page, "marrow_blast_pct")
    page.goto(f"{chart}relapse/new")
    page.get_by_role("link", name="Take it back").click()
    expect(page.locator("#id_marrow_blast_pct")).to_have_value("81")

    page.context.clear_cookies(name="sessionid")
    answer(page, marrow_blast_pct="82")
    page.locator("#id_marrow_blast_pct").blur()
    expect(page.locator(".keeping")).to_contain_text("You are signed out")
    window = page.context.new_page()
    sign_in(window, chart)
    window.close()
    expect(page.locator(".keeping")).to_contain_text("Kept", timeout=15_000)
    page.keyboard.press("Control+s")
    expect(page.get_by_role("status").first).to_contain_text("Relapse saved")
    assert str(world.rows("relapse")[0].marrow_blast_pct) in ("82", "82.00000")
    assert eyes.faults == []
