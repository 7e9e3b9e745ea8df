"""Laws of snapshots: the same registry gives the same hashes, wherever it lives and whatever ids were drawn."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections, transaction
from django.test import override_settings
from django.utils import timezone

from analytics import snapshots
from analytics.freezing import Frozen, list_sha256
from analytics.models import Snapshot
from analytics.snapshots import Refused, compute, take
from analytics.study.catalogue import PLANS
from analytics.study.conventions import DEFAULT
from analytics.verification import verify
from registry import extract
from registry.entities import MODELS
from registry.models import Finding, Relapse, SubjectIdentity
from registry.replay import tables_as_of
from tests.analytics.conftest import CUTOFF, Tables, _bundle, _import
from tests.analytics.test_comparison import correct
from tests.factories import as_system

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PLAN = "post_cart_relapse"


def data_sha256(tables: Tables) -> str:
    return list_sha256({slug: Frozen.text(text).sha256 for slug, text in tables.items()})


def answers(tables: Tables) -> dict[str, Any]:
    return {plan: compute(plan, tables, cutoff=CUTOFF, by=(), conventions=DEFAULT) for plan in PLANS}


class ReadTwin:
    """Reads go to the restored database."""

    def db_for_read(self, model: object, **hints: object) -> str:
        return "twin"


@pytest.fixture
def twin(tmp_path: Path) -> Iterator[str]:
    """A second, empty database: SQLite, with the tables of the registry."""
    settings = {**connections["default"].settings_dict, "ENGINE": "django.db.backends.sqlite3", "OPTIONS": {}}
    connections.databases["twin"] = {**settings, "NAME": str(tmp_path / "restored.sqlite3")}
    connection = connections["twin"]
    connection.connect()  # at once: connections opened later are refused in tests
    with connection.constraint_checks_disabled(), connection.schema_editor() as editor:
        for model in apps.get_app_config("registry").get_models():
            editor.create_model(model)
    yield "twin"
    connection.close()
    del connections["twin"]
    del connections.databases["twin"]


def test_a_registry_restored_on_another_database_gives_the_same_data_sha256(cohort: None, twin: str):
    with as_system():
        here = extract.tables()
        with connections[twin].constraint_checks_disabled():
            for model in (*MODELS, SubjectIdentity, Finding):
                rows = list(model._base_manager.order_by("pk"))
                random.Random(19).shuffle(rows)  # a restore keeps ids, not the order of rows
                model._base_manager.using(twin).bulk_create(rows)
        with override_settings(DATABASE_ROUTERS=[ReadTwin()]):
            restored = extract.tables()

    assert [slug for slug in here if here[slug] != restored[slug]] == []
    assert data_sha256(here) == data_sha256(restored)


def test_the_same_source_imported_twice_gives_the_same_results(db: object, tmp_path_factory: pytest.TempPathFactory):
    seen = []
    for _time in range(2):
        with transaction.atomic():
            _import(_bundle(tmp_path_factory.getbasetemp() / "synthetic"))
            seen.append(snapshots.freeze("tests")[0])
            transaction.set_rollback(True)

    assert data_sha256(seen[0]) != data_sha256(seen[1]), "registry ids are drawn at random"
    assert Frozen.of_json(answers(seen[0])).sha256 == Frozen.of_json(answers(seen[1])).sha256


def test_results_do_not_depend_on_the_ids_of_patients_and_rows(tables: Tables):
    once = answers(tables)

    for seed in range(3):
        assert Frozen.of_json(answers(renumbered(tables, seed))).sha256 == Frozen.of_json(once).sha256


def renumbered(tables: Tables, seed: int) -> Tables:
    """The same registry under other registry ids."""
    lines = tables["patient"].splitlines()[1:]
    ids = [line.split(",")[1] for line in lines]
    others = random.Random(seed).sample([f"C19-{n:05d}-Z" for n in range(99999)], len(ids))
    named = dict(zip(ids, others, strict=True))

    def told(text: str) -> str:
        for mine, other in named.items():
            text = text.replace(mine, other)
        return text

    return {slug: told(text) for slug, text in tables.items()}


def test_a_snapshot_of_the_past_is_that_of_then(cohort: None):
    then = take(PLAN, cutoff=CUTOFF, taken_by="test")
    moment = timezone.now()
    with as_system():
        relapse = Relapse.objects.order_by("pk").first()
        correct(relapse, relapse_date=(relapse.relapse_date + timedelta(days=5)).isoformat())
    past = take(PLAN, cutoff=CUTOFF, taken_by="test", as_of=moment)

    assert (past.data_sha256, past.results_sha256) == (then.data_sha256, then.results_sha256)
    assert past.pk != then.pk and past.as_of == moment and then.as_of is None
    assert past.manifest["memory"] == then.manifest["memory"]
    assert take(PLAN, cutoff=CUTOFF, taken_by="test", as_of=moment) == past
    assert take(PLAN, cutoff=CUTOFF, taken_by="test").data_sha256 != past.data_sha256
    assert verify(past).differences == ()
    assert snapshots.as_json(past)["snapshot"]["as_of"] == moment.isoformat()


def test_before_the_first_entry_there_is_nobody(cohort: None):
    past = take(PLAN, cutoff=CUTOFF, taken_by="test", as_of=datetime(2001, 1, 1, tzinfo=UTC))

    assert past.patients == 0 and past.manifest["memory"] == {}
    assert verify(past).differences == ()


def test_what_is_to_come_is_refused(db: object):
    with pytest.raises(Refused, match="cannot be known"):
        take(PLAN, cutoff=CUTOFF, taken_by="test", as_of=timezone.now() + timedelta(hours=1))


def test_the_command_takes_a_day_or_a_time(cohort: None, capsys: pytest.CaptureFixture):
    yesterday = timezone.now().date() - timedelta(days=1)
    for as_of in (
        yesterday.isoformat(),
        f"{yesterday}T12:30",
        f"{yesterday}T12:30+02:00",
        timezone.now().date().isoformat(),
    ):
        call_command("take_snapshot", PLAN, cutoff="2022-12-31", as_of=as_of)
    moments = [snapshot.as_of for snapshot in Snapshot.objects.order_by("pk")]

    assert moments[0] == datetime.combine(yesterday, datetime.max.time(), UTC)
    assert [moment.hour for moment in moments[1:3]] == [12, 10]
    assert moments[3] is None  # today's registry is the one that stands
    call_command("list_snapshots")
    told = capsys.readouterr().out
    assert f"registry as of {yesterday} 23:59 UTC" in told and f"[as of {yesterday} 12:30]" in told


@pytest.mark.parametrize("as_of", ["yesterday", "2026-13-01", "0001-01-01T00:00+05:00"])
def test_what_is_no_moment_ends_in_a_sentence(db: object, as_of: str):
    with pytest.raises(CommandError, match="neither a day nor a time"):
        call_command("take_snapshot", PLAN, as_of=as_of)


def test_replay_of_an_import_is_what_it_left(cohort: None):
    with as_system():
        assert tables_as_of(timezone.now() + timedelta(seconds=1)) == extract.tables()
