"""Queries on the screens: asked beside a field, answered in the margin, closed; the inbox, its filters and its file."""

import csv
import io

import pytest

from registry import queries
from registry.access import scoped
from registry.models import Finding, Query, QueryState
from tests.factories import as_system
from tests.registry.people import at
from tests.registry.screens import World, boxes

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def page_of(world: World, record) -> str:
    return f"/patients/{world.own.registry_id}/{record.entity.slug}/{record.pk}/"


def asked(world: World, record, column: str = "relapse_date", text: str = "The letter says 12 August.") -> Query:
    with scoped(at(world.here.pk, role="data_manager", actor="dora")):
        return queries.raise_query(record, column, text)


def state_of(query: Query) -> str:
    with as_system():
        return Query.objects.get(pk=query.pk).state


def test_a_query_goes_from_the_field_to_the_margin_and_back(world):
    relapse = world.add("relapse")
    manager, coordinator = world.client("data_manager"), world.client("coordinator")
    page = page_of(world, relapse)
    assert "Raise query about relapse date" in manager.get(page).content.decode()

    form = f"/patients/{world.own.registry_id}/queries/new?entity=relapse&record={relapse.pk}&column=relapse_date"
    sent = boxes(manager.get(form))
    assert sent["column"] == ["relapse_date"]
    raised = manager.post(form.partition("?")[0], sent | {"text": "The letter says\n12 August."})
    with as_system():
        query = Query.objects.get()
    assert raised.url == f"{page}#query-{query.pk}"

    shown = coordinator.get(page).content.decode()
    assert "The letter says<br>12 August." in shown
    assert 'value="answer"' in shown and 'value="close"' not in shown
    answer = coordinator.post(f"/queries/{query.pk}/", {"do": "answer", "text": "Mended.", "back": "record"})
    assert answer.url == f"{page}#query-{query.pk}"
    assert state_of(query) == QueryState.ANSWERED
    manager.post(f"/queries/{query.pk}/", {"do": "reopen", "text": "Which letter?"})
    assert state_of(query) == QueryState.REOPENED
    assert manager.post(f"/queries/{query.pk}/", {"do": "close"}).url == f"/queries/{query.pk}/"
    assert state_of(query) == QueryState.CLOSED
    assert "Which letter?" in coordinator.get(f"/queries/{query.pk}/").content.decode()


def test_a_finding_is_asked_about_in_its_own_words(world):
    contact = world.add("follow_up", vital_status="DEAD", disease_status="ACTIVE")
    with as_system():
        finding = Finding.objects.get(rule="H60")
    manager = world.client("data_manager")
    form = f"/patients/{world.own.registry_id}/queries/new"
    assert f"{form}?finding={finding.pk}" in manager.get(page_of(world, contact)).content.decode()

    manager.post(form, boxes(manager.get(f"{form}?finding={finding.pk}")))

    with as_system():
        query = Query.objects.get()
        assert (query.rule, query.messages.get().text) == ("H60", finding.message)
    assert finding.message in manager.get(f"/patients/{world.own.registry_id}/").content.decode()


def test_a_query_of_the_patient_row_stands_on_the_patient_page(world):
    manager = world.client("data_manager")
    form = f"/patients/{world.own.registry_id}/queries/new"
    page = manager.get(f"{form}?entity=patient&record={world.own.pk}")
    raised = manager.post(form, boxes(page) | {"column": "sex_at_birth", "text": "Letter says male."})

    assert raised.url in manager.get(f"/patients/{world.own.registry_id}/").content.decode()
    assert "Sex at birth" in manager.get(raised.url).content.decode()


def test_who_may_not_ask_answer_or_close_is_refused(world):
    relapse = world.add("relapse")
    query = asked(world, relapse)
    form = f"/patients/{world.own.registry_id}/queries/new?entity=relapse&record={relapse.pk}"
    coordinator, monitor = world.client("coordinator"), world.client("monitor")

    assert "queries/new" not in coordinator.get(page_of(world, relapse)).content.decode()
    assert coordinator.get(form).status_code == 403
    assert coordinator.post(f"/queries/{query.pk}/", {"do": "close"}).status_code == 403
    assert monitor.post(f"/queries/{query.pk}/", {"do": "answer", "text": "Yes."}).status_code == 403
    assert state_of(query) == QueryState.OPEN


