"""People at the screens, a way to send a bundle to the import page and to act on what was sent."""

import pytest

from registry.models import ImportUpload
from tests.registry.bundles import Bundle
from tests.registry.import_screens import packed
from tests.registry.screens import World


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def manager(world):
    return world.client("data_manager")


@pytest.fixture
def send(manager, tmp_path, django_capture_on_commit_callbacks):
    """Send a bundle and give the upload; tasks run at once."""

    def send(files: Bundle, client=manager) -> ImportUpload:
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post("/import/", {"files": [packed(tmp_path, files)], "site": ""})
        assert answer.status_code == 302, answer.content.decode()[:3000]
        return ImportUpload.objects.latest("pk")

    return send


@pytest.fixture
def act(manager, django_capture_on_commit_callbacks):
    """Press a button of an upload's page."""

    def act(upload: ImportUpload, do: str, reason: str = "first file of the site"):
        with django_capture_on_commit_callbacks(execute=True):
            answer = manager.post(f"/import/{upload.pk}/", {"do": do, "reason": reason})
        return answer

    return act
