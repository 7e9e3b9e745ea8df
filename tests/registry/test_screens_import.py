"""The import page: what is sent is sealed, shown cell by cell, imported in the background, and can be taken back."""

from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from registry import upload_work, uploads
from registry.models import Change, ImportBatch, ImportUpload
from tests.registry.bundles import write
from tests.registry.import_screens import SECRET, here, moved, patients, state

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_nothing_is_stored_before_the_change_was_seen_and_explained(world, manager, send, act):
    before = patients()
    upload = send(here())

    page = manager.get(f"/import/{upload.pk}/").content.decode()

    assert state(upload) == "READY" and patients() == before
    assert "What the import would do" in page and "Cell by cell" in page and "31.5" in page
    assert act(upload, "commit", reason=" ").status_code == 422
    assert patients() == before


def test_a_commit_links_to_the_rows_and_is_remembered_with_its_reason(world, manager, send, act):
    before = patients()
    upload = send(here())

    act(upload, "commit")
    page = manager.get(f"/import/{upload.pk}/")

    upload.refresh_from_db()
    assert (upload.state, patients()) == ("DONE", before + 1)
    assert upload.batch == ImportBatch.objects.latest("pk") and upload.batch.actor == "data_manager-BOS"
    linked = [url for _row, _label, url in page.context["changes"] if url]
    assert linked and all(manager.get(url).status_code == 200 for url in linked[:4])
    reasons = set(Change.objects.filter(request_id=upload.request_id).values_list("reason", flat=True))
    assert len(reasons) == 1 and "first file of the site" in reasons.pop()


def test_a_changed_cell_is_shown_with_both_values(world, manager, send, act):
    act(send(here()), "commit")
    changed = here()
    changed["infusion"][0]["weight_kg"] = "33"

    upload = send(changed)
    page = manager.get(f"/import/{upload.pk}/").content.decode()

    assert upload.updated == {"infusion": 1} and upload.created == {}
    assert "<del>31.5</del>" in page and "<ins>33</ins>" in page


def test_one_wrong_cell_refuses_the_file_and_is_named(world, manager, send):
    wrong = here()
    wrong["infusion"][0]["weight_kg"] = "heavy"

    upload = send(wrong)
    page = manager.get(f"/import/{upload.pk}/").content.decode()

    assert state(upload) == "REFUSED" and "Rejected" in page
    assert "infusion.csv line 2" in page and "heavy" in page and "weight_kg" in page


def test_rows_of_other_sites_are_refused(world, manager, send):
    upload = send(moved(here(), "BOS", "CHI"))

    assert state(upload) == "REFUSED"
    assert "outside your sites" in manager.get(f"/import/{upload.pk}/").content.decode()


def test_rights_are_read_again_when_the_work_begins(world, manager, send, act):
    upload, before = send(here()), patients()
    assert upload_work.ask(upload, "COMMITTING", reason="later")
    upload.user.is_active = False
    upload.user.save()

    upload_work.work(upload.pk)

    assert state(upload) == "FAILED" and patients() == before


def test_the_same_work_asked_for_twice_is_done_once(world, manager, send, act):
    upload = send(here())
    act(upload, "commit")
    batches, changes = ImportBatch.objects.count(), Change.objects.count()

    upload_work.work(upload.pk)
    act(upload, "commit")

    assert (ImportBatch.objects.count(), Change.objects.count()) == (batches, changes)


def test_neither_file_nor_values_lie_open_or_in_a_log(world, manager, send, caplog, capsys):
    upload = send(here())

    folder = Path(settings.INSTANCE_DIR) / "imports"
    kept = [path.read_bytes() for path in folder.glob(f"{upload.pk}.*")]
    row = " ".join(str(value) for value in ImportUpload.objects.filter(pk=upload.pk).values_list()[0])
    told = caplog.text + "".join(capsys.readouterr()) + row

    assert len(kept) == 5 and not any(SECRET.encode() in one or b"infusion" in one for one in kept)
    assert "Anna Smith" not in told and SECRET not in told
    assert not list(Path(settings.FILE_UPLOAD_TEMP_DIR).iterdir())


def test_what_a_killed_worker_left_in_the_clear_goes(world, manager, send):
    upload = send(here())
    with pytest.raises(KeyboardInterrupt), uploads.opened(upload) as path:
        raise KeyboardInterrupt
    gone = not path.parent.exists()
    path.parent.mkdir()
    path.write_bytes(b"left")

    with uploads.opened(upload) as again:
        assert again == path and again.read_bytes().startswith(b"PK")
    path.parent.mkdir()
    uploads.forget_expired(timezone.now() + uploads.LONGEST_WORK * 2)

    assert gone and not path.parent.exists()
    assert state(upload) == "READY"


def test_an_upload_is_its_senders_alone(world, send):
    upload = send(here())
    assert world.client("coordinator").get("/import/").status_code == 403
    assert world.client("data_manager", "CHI").get(f"/import/{upload.pk}/").status_code == 404


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.exe", b"MZ"), ("a.zip", b"not packed"), ("a.xlsx", b"\xd0\xcf\x11\xe0"), ("a", b""), ("a.zip", b"PK\x03\x04")],
)
def test_what_is_no_source_is_refused_in_plain_words(world, manager, django_capture_on_commit_callbacks, name, content):
    with django_capture_on_commit_callbacks(execute=True):
        answer = manager.post("/import/", {"files": [SimpleUploadedFile(name, content)]})

    assert answer.status_code == 422 or state(ImportUpload.objects.latest("pk")) == "REFUSED"


def test_too_many_rows_are_refused(world, manager, send, monkeypatch):
    monkeypatch.setattr(upload_work, "MOST_ROWS", {"sqlite": 3, "postgresql": 3})

    upload = send(here())

    assert state(upload) == "REFUSED" and "one upload takes 3" in manager.get(f"/import/{upload.pk}/").content.decode()


def test_several_csv_files_are_one_source(world, manager, tmp_path, django_capture_on_commit_callbacks):
    folder = write(tmp_path / "csv", here())
    files = [SimpleUploadedFile(path.name, path.read_bytes()) for path in folder.iterdir()]
    with django_capture_on_commit_callbacks(execute=True):
        manager.post("/import/", {"files": files})

    assert ImportUpload.objects.latest("pk").state == "READY"


def test_the_pages_cost_the_same_however_much_was_sent(world, manager, send, act):
    first = send(here())
    few = {at: queries_of(manager, at) for at in ("/import/", f"/import/{first.pk}/")}
    files = here()
    files["follow_up"] = [files["follow_up"][0] | {"contact_date": f"2016-0{month}-20"} for month in range(1, 10)]
    many = send(files)

    assert queries_of(manager, "/import/") == few["/import/"] <= 10
    assert queries_of(manager, f"/import/{many.pk}/") == few[f"/import/{first.pk}/"] <= 10


def queries_of(client, address: str) -> int:
    client.get(address)
    with CaptureQueriesContext(connection) as queries:
        client.get(address)
    return len(queries)


# Undo
