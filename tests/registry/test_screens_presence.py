"""Who else types in the same form: told by name within the own site, never what they typed."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from registry.models import FormDraft, User
from registry.moving import share_care
from tests.factories import as_system
from tests.registry.screens import World, boxes

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

AT_NOON = timezone.now().replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def world() -> World:
    world = World()
    world.row = world.add("follow_up", contact_date="2016-01-15")
    return world


def edit(world: World) -> str:
    return f"/patients/{world.own.registry_id}/follow_up/{world.row.pk}/edit"


def keep(client, at: str, **cells: object) -> None:
    """Open a form, type and go on typing: what the page sends in the background."""
    assert client.post(at, boxes(client.get(at)) | cells | {"then": "keep"}).status_code in (200, 204)


def told(client, at: str) -> list[str]:
    return [one.who for one in client.get(at).context["others"]]


def test_the_second_person_reads_who_is_at_work_and_not_what_was_typed(world):
    with time_machine.travel(AT_NOON, tick=False):
        first, second = world.client(), world.client("data_manager")
        keep(first, edit(world), contact_date="2016-03-30")
    with time_machine.travel(AT_NOON + timedelta(minutes=25), tick=False):
        form = boxes(first.get(edit(world))) | {"token": FormDraft.objects.get().token, "contact_date": "2016-03-31"}
        first.post(edit(world), form | {"then": "keep"})

        page = second.get(edit(world)).content.decode()
        own = told(first, edit(world))

    assert "<b>coordinator-BOS</b> has this record open with unsent input since" in page
    assert "12:00 UTC</time>, last typed 12:25." in page
    assert "2016-03-3" not in page
    assert own == []


def test_who_began_first_is_told_of_the_second_when_more_is_kept(world):
    first, second = world.client(), world.client("data_manager")
    typed = boxes(first.get(edit(world))) | {"contact_date": "2016-03-30", "then": "keep"}
    alone = first.post(edit(world), typed)
    keep(second, edit(world), contact_date="2016-03-29")

    together = first.post(edit(world), typed)

    assert (alone.status_code, together.status_code) == (204, 200)
    assert b"<b>data_manager-BOS</b> has this record open" in together.content
    assert b"2016-03-29" not in together.content and b"coordinator-BOS" not in together.content


def test_the_hint_goes_with_the_input(world):
    first, second = world.client(), world.client("data_manager")
    keep(first, edit(world), contact_date="2016-03-30")
    during = told(second, edit(world))

    first.post(edit(world), {"then": "forget", "token": FormDraft.objects.get().token})

    assert (during, told(second, edit(world))) == (["coordinator-BOS"], [])


def test_who_stopped_typing_a_working_day_ago_is_not_at_work(world):
    first, second = world.client(), world.client("data_manager")
    with time_machine.travel(timezone.now() - timedelta(hours=9), tick=False):
        keep(first, edit(world), contact_date="2016-03-30")

    assert FormDraft.objects.count() == 1 and told(second, edit(world)) == []


def test_a_new_record_of_the_same_kind_is_told_as_a_form(world):
    at = f"/patients/{world.own.registry_id}/relapse/new"
    keep(world.client(), at, relapse_date="2015-08")

    page = world.client("data_manager").get(at).content.decode()

    assert "<b>coordinator-BOS</b> is entering relapses of this patient, unsaved since" in page
    assert "Ask before the same is entered twice." in page
    assert told(world.client("data_manager"), edit(world)) == []


def test_a_record_of_which_there_is_one_is_told_as_a_form(world):
    at = f"/patients/{world.own.registry_id}/death/new"
    keep(world.client(), at, death_date="2015-08")

    assert "has this form open with unsent input" in world.client("data_manager").get(at).content.decode()


def test_who_fills_the_table_and_who_fills_a_form_of_its_kind_are_told_of_each_other(world):
    at = f"/patients/{world.own.registry_id}/follow_up/"
    first, second = world.client(), world.client("data_manager")
    typed = {"token": first.get(f"{at}rows").context["token"], "then": "keep", "r0-contact_date": "2016-03-30"}
    alone = first.post(f"{at}rows", typed)

    seen = {end: told(second, at + end) for end in ("rows", "new", f"{world.row.pk}/edit")}
    keep(second, f"{at}new", contact_date="2016-03-29")
    together = first.post(f"{at}rows", typed)

    assert seen == {"rows": ["coordinator-BOS"], "new": ["coordinator-BOS"], f"{world.row.pk}/edit": []}
    assert (alone.status_code, together.status_code) == (204, 200)
    assert b"<b>data_manager-BOS</b> is entering follow-ups of this patient" in together.content
    assert b"2016-03" not in second.get(f"{at}rows").content.split(b"<main")[1]


def test_an_open_page_asks_for_who_is_at_work_and_nothing_else(world):
    first, second = world.client(), world.client("data_manager")
    doors = (edit(world), *(f"/patients/{world.own.registry_id}/follow_up/{end}" for end in ("new", "rows")))
    alone = {at: second.get(f"{at}?others").status_code for at in doors}
    keep(first, edit(world), contact_date="2016-03-30")
    keep(first, doors[1], contact_date="2016-03-31")

    answers = [second.get(f"{at}?others") for at in doors]

    assert set(alone.values()) == {204}
    for answer in answers:
        assert answer.status_code == 200 and answer.content.count(b"<b>coordinator-BOS</b>") == 1
        assert answer.content.startswith(b'<p class="others">') and b"2016-03-3" not in answer.content


def test_who_is_at_work_is_told_to_those_who_may_open_the_form(world):
    keep(world.client(), edit(world), contact_date="2016-03-30")
    for end in (f"{world.row.pk}/edit", "new", "rows"):
        at = f"/patients/{world.own.registry_id}/follow_up/{end}?others"
        assert world.client("monitor").get(at).status_code == 403, end
        assert world.client("coordinator", "CHI").get(at).status_code == 404, end
        assert Client().get(at).status_code == 302, end


def test_a_person_of_another_site_is_not_named(world):
    with as_system():
        share_care(world.own, world.there, reason="treated there, too")
    near, far = world.client(), world.client("coordinator", "CHI")

    keep(far, edit(world), contact_date="2016-03-30")
    keep(near, edit(world), contact_date="2016-03-29")

    assert told(near, edit(world)) == ["Somebody at another site"]
    assert told(world.client("data_manager"), edit(world)) == ["Somebody at another site", "coordinator-BOS"]
    assert "CHI" not in near.get(edit(world)).content.decode().split("<main")[1]


def test_nothing_is_told_of_closed_accounts_or_outside_the_site(world):
    keep(world.client(), edit(world), contact_date="2016-03-30")
    User.objects.filter(username="coordinator-BOS").update(is_active=False)

    assert told(world.client("data_manager"), edit(world)) == []
    assert world.client("coordinator", "CHI").get(edit(world)).status_code == 404


def test_the_form_of_a_patient_to_be_registered_tells_nobody(world):
    keep(world.client(), "/patients/new", birth_date="2009-05")

    assert told(world.client("data_manager"), "/patients/new") == []
    assert b"data-others" not in world.client("data_manager").get("/patients/new").content
