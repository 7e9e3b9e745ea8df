"""Two entries of one person: merged with nothing lost, parted with everything given back."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from registry import services
from registry.access import scoped
from registry.duplicates import suspected
from registry.merging import merge, unmerge
from registry.models import (
    CareSite,
    Death,
    Diagnosis,
    Finding,
    Patient,
    PatientMerge,
    Query,
    Relapse,
    ResponseAssessment,
)
from registry.queries import raise_query
from registry.services import RecordLocked
from registry.stages import lock_records, of_patient
from registry.sweep import sweep
from tests.factories import as_system, make
from tests.registry.bundles import bundle, take, write
from tests.registry.people import at

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def two_sites():
    return make("site", code="OURS"), make("site", code="THEIRS")


def manager(*sites):
    return scoped(at(*(site.pk for site in sites), role="data_manager", actor="manager"))


def rows_of(patient: Patient) -> dict[str, int]:
    found = {}
    for model in (Diagnosis, Relapse, ResponseAssessment, Death):
        found[model.entity.slug] = model.objects.filter(patient=patient, voided=False).count()
    return found


def charts():
    """Two entries with a diagnosis and a death each; the infusion is the same; one has a relapse, the other none."""
    ours, theirs = two_sites()
    survivor, other = make("patient", site=ours), make("patient", site=theirs)
    for patient in (survivor, other):
        make("diagnosis", patient=patient)
        make("infusion", patient=patient)
        make("death", patient=patient)
    infusion = other.cartinfusion_rows.get()
    make("response", patient=other, infusion=infusion)
    relapse = make("relapse", patient=other, infusion=infusion)
    return survivor, other, relapse


def test_a_merge_hangs_everything_on_the_patient_who_stays():
    with as_system():
        survivor, other, relapse = charts()
        query = raise_query(relapse, "level", "Sure?")
        merged = merge(survivor, other, reason="same person, two sites")

        assert rows_of(survivor) == {"diagnosis": 1, "relapse": 1, "response": 1, "death": 1}
        assert rows_of(other) == {"diagnosis": 0, "relapse": 0, "response": 0, "death": 0}
        relapse.refresh_from_db()
        assert relapse.patient == survivor and relapse.infusion == survivor.cartinfusion_rows.get(voided=False)
        other.refresh_from_db()
        assert other.voided and other.merged_into == survivor
        voided = Diagnosis.objects.get(voided=True)
        assert voided.patient == survivor and "same person" in voided.void_reason
        assert Query.objects.get().patient == survivor and query.pk
        assert set(CareSite.objects.filter(patient=survivor).values_list("site__code", flat=True)) == {"OURS", "THEIRS"}
        assert not Finding.objects.filter(patient=other).exists() and suspected() == []
        assert merged.actor == "system:tests"


def snapshot() -> dict:
    """Every clinical row as it stands, without versions and stamps."""
    from registry.entities import MODELS

    untold = {"version", "modified_at", "modified_by"}
    return {
        (model.entity.slug, row["id"]): {name: value for name, value in row.items() if name not in untold}
        for model in MODELS
        for row in model._base_manager.values()
    }


def test_parting_gives_everything_back():
    with as_system():
        survivor, other, relapse = charts()
        raise_query(relapse, "level", "Sure?")
        sweep(now=NOW)  # both are told that they look alike
        before, findings = snapshot(), Finding.objects.count()
        merged = merge(survivor, other, reason="same person", now=NOW)
        unmerge(PatientMerge.objects.get(), reason="twins after all", now=NOW)

        assert snapshot() == before and Finding.objects.count() == findings
        assert Query.objects.get().patient == other
        assert CareSite.objects.filter(patient=survivor).count() == 1
        merged.refresh_from_db()
        assert merged.undone_by == "system:tests"
        with pytest.raises(ValidationError, match="already"):
            unmerge(merged, reason="again")


def test_what_was_added_since_goes_with_the_row_it_hangs_on():
    with as_system():
        survivor, other, relapse = charts()
        merged = merge(survivor, other, reason="same person")
        relapse.refresh_from_db()
        salvage = make("salvage", patient=survivor, relapse=relapse)
        unmerge(merged, reason="twins after all")
        salvage.refresh_from_db()

        assert salvage.patient == other


def test_parting_is_refused_where_rows_were_tied_together_since():
    with as_system():
        survivor, other, relapse = charts()
        hsct = make("hsct", patient=survivor)
        merged = merge(survivor, other, reason="same person")
        response = ResponseAssessment.objects.get(voided=False)
        services.save_record(
            "response", record=response, answers={}, parents={"infusion": None, "hsct": hsct.pk}, reason="x"
        )

        with pytest.raises(ValidationError, match="hung on another row"):
            unmerge(merged, reason="twins after all")


def test_a_merge_needs_the_right_at_both_sites_a_reason_and_open_rows():
    with as_system():
        survivor, other, _relapse = charts()
        with pytest.raises(ValidationError):
            merge(survivor, other, reason=" ")
        with pytest.raises(ValidationError, match="same patient"):
            merge(survivor, survivor, reason="x")
    with manager(survivor.site), pytest.raises(PermissionDenied):
        merge(survivor, other, reason="x")
    with as_system():
        lock_records(of_patient(other), reason="freeze")
        with pytest.raises(RecordLocked):
            merge(survivor, other, reason="x")
        assert not PatientMerge.objects.exists()


def test_a_chain_of_merges_is_refused_in_the_wrong_order():
    with as_system():
        survivor, other, _relapse = charts()
        third = make("patient", site=survivor.site)
        merge(other, third, reason="same person")
        with pytest.raises(ValidationError, match="other way round"):
            merge(survivor, other, reason="same person")
        with pytest.raises(ValidationError, match="merged already"):
            merge(survivor, Patient.objects.get(pk=third.pk), reason="same person")


def test_a_file_that_names_the_merged_entry_is_taken_without_its_rows(tmp_path):
    take(write(tmp_path / "a", bundle()))
    with as_system():
        other = Patient.objects.get()
        survivor = make("patient", site=other.site)
        merge(survivor, other, reason="same person")
        before = snapshot()
    report = take(write(tmp_path / "a", bundle()))

    assert report.status == "committed" and (report.created, report.updated) == ({}, {})
    assert [(one.rule, one.severity) for one in report.findings if one.rule == "merged"] == [("merged", "WARNING")]
    with as_system():
        assert snapshot() == before
