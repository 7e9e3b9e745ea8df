"""What every test can use: the services it needs, a throw-away instance, a browser."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from config.environment import VARIABLES
from tests import services
from tests.flushing import allow_flush

ROOT = Path(__file__).resolve().parents[1]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Gives `needs(...)` tests the markers of their services, and puts browser tests last."""
    for item in items:
        for service in _services_of(item):
            item.add_marker(service)
            if service != "postgres":  # a broker or browser serves one test worker at a time
                item.add_marker(pytest.mark.xdist_group(service))
    # Playwright keeps an event loop running, after which other database tests in this process would fail.
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips, or fails where services are required, before any fixture is made."""
    wanted = _services_of(item)
    if services.session_is_on_postgres():
        wanted.add("postgres")
    absences = [reason for service in sorted(wanted) if (reason := services.absence(service))]
    if absences and services.services_are_required():
        pytest.fail("REQUIRE_SERVICES=1: " + "; ".join(absences), pytrace=False)
    if absences:
        pytest.skip("; ".join(absences))
    if "postgres" in wanted and not services.session_is_on_postgres():
        pytest.skip("runs in the PostgreSQL lane (make test, or TEST_DATABASE_URL=postgres://...)")


def _services_of(item: pytest.Item) -> set[str]:
    named = {name for mark in item.iter_markers("needs") for name in mark.args}
    return named | {name for name in services.PROBES if item.get_closest_marker(name)}


@pytest.fixture(scope="session", autouse=True)
def _transactional_tests_may_empty_tables() -> None:
    allow_flush()


@pytest.fixture(scope="session")
def postgres_url() -> str:
    return services.POSTGRES_URL


@pytest.fixture(scope="session")
def redis_url() -> str:
    return services.REDIS_URL


@pytest.fixture(scope="session")
def amqp_url() -> str:
    return services.AMQP_URL


@dataclass(frozen=True)
class Instance:
    """An instance of its own: a directory, and commands that run in it as separate processes."""

    directory: Path
    environ: dict[str, str]

    def manage(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Runs `manage.py ARGUMENTS` to its end."""
        return subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            cwd=ROOT,
            env=self.environ | variables,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


@pytest.fixture
def instance(tmp_path: Path) -> Instance:
    """A throw-away instance with nothing set but its directory, whose name has a space."""
    directory = tmp_path / "an instance"
    environ = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    environ |= {"INSTANCE_DIR": str(directory), "DJANGO_SETTINGS_MODULE": "config.settings"}
    return Instance(directory=directory, environ=environ)


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    """The system's Chromium, headless. Tests that take it are marked `browser`."""
    from playwright.sync_api import sync_playwright

    # The loop that Playwright leaves running makes Django refuse queries in this thread (STACK trap 13).
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        # Containers and root have no sandbox; these tests open our own pages only.
        arguments = ["--no-sandbox", "--disable-dev-shm-usage"]
        chromium = playwright.chromium.launch(executable_path=services.chromium_path(), args=arguments)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: object) -> Iterator[object]:
    """A fresh page with no cookies."""
    context = browser.new_context()
    yield context.new_page()
    context.close()
