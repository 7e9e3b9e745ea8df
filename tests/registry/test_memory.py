"""The memory: every change remembered, anonymous writes refused, the past append-only and sealed."""

import json

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from registry import memory_sql, services
from registry.access import scoped, system_scope
from registry.history import history, patient_history, verify_chain
from registry.memory import AnonymousWrite, acting, missing_triggers, tracked_models
from registry.models import Change, ChangeSeal, Patient, Relapse, Site
from tests.factories import answers, as_system, make

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def _run(sql: str) -> None:
    with connection.cursor() as cursor, transaction.atomic():
        cursor.execute(sql)


def _site_values() -> dict:
    now = timezone.now()
    return {"code": "X", "created_at": now, "created_by": "x", "modified_at": now, "modified_by": "x"}


def test_a_write_without_an_actor_is_refused_by_the_database():
    with scoped(system_scope("tests")), pytest.raises(DatabaseError, match="anonymous"), transaction.atomic():
        Site.objects.create(**_site_values())

    with as_system():
        assert Site.objects.count() == 0


def test_acting_needs_a_reason():
    with pytest.raises(AnonymousWrite), acting(system_scope("tests"), "  "):
        pass


def test_the_context_ends_with_the_transaction():
    with acting(system_scope("tests"), "first"):
        Site.objects.create(**_site_values())

    with scoped(system_scope("tests")), pytest.raises(DatabaseError, match="anonymous"), transaction.atomic():
        Site._base_manager.update(name="nobody did this")


def test_a_change_tells_actor_reason_old_and_new():
    with as_system():
        relapse = make("relapse", relapse_date="2015-08")
        services.save_record(
            "relapse", record=relapse, answers=answers("relapse", relapse_date="2015-08-12"), reason="chart"
        )
        told = history(relapse)[0]

    assert (told.actor, told.reason, told.operation) == ("system:tests", "chart", "changed")
    assert ("Relapse date", "2015-08-15", "2015-08-12") in told.fields


def test_every_row_of_a_patient_is_in_the_patients_history():
    with as_system():
        relapse = make("relapse")
        entities = {told.entity for told in patient_history(relapse.patient)}

    assert {"patient", "identity", "infusion", "relapse"} <= entities


@pytest.mark.parametrize("table", [memory_sql.TABLE, memory_sql.SEAL])
@pytest.mark.parametrize("verb", ["UPDATE {} SET id = id + 1000", "DELETE FROM {}"])
def test_the_memory_is_append_only(table: str, verb: str):
    with as_system():
        make("patient")
    if connection.vendor == "postgresql":
        _run("SET CONSTRAINTS ALL IMMEDIATE")  # links the changes now; a commit would do it

    with pytest.raises(DatabaseError, match="append-only"):
        _run(verb.format(table))


def test_a_remembered_row_is_not_replaced():
    with as_system():
        make("patient")
    columns = "id, at, actor, request_id, reason, entity, record_id, operation, changes, row_hash"
    values = "'', '', '', '', '', 1, 'I', '{}', ''"
    how = "INSERT OR REPLACE INTO" if connection.vendor == "sqlite" else "INSERT INTO"

    with pytest.raises(DatabaseError):
        _run(f"{how} registry_change ({columns}) SELECT min(id), {values} FROM registry_change")


def test_a_record_is_not_replaced_by_insert_or_replace():
    if connection.vendor != "sqlite":
        pytest.skip("INSERT OR REPLACE is SQLite's")
    with as_system():
        site = make("site")

    with acting(system_scope("tests"), "attack"), pytest.raises(DatabaseError, match="not replaced"):
        _run(f"INSERT OR REPLACE INTO registry_site SELECT * FROM registry_site WHERE id = {site.pk}")


@pytest.mark.django_db(transaction=True)
def test_the_chain_holds_over_several_transactions():
    with as_system():
        make("relapse")
        make("death")
        assert list(verify_chain()) == []
        assert ChangeSeal.objects.count() >= 2
        assert Change.objects.count() >= 8


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE registry_change SET reason = 'nicer' WHERE id = {first}",
        "DELETE FROM registry_change WHERE id = {first}",
        "DELETE FROM registry_change_seal WHERE first_id <= {first} AND last_id >= {first}",
        "UPDATE registry_change SET actor = 'somebody else', row_hash = 'forged' WHERE id = {first}",
    ],
)
def test_an_owner_who_alters_the_past_is_found(attack: str):
    with as_system():
        make("relapse")
        make("death")
        first = Change.objects.order_by("pk")[2].pk
        with connection.schema_editor() as editor:
            for statement in memory_sql.drop_guards(connection.vendor):
                if "CASCADE" not in statement:
                    editor.execute(statement, params=None)

        _run(attack.format(first=first))

        found = list(verify_chain())
        with connection.schema_editor() as editor:
            for statement in memory_sql.guards(connection.vendor):
                editor.execute(statement, params=None)
    assert found


def test_every_tracked_table_has_its_triggers():
    assert missing_triggers() == [], "add the table to `track(...)` in a migration"
    assert {Patient, Relapse} <= set(tracked_models())


def test_bulk_writes_are_remembered_too():
    with as_system():
        site = make("site")
        with acting(system_scope("tests"), "bulk"):
            Site._base_manager.filter(pk=site.pk).update(name="Renamed")
        last = Change.objects.order_by("-pk").first()

    assert json.loads(last.changes) == {"name": ["1", "Renamed"]}
