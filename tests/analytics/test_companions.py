"""What is kept beside a snapshot: computed once, immutable, verified, and read without computing."""

import json

import pytest
from django.db import DatabaseError, transaction

from analytics import companions
from analytics.models import Companion, FrozenFile, Snapshot
from analytics.verification import verify
from tests.analytics.conftest import CUTOFF, Tables


@pytest.fixture
def companion(snapshot: Snapshot) -> Companion:
    return companions.made(snapshot)


def test_it_is_computed_once_and_leaves_the_snapshot_alone(snapshot, companion):
    before = snapshot.results_sha256

    assert companions.made(snapshot) == companion
    assert Companion.objects.count() == 1
    assert set(companion.files) == {companions.READINGS, companions.PATIENTS}
    assert Snapshot.objects.get(pk=snapshot.pk).results_sha256 == before
    assert companions.READINGS not in snapshot.hashes


def test_readings_are_those_of_the_frozen_tables(snapshot, companion):
    readings = companions.readings_of(snapshot)

    assert list(readings) == [
        *("notes", "sensitivity", "date_bands", "exposures", "multivariable", "restricted_means", "accompanying")
    ]
    assert {one["exposure"] for one in readings["exposures"]} == {"hsct", "reinfusion"}


def test_a_page_reads_and_never_computes(snapshot, monkeypatch):
    monkeypatch.setattr(companions, "computed", lambda snapshot: pytest.fail("computed by a reader"))

    assert companions.kept(snapshot) is None
    assert companions.shown(snapshot, disclosed=True) is None


def test_few_patients_are_withheld_from_readers_without_rights(snapshot, companion):
    shown = companions.shown(snapshot, disclosed=True)
    counts = [note["n"] for note in shown["notes"]] + [n for note in shown["notes"] for n in note["results"].values()]

    assert not [n for n in counts if n is not None and 0 < n < 5]
    assert companions.shown(snapshot, disclosed=False) == companions.readings_of(snapshot)


def test_one_patient_is_found_by_its_id(snapshot, companion, tables: Tables):
    patient = tables["patient"].splitlines()[1].split(",")[tables["patient"].split("\n")[0].split(",").index("patient")]
    told = companions.patient_in(companion, patient)

    assert set(told) == {"left", "answers"}
    assert companions.patient_in(companion, patient[:-1]) is None
    assert companions.patient_in(companion, "nobody") is None


def test_nothing_changes_or_deletes_it(companion):
    for write in (Companion.objects.filter(pk=companion.pk).delete, lambda: Companion.objects.update(seconds=0)):
        with pytest.raises(DatabaseError, match="immutable"), transaction.atomic():
            write()


def test_verification_computes_it_again(snapshot, companion, monkeypatch):
    assert verify(snapshot).differences == ()

    real = companions.computed(snapshot)
    other = companions.Frozen.text("{}\n")
    monkeypatch.setattr(companions, "computed", lambda snapshot: real | {companions.READINGS: other})
    (difference,) = verify(snapshot).differences
    assert difference.startswith("readings.json: computed again")


def test_readings_travel_as_json_without_a_number_that_is_none(snapshot, companion):
    body = FrozenFile.objects.get(pk=companion.hashes[companions.READINGS]).body

    json.loads(body, parse_constant=lambda constant: pytest.fail(constant))
    assert snapshot.cutoff == CUTOFF
