"""The report of the test cohort's snapshot, built once per process and reading."""

import pytest

from analytics import reports
from analytics.models import Snapshot

_built: dict[tuple[str, str], reports.Files] = {}


def built(snapshot: Snapshot, reading: str = reports.OPEN) -> reports.Files:
    """Every file of the report by its path."""
    key = (f"{snapshot.plan} {snapshot.strata} {snapshot.data_sha256}", reading)
    if key not in _built:
        _built[key] = reports.build(snapshot, reading=reading)
    return _built[key]


def render_once(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both readings of this snapshot are rendered now, if not before, and from here on taken from memory."""
    for reading in reports.READINGS:
        built(snapshot, reading)
    monkeypatch.setattr(reports._Builder, "__init__", lambda self, kept, progress: setattr(self, "snapshot", kept))
    monkeypatch.setattr(reports._Builder, "files", lambda self, reading: built(self.snapshot, reading))
