"""Entering, changing and voiding by form: what is typed is stored, remembered, and never lost."""

import re

import pytest
from django.utils.html import escape

from registry.entities import dictionary
from registry.models import SubmittedForm
from registry.submissions import new_token
from tests.registry.screens import CLINICAL, World, boxes, fill

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def coordinator(world):
    return world.client()


def address(world: World, end: str = "") -> str:
    return f"/patients/{world.own.registry_id}/{end}"


def test_a_patient_is_registered_at_the_own_site(world, coordinator):
    answer = fill(coordinator, "/patients/new", birth_date="2009-05", sex_at_birth="F", entry_route="PROSPECTIVE")

    page = coordinator.get(answer.url)
    assert answer.status_code == 302
    assert page.context["patient"].site_id == world.here.pk
    assert page.context["patient"].identity.birth_date_precision == "M"
    assert page.context["patient"].record_status == "COMPLETE"


def test_every_entity_has_a_form_that_saves_an_empty_draft(world, coordinator):
    for slug in CLINICAL:
        spec = dictionary()[slug]
        parent = spec.entity.one_of and f"{spec.entity.one_of[0]}:{_parent(world, spec.entity.one_of[0])}"
        cells = {"parent": parent} if parent else {}

        answer = fill(coordinator, address(world, f"{slug}/new"), **cells)

        assert answer.status_code == 302, (slug, answer.content.decode()[:3000])
        assert [row.record_status for row in world.rows(slug)][-1] in ("DRAFT", "COMPLETE")


def _parent(world: World, column: str) -> int:
    rows = world.rows(column)
    return rows[0].pk if rows else world.add(column).pk


def test_what_is_stored_comes_back_unchanged_through_the_form(world, coordinator):
    """Opening a form and sending it untouched changes no answer of any entity."""
    for slug in CLINICAL:
        row = world.rows(slug)[0] if world.rows(slug) else world.add(slug)
        items = dictionary()[slug].items
        before = [(item.name, row.answer(item.name)) for item in items]

        answer = fill(coordinator, address(world, f"{slug}/{row.pk}/edit"), change_reason="looked again")

        after = world.reload(row)
        assert answer.status_code == 302, (slug, answer.content.decode()[:3000])
        assert [(item.name, after.answer(item.name)) for item in items] == before
        assert after.version == row.version + 1


def test_a_partial_date_or_its_absence_survives_the_round_trip(world, coordinator):
    infusion = world.add("infusion")
    for text in ("2015-03-09", "2015-03", "2015", "UNK", "ND", "PEND", ""):
        fill(coordinator, address(world, "relapse/new"), relapse_date=text, relapse_date_source="CHART")
        relapse = world.rows("relapse")[-1]

        again = boxes(coordinator.get(address(world, f"relapse/{relapse.pk}/edit")))

        assert again["relapse_date"] == [text]
        assert again["relapse_date_source"] == ["CHART"]
        assert again["parent_infusion"] == [f"infusion:{infusion.pk}"]


def test_numbers_keep_their_comparator_and_codes_their_reason(world, coordinator):
    fill(coordinator, address(world, "infusion/new"), dose_total_e6="<0.5", cell_source="UNK", weight_kg="ND")
    fill(coordinator, address(world, "death/new"), contributing_causes=["CRS", "INFECTION"], related_to=["UNK"])
    infusion, death = world.rows("infusion")[0], world.rows("death")[0]

    first = boxes(coordinator.get(address(world, f"infusion/{infusion.pk}/edit")))
    second = boxes(coordinator.get(address(world, f"death/{death.pk}/edit")))

    assert (first["dose_total_e6"], first["cell_source"], first["weight_kg"]) == (["<0.5"], ["UNK"], ["ND"])
    assert [code for code in second["contributing_causes"] if code] == ["CRS", "INFECTION"]
    assert [code for code in second["related_to"] if code] == ["UNK"]
    assert infusion.missing == {"cell_source": "UNK", "weight_kg": "ND"}


def test_a_code_and_a_reason_for_none_contradict_each_other(world, coordinator):
    answer = fill(coordinator, address(world, "death/new"), related_to=["CART", "UNK"])

    assert answer.status_code == 422
    assert "not both" in answer.content.decode()


