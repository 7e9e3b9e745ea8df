"""Unsent input: kept sealed for its writer, offered again, forgotten on save; dates by days from the infusion."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from registry import drafts
from registry.models import Change, DueItem, FormDraft, User
from registry.sealing import Unreadable, seal, unseal
from tests.registry.screens import World, boxes, fill

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def world() -> World:
    world = World()
    world.add("infusion", infusion_date="2015-01-10")
    return world


@pytest.fixture
def coordinator(world):
    return world.client()


def address(world: World, end: str) -> str:
    return f"/patients/{world.own.registry_id}/{end}"


def keep(client, at: str, **cells: object) -> dict:
    """Open a form, type and leave: what the page would send in the background."""
    typed = boxes(client.get(at)) | cells
    assert client.post(at, typed | {"then": "keep"}).status_code == 204
    return typed


# Drafts


def test_what_was_typed_and_not_sent_is_offered_and_taken_back(world, coordinator):
    at = address(world, "relapse/new")
    typed = keep(coordinator, at, relapse_date="2015-08", marrow_blast_pct="80")

    opened = coordinator.get(at)
    back = coordinator.get(f"{at}?draft={opened.context['offered'][0].token}")

    assert b"you typed 2 answers here" in opened.content and boxes(opened)["relapse_date"] == [""]
    assert boxes(back)["relapse_date"] == ["2015-08"] and boxes(back)["marrow_blast_pct"] == ["80"]
    assert boxes(back)["token"] == typed["token"]
    assert world.rows("relapse") == []


def test_an_offer_counts_what_was_typed_not_what_stood_there(world, coordinator):
    row = world.add("follow_up", contact_date="2016-01-15", vital_status="ALIVE", disease_status="CR")
    at = address(world, f"follow_up/{row.pk}/edit")
    keep(coordinator, at, contact_date="2016-01-16", vital_status="", change_reason="letter")

    assert b"you typed 3 answers here" in coordinator.get(at).content


def test_a_draft_is_sealed_and_leaves_no_trace_among_the_records(world, coordinator):
    changes = Change.objects.count()

    keep(coordinator, "/patients/new", birth_date="2006-02-14")

    row = FormDraft.objects.get()
    assert b"2006-02-14" not in bytes(row.sealed)
    assert timedelta(days=13) < row.expires_at - timezone.now() <= timedelta(days=14)
    assert Change.objects.count() == changes


def test_a_draft_is_its_writers_alone(world, coordinator):
    at = address(world, "relapse/new")
    keep(coordinator, at, relapse_date="2015-08")
    token = FormDraft.objects.get().token

    colleague = world.client("data_manager").get(at.replace("new", ""))
    other = world.client("coordinator", "CHI")

    assert colleague.status_code == 200
    assert other.get(f"{at}?draft={token}").status_code == 404
    assert other.post(at, {"then": "keep", "token": token}).status_code == 404


def test_a_draft_copied_to_another_row_does_not_open(world, coordinator):
    at = address(world, "relapse/new")
    keep(coordinator, at, relapse_date="2015-08")
    world.client("coordinator", "CHI")
    thief = User.objects.get(username="coordinator-CHI")

    FormDraft.objects.update(user=thief)

    assert drafts.kept_at(thief, at, now=timezone.now()) == []
    with pytest.raises(Unreadable):
        unseal(seal(b"text", bound="one"), bound="another")
    with pytest.raises(Unreadable):
        unseal(b"", bound="one")


def test_a_save_forgets_the_draft_and_a_late_message_does_not_bring_it_back(world, coordinator):
    at = address(world, "relapse/new")
    typed = keep(coordinator, at, relapse_date="2015-08")

    assert coordinator.post(at, typed).status_code == 302

    assert not FormDraft.objects.exists()
    assert coordinator.post(at, typed | {"then": "keep"}).status_code == 409
    assert not FormDraft.objects.exists()


def test_a_refused_save_keeps_the_draft(world, coordinator):
    at = address(world, "relapse/new")
    typed = keep(coordinator, at, relapse_date="2015-02-30")

    assert coordinator.post(at, typed).status_code == 422

    assert coordinator.get(at).context["offered"][0].texts["relapse_date"] == "2015-02-30"


def test_a_draft_of_a_record_changed_meanwhile_ends_in_the_choice_between_both(world, coordinator):
    row = world.add("follow_up", contact_date="2016-01-15")
    at = address(world, f"follow_up/{row.pk}/edit")
    keep(coordinator, at, contact_date="2016-01-16", change_reason="letter")
    fill(coordinator, at, contact_date="2016-02", change_reason="call")

    back = boxes(coordinator.get(f"{at}?draft={FormDraft.objects.get().token}"))
    answer = coordinator.post(at, back)
    chosen = boxes(answer) | {"take-contact_date": "mine"}

    assert back["change_reason"] == ["letter"]
    assert answer.status_code == 409 and b"2016-01-16" in answer.content
    assert coordinator.post(at, chosen).status_code == 302
    assert str(world.reload(row).contact_date) == "2016-01-16"
    assert not FormDraft.objects.exists()


def test_drafts_can_be_forgotten_expire_and_do_not_pile_up(world, coordinator):
    at = address(world, "relapse/new")
    for number in range(drafts.MOST + 2):
        keep(coordinator, at, relapse_date=f"2015-0{number + 1}")
    held = FormDraft.objects.count()

    coordinator.post(at, {"then": "forget", "token": FormDraft.objects.order_by("-at").first().token})
    left = FormDraft.objects.count()
    with time_machine.travel(timezone.now() + timedelta(days=14, hours=1), tick=False):
        anna = User.objects.get(username="coordinator-BOS")
        assert drafts.kept_at(anna, at, now=timezone.now()) == []
        drafts.forget_expired(timezone.now())

    assert (held, left, FormDraft.objects.count()) == (drafts.MOST, drafts.MOST - 1, 0)


def test_a_forged_token_keeps_nothing(world, coordinator):
    at = address(world, "relapse/new")

    assert coordinator.post(at, boxes(coordinator.get(at)) | {"then": "keep", "token": "short"}).status_code == 400

    assert not FormDraft.objects.exists()


def test_who_may_not_enter_keeps_no_draft(world):
    monitor = world.client("monitor")

    assert monitor.post(address(world, "relapse/new"), {"then": "keep", "token": "x" * 20}).status_code == 403


# Dates by days from the infusion


@pytest.mark.parametrize(("typed", "stored"), [("+28", "2015-02-07"), ("-5", "2015-01-05"), (" +0 ", "2015-01-10")])
def test_days_from_the_first_infusion_become_the_day_they_mean(world, coordinator, typed, stored):
    world.add("infusion", infusion_date="2016-03-01")

    fill(coordinator, address(world, "relapse/new"), relapse_date=typed)

    answer = world.rows("relapse")[-1].answer("relapse_date")
    assert (str(answer.value), answer.precision) == (stored, "D")


@pytest.mark.parametrize("typed", ["+28000000", "28", "+2.5", "+99999"])
def test_days_that_mean_no_day_are_refused(world, coordinator, typed):
    answer = fill(coordinator, address(world, "relapse/new"), relapse_date=typed)

    assert answer.status_code == 422 and world.rows("relapse") == []


def test_without_an_infusion_there_is_nothing_to_count_from(world, coordinator):
    fill(coordinator, "/patients/new", birth_date="+28")
    lone = world.add("patient", site=world.here)

    answer = fill(coordinator, f"/patients/{lone.registry_id}/relapse/new", relapse_date="+28")

    assert answer.status_code == 422 and b"there is none yet" in answer.content


# Save and next due


def test_saving_leads_to_what_is_due_next_for_this_patient(world, coordinator):
    answer = fill(coordinator, address(world, "diagnosis/new"), then="due")
    page = coordinator.get(answer.url)

    assert DueItem._base_manager.filter(patient=world.own).exists()
    assert answer.url.startswith(address(world, "follow_up/new?due="))
    assert "Next due" in page.content.decode()


def test_saving_does_not_lead_back_to_the_item_just_answered(world, coordinator):
    first = fill(coordinator, address(world, "diagnosis/new"), then="due").url

    second = fill(coordinator, first, then="due").url

    assert second != first


def test_the_next_due_of_another_site_is_never_opened(world, coordinator):
    world.add("infusion", patient=world.other)
    fill(coordinator, address(world, "death/new"), death_date="2016-06-01")

    answer = fill(coordinator, address(world, "diagnosis/new"), then="due")

    assert answer.url == reverse("patient", args=[world.own.registry_id])


def test_the_form_tells_its_script_what_it_needs(world, coordinator):
    page = coordinator.get(address(world, "relapse/new")).content.decode()

    assert 'data-index="2015-01-10"' in page
    assert 'data-date="DMY"' in page
    assert "style=" not in page and json.dumps("<script>") not in page
