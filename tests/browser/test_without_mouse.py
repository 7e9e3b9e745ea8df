"""The desk without a mouse: a patient from registration to death, a query until it closes by itself, pasted rows."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from registry import queries
from registry.models import Finding, Query, QueryState
from tests.browser.hands import paste, press, press_to_go, sign_in_by_key
from tests.factories import as_system

pytestmark = [pytest.mark.browser, pytest.mark.proof, pytest.mark.django_db(transaction=True)]
MOST_TABS = 150


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until this has the focus, as somebody without a mouse does."""
    for _ in range(MOST_TABS):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is not reached by Tab on {page.url}")


def fill(page: Page, **answers: str) -> None:
    """Type into boxes and choices in the order of the form, then save by key."""
    for name, text in answers.items():
        tab_to(page, f"#id_{name}")
        page.keyboard.type(text)
    press_to_go(page, "Control+s")


def find(page: Page, registry_id: str) -> None:
    press(page, "/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type(registry_id)
    press_to_go(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text(registry_id)


def add(page: Page, registry_id: str, slug: str, **answers: str) -> None:
    find(page, registry_id)
    tab_to(page, f'a[href*="/{slug}/new"]')
    press_to_go(page, "Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("New")
    fill(page, **answers)
    expect(page.get_by_role("status").first).to_contain_text("saved")


def test_a_patient_is_followed_from_registration_to_death(page, live_server, world, eyes):
    sign_in_by_key(page, live_server.url)
    press_to_go(page, "n", "Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("New patient")
    fill(page, consent_kind="Registry", consent_date="2 Jan 2015", birth_date="2006-02",
         sex_at_birth="Fem", entry_route="Retro")  # fmt: skip
    expect(page.get_by_role("status").first).to_contain_text("is registered")
    registry_id = page.locator("h1").inner_text().split()[0]

    add(page, registry_id, "infusion", infusion_date="2015-01-10", intent="Prim")
    add(
        page,
        registry_id,
        "response",
        assessment_date="+28",
        timepoint="Day 28",
        response="Complete r",
        mrd_status="Neg",
    )
    add(page, registry_id, "relapse", relapse_date="08/2015", level="Morph")
    add(page, registry_id, "death", death_date="~2016", primary_cause="Leuk")

    find(page, registry_id)
    expect(page.locator(".identity")).to_contain_text("Dead")
    expect(page.locator(".chain")).to_contain_text("Relapse 2015-08")
    expect(page.locator(".chain")).to_contain_text("2015-02-07")
    eyes.check("followed")
    press_to_go(page, "g", "p")
    expect(page.get_by_role("heading", name="Patients", level=1)).to_be_visible()
    press_to_go(page, "?")
    expect(page.get_by_role("heading", name="Keyboard", level=1)).to_be_visible()
    assert eyes.faults == []


def test_a_query_closes_by_itself_when_the_value_is_mended(page, live_server, world, eyes):
    infusion = world.add("infusion", infusion_date="2015-01-10")
    world.add("response", infusion=infusion, assessment_date="2015-02-07", response="CR")
    relapse = world.add("relapse", infusion=infusion, relapse_date="2015-01-20")
    with as_system():
        finding = Finding.objects.get(entity="relapse", record_id=relapse.pk, rule="H50")
        asked = queries.raise_from_finding(finding, now=timezone.now())
    sign_in_by_key(page, live_server.url)
    press_to_go(page, "g", "q")
    expect(page.get_by_role("heading", name="Queries", level=1)).to_be_visible()
    press_to_go(page, "j", "Enter")
    tab_to(page, f'main a[href*="/relapse/{relapse.pk}/"]')
    press_to_go(page, "Enter")
    tab_to(page, f'a[href$="/relapse/{relapse.pk}/edit"]')
    press_to_go(page, "Enter")
    tab_to(page, "#id_relapse_date")
    page.keyboard.press("Control+a")
    page.keyboard.type("2015-08-01")
    press_to_go(page, "Control+s")
    expect(page.get_by_role("status").first).to_contain_text("saved")

    closed = Query._base_manager.get(pk=asked.pk)
    assert (closed.state, closed.closed_by) == (QueryState.CLOSED, "system")
    page.goto(f"{live_server.url}/queries/{asked.pk}/")
    expect(page.locator("main")).to_contain_text("Closed")
    assert eyes.faults == []


def test_rows_are_pasted_from_a_spreadsheet(page, live_server, chart, world, eyes):
    infusion = world.add("infusion", infusion_date="2015-01-10")
    sign_in_by_key(page, live_server.url)
    page.goto(f"{chart}response/rows")
    expect(page.locator("#id_r0-parent")).to_have_value(f"infusion:{infusion.pk}")
    page.locator("#id_r0-assessment_date").focus()
    cells = "2015-02-07\tAfter CAR T infusion\tD28\tComplete remission\tNegative\n+180\tCART\tM6\tCR\tNEG\n"
    paste(page, cells)
    expect(page.locator("#pasted")).to_have_text("10 cells pasted.")
    page.keyboard.press("Enter")
    expect(page.locator("#id_r1-assessment_date")).to_be_focused()
    eyes.check("pasted")
    press_to_go(page, "Control+s")
    expect(page.get_by_role("status").first).to_contain_text("2 response assessments saved.")
    assert [str(row.assessment_date) for row in world.rows("response")] == ["2015-02-07", "2015-07-09"]
    assert eyes.faults == []
