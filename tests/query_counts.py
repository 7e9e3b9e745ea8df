"""How many queries pages cost: measured, and held against the checked-in baseline of their room.

UPDATE_QUERY_COUNTS=1 writes what was measured into tests/benchmark/query_counts.json, to be reviewed.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

BASELINE = Path(__file__).parent / "benchmark" / "query_counts.json"


def measured(client: Client, pages: Mapping[str, str], **names: object) -> dict[str, int]:
    """Queries of each page when it is opened for the second time."""
    counts = {}
    for name, page in pages.items():
        address = page.format(**names)
        assert client.get(address).status_code == 200, address
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        counts[name] = len(queries)
    return counts


def hold(room: str, counts: Mapping[str, int]) -> None:
    """The baseline of this room says the same."""
    baseline = json.loads(BASELINE.read_text(encoding="utf-8"))
    if os.environ.get("UPDATE_QUERY_COUNTS") == "1":
        baseline |= {room: dict(counts)}
        BASELINE.write_text(json.dumps(baseline, indent=2) + "\n", encoding="utf-8")
    assert counts == baseline[room], "see UPDATE_QUERY_COUNTS in tests/query_counts.py"
