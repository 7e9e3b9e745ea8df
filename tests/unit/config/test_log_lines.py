"""A log line cannot hold what a person typed."""

import json
import logging
import sys

from config.log_lines import JsonLines

CANARY = "Kowalski 1999-04-01"


def line(**fields) -> dict:
    record = logging.makeLogRecord({"name": "registry", "levelname": "WARNING", **fields})
    return json.loads(JsonLines().format(record))


def test_values_of_a_message_are_left_out():
    written = line(msg="patient %s was saved", args=(CANARY,))

    assert written["event"] == "patient %s was saved"
    assert "Kowalski" not in json.dumps(written)


def test_allowed_fields_are_kept_and_others_left_out():
    written = line(msg="saved", request_id="r1", rows=3, patient=CANARY, request=CANARY)

    assert (written["request_id"], written["rows"]) == ("r1", 3)
    assert "Kowalski" not in json.dumps(written)


def test_error_is_named_by_type_and_place_only():
    try:
        raise ValueError(CANARY)
    except ValueError:
        written = line(msg="failed", exc_info=sys.exc_info())

    assert written["error"] == "ValueError"
    assert "test_log_lines.py" in written["where"][0]
    assert "Kowalski" not in json.dumps(written)


def test_exception_as_message_is_named_by_type_only():
    assert line(msg=ValueError(CANARY))["event"] == "ValueError"


def test_task_is_named_without_its_arguments():
    written = line(msg="received", data={"id": "t1", "name": "take", "args": CANARY})

    assert (written["task_id"], written["task_name"]) == ("t1", "take")
    assert "Kowalski" not in json.dumps(written)


def test_line_feeds_cannot_forge_a_line():
    written = JsonLines().format(logging.makeLogRecord({"msg": 'x\n{"level": "INFO"}'}))

    assert "\n" not in written