def test_queries_of_other_sites_are_not_there(world):
    query = asked(world, world.add("relapse"))
    stranger = world.client("data_manager", site="CHI")

    assert stranger.get(f"/queries/{query.pk}/").status_code == 404
    assert stranger.post(f"/queries/{query.pk}/", {"do": "close"}).status_code == 404
    assert world.own.registry_id not in stranger.get("/queries/").content.decode()
    assert world.own.registry_id not in stranger.get("/queries/export.csv").content.decode()
    assert stranger.get(f"/patients/{world.own.registry_id}/queries/new").status_code == 404


def test_what_is_wrong_is_said_and_nothing_typed_is_lost(world):
    relapse = world.add("relapse")
    query = asked(world, relapse)
    manager, coordinator = world.client("data_manager"), world.client("coordinator")
    form = f"/patients/{world.own.registry_id}/queries/new"
    given = {"entity": "relapse", "record": relapse.pk, "column": "relapse_date"}

    again = manager.post(form, given | {"text": "Asked twice"})
    assert again.status_code == 422
    assert "asked already" in again.content.decode() and "Asked twice" in again.content.decode()
    for text in ("", "x" * 2001, "a\x00b", "\u202e"):
        assert manager.post(form, given | {"column": "level", "text": text}).status_code == 422
    assert manager.post(form, given | {"column": "nothing", "text": "Sure?"}).status_code == 422
    assert coordinator.post(f"/queries/{query.pk}/", {"do": "answer", "text": " "}).status_code == 422
    assert coordinator.post(f"/queries/{query.pk}/", {"do": "burn"}).status_code == 422
    for address in ("?entity=nothing&record=1", "?entity=relapse", "?entity=relapse&record=9999", "?finding=1x"):
        assert manager.get(form + address).status_code == 404


def test_a_form_sent_twice_raises_one_query(world):
    manager = world.client("data_manager")
    form = f"/patients/{world.own.registry_id}/queries/new"
    sent = boxes(manager.get(f"{form}?entity=patient&record={world.own.pk}")) | {"text": "Sure?"}

    assert manager.post(form, sent).url == manager.post(form, sent).url
    with as_system():
        assert Query.objects.count() == 1


def test_the_inbox_is_narrowed_and_counts_what_waits(world):
    query = asked(world, world.add("relapse"))
    other = asked(world, world.add("hsct"), column="hsct_date", text="=HYPERLINK()")
    coordinator = world.client("coordinator")
    assert '2<span class="hidden"> waiting for you' in coordinator.get("/").content.decode()
    coordinator.post(f"/queries/{query.pk}/", {"do": "answer", "text": "Yes."})

    inbox = coordinator.get("/queries/").content.decode()
    assert "Relapse date" in inbox and "Transplant date" in inbox
    assert '1<span class="hidden"> waiting for you' in inbox
    for narrow, relapse, transplant in (
        ("state=waiting", False, True), ("state=answered", True, False), ("state=closed", False, False),
        ("age=7", False, False), ("mine=1", False, False), (f"patient={world.own.registry_id}", True, True),
        ("patient=%00", True, True), ("rule=H1", False, False), (f"site={world.here.pk}", True, True),
        ("site=x&age=9&state=burnt&page=-3", True, True),
    ):  # fmt: skip
        page = coordinator.get(f"/queries/?{narrow}")
        rows = page.content.decode()
        assert page.status_code == 200
        assert ("Relapse: Relapse date" in rows) is relapse, narrow
        assert (f"/queries/{other.pk}/" in rows) is transplant, narrow

    lines = list(csv.DictReader(io.StringIO(coordinator.get("/queries/export.csv?state=waiting").content.decode())))
    assert [(line["query"], line["last_message"]) for line in lines] == [(str(other.pk), "'=HYPERLINK()")]


def test_an_assigned_query_is_found_by_its_assignee(world):
    query = asked(world, world.add("relapse"))
    coordinator, manager = world.client("coordinator"), world.client("data_manager")
    page = manager.get(f"/queries/{query.pk}/").content.decode()
    person = page.partition(">coordinator-BOS<")[0].rpartition('value="')[2].partition('"')[0]

    manager.post(f"/queries/{query.pk}/", {"do": "assign", "assignee": person})

    assert f"/queries/{query.pk}/" in coordinator.get("/queries/?mine=1").content.decode()
    assert f"/queries/{query.pk}/" not in manager.get("/queries/?mine=1").content.decode()