def test_a_complete_record_changes_with_a_reason_and_remembers_it(world, coordinator):
    row = world.add("follow_up", contact_date="2016-01-15")
    edit = address(world, f"follow_up/{row.pk}/edit")

    silent = fill(coordinator, edit, contact_date="2016-01-16")
    told = fill(coordinator, edit, contact_date="2016-01-16", change_reason="typing error")

    history = coordinator.get(address(world, f"follow_up/{row.pk}/history")).content.decode()
    assert silent.status_code == 422 and "Say why the record is changed" in silent.content.decode()
    assert told.status_code == 302
    for words in ("typing error", "2016-01-15", "2016-01-16", "coordinator-BOS", "Contact date"):
        assert words in history


def test_a_void_record_leaves_lists_and_stays_in_the_history(world, coordinator):
    row = world.add("follow_up")
    page = address(world, f"follow_up/{row.pk}/")

    nothing = fill(coordinator, page + "void", reason="  ")
    done = fill(coordinator, page + "void", reason="wrong patient")

    assert nothing.status_code == 422 and not nothing.content.decode().count("Traceback")
    assert done.status_code == 302 and world.reload(row).voided
    assert "wrong patient" in coordinator.get(page).content.decode()
    assert "wrong patient" in coordinator.get(page + "history").content.decode()
    assert coordinator.get(page + "edit").status_code == 302
    assert "follow_up-" not in coordinator.get(address(world)).content.decode()


def test_a_record_on_which_others_hang_is_not_voided(world, coordinator):
    relapse = world.add("relapse")

    answer = fill(coordinator, address(world, f"infusion/{relapse.infusion_id}/void"), reason="wrong")

    assert answer.status_code == 422
    assert "Void first what hangs on this record" in answer.content.decode()


def test_the_same_form_sent_twice_makes_one_row(world, coordinator):
    form = boxes(coordinator.get(address(world, "infusion/new"))) | {"infusion_date": "2015-01-10"}

    first, second = (coordinator.post(address(world, "infusion/new"), form) for _ in range(2))

    assert (first.status_code, second.status_code, first.url) == (302, 302, second.url)
    assert len(world.rows("infusion")) == 1


def test_a_change_sent_twice_is_made_once_and_never_a_conflict(world, coordinator):
    row = world.add("follow_up")
    edit = address(world, f"follow_up/{row.pk}/edit")
    form = boxes(coordinator.get(edit)) | {"contact_date": "2016-02", "change_reason": "letter"}

    first, second = (coordinator.post(edit, form) for _ in range(2))

    assert (first.status_code, second.status_code) == (302, 302)
    assert world.reload(row).version == row.version + 1


def test_a_used_token_with_other_answers_is_said_not_to_be_saved(world, coordinator):
    form = boxes(coordinator.get(address(world, "infusion/new"))) | {"infusion_date": "2015-01-10"}
    coordinator.post(address(world, "infusion/new"), form)

    again = coordinator.post(address(world, "infusion/new"), form | {"infusion_date": "2015-01-11"}, follow=True)

    assert "is not saved" in again.content.decode()
    assert [str(row.infusion_date) for row in world.rows("infusion")] == ["2015-01-10"]


def test_a_refused_form_does_not_use_up_its_token(world, coordinator):
    form = boxes(coordinator.get(address(world, "infusion/new")))

    refused = coordinator.post(address(world, "infusion/new"), form | {"infusion_date": "2015-02-30"})
    mended = coordinator.post(address(world, "infusion/new"), boxes(refused) | {"infusion_date": "2015-02-28"})

    assert (refused.status_code, mended.status_code) == (422, 302)
    assert boxes(refused)["token"] == form["token"]


def test_the_token_of_one_person_says_nothing_to_another(world, coordinator):
    token = new_token()
    form = {"token": token, "infusion_date": "2015-01-10"}

    coordinator.post(address(world, "infusion/new"), form)
    world.client("data_manager").post(address(world, "infusion/new"), form | {"infusion_date": "2016-01-10"})

    assert len(world.rows("infusion")) == SubmittedForm.objects.filter(token=token).count() == 2


