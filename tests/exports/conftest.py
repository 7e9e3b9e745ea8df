"""One planted cohort, imported once per process; its exports of every tier and format, made once each."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from analytics import snapshots
from analytics.models import FrozenFile, Snapshot
from exports import bundle
from exports.bundle import Composed, compose
from registry import agreements
from registry.access import scoped, system_scope
from registry.importing import import_source
from registry.models import Agreement
from tests.exports.cohort import planted_bundle

CUTOFF = date(2022, 12, 31)
UNTIL = date(2030, 1, 1)
CODES = {"T1": "PAPER-1", "T2": "PAPER-2", "T3": "OWN-1"}


@dataclass
class World:
    """What one import, one snapshot and the exports of it gave; the database is left empty."""

    snapshot: Snapshot
    files: list[FrozenFile]
    tables: dict[str, str]
    consents: list[Any]
    site: str
    source: dict[str, list[dict[str, str]]]
    identities: list[tuple[str, date | None]]
    made: dict[tuple[str, str], Composed] = field(default_factory=dict)


def agreement(tier: str, code: str, *, sites: tuple[str, ...] = ()) -> Agreement:
    return agreements.make_agreement(code, tier=tier, until=UNTIL, sites=sites, now=timezone.now())


def _build(folder: Path) -> World:
    from analytics.synthetic import write_bundle
    from registry.models import SubjectIdentity

    source = planted_bundle()
    write_bundle(source, folder)
    with scoped(system_scope("tests")):
        report = import_source(folder, now=timezone.now())
        assert report.status == "committed", report
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(snapshots, "figures", lambda *asked, **more: {})  # drawn elsewhere; no export holds any
            snapshot = snapshots.take("post_cart_relapse", cutoff=CUTOFF, taken_by="test")
        tables = {
            path.removeprefix("tables/").removesuffix(".csv"): body.decode()
            for path, body in snapshot.read_all("tables").items()
        }
        identities = list(SubjectIdentity.objects.values_list("patient__registry_id", "birth_date"))
        site = source["patient"][0]["site"]
        world = World(
            snapshot, list(FrozenFile.objects.all()), tables, bundle._consents_today(), site, source, identities
        )
        for tier, code in CODES.items():
            under = agreement(tier, code, sites=(site,) if tier == "T3" else ())
            for form in ("csv", "parquet") if tier == "T1" else ("csv",):
                world.made[tier, form] = compose(snapshot, under, form)
    return world


_worlds: list[World] = []


@pytest.fixture(scope="session")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> World:
    if not _worlds:
        with django_db_blocker.unblock(), transaction.atomic():
            _worlds.append(_build(tmp_path_factory.mktemp("planted")))
            transaction.set_rollback(True)
    return _worlds[0]


@pytest.fixture
def snapshot(db: None, world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[Snapshot]:
    """The snapshot again in this test's database, without the rows it was frozen from; the consents still stand."""
    FrozenFile.objects.bulk_create(world.files)
    world.snapshot.save(force_insert=True)
    monkeypatch.setattr(bundle, "_consents_today", lambda: world.consents)
    yield world.snapshot


@pytest.fixture
def real_patients(
    db: None, world: World, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Snapshot]:
    """The same snapshot as if its patients were not invented."""
    with monkeypatch.context() as patched:
        patched.setattr(world.snapshot, "synthetic", False)
        yield request.getfixturevalue("snapshot")


@pytest.fixture
def parts(db: None, world: World) -> dict[str, bytes]:
    """The T1 export as CSV: path -> bytes."""
    return {part.path: part.body for part in world.made["T1", "csv"].parts}
