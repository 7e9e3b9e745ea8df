"""Snapshots: frozen whole, found again, never changed, computed again to the byte."""

import hashlib
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from analytics import immutable, snapshots
from analytics.freezing import Frozen, canonical_json
from analytics.models import FrozenFile, Snapshot
from analytics.snapshots import Refused, as_json, take
from analytics.verification import Verification, differences, verify
from tests.analytics.conftest import CUTOFF, PATIENTS
from tests.factories import as_system, make

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
HEAD = "id plan plan_version cutoff taken_at data_sha256 results_sha256 code_version synthetic conventions"


def _guards(*, lifted: bool) -> None:
    statements = immutable.drop_statements if lifted else immutable.statements
    with connection.cursor() as cursor:
        for statement in statements(connection.vendor):
            cursor.execute(statement)


@contextmanager
def _refused() -> Iterator[Any]:
    with pytest.raises(DatabaseError, match="immutable"), transaction.atomic(), connection.cursor() as cursor:
        yield cursor


def test_json_has_the_promised_shape(snapshot: Snapshot):
    told = as_json(snapshot)

    assert list(told) == ["snapshot", "attrition", "results"]
    assert " ".join(told["snapshot"]) == HEAD
    assert told["snapshot"]["cutoff"] == "2022-12-31"
    assert told["attrition"][0] == {"step": "patients in the registry", "n": PATIENTS, "left": []}
    assert told["results"]["os_relapse"]["kind"] == "curve"


def test_strata_are_named_and_what_they_do_not_fit(already_frozen: None):
    told = as_json(take("post_cart_relapse", cutoff=CUTOFF, by=["sex"], taken_by="test"))

    assert told["snapshot"]["by"] == ["sex"]
    assert "os_relapse_by_timing" in {item["key"] for item in told["not_stratified"]}
    assert {group["label"] for group in told["results"]["os_relapse"]["groups"]} == {"F", "M"}


def test_hashes_can_be_checked_with_sha256sum(snapshot: Snapshot):
    tables = snapshot.read_all("tables")
    listed = "".join(f"{hashlib.sha256(tables[path]).hexdigest()}  {path}\n" for path in sorted(tables))

    assert snapshot.data_sha256 == hashlib.sha256(listed.encode()).hexdigest()
    assert snapshot.results_sha256 == hashlib.sha256(snapshot.read("results.json")).hexdigest()


def test_manifest_tells_versions_rows_and_the_memory(snapshot: Snapshot):
    manifest = snapshot.manifest

    assert manifest["rows"]["patient"] == PATIENTS == snapshot.patients
    assert {"numpy", "lifelines", "matplotlib"} <= set(manifest["libraries"])
    held = {"results.json", "dictionary.json", "tables/patient.csv", "figures/os_relapse.svg"}
    assert held <= set(manifest["files"])
    assert sum(manifest["patients_per_site"].values()) == PATIENTS


def test_the_same_question_about_the_same_data_is_answered_once(snapshot: Snapshot):
    again = take("post_cart_relapse", cutoff=CUTOFF, taken_by="somebody else")

    assert again.pk == snapshot.pk
    assert Snapshot.objects.count() == 1


@pytest.mark.parametrize("change", ["cutoff", "strata"])
def test_another_question_is_another_snapshot(snapshot: Snapshot, change: str):
    cutoff = CUTOFF + timedelta(days=change == "cutoff")
    by = ["sex"] if change == "strata" else []

    again = take("post_cart_relapse", cutoff=cutoff, by=by, taken_by="test")

    assert again.pk != snapshot.pk
    assert again.data_sha256 == snapshot.data_sha256


def test_changed_data_are_another_snapshot_and_the_memory_is_named(cohort: None):
    before = take("post_transplant", cutoff=CUTOFF, taken_by="test")
    same = take("post_transplant", cutoff=CUTOFF, taken_by="test")
    with as_system():
        make("patient")
    after = take("post_transplant", cutoff=CUTOFF, taken_by="test")

    assert before.pk == same.pk != after.pk
    assert before.data_sha256 != after.data_sha256
    assert 0 < before.manifest["memory"]["last_change"] < after.manifest["memory"]["last_change"]


def test_plans_over_the_same_data_share_their_tables(snapshot: Snapshot):
    before = FrozenFile.objects.count()

    other = take("post_transplant", cutoff=CUTOFF, taken_by="test")

    shared = set(snapshot.hashes.values()) & set(other.hashes.values())
    assert snapshot.hashes["tables/patient.csv"] in shared
    assert FrozenFile.objects.count() == before + len(set(other.hashes.values()) - shared)


