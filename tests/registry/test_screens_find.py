"""Finding a patient by what coordinators have at hand; the page of keys."""

from pathlib import Path

import pytest

from registry.keys import GROUPS, document
from tests.registry.screens import World, fill

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def world() -> World:
    return World()


def find(client, sought: str):
    return client.post("/find", {"q": sought})


def test_one_patient_found_opens_its_page(world):
    world.add("infusion", infusion_date="2015-01-10")
    client, home = world.client(), f"/patients/{world.own.registry_id}/"

    for sought in (world.own.registry_id.lower(), world.own.registry_id[4:], "2015-01-10", "2015-01", "10 Jan 2015"):
        assert find(client, sought).url == home, sought


def test_several_are_listed_and_nobody_is_said_in_words(world):
    second = world.add("patient", site=world.here)
    client = world.client()

    several, nobody, empty = (find(client, sought) for sought in ("C19-", "1999-01-01", "  "))

    assert {line.patient.pk for line in several.context["lines"]} == {world.own.pk, second.pk}
    assert "Nobody at your sites" in nobody.content.decode()
    assert empty.status_code == 200 and empty.context["lines"] == []


def test_numbers_find_only_for_who_may_see_them_and_only_own_patients(world):
    fill(world.client(), "/patients/new", birth_date="2009-05-03", site_number="4711")
    world.add("enrollment", subject_number="SUBJ-1")
    world.add("enrollment", world.other, subject_number="SUBJ-2")
    client, monitor = world.client(), world.client("monitor")

    assert find(client, "4711").status_code == find(client, "SUBJ-1").status_code == 302
    assert find(client, "SUBJ-2").status_code == 200
    assert find(monitor, "4711").status_code == find(monitor, "SUBJ-1").status_code == 200


@pytest.mark.parametrize("sought", ["\x00", "x" * 100_000, "' OR 1=1 --", "<script>alert(1)</script>", "%", "9" * 400])
def test_anything_can_be_looked_for(world, sought):
    answer = find(world.client(), sought)

    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()


def test_a_patient_of_another_site_is_not_found(world):
    world.add("infusion", world.other, infusion_date="2014-02-03")

    for sought in (world.other.registry_id, "2014-02-03"):
        assert find(world.client(), sought).status_code == 200


def test_the_keys_are_listed(world):
    page = world.client().get("/keys").content.decode()

    assert all(words in page for _heading, keys in GROUPS for _combo, words in keys)


def test_the_document_of_the_keys_is_fresh():
    held = (Path(__file__).parents[2] / "docs" / "user" / "keyboard.md").read_text(encoding="utf-8")

    assert held == document(), "python -m registry.keys > docs/user/keyboard.md"
