"""Care and contact of a patient: shared, transferred, ended; attempts and loss; duplicates merged and parted."""

from datetime import timedelta

import pytest
from django.utils import timezone

from registry.models import CareSite, ContactAttempt, Patient
from tests.factories import as_system
from tests.registry.screens import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def world() -> World:
    return World()


def page(world: World) -> str:
    return f"/patients/{world.own.registry_id}/care"


def do(client, world: World, step: str, **given):
    return client.post(page(world), {"do": step, **given}, follow=True)


def sites(world: World) -> set[str]:
    with as_system():
        return {one.site.code for one in CareSite.objects.filter(patient=world.own)}


def test_care_is_shared_transferred_and_ended(world):
    client = world.client("data_manager")

    shared = do(client, world, "share", site=world.there.pk, reason="second opinion")
    assert "Care is shared." in shared.content.decode() and sites(world) == {"BOS", "CHI"}
    moved = do(client, world, "transfer", site=world.there.pk, reason="moved house", number="77")
    assert "The patient is transferred." in moved.content.decode()
    assert world.reload(world.own).site_id == world.there.pk
    refused = do(client, world, "transfer", site=world.here.pk, reason="back")
    assert refused.status_code == 403
    ended = do(client, world, "end", site=world.here.pk, reason="care has ended here")
    assert ended.redirect_chain[-1][0] == "/patients/" and "Care has ended there." in ended.content.decode()
    assert sites(world) == {"CHI"} and client.get(page(world)).status_code == 404


def test_what_is_missing_is_said_beside_the_step_and_nothing_is_lost(world):
    client = world.client("data_manager")
    for step, given, says in (
        ("share", {"reason": "x"}, "Choose the site."),
        ("share", {"site": world.there.pk}, "Say why."),
        ("share", {"site": "\u00b2", "reason": "x"}, "Choose the site."),
        ("end", {"site": world.here.pk, "reason": "x"}, "enrolls this patient"),
        ("merge", {"other": "nobody", "reason": "x"}, "no patient with this registry id"),
        ("merge", {"other": world.other.registry_id, "reason": "x"}, "no patient with this registry id"),
        ("unmerge", {"merged": "9", "reason": "x"}, "no such merging"),
        ("attempt", {"on": "yesterday", "how": "telephone"}, "is not a date"),
        ("attempt", {"on": "2015-03", "how": "telephone"}, "on which day contact was tried"),
        ("attempt", {"on": "2015-03-09"}, "Say how contact was tried"),
        ("lost", {"reason": "silence"}, "24 months"),
        ("nothing", {}, "Choose what to do"),
    ):
        answer = do(client, world, step, **given)
        assert answer.status_code == 422, (step, given)
        assert says in answer.content.decode(), (step, given)
        assert step == "lost" or given.get("reason", "") in answer.content.decode()
    assert sites(world) == {"BOS"}


def test_two_attempts_and_two_years_of_silence_make_a_patient_lost(world):
    client = world.client()
    world.add("infusion", infusion_date="2015-01-10")
    world.add("follow_up", contact_date="2016-01-10")
    for days in (30, 20):
        day = (timezone.localdate() - timedelta(days=days)).isoformat()
        answer = do(client, world, "attempt", on=day, how="telephone", reason="nobody answers")
        assert answer.status_code == 200
    assert "Declare lost to follow-up" in answer.content.decode()

    done = do(client, world, "lost", reason="two years of silence")

    assert "Declared lost to follow-up" in done.content.decode()
    assert [row.vital_status for row in world.rows("follow_up")][-1] == "LTFU"
    with as_system():
        assert ContactAttempt.objects.filter(patient=world.own).count() == 2


def test_an_entry_made_twice_is_merged_and_parted_again(world):
    client = world.client("data_manager")
    twin = world.add("patient", site=world.here)
    relapse = world.add("relapse", twin)

    merged = do(client, world, "merge", other=twin.registry_id.lower(), reason="the same child")
    held = world.reload(relapse).patient_id
    shown = merged.context["merges"][0]
    parted = do(client, world, "unmerge", merged=shown.pk, reason="a brother")

    assert held == world.own.pk and shown.other_id == twin.pk
    assert world.reload(relapse).patient_id == twin.pk
    assert "apart again" in parted.content.decode() and not parted.context["merges"]


def test_who_may_not_move_or_enter_sees_no_step_and_is_refused(world):
    for role, step in (("coordinator", "share"), ("monitor", "attempt"), ("investigator", "merge")):
        client = world.client(role)
        assert client.get(page(world)).status_code == 200
        assert client.post(page(world), {"do": step, "reason": "x"}).status_code == 403
    assert "Transfer to another site" not in world.client("monitor").get(page(world)).content.decode()
    with as_system():
        assert Patient.objects.filter(voided=True).count() == 0
