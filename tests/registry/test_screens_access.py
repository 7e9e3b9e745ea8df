"""The rows of another site are not there, nor are identifiers for who may not see them (who opens what: test_doors)."""

import pytest
from django.core.cache import cache
from django.test import Client

from tests.registry.screens import CLINICAL, World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> World:
    return World()


def test_rows_of_another_site_look_like_rows_that_do_not_exist(world):
    client, home = world.client(), f"/patients/{world.own.registry_id}/"
    world.add("diagnosis", world.other)
    for slug in CLINICAL:
        row = (world.rows(slug, world.other) or [None])[0] or world.add(slug, world.other)
        address = f"/patients/{world.other.registry_id}/{slug}/"

        for end in ("", "new", f"{row.pk}/", f"{row.pk}/edit", f"{row.pk}/void", f"{row.pk}/history"):
            assert client.get(address + end).status_code == 404, address + end
            assert client.post(address + end, {"reason": "curious"}).status_code == 404, address + end
        assert client.get(f"{home}{slug}/{row.pk}/").status_code == 404
        assert client.get(f"{home}{slug}/{row.pk + 1000}/").status_code == 404
        assert not world.reload(row).voided


def test_lists_and_counts_tell_nothing_of_another_site(world):
    world.add("infusion", world.other)

    pages = [
        world.client().get(page).content.decode()
        for page in ("/", "/patients/", "/patients/?q=C19&standing=no_remission&sort=due", "/patients/?show=forms")
    ]

    assert not any(world.other.registry_id in page or "Chicago" in page for page in pages)


def test_a_parent_of_another_patient_cannot_be_named(world):
    foreign, client = world.add("infusion", world.other), world.client()

    answer = client.post(
        f"/patients/{world.own.registry_id}/relapse/new",
        {"parent_infusion": f"infusion:{foreign.pk}", "relapse_date": "2015-08-01"},
    )

    assert answer.status_code == 422
    assert "Choose one of this patient" in answer.content.decode()
    assert world.rows("relapse") == []


def test_a_site_of_others_cannot_be_named(world):
    answer = world.client().post("/patients/new", {"site": str(world.there.pk), "birth_date": "2009-05"})

    assert answer.status_code == 422
    assert "Choose one of the list" in answer.content.decode()


def test_direct_identifiers_are_shown_only_to_who_may_see_them(world):
    world.add("enrollment", subject_number="SUBJ-4711")
    page, history = f"/patients/{world.own.registry_id}/", f"/patients/{world.own.registry_id}/history"
    row = world.rows("enrollment")[0]

    for role, sees in (("coordinator", True), ("monitor", False)):
        client = world.client(role)
        shown = client.get(f"{page}enrollment/{row.pk}/").content.decode() + client.get(history).content.decode()
        assert ("SUBJ-4711" in shown) is sees
        assert ("2005-01-01" in shown) is sees


def test_unknown_entities_and_wrong_places_are_not_found(world):
    client = world.client("data_manager")

    for page in (
        "/patients/{own}/nothing/",
        "/patients/{own}/site/",
        "/reference/relapse/",
        "/reference/patient/",
    ):
        assert client.get(page.format(own=world.own.registry_id)).status_code == 404


def test_every_page_says_when_the_patients_are_made_up(world):
    world.add("site", code="SYN", name="Synthetic Hospital")
    cache.clear()

    for client, page in (
        (Client(), "/accounts/login/"),
        (world.client(), "/"),
        (world.client(), "/patients/nobody/"),
    ):
        assert "SYNTHETIC DATA" in client.get(page).content.decode()


def test_real_patients_carry_no_such_banner(world):
    assert "SYNTHETIC DATA" not in world.client().get("/").content.decode()
