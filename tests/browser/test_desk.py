"""The coordinators' desk in a real browser: a query from the field to its closing, with the mouse and without."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from registry import queries, stages
from registry.sweep import sweep
from tests.browser.hands import press, press_to_go, sign_in
from tests.factories import as_system
from tests.registry.screens import World

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def swept(world: World) -> None:
    """Some patients, what the sweeps of six weeks found, and more since."""
    world.add("relapse", level="")
    for number in range(5):
        patient = world.add("patient", site=world.here)
        world.add("infusion", patient, infusion_date=f"202{number + 1}-11-10")
        world.add("follow_up", patient, contact_date=f"202{number + 1}-12-10", disease_status="CR" if number else "")
    now = timezone.now()
    with as_system():
        for weeks in range(6, 0, -1):
            sweep(now=now - timedelta(days=7 * weeks))
            world.add("relapse", relapse_date=f"2016-0{weeks}-10")


def test_a_query_is_raised_answered_in_the_margin_and_closed_by_keyboard(page, live_server, chart, world, eyes):
    relapse = world.add("relapse")
    contact = world.add("follow_up", vital_status="DEAD", disease_status="ACTIVE")
    with as_system():
        queries.raise_query(contact, "contact_date", "The letter was written in March; was the visit then, too?")
    sign_in(page, f"{chart}relapse/{relapse.pk}/", "dora")
    page.get_by_role("link", name="Raise query about relapse date").click()
    page.get_by_label("Question").fill("The letter says 12 August.")
    eyes.look("20-query-raise")
    page.get_by_role("button", name="Raise query").click()
    expect(page.get_by_role("complementary", name="Queries")).to_contain_text("The letter says 12 August.")
    eyes.look("21-query-margin")

    sign_in(page, f"{live_server.url}/", "anna")
    page.get_by_role("link", name="Queries 2 waiting for you").click()
    eyes.look("22-query-inbox")
    press(page, "j", "j")
    expect(page.get_by_role("link", name="Relapse: Relapse date")).to_be_focused()
    press_to_go(page, "r")
    expect(page.get_by_label("Your answer")).to_be_focused()
    page.keyboard.type("Mended: it was the 12th.")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Answer sent.")

    sign_in(page, f"{live_server.url}/queries/?state=answered", "dora")
    press_to_go(page, "j", "c")
    expect(page.get_by_role("button", name="Close")).to_be_focused()
    eyes.look("23-query")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("Query closed.")
    page.goto(chart)
    eyes.look("24-patient-asked")
    assert eyes.faults == []


def test_records_are_verified_and_locked(page, live_server, chart, world, eyes):
    infusion = world.add("infusion")
    contact = world.add("follow_up", contact_date="2016-03")
    world.add("relapse")
    with as_system():
        stages.lock_records(stages.of_list([world.add("diagnosis")]), reason="audit")
    sign_in(page, f"{chart}follow_up/{contact.pk}/", "dora")
    page.get_by_role("link", name="Verify", exact=True).click()
    eyes.look("30-verify")
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_role("status").first).to_contain_text("1 record verified.")
    eyes.look("31-verified")

    page.goto(f"{chart}infusion/")
    page.get_by_role("checkbox").check()
    eyes.look("32-list-ticked")
    page.get_by_role("button", name="Lock", exact=True).click()
    page.get_by_role("button", name="Lock", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Say why")
    page.get_by_label("Reason").fill("data cut")
    page.get_by_role("button", name="Lock", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("1 record locked.")
    page.goto(f"{chart}infusion/{infusion.pk}/")
    expect(page.get_by_role("region", name="Follows from the chart")).to_contain_text("Age at infusion")
    eyes.look("33-locked")
    page.goto(chart)
    eyes.look("34-matrix")
    page.get_by_role("link", name="Lock chart", exact=True).click()
    eyes.look("35-lock-chart")
    page.goto(f"{live_server.url}/patients/")
    eyes.look("36-patients-ticked")
    assert eyes.faults == []


def test_the_quality_pages_show_rules_completeness_and_follow_up(page, live_server, world, eyes):
    swept(world)
    sign_in(page, f"{live_server.url}/", "dora")
    page.get_by_role("link", name="Quality").click()
    eyes.look("40-quality")
    page.get_by_role("link", name="H50").click()
    eyes.look("41-quality-rule")
    page.goto(f"{live_server.url}/quality/completeness/")
    eyes.look("42-completeness")
    page.get_by_role("link", name="Relapses").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("of Relapses")
    eyes.look("43-completeness-fields")
    page.goto(f"{live_server.url}/quality/follow-up/")
    eyes.look("44-follow-up")
    assert eyes.faults == []


def test_home_says_what_waits_today(page, live_server, world, eyes):
    swept(world)
    with as_system():
        queries.raise_query(world.rows("relapse")[0], "level", "Flow or morphology?")
    sign_in(page, f"{live_server.url}/", "anna")
    eyes.look("50-home")
    page.get_by_role("region", name="Due and overdue").get_by_role("link", name="year").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("New follow-up")
    assert eyes.faults == []