def test_two_editors_resolve_their_conflict_field_by_field(world, coordinator):
    row = world.add("follow_up", contact_date="2016-01-15", vital_status="ALIVE", contact_kind="PHONE")
    edit, second = address(world, f"follow_up/{row.pk}/edit"), world.client("data_manager")
    mine = boxes(coordinator.get(edit)) | {
        "contact_date": "2016-01",
        "vital_status": "LTFU",
        "change_reason": "mine",
    }
    fill(second, edit, contact_date="2016-01-20", contact_kind="CLINIC", change_reason="theirs")

    clash = coordinator.post(edit, mine)
    shown = {one.name: (one.mine, one.saved, one.choice) for one in clash.context["differing"]}
    chosen = {"take-contact_date": "mine", "take-contact_kind": "saved", "take-vital_status": "mine"}
    solved = coordinator.post(edit, boxes(clash) | chosen)

    after = world.reload(row)
    assert clash.status_code == 409 and b"data_manager-BOS" in clash.content
    assert shown["contact_date"] == ("2016-01", "2016-01-20", "")
    assert shown["vital_status"][2] == "mine" and shown["contact_kind"][2] == "saved"
    assert solved.status_code == 302
    assert (after.contact_date_precision, after.vital_status, after.contact_kind) == ("M", "LTFU", "CLINIC")


def test_a_form_without_its_version_never_overwrites(world, coordinator):
    row = world.add("follow_up")
    form = boxes(coordinator.get(address(world, f"follow_up/{row.pk}/edit")))
    del form["version"]

    answer = coordinator.post(address(world, f"follow_up/{row.pk}/edit"), form | {"change_reason": "no version"})

    assert answer.status_code == 409
    assert world.reload(row).version == row.version


def test_reference_rows_are_kept_by_who_may(world):
    manager = world.client("administrator")

    made = fill(manager, "/reference/site/new", code="NYC", name="New York Hospital")
    shown = manager.get("/reference/site/").content.decode()

    assert made.status_code == 302
    assert "NYC" in shown and "New York Hospital" in shown
    assert fill(manager, "/reference/site/new", code="NYC", name="Twice").status_code == 422


def test_a_warning_is_acknowledged_with_a_reason_and_the_record_complete(world, coordinator):
    row = world.add("infusion", dose_total_e6="0.4")
    page = coordinator.get(address(world, f"infusion/{row.pk}/")).content.decode()
    accept = re.search(r'href="([^"]+/acknowledge)"', page)[1]

    silent = fill(coordinator, accept, reason=" ")
    told = fill(coordinator, accept, reason="confirmed in the batch record")

    assert silent.status_code == 422 and "Say why the warning stands" in silent.content.decode()
    assert told.status_code == 302
    assert world.reload(row).record_status == "COMPLETE"
    assert "confirmed in the batch record" in coordinator.get(told.url).content.decode()
    assert world.client("monitor").get(accept).status_code == 403
    assert world.client(site="CHI").get(accept).status_code == 404
    assert coordinator.get(accept).status_code == 404


def test_every_field_says_where_in_the_chart_its_answer_is_found(coordinator, world):
    page = coordinator.get(address(world, "infusion/new"))

    asked = {row.name: row for one in page.context["form"].sections() for row in one.rows}
    html = page.content.decode()
    assert all(f"Look in: {asked[item.name].chart}<" in html for item in dictionary()["infusion"].items if
               item.name in asked)  # fmt: skip
    assert (asked["infusion_date"].chart, asked["cell_source"].chart) == ("infusion record", "apheresis record")
    assert asked["cell_source"].described_by == "id_cell_source_hint"


def test_no_item_is_called_like_a_field_of_the_form_itself():
    names = {item.name for spec in dictionary() for item in spec.items}

    assert not names & {"version", "token", "base", "then", "change_reason", "csrfmiddlewaretoken"}
    assert not [name for name in names if name.startswith(("parent", "take-"))]


def test_a_preset_parent_is_chosen_in_the_form(world, coordinator):
    relapse = world.add("relapse")
    page = coordinator.get(address(world)).content.decode()

    link = f"salvage/new?parent=relapse%3A{relapse.pk}"
    form = boxes(coordinator.get(address(world, link)))

    assert escape(link) in page
    assert form["parent"] == [f"relapse:{relapse.pk}"]
