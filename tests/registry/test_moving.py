"""Patients who move: shared care, transfer; duplicates found, merged and parted, with nothing lost."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from registry import services
from registry.access import scoped
from registry.acknowledging import acknowledge
from registry.duplicates import suspected
from registry.history import patient_history
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
    Status,
)
from registry.moving import end_care, share_care, transfer
from registry.queries import raise_query
from registry.services import RecordLocked
from registry.stages import lock_records, of_patient
from registry.sweep import sweep
from tests.factories import answers, as_system, make
from tests.registry.bundles import bundle, take, write
from tests.registry.people import at

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def two_sites():
    return make("site", code="OURS"), make("site", code="THEIRS")


def manager(*sites):
    return scoped(at(*(site.pk for site in sites), role="data_manager", actor="manager"))


# Care ---------------------------------------------------------------------------------------------------------------


def test_shared_care_opens_the_chart_and_its_end_closes_it():
    with as_system():
        ours, theirs = two_sites()
        relapse = make("relapse", patient=make("patient", site=ours))
    with manager(ours):
        share_care(relapse.patient, theirs, reason="follow-up near home")
    with scoped(at(theirs.pk)):
        assert Relapse.objects.get() == relapse
        services.save_record("relapse", record=relapse, answers=answers("relapse", level="EM_ONLY"), reason="chart")
    with manager(ours):
        end_care(relapse.patient, theirs, reason="moved away", now=NOW)
    with scoped(at(theirs.pk)):
        assert not Relapse.objects.exists()
        with pytest.raises(PermissionDenied):
            services.save_record("relapse", record=relapse, answers=answers("relapse", level="MRD"), reason="chart")
    with as_system():
        assert CareSite.objects.get().site == ours
        assert "moved away" in {told.reason for told in patient_history(relapse.patient)}


def test_care_is_taken_up_again():
    with as_system():
        ours, theirs = two_sites()
        patient = make("patient", site=ours)
        share_care(patient, theirs, reason="near home")
        with pytest.raises(ValidationError, match="already"):
            share_care(patient, theirs, reason="near home")
        end_care(patient, theirs, reason="moved")
        share_care(patient, theirs, reason="back again")
        assert CareSite.objects.filter(patient=patient).count() == 2
        end_care(patient, theirs, reason="moved")
        make("infusion", patient=patient, site=theirs)

        assert CareSite.objects.filter(patient=patient, site=theirs).exists()


def test_the_enrolling_site_cannot_be_ended_and_only_it_gives_the_chart_away():
    with as_system():
        ours, theirs = two_sites()
        patient = make("patient", site=ours)
        with pytest.raises(ValidationError, match="Transfer"):
            end_care(patient, ours, reason="closed")
        with pytest.raises(ValidationError, match="does not care"):
            end_care(patient, theirs, reason="closed")
    with manager(theirs), pytest.raises(PermissionDenied):
        share_care(patient, theirs, reason="curious")
    with scoped(at(ours.pk)), pytest.raises(PermissionDenied):
        share_care(patient, theirs, reason="no right to")


def test_a_transfer_makes_another_site_the_enrolling_one():
    with as_system():
        ours, theirs = two_sites()
        patient = make("patient", site=ours, local_id="old-1")
    with manager(ours):
        transfer(patient, theirs, reason="family moved", local_id="new-1")
    with as_system():
        patient = Patient.objects.get()
        assert patient.site == theirs
        assert patient.identity.site_local_hash == services.local_hash("THEIRS", "new-1")
        assert set(CareSite.objects.values_list("site__code", flat=True)) == {"OURS", "THEIRS"}
    with manager(ours), pytest.raises(PermissionDenied):
        transfer(patient, ours, reason="back")


def test_a_file_does_not_transfer_a_patient_back(tmp_path):
    take(write(tmp_path / "a", bundle()))
    with as_system():
        patient, theirs = Patient.objects.get(), make("site", code="THEIRS")
        transfer(patient, theirs, reason="family moved")
    report = take(write(tmp_path / "a", bundle()))

    assert (report.status, report.created, report.updated) == ("committed", {}, {})
    with as_system():
        assert Patient.objects.get().site == theirs


# Duplicates ---------------------------------------------------------------------------------------------------------


def entered_twice():
    """The same person at two sites, entered with a slip of two days."""
    ours, theirs = two_sites()
    one, other = (
        make("patient", site=ours, local_id="1"),
        make("patient", site=theirs, birth_date="2005-01", local_id="2"),
    )
    make("infusion", patient=one)
    make("infusion", patient=other, infusion_date="2015-01-12")
    return one, other


def test_a_look_alike_at_another_site_is_told_without_revealing_it():
    with as_system():
        one, other = entered_twice()
        assert not Finding.objects.filter(patient=one, rule="W01").exists()  # seen at the next save or sweep
        finding = Finding.objects.get(patient=other, rule="W01")
        other.refresh_from_db()
        assert other.record_status == Status.DRAFT
        assert [len(each.others) for each in suspected()] == [1, 1]
    told = finding.message + str(finding.rows) + str(finding.columns)
    assert "OURS" not in told and one.registry_id not in told and f"patient:{one.pk}" not in finding.rows
    with scoped(at(other.site_id)):
        (only,) = suspected()
        assert (only.patient, only.others, only.elsewhere) == (other, (), True)


def test_a_look_alike_that_is_somebody_else_is_acknowledged():
    with as_system():
        _one, other = entered_twice()
        acknowledge(Finding.objects.get(patient=other, rule="W01"), reason="twins")
        other.refresh_from_db()

        assert other.record_status == Status.COMPLETE


@pytest.mark.parametrize(
    "cells",
    [{"birth_date": "2005-02-01"}, {"birth_date": "2005"}, {"sex_at_birth": "F"}, {"infusion_date": "2015-01-14"}],
)
def test_somebody_different_is_no_duplicate(cells: dict[str, str]):
    with as_system():
        make("infusion")
        day = cells.pop("infusion_date", "2015-01-10")
        if cells.get("birth_date") == "2005":
            cells = {"birth_date": "UNK"}
        make("infusion", patient=make("patient", **cells), infusion_date=day)

        assert suspected() == []


def test_the_import_tells_of_look_alikes_and_stays_repeatable(tmp_path):
    files = bundle()
    again = {slug: [{**row, "patient": row["patient"].replace("1", "2")} if "patient" in row else row for row in rows]
             for slug, rows in files.items()}  # fmt: skip
    take(write(tmp_path / "a", files))
    take(write(tmp_path / "b", again))
    with as_system():
        assert Finding.objects.filter(rule="W01").count() == 1
    report = take(write(tmp_path / "b", again))

    assert report.updated == {}


# Merging ------------------------------------------------------------------------------------------------------------


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
