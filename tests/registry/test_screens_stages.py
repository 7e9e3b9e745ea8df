"""Verifying and locking on the screens: one row, several of a list, whole charts; values that follow from a chart."""

import pytest

from registry.models import Patient, Status
from tests.factories import as_system
from tests.registry.screens import World, boxes

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def page_of(world: World, record) -> str:
    return f"/patients/{world.own.registry_id}/{record.entity.slug}/{record.pk}/"


def status(world: World, record) -> str:
    return world.reload(record).record_status


def test_a_complete_row_is_verified_from_its_page(world):
    contact = world.add("follow_up")
    manager = world.client("data_manager")
    step = f"/stage/verify?row=follow_up:{contact.pk}"
    assert step in manager.get(page_of(world, contact)).content.decode()

    done = manager.post("/stage/verify", boxes(manager.get(step)))

    assert done.url == page_of(world, contact)
    assert status(world, contact) == Status.VERIFIED
    page = manager.get(page_of(world, contact)).content.decode()
    assert step not in page and "glyph-verified" in page


def test_who_entered_a_row_is_told_why_it_stays(world):
    contact = world.add("follow_up")
    manager = world.client("data_manager")
    edit = page_of(world, contact) + "edit"
    manager.post(edit, boxes(manager.get(edit)) | {"contact_date": "2016-02-02", "change_reason": "letter"})

    asked = manager.get(f"/stage/verify?row=follow_up:{contact.pk}")

    assert "you entered or changed it yourself" in asked.content.decode()
    assert manager.post("/stage/verify", {"row": f"follow_up:{contact.pk}"}).status_code == 422
    assert status(world, contact) == Status.COMPLETE


def test_rows_of_a_list_are_locked_and_drafts_stay(world):
    rows = [world.add("follow_up", contact_date=f"2016-0{month}-10") for month in (2, 3)]
    draft = world.add("follow_up", contact_date="2016-04", disease_status="")
    manager = world.client("data_manager")
    listed = manager.get(f"/patients/{world.own.registry_id}/follow_up/").content.decode()
    named = [f"follow_up:{row.pk}" for row in [*rows, draft]]
    assert all(f'value="{name}"' in listed for name in named)

    asked = manager.get("/stage/lock", {"row": named})
    assert "stays: it is draft" in asked.content.decode()
    assert manager.post("/stage/lock", boxes(asked)).status_code == 422
    done = manager.post("/stage/lock", boxes(asked) | {"reason": "data cut"})

    assert done.status_code == 302
    assert [status(world, row) for row in rows] == [Status.LOCKED] * 2
    assert status(world, draft) == Status.DRAFT
    locked = manager.get(page_of(world, rows[0])).content.decode()
    assert "edit" not in locked.partition("<h2")[0] and "/stage/unlock" in locked
    manager.post("/stage/unlock", {"row": f"follow_up:{rows[0].pk}", "reason": "audit"})
    assert status(world, rows[0]) == Status.COMPLETE


def test_whole_charts_are_locked_and_unlocked(world):
    contact = world.add("follow_up")
    manager = world.client("data_manager")
    chart = world.own.registry_id
    assert f'value="{chart}"' in manager.get("/patients/").content.decode()
    assert f"/stage/lock?chart={chart}" in manager.get(f"/patients/{chart}/").content.decode()

    manager.post("/stage/lock", boxes(manager.get(f"/stage/lock?chart={chart}")) | {"reason": "data cut"})
    assert status(world, contact) == Status.LOCKED
    assert "glyph-locked" in manager.get(f"/patients/{chart}/").content.decode()
    manager.post("/stage/unlock", {"chart": chart, "reason": "audit"})
    assert status(world, contact) == Status.COMPLETE


def test_who_may_not_lock_or_verify_is_refused_and_sees_no_step(world):
    contact = world.add("follow_up")
    for role in ("coordinator", "monitor", "investigator"):
        client = world.client(role)
        assert "/stage/" not in client.get(page_of(world, contact)).content.decode()
        assert "/stage/" not in client.get("/patients/").content.decode()
        for step in ("verify", "lock", "unlock"):
            assert client.get(f"/stage/{step}?row=follow_up:{contact.pk}").status_code == 403
        assert client.post("/stage/lock", {"chart": world.own.registry_id, "reason": "x"}).status_code == 403
    assert status(world, contact) == Status.COMPLETE


def test_rows_of_other_sites_and_nonsense_are_not_found(world):
    contact = world.add("follow_up")
    stranger, manager = world.client("data_manager", site="CHI"), world.client("data_manager")

    assert stranger.get(f"/stage/lock?row=follow_up:{contact.pk}").status_code == 404
    assert stranger.post("/stage/lock", {"row": f"follow_up:{contact.pk}", "reason": "x"}).status_code == 404
    assert stranger.get(f"/stage/lock?chart={world.own.registry_id}").status_code == 404
    for nonsense in ("burn?row=relapse:1", "lock?row=relapse", "lock?row=site:1", "lock?row=:::", "lock?chart=x"):
        assert manager.get(f"/stage/{nonsense}").status_code == 404
    assert manager.get("/stage/lock").status_code == 200
    assert manager.post("/stage/lock", {"reason": "x"}).status_code == 422


def test_the_matrix_shows_every_row_with_its_status(world):
    contact = world.add("follow_up", contact_date="2016-04", disease_status="")
    page = world.client("data_manager").get(f"/patients/{world.own.registry_id}/").content.decode()

    cell = page.partition('class="cells" aria-label="Follow-ups')[2].partition("</ul>")[0]
    assert f"/follow_up/{contact.pk}/" in cell and "glyph-draft" in cell and "2016-04" in cell


def test_derived_values_stand_beside_the_answers_and_are_never_asked(world):
    infusion = world.add("infusion")
    client = world.client()

    shown = client.get(page_of(world, infusion)).content.decode()
    assert "derived, not entered" in shown and "Age at infusion (years)" in shown
    assert ">10.02<" in shown
    assert ">10.0<" in world.client("monitor").get(page_of(world, infusion)).content.decode()
    assert "infusion_number" not in client.get(page_of(world, infusion) + "edit").content.decode()
    with as_system():
        assert not hasattr(Patient.objects.first(), "age_at_infusion")
