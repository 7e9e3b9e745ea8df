"""The embedded broker: a message can be seen only when it is whole, and none is lost."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import pytest
from kombu import Connection

from config.environment import broker

#: A queue name per test: kombu remembers for the whole process which queues it has bound.
LARGE, QUIET = "jobs.large", "jobs.quiet"


@pytest.fixture
def connect(tmp_path: Path):
    chosen = broker(None, folder=tmp_path / "broker")

    def connect() -> Connection:
        return Connection(chosen["url"], transport_options=chosen["options"])

    return connect


def _half_written(folder: Path, over: Event) -> int:
    """How often a message was seen that was not whole; a message is one JSON object."""
    seen = 0
    while not over.is_set():
        seen += sum(not message.read_bytes().endswith(b"}") for message in folder.glob("*.msg"))
    return seen


def test_a_message_is_whole_from_the_moment_it_can_be_seen(connect, tmp_path: Path):
    over = Event()
    with ThreadPoolExecutor(1) as pool, connect() as connection, connection.SimpleQueue(LARGE) as jobs:
        watch = pool.submit(_half_written, tmp_path / "broker" / "queue", over)
        for number in range(6):
            jobs.put({"number": number, "padding": "x" * 8_000_000})
        over.set()

        assert watch.result() == 0
        assert [jobs.get(timeout=5).payload["number"] for _ in range(6)] == list(range(6))


def test_no_draft_is_left(connect, tmp_path: Path):
    with connect() as connection, connection.SimpleQueue(QUIET) as jobs:
        jobs.put({"number": 1})

        assert jobs.get(timeout=5).payload == {"number": 1}

    assert not list(tmp_path.rglob("*.draft"))
