"""What browser tests share: a registry with two people at one site, the address of its chart, eyes on the page."""

import pytest
from playwright.sync_api import Page

from tests.analytics.conftest import already_frozen, cohort, snapshot, tables  # noqa: F401 - fixtures
from tests.browser.eyes import Eyes
from tests.browser.whole import nobody_sends  # noqa: F401 - fixture
from tests.registry.people import account
from tests.registry.screens import World


@pytest.fixture
def world() -> World:
    """Two sites, each with a patient; anna coordinates the first, dora manages its data."""
    world = World()
    account("anna", "coordinator", "BOS")
    account("dora", "data_manager", "BOS")
    return world


@pytest.fixture
def chart(live_server: object, world: World) -> str:
    """The address of the patient whom anna and dora care for; the addresses of its forms begin with it."""
    return f"{live_server.url}/patients/{world.own.registry_id}/"


@pytest.fixture
def eyes(page: Page) -> Eyes:
    return Eyes(page)
