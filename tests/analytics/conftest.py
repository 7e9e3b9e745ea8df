"""A synthetic cohort, imported or already frozen, people by role, and snapshots for the tests of analyses."""

import copy
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from analytics import companions, report_orders, snapshots
from analytics.models import Snapshot
from analytics.synthetic import cohort_bundle, write_bundle
from registry.access import scoped, system_scope
from registry.importing import import_source
from tests.registry.people import account

CUTOFF = date(2022, 12, 31)
PATIENTS = 40
Tables = dict[str, str]


@cache
def _bundle(folder: Path) -> Path:
    write_bundle(cohort_bundle(PATIENTS, seed=7), folder)
    return folder


def _import(folder: Path) -> None:
    with scoped(system_scope("tests")):
        assert import_source(folder, now=timezone.now()).status == "committed"


@pytest.fixture
def cohort(db: object, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Forty synthetic patients, imported as any centre's file is."""
    _import(_bundle(tmp_path_factory.getbasetemp() / "synthetic"))


_frozen: list[Tables] = []


@pytest.fixture
def tables(db: object, tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """The frozen tables of that cohort; imported once per process, the database is left empty."""
    if not _frozen:
        with transaction.atomic():
            _import(_bundle(tmp_path_factory.getbasetemp() / "synthetic"))
            _frozen.append(snapshots.freeze("tests")[0])
            transaction.set_rollback(True)
    return _frozen[0]


_remembered: dict[str, Any] = {}


def _once(pure: Callable[..., Any]) -> Callable[..., Any]:
    """The same question to a pure function is computed once per process."""

    def answer(*asked: Any, progress: Any = None, **more: Any) -> Any:
        key = f"{pure.__name__} {asked!r} {more!r}"
        if key not in _remembered:
            _remembered[key] = pure(*asked, **more, **({"progress": progress} if progress else {}))
        return copy.deepcopy(_remembered[key])

    return answer


def _of_the_same_data(pure: Callable[[Snapshot], Any]) -> Callable[[Snapshot], Any]:
    """The same of what is computed from a snapshot: its data, plan and cut-off decide."""

    def answer(snapshot: Snapshot) -> Any:
        key = f"{pure.__name__} {snapshot.plan} {snapshot.cutoff} {snapshot.data_sha256}"
        if key not in _remembered:
            _remembered[key] = pure(snapshot)
        return _remembered[key]

    return answer


@pytest.fixture
def already_frozen(tables: Tables, monkeypatch: pytest.MonkeyPatch) -> None:
    """Snapshots of this test freeze that cohort; what was computed of it before is not computed again."""
    monkeypatch.setattr(snapshots, "freeze", lambda *asked: (tables, {"last_change": 1, "row_hash": "0"}))
    monkeypatch.setattr(snapshots, "compute", _once(snapshots.compute))
    monkeypatch.setattr(snapshots, "figures", _once(snapshots.figures))
    monkeypatch.setattr(companions, "computed", _of_the_same_data(companions.computed))


@pytest.fixture
def snapshot(already_frozen: None) -> Snapshot:
    """A snapshot of the founding plan over that cohort."""
    return snapshots.take("post_cart_relapse", cutoff=CUTOFF, taken_by="test")


@pytest.fixture
def signed_in(db: object) -> Callable[..., Client]:
    """A client signed in as a person of that role, at all sites or at one."""

    def enter(role: str, site: str = "") -> Client:
        client = Client()
        client.force_login(account(f"{role}.{site or 'all'}".lower(), role, *([site] if site else [])))
        return client

    return enter


@pytest.fixture(autouse=True)
def no_report_is_sent_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ends orders its report; in these tests no worker waits for the order's message."""
    monkeypatch.setattr(report_orders, "send", lambda order: None)
