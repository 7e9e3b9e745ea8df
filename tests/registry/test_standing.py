"""Where a patient stands is kept in step with the rows: by every save and void, by the sweep, and once by migration."""

from importlib import import_module

import pytest
from django.apps import apps

from registry import services
from registry.models import FollowUpState
from tests.factories import as_system, make
from tests.registry.screens import World
from tests.registry.test_screens_patient_list import COURSES, patient_with

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def standing(patient) -> str:
    return FollowUpState._base_manager.get(patient=patient).standing


def test_a_voided_row_no_longer_says_where_the_patient_stands():
    with as_system():
        relapse = make("relapse", relapse_date="2015-08-01")
        patient = relapse.patient
        before = standing(patient)
        services.void_record(relapse, reason="entered for the wrong patient")

        assert (before, standing(patient)) == ("relapsed", "remission")


def test_of_two_contacts_on_one_day_the_later_entered_counts():
    with as_system():
        patient = make("infusion").patient
        for word in ("LTFU", "ALIVE"):
            make("follow_up", patient=patient, contact_date="2017-01-01", vital_status=word)

        assert standing(patient) == "no_remission"


def test_a_contact_without_a_day_does_not_make_a_patient_lost():
    with as_system():
        patient = make("infusion").patient
        make("follow_up", patient=patient, contact_date="UNK", vital_status="LTFU")

        assert standing(patient) == "no_remission"


def test_the_migration_finds_what_the_saves_have_kept():
    world = World()
    patients = [patient_with(world, course) for course, _standing in COURSES.values()]
    kept = {patient.pk: standing(patient) for patient in patients}
    FollowUpState._base_manager.update(standing="not_infused")

    import_module("registry.migrations.0014_mlfs_is_a_remission").as_the_rows_say(apps, None)

    assert {patient.pk: standing(patient) for patient in patients} == kept
    assert list(kept.values()) == [standing for _course, standing in COURSES.values()]
