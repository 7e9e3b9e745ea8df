"""The report of the test cohort's snapshot, built once per process and reading."""

from analytics import reports
from analytics.models import Snapshot

_built: dict[tuple[str, str], reports.Files] = {}


def built(snapshot: Snapshot, reading: str = reports.OPEN) -> reports.Files:
    """Every file of the report by its path."""
    key = (f"{snapshot.plan} {snapshot.strata} {snapshot.data_sha256}", reading)
    if key not in _built:
        _built[key] = reports.build(snapshot, reading=reading)
    return _built[key]
