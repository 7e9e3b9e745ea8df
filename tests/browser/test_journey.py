"""The main journey in a real browser: from signing in to a patient's death and the history of it all."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from analytics import snapshots
from tests.browser.eyes import PHONE, SHOTS
from tests.browser.hands import answer, press, press_to_go, save, sign_in, sign_in_by_key
from tests.registry.people import account
from tests.registry.screens import World

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(world: World) -> World:
    world.add("product", code="TISA")
    world.add("protocol", short_code="ELIANA")
    return world


def add(page: Page, label: str) -> None:
    """Open the form of one more record from the patient page."""
    page.get_by_role("link", name=f"Add {label}", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("New")


def open_the_snapshot(page: Page, server: str) -> None:
    """The patient just entered, as the investigator of the site reads her in the administration's snapshot."""
    account("anna", "investigator", "BOS")
    snapshots.take("post_infusion", cutoff=timezone.now().date(), taken_by="tests")
    page.goto(f"{server}/admin/analytics/snapshot/")
    page.locator("#result_list tbody a").first.click()
    expect(page.get_by_role("heading", name="Outcome after the index infusion", level=1)).to_be_visible()
    expect(page.locator("#os_infusion")).to_contain_text("Overall survival")
    page.screenshot(path=SHOTS / "12-snapshot.png", full_page=True)


def test_from_registration_to_death(page, live_server, world, eyes):
    server = live_server.url
    page.goto(f"{server}/")
    eyes.look("01-sign-in")
    sign_in(page, f"{server}/")
    expect(page.get_by_role("heading", name="Home", level=1)).to_be_visible()
    eyes.look("02-home")

    page.get_by_role("link", name="Register patient").click()
    answer(page, birth_date="2006-02", sex_at_birth="F", entry_route="PROSPECTIVE")
    eyes.look("03-register")
    page.get_by_role("button", name="Register patient").click()
    expect(page.get_by_role("status").first).to_contain_text("is registered")
    eyes.look("04-patient-empty")

    add(page, "CAR T infusion")
    answer(page, infusion_date="2015-01-10", intent="PRIMARY", weight_kg="31.5", dose_total_e6="<0.5")
    page.locator("#id_protocol").select_option(label="ELIANA")
    page.locator("#id_product").select_option(label="Tisagenlecleucel")
    eyes.look("05-infusion")
    save(page)
    expect(page.get_by_role("status").first).to_contain_text("a look at the findings below")
    eyes.look("05-infusion-warned")
    page.get_by_role("link", name="Acknowledge").click()
    page.get_by_label("Reason").fill("dose confirmed in the batch record")
    eyes.look("05-infusion-acknowledge")
    page.get_by_role("button", name="Acknowledge").click()
    expect(page.get_by_text("by anna: dose confirmed")).to_be_visible()
    page.get_by_role("navigation", name="Where you are").get_by_role("link", name="C19-").click()
    expect(page.get_by_text("day 0", exact=True).first).to_be_visible()

    add(page, "response assessment")
    answer(page, context="CART", assessment_date="2015-02-30", timepoint="D28", response="CR", mrd_status="NEG")
    save(page)
    expect(page.get_by_role("alert")).to_contain_text("is not a day of the calendar")
    expect(page.get_by_role("alert")).to_be_focused()
    eyes.look("06-response-refused")
    answer(page, assessment_date="2015-02-07")
    save(page)

    add(page, "relapse")
    expect(page.locator('[data-name="marrow_blast_pct"]')).to_be_hidden()
    answer(page, relapse_date="2015-08", level="MORPH", site_marrow="Y", site_cns="N", site_other="N")
    answer(page, site_testis="NA", marrow_blast_pct="80", no_salvage_reason="PALLIATIVE")
    page.get_by_role("checkbox", name="Flow cytometry").check()
    eyes.look("07-relapse")
    save(page)
    expect(page.get_by_text("day +203 to +233").first).to_be_visible()

    add(page, "death")
    answer(page, death_date="2015-12-24", primary_cause="ALL", disease_status_at_death="ACTIVE")
    page.get_by_role("checkbox").first.check()
    save(page)
    expect(page.locator(".identity")).to_contain_text("Dead")
    eyes.look("08-patient")
    eyes.look_at_print("08-patient")

    page.get_by_role("region", name="Chain of treatments").get_by_role("link", name="Relapse", exact=True).click()
    eyes.look("09-relapse-record")
    page.get_by_role("link", name="History").click()
    expect(page.get_by_text("2015-08", exact=True)).to_be_visible()
    eyes.look("10-relapse-history")
    page.get_by_role("link", name="Patients", exact=True).first.click()
    eyes.look("11-patients")
    open_the_snapshot(page, server)
    assert eyes.faults == []


REFUSALS = {
    "15-forbidden": "/reference/site/new",
    "16-not-found": "/patients/nobody/",
    "17-reference": "/reference/",
    "18-password": "/accounts/password/",
}


@pytest.mark.slow
def test_two_editors_and_the_pages_of_refusal(page, live_server, chart, world, eyes):
    row, home = world.add("follow_up", vital_status="ALIVE"), f"{chart}follow_up/"
    sign_in(page, f"{home}{row.pk}/edit")
    other = page.context.new_page()
    other.goto(f"{home}{row.pk}/edit")
    answer(other, contact_date="2016-02-02", change_reason="letter")
    save(other)
    other.close()

    answer(page, contact_date="2016-02", vital_status="LTFU", change_reason="call")
    save(page)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Somebody else changed this record")
    eyes.look("12-conflict")
    page.get_by_label("Saved: 2016-02-02").check()
    page.get_by_role("button", name="Save the chosen values").click()
    expect(page.get_by_role("heading", level=1)).not_to_contain_text("Somebody else")

    page.goto(f"{home}{row.pk}/void")
    eyes.look("13-void")
    page.goto(home)
    eyes.look("14-list")
    for name, address in REFUSALS.items():
        page.goto(live_server.url + address)
        eyes.look(name)
    assert eyes.faults == []


@pytest.mark.slow
def test_a_patient_is_registered_with_the_keyboard_alone(page, live_server, world, eyes):
    page.set_viewport_size(PHONE)
    sign_in_by_key(page, live_server.url)

    press(page, "Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    press(page, "Enter", "Tab")
    expect(page.get_by_role("link", name="Register patient")).to_be_focused()
    press_to_go(page, "Enter")
    page.locator("#id_birth_date").focus()
    page.keyboard.type("2006-02-14")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.type("Fem")
    page.keyboard.press("Tab")
    page.keyboard.type("Prosp")
    page.get_by_role("button", name="Register patient").press("Enter")

    expect(page.get_by_role("status").first).to_contain_text("is registered")
    expect(page.locator(".identity")).to_contain_text("Female")
    assert eyes.faults == []
