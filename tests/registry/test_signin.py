"""A one-time password is changed before anything else is seen."""

import pytest
from django.test import Client
from django.urls import reverse

from registry.models import User

pytestmark = pytest.mark.django_db

OLD, NEW = "one-time-password-1", "chosen-by-the-person-2"


@pytest.fixture
def client() -> Client:
    user = User.objects.create_user("ann", password=OLD, must_change_password=True)
    signed_in = Client()
    signed_in.force_login(user)
    return signed_in


@pytest.mark.parametrize("path", ["/", "/patients/", "/admin/"])
def test_every_page_leads_to_the_password_form(client: Client, path: str):
    assert client.get(path)["Location"] == reverse("password_change")


def test_the_way_is_open_after_the_change(client: Client):
    form = {"old_password": OLD, "new_password1": NEW, "new_password2": NEW}
    assert client.get(reverse("password_change")).status_code == 200
    client.post(reverse("password_change"), form)

    assert not User.objects.get().must_change_password
    assert client.get("/").status_code == 200


def test_a_weak_password_is_refused_and_the_way_stays_closed(client: Client):
    form = {"old_password": OLD, "new_password1": "short", "new_password2": "short"}
    client.post(reverse("password_change"), form)

    assert client.get("/")["Location"] == reverse("password_change")


def test_static_files_and_health_stay_open(client: Client):
    assert client.get("/healthz").status_code == 200