def test_data_are_synthetic_where_a_site_says_so(snapshot: Snapshot):
    assert snapshot.synthetic
    assert not snapshots.is_synthetic({"site": "id,name\n1,St Anna\n"})
    assert snapshots.is_synthetic({"site": "id,name\n1,Synthetic Hospital\n"})


def test_nothing_is_kept_when_the_run_is_no_longer_ours(already_frozen: None):
    def lost(kept: Snapshot) -> None:
        raise RuntimeError("lease lost")

    with pytest.raises(RuntimeError, match="lease lost"):
        take("post_transplant", cutoff=CUTOFF, taken_by="test", settle=lost)

    assert (Snapshot.objects.count(), FrozenFile.objects.count()) == (0, 0)


def test_a_twin_that_was_quicker_is_the_answer(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch):
    looks = []
    plain = snapshots._existing

    def blind_at_first(*arguments: object) -> Snapshot | None:
        looks.append(1)
        return plain(*arguments) if len(looks) > 1 else None

    monkeypatch.setattr(snapshots, "_existing", blind_at_first)

    again = take("post_cart_relapse", cutoff=CUTOFF, taken_by="test")

    assert again.pk == snapshot.pk


@pytest.mark.parametrize(
    ("plan", "by", "told"),
    [
        ("nonsense", [], "post_transplant"),
        ("post_transplant", ["nonsense"], "not a stratum"),
        ("post_transplant", ["relapse_timing"], "immortal time"),
        ("post_cart_relapse", ["response"], "landmark"),
    ],
)
def test_a_question_that_cannot_be_answered_is_refused_with_the_way_out(plan: str, by: list[str], told: str):
    with pytest.raises(Refused, match=told):
        take(plan, cutoff=CUTOFF, by=by, taken_by="test")


def test_a_snapshot_of_an_empty_registry_says_so(db: object):
    told = as_json(take("post_transplant", cutoff=CUTOFF, taken_by="test"))

    assert told["attrition"][-1]["n"] == 0
    assert told["results"]["os_hsct"]["kind"] == "curve"


@pytest.mark.parametrize(
    "attack",
    [
        "UPDATE analytics_snapshot SET plan = 'other'",
        "DELETE FROM analytics_snapshot",
        "UPDATE analytics_frozen_file SET size = 0",
        "DELETE FROM analytics_frozen_file",
    ],
)
def test_the_database_refuses_to_change_or_delete(snapshot: Snapshot, attack: str):
    with _refused() as cursor:
        cursor.execute(attack)


def test_the_database_refuses_to_replace_or_truncate(snapshot: Snapshot):
    attack = (
        "INSERT OR REPLACE INTO analytics_frozen_file SELECT sha256, 1, 'x' FROM analytics_frozen_file LIMIT 1"
        if connection.vendor == "sqlite"
        else "TRUNCATE analytics_frozen_file"
    )
    with _refused() as cursor:
        cursor.execute(attack)


def test_verification_computes_the_same_bytes(snapshot: Snapshot):
    assert verify(snapshot) == Verification((), ())


def test_verification_finds_a_damaged_file(snapshot: Snapshot):
    _guards(lifted=True)
    FrozenFile.objects.filter(pk=snapshot.hashes["tables/death.csv"]).update(packed=b"damaged")

    assert verify(snapshot).differences[0].startswith("tables/death.csv: SHA-256 is unreadable")


def test_verification_finds_results_made_up_with_their_hashes(snapshot: Snapshot):
    answer = json.loads(snapshot.read("results.json"))
    answer["results"]["os_relapse"]["groups"][0]["events"] -= 1
    forged = Frozen.text(canonical_json(answer))
    FrozenFile.objects.create(sha256=forged.sha256, size=1, packed=zlib.compress(forged.body))
    _guards(lifted=True)
    snapshot.manifest["files"]["results.json"]["sha256"] = snapshot.results_sha256 = forged.sha256
    snapshot.save()

    found = verify(snapshot).differences

    assert [line.split(":")[0] for line in found] == ["results.os_relapse.groups[0].events"]


@pytest.mark.parametrize(
    ("kept", "again", "n"),
    [
        ({"a": 0.1}, {"a": 0.1 + 1e-15}, 0),
        ({"a": 0.1}, {"a": 0.1 + 1e-9}, 1),
        ({"a": 1}, {"a": 2}, 1),
        ({"a": None}, {"a": 0.5}, 1),
        ({"a": [1, 2]}, {"a": [1]}, 1),
        ({"a": 1}, {"b": 1}, 2),
    ],
)
def test_integers_must_be_equal_and_numbers_the_same_to_1e_12(kept: object, again: object, n: int):
    assert len(list(differences(kept, again))) == n
