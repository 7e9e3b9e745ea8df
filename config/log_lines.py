"""Log lines as JSON that cannot hold a patient's data: no values, only names from a list."""

import json
import logging
import traceback
from datetime import UTC, datetime

# The only fields of a record that reach a log line: ours or counts; none can hold what a person typed.
ALLOWED_FIELDS = (
    "request_id",
    "status_code",
    "method",
    "route",
    "run",
    "snapshot",
    "plan",
    "slot",
    "rows",
    "seconds",
    "actor",
)
TASK_FIELDS = ("id", "name")


class JsonLines(logging.Formatter):
    """One JSON object per record: time in UTC, level, logger, the event and the allowed fields.

    The event is the message before its values are filled in, so `log.warning("run %s failed", run)` writes
    the words only; pass what may be logged as `extra={"run": run.id}`. An error is named by its type and its
    place in the code: its text may quote a value.
    """

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "event": _event(record),
        }
        line |= {name: getattr(record, name) for name in ALLOWED_FIELDS if hasattr(record, name)}
        task = getattr(record, "data", None)
        if isinstance(task, dict):
            line |= {f"task_{name}": task[name] for name in TASK_FIELDS if name in task}
        if record.exc_info and record.exc_info[0]:
            line["error"] = record.exc_info[0].__name__
            line["where"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(record.exc_info[2])
            ]
        return json.dumps(line, default=_name_of)


def _event(record: logging.LogRecord) -> str:
    return record.msg if isinstance(record.msg, str) else type(record.msg).__name__


def _name_of(value: object) -> str:
    return str(value) if isinstance(value, datetime) else type(value).__name__
