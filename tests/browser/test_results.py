"""The journey of who analyses: from the latest snapshot to a question, a schedule, and why two snapshots differ."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from analytics import companions, looks, snapshots, worker
from analytics.models import Look, Run, Schedule
from registry.models import Relapse
from tests.analytics.test_comparison import median_relapse
from tests.browser.eyes import Eyes
from tests.browser.hands import answer, save, sign_in
from tests.factories import as_system
from tests.registry.people import account

pytestmark = [pytest.mark.browser, pytest.mark.proof, pytest.mark.django_db(transaction=True)]
WHY = "read again in the pathology report"


@pytest.fixture
def people(cohort: None, nobody_sends: None) -> None:
    for name, role in {"stella": "statistician", "dora": "data_manager", "ivan": "investigator"}.items():
        account(name, role)


def open_results(page: Page) -> None:
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Results").click()
    expect(page.get_by_role("heading", name="Results", level=1)).to_be_visible()


def ask_about_survival(page: Page) -> None:
    """Choose population, endpoint and groups of the analysis page, and ask."""
    page.get_by_role("link", name="Ask a question").click()
    page.get_by_label("Population and endpoint").select_option(label="Remission kept (ELIANA definition)")
    page.get_by_role("button", name="Choose").click()
    expect(page.get_by_text("Founding cohort")).to_be_visible()
    page.get_by_label("Population and endpoint").select_option("post_cart_relapse:os_relapse")
    page.get_by_role("button", name="Choose").click()
    page.get_by_label("Compare by").select_option(label="Sex at birth")
    page.get_by_label("Method").select_option(label="The result, by group where groups are chosen")
    page.get_by_role("button", name="Compute").click()
    expect(page.get_by_role("heading", name="Overall survival after relapse, by sex at birth", level=1)).to_be_visible()
    expect(page.get_by_role("heading", name="A worker is at it")).to_be_visible()
    looks.answer(Look.objects.latest("pk").pk)
    expect(page.get_by_role("heading", name="From the registry to the patients studied")).to_be_visible()


def test_from_the_latest_snapshot_to_the_causes_of_a_difference(page: Page, live_server, people, eyes: Eyes):
    server, today = live_server.url, timezone.now().date()
    first = snapshots.take("post_cart_relapse", cutoff=today, taken_by="tests")
    companions.made(first)
    sign_in(page, f"{server}/", "stella")

    open_results(page)
    eyes.look("30-results")
    page.get_by_role("link", name=str(first), exact=True).click()
    figure = page.locator("#os_relapse img")
    figure.scroll_into_view_if_needed()
    expect(figure).to_have_js_property("complete", True)
    assert figure.evaluate("image => image.naturalWidth") > 300
    eyes.look("31-snapshot")

    open_results(page)
    ask_about_survival(page)
    expect(page.get_by_text("patients in the registry")).to_be_visible()
    expect(page.get_by_role("row", name="Male", exact=False).first).to_contain_text("NR")
    eyes.look("32-answer")
    page.get_by_label("Name", exact=True).fill("Survival by sex")
    page.get_by_label("Take a snapshot of its plan every Monday").check()
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("status").first).to_contain_text("snapshots are taken every Monday")
    assert Schedule.objects.get(name="Saved: Survival by sex").enabled
    page.get_by_role("link", name="Ask again Survival by sex").click()
    expect(page.get_by_label("Population and endpoint")).to_have_value("post_cart_relapse:os_relapse")
    expect(page.get_by_label("Compare by")).to_have_value("sex")
    eyes.look("33-asked-again")

    patient, old, new = correct_a_relapse(page, server)
    sign_in(page, f"{server}/", "stella")
    open_results(page)
    expect(page.get_by_text("Stale: 1 change since")).to_be_visible()
    page.get_by_role("button", name=re.compile("Take a snapshot now ?: Relapse")).click()
    expect(page.get_by_role("status").first).to_contain_text("is on its way")
    worker.compute(Run.objects.latest("pk").pk)

    page.get_by_role("link", name=re.compile("History ?of Relapse")).click()
    page.get_by_role("link", name="With the one before").click()
    expect(page.get_by_role("heading", name="Numbers that differ")).to_be_visible()
    page.get_by_role("button", name="Find what caused each difference").click()
    looks.answer(Look.objects.filter(kind=Look.Kind.COMPARISON).latest("pk").pk)
    part = page.get_by_role("region", name="Differences, part 1")
    expect(part.get_by_role("row", name="Time from infusion to relapse Median")).to_be_visible()
    cause = part.get_by_role("listitem").first
    expect(cause).to_contain_text("Corrected")
    expect(cause.get_by_role("link", name=patient)).to_have_attribute("href", f"/patients/{patient}/")
    for words in ("Relapse: ", f"{old} to {new}", WHY, "dora"):
        expect(cause).to_contain_text(words)
    eyes.look("34-comparison")
    assert not eyes.faults, "\n".join(eyes.faults)


def correct_a_relapse(page: Page, server: str) -> tuple[str, str, str]:
    """A data manager enters another day of a relapse, with the reason."""
    with as_system():
        relapse: Relapse = median_relapse()
        patient, old = relapse.patient.registry_id, relapse.relapse_date
    new = old + timedelta(days=9)
    sign_in(page, f"{server}/patients/{patient}/relapse/{relapse.pk}/edit", "dora")
    answer(page, relapse_date=new.isoformat(), change_reason=WHY)
    save(page)
    expect(page.get_by_role("main")).to_contain_text(new.isoformat())
    expect(page.get_by_role("heading", level=1)).to_contain_text(patient)
    return patient, old.isoformat(), new.isoformat()


def test_an_investigator_asks_as_of_today_and_keeps_nothing(page: Page, live_server, people, eyes: Eyes):
    snapshots.take("post_cart_relapse", cutoff=timezone.now().date(), taken_by="tests")
    sign_in(page, f"{live_server.url}/", "ivan")
    open_results(page)
    expect(page.get_by_text("Small numbers are withheld")).to_be_visible()
    expect(page.get_by_role("button", name="Take a snapshot now")).to_have_count(0)

    ask_about_survival(page)
    expect(page.get_by_text("small numbers withheld")).to_be_visible()
    expect(page.get_by_role("button", name="Keep")).to_have_count(0)
    expect(page.get_by_label("Crossed with")).to_have_count(0)
    eyes.look("35-answer-investigator")
    assert not eyes.faults, "\n".join(eyes.faults)
