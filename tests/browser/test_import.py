"""The import page in a real browser: a refused file, progress, the change cell by cell, undo."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from playwright.sync_api import Page, expect

from registry import upload_work, uploads
from registry.models import ImportUpload, User
from tests.browser.hands import sign_in
from tests.registry.bundles import Bundle, write
from tests.registry.test_screens_import import here

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def send(page: Page, server: str, folder: object, files: Bundle) -> None:
    page.goto(f"{server}/import/")
    page.get_by_label("Files").set_input_files(sorted(write(folder, files).iterdir()))
    page.get_by_role("button", name="Send and check").click()


def test_a_file_is_sent_seen_imported_and_taken_back(page, live_server, world, eyes, tmp_path):
    server = live_server.url
    sign_in(page, f"{server}/", "dora")
    page.get_by_role("link", name="Import", exact=True).click()
    eyes.look("30-import")

    wrong = here()
    wrong["infusion"][0]["weight_kg"] = "heavy"
    send(page, server, tmp_path / "wrong", wrong)
    expect(page.get_by_role("heading", name="Rejected")).to_be_visible()
    eyes.look("31-import-refused")

    send(page, server, tmp_path / "good", here())
    expect(page.get_by_role("heading", name="What the import would do")).to_be_visible()
    eyes.look("32-import-staged")
    page.get_by_label("Reason for the import").fill("first file of the site")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", name="What the import did")).to_be_visible()

    changed = here()
    changed["infusion"][0] |= {"weight_kg": "33", "dose_total_e6": ""}
    send(page, server, tmp_path / "changed", changed)
    expect(page.locator("ins").first).to_have_text("33")
    eyes.look("33-import-changed")
    page.get_by_label("Reason for the import").fill("corrected weight")
    page.get_by_role("button", name="Import", exact=True).click()
    page.get_by_label("Reason for undoing it").fill("wrong correction")
    page.get_by_role("button", name="Undo this import").click()
    expect(page.get_by_role("status").first).to_contain_text("undone")
    eyes.look("34-import-undone")
    page.goto(f"{server}/import/")
    eyes.look("35-imports")
    assert eyes.faults == []


def test_a_job_shows_how_far_it_is_and_then_what_it_found(page, live_server, world, eyes, tmp_path):
    person = User.objects.get(username="dora")
    files = [SimpleUploadedFile(path.name, path.read_bytes()) for path in write(tmp_path / "good", here()).iterdir()]
    upload = uploads.take_in(person, files, site_code="", now=timezone.now())
    ImportUpload.objects.filter(pk=upload.pk).update(rows=16)
    sign_in(page, f"{live_server.url}/import/{upload.pk}/", "dora")
    expect(page.locator(".done")).to_have_text("0 of 16 rows checked.")
    uploads.note_progress(upload, 7)
    expect(page.locator(".done")).to_have_text("7 of 16 rows checked.")
    eyes.look("36-import-working")

    upload_work.work(upload.pk)

    expect(page.get_by_role("heading", name="What the import would do")).to_be_visible()
    assert eyes.faults == []
