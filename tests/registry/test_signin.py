"""A one-time password is changed before anything else is seen; a screen left alone ends the sign-in."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from config.sessions import UNATTENDED
from registry.models import User
from tests.registry.screens import World

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


@pytest.mark.parametrize(("told", "ends"), [({}, False), ({UNATTENDED: "1"}, True)])
def test_a_screen_left_alone_signs_its_person_out_though_its_page_goes_on_asking(told, ends):
    opened = timezone.now()
    with time_machine.travel(opened, tick=False):
        client = World().client()
    for minutes in (10, 20, 29):
        with time_machine.travel(opened + timedelta(minutes=minutes), tick=False):
            assert client.get("/patients/", headers=told).status_code == 200

    with time_machine.travel(opened + timedelta(minutes=35), tick=False):
        answer = client.get("/patients/", headers=told)

    assert (answer.status_code == 302) == ends
