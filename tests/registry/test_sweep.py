"""The nightly sweep and what is due: kept in step by saves, refreshed by the passing of time, counted per day."""

from datetime import UTC, date, datetime, timedelta
from io import StringIO

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command

from registry import queries
from registry.access import scoped
from registry.due import due_items, person_time
from registry.models import (
    CompletenessResult,
    Consent,
    ContactAttempt,
    DueItem,
    Finding,
    FollowUp,
    FollowUpState,
    Query,
    SweepResult,
)
from registry.reaching import declare_lost, note_attempt, start_reconsent
from registry.sweep import sweep, trend
from registry.tasks import nightly_sweep
from tests.factories import as_system, make
from tests.registry.bundles import bundle, take, write
from tests.registry.people import at

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
NOW = datetime(2017, 6, 1, tzinfo=UTC)


def told(**choice) -> list[str]:
    return [f"{one.kind} {one.key} {one.state}".replace("  ", " ") for one in due_items(**choice)]


def test_a_save_brings_the_list_up_to_date():
    with as_system():
        infusion = make("infusion")
        assert "CONTACT OVERDUE" in told()
        make("death", patient=infusion.patient)

        assert told() == [] and FollowUpState.objects.get().contact == "ENDED"


def test_time_passes_and_the_sweep_sees_it():
    with as_system():
        make("infusion", infusion_date="2017-05-04")
        report = sweep(now=NOW)
        assert (report.patients, report.due, report.overdue) == (1, 1, 0)
        assert told() == ["VISIT D28 DUE"]
        state = FollowUpState.objects.get()
        assert (state.last_contact, state.observed_days, state.expected_days) == (date(2017, 5, 4), 0, 28)
        assert list(person_time().values()) == [(0, 28)]
        before = DueItem.objects.get().pk
        sweep(now=NOW)
        assert DueItem.objects.get().pk == before

        sweep(now=NOW + timedelta(days=20))
        assert told() == ["VISIT D28 OVERDUE"]


def test_another_site_sees_no_due_item():
    with as_system():
        patient = make("infusion").patient
        theirs = make("site", code="THEIRS")
    with scoped(at(theirs.pk)):
        assert told() == [] and not person_time()
    with scoped(at(patient.site_id)):
        assert told(site=patient.site_id) and not told(kind="CONSENT")


def test_an_import_keeps_it_too(tmp_path):
    take(write(tmp_path / "a", bundle()))
    with as_system():
        assert FollowUpState.objects.get().contact == "ENDED"


def test_two_attempts_and_two_years_make_a_patient_lost():
    with as_system():
        patient = make("infusion", infusion_date="2015-01-10").patient
        with pytest.raises(ValidationError, match="24 months"):
            declare_lost(patient, reason="moved away", now=NOW)
        note_attempt(patient, date(2017, 3, 1), "telephone", now=NOW)
        assert ContactAttempt.objects.get().actor == "system:tests"
        note_attempt(patient, date(2017, 4, 1), "letter", now=NOW)
        assert told(kind="LOST") == ["LOST OVERDUE"]
        declare_lost(patient, reason="moved away", now=NOW)

        assert FollowUp.objects.get().vital_status == "LTFU"
        assert told() == [] and FollowUpState.objects.get().contact == "LOST"


def test_an_attempt_lies_in_the_past_and_is_made_at_the_own_site():
    with as_system():
        patient = make("infusion").patient
        with pytest.raises(ValidationError):
            note_attempt(patient, date(2017, 6, 2), "telephone", now=NOW)
        theirs = make("site", code="THEIRS")
    with scoped(at(theirs.pk)), pytest.raises(PermissionDenied):
        note_attempt(patient, date(2017, 3, 1), "telephone", now=NOW)


def test_the_consent_of_somebody_who_came_of_age_is_asked_for_by_a_person():
    with as_system():
        patient = make("patient", birth_date="1999-05-01")
        make("consent", patient=patient, kind="REGISTRY", status="GIVEN", effective_date="2014-12-01")
        sweep(now=NOW)
        assert told() == ["CONSENT DUE"]
        assert Consent.objects.count() == 1
        start_reconsent(patient, reason="letter sent", now=NOW)
        with pytest.raises(ValidationError, match="already"):
            start_reconsent(patient, reason="letter sent", now=NOW)

        assert Consent.objects.get(kind="REGISTRY_AGE_OF_MAJORITY").status == "PENDING_RECONSENT"
        assert due_items().get().label == "Waiting for the patient's own consent"


def test_the_sweep_counts_findings_and_answers_of_the_day(settings):
    settings.QUERY_ERRORS_AFTER_DAYS = 14
    with as_system():
        follow_up = make("follow_up", vital_status="DEAD", disease_status="ACTIVE")
        Finding._base_manager.update(since=NOW - timedelta(days=15))
        assert sweep(now=NOW).queries_raised == 1
        assert sweep(now=NOW).queries_raised == 0
        result = SweepResult.objects.get(rule="H60")
        assert (result.day, result.open, result.acknowledged, result.patients) == (NOW.date(), 1, 0, 1)
        assert result.site_id == follow_up.patient.site_id
        make("death", patient=follow_up.patient, death_date="2016-01-15")
        sweep(now=NOW + timedelta(days=1))

        assert trend("H60", sites=None) == [(NOW.date(), 1), (NOW.date() + timedelta(days=1), 0)]
        assert CompletenessResult.objects.filter(entity="death", item="death_date", answered=1, asked=1).exists()
        assert Query.objects.get().closed_by == "system"


def test_a_sweep_of_nothing_new_changes_nothing_remembered():
    from registry.models import Change

    with as_system():
        make("relapse")
        sweep(now=NOW)
        before = Change.objects.count()
        sweep(now=NOW)

        assert Change.objects.count() == before


def test_command_and_task_do_the_same():
    with as_system():
        make("infusion")
    out = StringIO()
    call_command("sweep", stdout=out, stderr=StringIO())
    assert out.getvalue().startswith("patients=1 ")
    nightly_sweep()


def test_a_person_may_not_be_asked_by_the_sweep_for_what_a_person_closed():
    with as_system():
        make("follow_up", vital_status="DEAD", disease_status="ACTIVE")
        query = queries.raise_from_finding(Finding.objects.get(rule="H60"))
        queries.close(query, "known")
        Finding._base_manager.update(since=NOW - timedelta(days=99))

        assert sweep(now=NOW).queries_raised == 0
