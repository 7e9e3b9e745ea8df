"""Queries: raised by people and by checks, answered, closed - by a person, or by the mended data."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from registry import queries, services
from registry.access import scoped
from registry.acknowledging import acknowledge
from registry.history import patient_history
from registry.importing.template import EXAMPLE
from registry.inbox import age_days, inbox, site_figures
from registry.models import Finding, Query, QueryState, Relapse, User
from registry.status import refresh
from tests.factories import answers, as_system, make
from tests.registry.bundles import bundle, take, write
from tests.registry.people import at

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
NOW = datetime(2026, 3, 1, tzinfo=UTC)


def manager(site: int):
    return scoped(at(site, role="data_manager", actor="manager"))


def coordinator(site: int):
    return scoped(at(site, role="coordinator", actor="coordinator"))


def contradicted():
    """A contact says DEAD and no death is on file: one error, H60."""
    make("follow_up", vital_status="DEAD", disease_status="ACTIVE")
    return Finding.objects.get(rule="H60")


def test_a_query_goes_from_question_to_answer_to_close():
    with as_system():
        relapse = make("relapse")
    site = relapse.patient.site_id
    with manager(site):
        query = queries.raise_query(relapse, "relapse_date", "The letter says 12 August.")
        assert query.state == QueryState.OPEN
    with coordinator(site):
        query = queries.answer(query, "The marrow was taken on the 10th.")
        assert query.state == QueryState.ANSWERED
    with manager(site):
        query = queries.reopen(query, "Which marrow?")
        assert (query.state, query.times_reopened) == (QueryState.REOPENED, 1)
    with coordinator(site):
        query = queries.answer(query, "Report 123.")
    with manager(site):
        query = queries.close(query)

    assert (query.state, query.closed_by) == (QueryState.CLOSED, "manager")
    with as_system():
        thread = [(one.author, one.state) for one in query.messages.all()]
        assert thread == [
            ("manager", "OPEN"), ("coordinator", "ANSWERED"), ("manager", "REOPENED"), ("coordinator", "ANSWERED"),
            ("manager", "CLOSED"),
        ]  # fmt: skip
        assert {"registry_query", "registry_query_message"} <= {
            told.entity for told in patient_history(relapse.patient)
        }


def test_a_coordinator_answers_and_does_not_raise_or_close():
    with as_system():
        relapse = make("relapse")
        query = queries.raise_query(relapse, "level", "Sure?")
    with coordinator(relapse.patient.site_id):
        with pytest.raises(PermissionDenied):
            queries.raise_query(relapse, "relapse_date", "Sure?")
        with pytest.raises(PermissionDenied):
            queries.close(query)
    with scoped(at(relapse.patient.site_id, role="monitor")):
        with pytest.raises(PermissionDenied):
            queries.answer(query, "Yes.")
        assert queries.close(query).state == QueryState.CLOSED


def test_somebody_of_another_site_neither_sees_nor_answers_it():
    with as_system():
        relapse = make("relapse")
        query = queries.raise_query(relapse, "level", "Sure?")
        other = make("site", code="THEIRS")
    with coordinator(other.pk):
        assert not inbox().exists()
        with pytest.raises(PermissionDenied):
            queries.answer(query, "Yes.")


def test_nonsense_is_refused():
    with as_system():
        relapse = make("relapse")
        with pytest.raises(ValidationError, match="no such field"):
            queries.raise_query(relapse, "shoe_size", "Which?")
        with pytest.raises(ValidationError, match="what is asked"):
            queries.raise_query(relapse, "level", "  ")
        query = queries.raise_query(relapse, "level", "Sure?")
        with pytest.raises(ValidationError, match="asked already"):
            queries.raise_query(relapse, "level", "Sure?")
        queries.close(query)
        with pytest.raises(ValidationError, match="closed"):
            queries.answer(query, "Yes.")


def test_the_query_of_a_check_closes_itself_when_the_finding_is_gone():
    with as_system():
        finding = contradicted()
        query = queries.raise_from_finding(finding)
        assert query.messages.get().text == finding.message
        make("death", patient=finding.patient, death_date="2016-01-15")
        query.refresh_from_db()

        assert not Finding.objects.filter(rule="H60").exists()
        assert (query.state, query.closed_by) == (QueryState.CLOSED, "system")


def test_it_stays_open_while_the_finding_stands():
    with as_system():
        finding = contradicted()
        query = queries.raise_from_finding(finding)
        make("diagnosis", patient=finding.patient)
        query.refresh_from_db()

        assert query.state == QueryState.OPEN


def test_a_changed_value_answers_a_persons_query_and_a_person_closes_it():
    with as_system():
        relapse = make("relapse")
        query = queries.raise_query(relapse, "relapse_date", "The letter says 12 August.")
        saved = services.save_record(
            "relapse", record=relapse, answers=answers("relapse", marrow_blast_pct="40"), reason="x"
        )
        query.refresh_from_db()
        assert query.state == QueryState.OPEN
        services.save_record(
            "relapse", record=saved.record, answers=answers("relapse", relapse_date="2015-08-12"), reason="x"
        )
        query.refresh_from_db()

        assert (query.state, query.messages.last().author) == (QueryState.ANSWERED, "system")


def test_a_voided_row_closes_its_queries():
    with as_system():
        follow_up = make("follow_up")
        query = queries.raise_query(follow_up, "contact_date", "Sure?")
        services.void_record(follow_up, reason="wrong patient")
        query.refresh_from_db()

        assert query.state == QueryState.CLOSED


def test_an_acknowledged_warning_answers_its_query():
    with as_system():
        make("infusion", patient=make("patient", birth_date="1984-01-01"))
        finding = Finding.objects.get(rule="W10")
        query = queries.raise_from_finding(finding)
        acknowledge(finding, reason="waiver of the trial")
        query.refresh_from_db()

        assert query.state == QueryState.ANSWERED
        assert "waiver of the trial" in query.messages.last().text


def test_an_import_closes_what_it_mends(tmp_path):
    take(write(tmp_path / "a", bundle()))
    with as_system():
        query = queries.raise_query(Relapse.objects.get(), "relapse_date", "Which day?")
    take(write(tmp_path / "b", bundle(relapse=[dict(EXAMPLE["relapse"][0], relapse_date="2015-08-21")])))

    with as_system():
        query.refresh_from_db()
        assert query.state == QueryState.ANSWERED


def test_old_errors_are_asked_about_once():
    with as_system():
        finding = contradicted()
        Finding._base_manager.update(since=NOW - timedelta(days=15))
        assert queries.open_for_old_errors(now=NOW, after_days=0) == 0
        assert queries.open_for_old_errors(now=NOW, after_days=16) == 0
        assert queries.open_for_old_errors(now=NOW, after_days=14) == 1
        assert queries.open_for_old_errors(now=NOW, after_days=14) == 0
        query = Query.objects.get()
        assert (query.rule, query.by_check, query.messages.get().text) == ("H60", True, finding.message)
        queries.close(query, "Known; the death is in another registry.")

        assert queries.open_for_old_errors(now=NOW, after_days=14) == 0


def test_the_inbox_filters_and_tells_the_last_message():
    with as_system() as scope:
        relapse = make("relapse")
        user = User.objects.create_user("ann")
        old = queries.raise_query(relapse, "level", "Old?", assignee=user, now=NOW - timedelta(days=40))
        new = queries.raise_query(relapse, "relapse_date", "New?", now=NOW)
        queries.answer(new, "Yes.", now=NOW)

        assert scope and list(inbox()) == [old, new]
        assert [one.last_message for one in inbox()] == ["Old?", "Yes."]
        assert list(inbox(older_than_days=30, now=NOW)) == [old]
        assert list(inbox(states=["ANSWERED"])) == [new]
        assert list(inbox(assignee=user.pk, site=relapse.patient.site_id, patient=relapse.patient_id)) == [old]
        assert not inbox(rule="H60").exists() and not inbox(site=0).exists()
        assert age_days(old, NOW) == 40
        queries.assign(old, None)
        assert not inbox(assignee=user.pk).exists()


def test_the_figures_of_a_site():
    with as_system():
        relapse = make("relapse")
        for days, column in ((10, "level"), (20, "relapse_date"), (40, "cd19_status")):
            queries.raise_query(relapse, column, "Sure?", now=NOW - timedelta(days=days))
        oldest = inbox().first()
        queries.close(oldest, now=NOW - timedelta(days=33))
        (figures,) = site_figures(NOW)

    assert (figures.waiting, figures.answered, figures.closed) == (2, 0, 1)
    assert (figures.median_age_days, figures.median_days_to_resolve) == (15.0, 7.0)


def test_a_refresh_without_queries_asks_the_database_once(django_assert_max_num_queries):
    with as_system() as scope:
        patient = make("patient")
        from registry.memory import acting

        with acting(scope, "sweep"), django_assert_max_num_queries(70):
            refresh([patient.pk], today=NOW.date(), now=NOW)
