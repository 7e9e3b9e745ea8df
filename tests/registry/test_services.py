"""The one door in: versions, reasons, computed status, void instead of delete."""

import pytest
from django.core.exceptions import ValidationError

from registry import services
from registry.dictionary import registry_id
from registry.dictionary.cells import Answer
from registry.history import history
from registry.models import Change, Patient, Relapse, StaleVersion, Status
from tests.factories import answers, as_system, make

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_a_patient_gets_a_random_id_with_a_check_character():
    with as_system():
        first, second = make("patient"), make("patient")

    assert registry_id.is_valid(first.registry_id) and first.registry_id != second.registry_id


def test_the_birth_date_lies_apart():
    with as_system():
        patient = make("patient", birth_date="2005-03")

    assert "birth_date" not in {field.name for field in Patient._meta.fields}
    assert patient.answer("birth_date") == Answer(patient.identity.birth_date, precision="M")


def test_missing_codes_and_partial_dates_are_kept():
    with as_system():
        relapse = make("relapse", relapse_date="2015-08", level="UNK", marrow_blast_pct=">90")

    assert relapse.record_status == Status.COMPLETE
    assert (relapse.relapse_date_precision, relapse.missing, relapse.comparators) == (
        "M",
        {"level": "UNK"},
        {"marrow_blast_pct": ">"},
    )


def test_a_record_with_a_blank_core_item_is_a_draft():
    with as_system():
        relapse = make("relapse", level="")

        assert relapse.record_status == Status.DRAFT
        saved = services.save_record("relapse", record=relapse, answers=answers("relapse", level="MORPH"))
        assert saved.record.record_status == Status.COMPLETE


def test_a_stale_version_is_refused_and_nothing_is_written():
    with as_system():
        relapse = make("relapse")
        stale = Relapse.objects.get(pk=relapse.pk)
        services.save_record("relapse", record=relapse, answers=answers("relapse", level="EM_ONLY"), reason="first")

        with pytest.raises(StaleVersion):
            services.save_record("relapse", record=stale, answers=answers("relapse", level="MRD"), reason="second")
        assert Relapse.objects.get(pk=relapse.pk).level == "EM_ONLY"


def test_a_complete_record_changes_with_a_reason_only():
    with as_system():
        relapse = make("relapse")

        with pytest.raises(ValidationError, match="why the record is changed"):
            services.save_record("relapse", record=relapse, answers=answers("relapse", level="EM_ONLY"))


def test_before_completion_the_reason_is_entry():
    with as_system():
        relapse = make("relapse", level="")

        assert {told.reason for told in history(relapse)} == {services.ENTRY}


def test_a_voided_record_leaves_lists_and_stays_in_the_history():
    with as_system():
        death = make("death")
        services.void_record(death, reason="wrong patient")

        assert history(death)[0].reason == "wrong patient"
        assert make("death", patient=death.patient).pk != death.pk


def test_a_record_with_children_is_not_voided():
    with as_system():
        salvage = make("salvage")

        with pytest.raises(ValidationError, match="1 salvage therapy"):
            services.void_record(salvage.relapse, reason="wrong")


def test_voiding_needs_a_reason():
    with as_system(), pytest.raises(ValidationError):
        services.void_record(make("death"), reason=" ")


def test_a_parent_of_another_patient_does_not_exist():
    with as_system():
        other, patient = make("infusion"), make("patient")

        with pytest.raises(ValidationError, match="this patient's records"):
            make("relapse", patient=patient, infusion=other)


def test_a_second_death_is_refused_without_naming_anything():
    with as_system():
        death = make("death")

        with pytest.raises(ValidationError):
            make("death", patient=death.patient)


def test_one_of_parents_is_enforced_by_the_database():
    with as_system():
        infusion = make("infusion")
        hsct = make("hsct", patient=infusion.patient)

        with pytest.raises(ValidationError):
            make("response", patient=infusion.patient, infusion=infusion, hsct=hsct)


def test_a_failed_save_leaves_no_change_behind():
    with as_system():
        death = make("death")
        before = Change.objects.count()
        with pytest.raises(ValidationError):
            make("death", patient=death.patient)

        assert Change.objects.count() == before
