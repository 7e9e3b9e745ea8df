"""Every page of every room by axe, as each role: light and dark, at 360 px, with a quiet console."""

import pytest
from playwright.sync_api import Page

from registry.access import ROLES
from tests.browser.eyes import Eyes
from tests.browser.hands import sign_in
from tests.browser.walks import NOT_THERE, pages_of, rows_of_every_kind
from tests.browser.whole import whole
from tests.registry.people import account
from tests.registry.screens import World

pytestmark = [pytest.mark.browser, pytest.mark.proof, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def world(cohort: None, nobody_sends: None) -> World:
    world = World()
    for role, told in ROLES.items():
        account(role, role, *([] if told.all_sites else ["BOS"]))
    return world


def test_every_page_is_without_fault_in_both_themes(page: Page, live_server, world):
    names, rows = whole(world)
    eyes = Eyes(page)
    page.goto(f"{live_server.url}/")
    eyes.check("sign-in")

    for role in ROLES:
        sign_in(page, f"{live_server.url}/", role)
        walked = pages_of(role, names)
        walked += rows_of_every_kind(world.own.registry_id, rows) if role == "data_manager" else []
        for address in walked:
            answer = page.goto(live_server.url + address)
            if answer.status != (404 if address in NOT_THERE else 200) or not page.url.endswith(address):
                eyes.faults.append(f"{role} {address}: {answer.status} at {page.url}")
            eyes.check(f"{role} {address}")

    assert not eyes.faults, "\n".join(eyes.faults)
    assert len(eyes.seen) > 300
