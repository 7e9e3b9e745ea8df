"""A snapshot sees one moment of the registry, whatever editors write meanwhile."""

import threading

import pytest
from django.db import connection
from django.utils import timezone

from analytics import snapshots
from registry import extract
from registry.access import system_scope
from registry.memory import acting
from registry.models import Site
from tests.services import needs

pytestmark = [pytest.mark.django_db(transaction=True), needs("postgres")]


def _write_elsewhere() -> None:
    """Another connection adds a site and commits."""

    def write() -> None:
        stamps = {"created_at": timezone.now(), "modified_at": timezone.now(), "created_by": "e", "modified_by": "e"}
        try:
            with acting(system_scope("editor"), "entry"):
                Site(code="LATE", name="Written meanwhile", **stamps).save()
        finally:
            connection.close()

    thread = threading.Thread(target=write)
    thread.start()
    thread.join(timeout=20)


def test_what_is_committed_while_a_snapshot_reads_is_not_in_it(monkeypatch: pytest.MonkeyPatch):
    plain = extract.tables

    def slow() -> dict[str, str]:
        before = Site.objects.count()
        _write_elsewhere()
        assert Site.objects.count() == before
        return plain()

    monkeypatch.setattr(extract, "tables", slow)

    tables, _memory = snapshots.freeze("test")

    assert "LATE" not in tables["site"]
    assert Site._base_manager.filter(code="LATE").exists()
