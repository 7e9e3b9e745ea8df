"""Patients who move: shared care, transfer; duplicates found, merged and parted, with nothing lost."""

from datetime import UTC, datetime

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from registry import services
from registry.access import scoped
from registry.acknowledging import acknowledge
from registry.duplicates import suspected
from registry.history import patient_history
from registry.models import (
    CareSite,
    Finding,
    Patient,
    Relapse,
    Status,
)
from registry.moving import end_care, share_care, transfer
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
