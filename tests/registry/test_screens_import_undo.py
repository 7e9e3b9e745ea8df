"""Taking an import back: what it made goes, what it changed returns, unless later work depends on it."""

from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from registry import import_undo, uploads
from registry.models import Patient
from tests.factories import as_system
from tests.registry.import_screens import here, patients, state

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_an_import_is_undone_and_can_be_sent_again(world, manager, send, act):
    before, upload = patients(), send(here())
    act(upload, "commit")

    answer = act(upload, "undo", reason="wrong file")

    assert answer.status_code == 302 and (state(upload), patients()) == ("UNDONE", before)
    again = send(here())
    act(again, "commit")
    assert (state(again), patients()) == ("DONE", before + 1), uploads.Pages(again, uploads.FINDINGS)[:]


def test_undoing_gives_changed_cells_their_old_values(world, manager, send, act):
    act(send(here()), "commit")
    changed = here()
    changed["infusion"][0]["weight_kg"] = "33"
    changed["patient"][0]["birth_date"] = "2005-06"
    upload = send(changed)
    act(upload, "commit")
    with as_system():
        patient = Patient.objects.latest("pk")
        assert str(patient.answer("birth_date").value) == "2005-06-15"
    row = world.rows("infusion", patient)[0]
    assert row.weight_kg == 33

    assert act(upload, "undo").status_code == 302

    again = world.reload(row)
    assert str(again.weight_kg.normalize()) == "31.5" and again.version == row.version + 1
    with as_system():
        assert str(Patient.objects.get(pk=patient.pk).answer("birth_date").value) != "2005-06-15"


def test_an_import_on_which_later_work_depends_stays(world, manager, send, act):
    upload = send(here())
    act(upload, "commit")
    with as_system():
        patient = Patient.objects.latest("pk")
    world.add("follow_up", patient=patient, contact_date="2016-03-03")

    answer = act(upload, "undo")

    assert answer.status_code == 422 and "hangs on Patient that was imported" in answer.content.decode()
    assert state(upload) == "DONE"
    with as_system():
        assert not Patient.objects.get(pk=patient.pk).voided


def test_undo_needs_a_reason_and_sealed_files_expire(world, manager, send, act):
    upload = send(here())
    act(upload, "commit")

    assert act(upload, "undo", reason="").status_code == 422
    uploads.forget_expired(timezone.now() + uploads.KEPT * 2)

    assert manager.get(f"/import/{upload.pk}/").status_code == 200
    assert not list((Path(settings.INSTANCE_DIR) / "imports").glob(f"{upload.pk}.*"))
    assert act(upload, "undo").status_code == 302
    assert import_undo.done_by(upload).last
