"""Which outside services answer: PostgreSQL, Redis, RabbitMQ, Chromium, R.

A test says what it needs: `@needs("redis")`, or `pytestmark = needs("postgres", "redis")`, or the marker of
the same name. Where a service does not answer, the test is skipped with the reason; with REQUIRE_SERVICES=1
it fails instead.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec

import pytest

POSTGRES_URL = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/9")
AMQP_URL = os.environ.get("TEST_AMQP_URL", "amqp://guest:guest@127.0.0.1:5672//")
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WAIT_SECONDS = 3


def needs(*services: str) -> pytest.MarkDecorator:
    """The mark of a test that runs only where these services answer."""
    unknown = sorted(set(services) - set(PROBES))
    if unknown:
        raise ValueError(f"unknown services {unknown}; known are {sorted(PROBES)}")
    return pytest.mark.needs(*services)


def session_is_on_postgres() -> bool:
    """Whether this test session was given PostgreSQL as its database."""
    return os.environ.get("TEST_DATABASE_URL", "").startswith("postgres")


def services_are_required() -> bool:
    """Whether a missing service is a failure."""
    return os.environ.get("REQUIRE_SERVICES", "") == "1"


@cache
def absence(service: str) -> str | None:
    """Why a service cannot be used, in one line; None when it answers. Asked once per process."""
    try:
        return PROBES[service]()
    except Exception as fault:  # every driver has errors of its own, and each means: does not answer
        return f"{service} does not answer ({type(fault).__name__})"


def chromium_path() -> str | None:
    """The browser: CHROMIUM_PATH, else the system's; Playwright never downloads one."""
    named = os.environ.get("CHROMIUM_PATH")
    return named or next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def _postgres() -> None:
    import psycopg

    url = POSTGRES_URL.replace("postgres://", "postgresql://", 1)
    psycopg.connect(url, connect_timeout=WAIT_SECONDS).close()


def _redis() -> None:
    import redis

    with redis.Redis.from_url(REDIS_URL, socket_connect_timeout=WAIT_SECONDS) as client:
        client.ping()


def _rabbitmq() -> None:
    from kombu import Connection

    with Connection(AMQP_URL, connect_timeout=WAIT_SECONDS) as connection:
        connection.connect()


def _browser() -> str | None:
    if find_spec("playwright") is None:
        return "Playwright is not installed"
    path = chromium_path()
    if path is None:
        return "no Chromium found (set CHROMIUM_PATH)"
    return None if shutil.which(path) else f"no browser at CHROMIUM_PATH {path}"


def _r() -> str | None:
    """R with the packages that the report's script loads."""
    if shutil.which("Rscript") is None:
        return "Rscript is not installed"
    asked = (
        "for (name in c('survival', 'cmprsk', 'jsonlite')) if (!requireNamespace(name, quietly = TRUE)) cat(name, '')"
    )
    told = subprocess.run(
        ["Rscript", "-e", asked], capture_output=True, text=True, timeout=60, check=True
    ).stdout.split()
    return f"R lacks {', '.join(told)}" if told else None


PROBES: dict[str, Callable[[], str | None]] = {
    "postgres": _postgres,
    "redis": _redis,
    "rabbitmq": _rabbitmq,
    "browser": _browser,
    "r": _r,
}
