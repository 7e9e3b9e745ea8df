"""The walk of every address, as every role, for own and foreign rows, by every method."""

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import URLPattern, get_resolver

from registry import queries
from registry.access import ROLES
from registry.models import Change, Finding
from tests.factories import as_system
from tests.registry.doors import DOORS, OPEN_TO_ALL, OTHER_ROOMS, READERS, Door
from tests.registry.screens import World

pytestmark = pytest.mark.django_db
#: Refused, not there, or no such method here whatever the row: nothing is told and nothing is done.
REFUSED = (403, 404, 405)


@pytest.fixture
def world() -> World:
    return World()


def names(world: World, patient) -> dict[str, object]:
    """What fills the addresses for this patient: rows, a finding, a query."""
    infusion = world.add("infusion", patient, dose_total_e6="0.01")
    with as_system():
        query = queries.raise_query(infusion, "weight_kg", "Sure?")
        finding = Finding.objects.filter(patient=patient, severity="WARNING").first()
    assert finding is not None, "the doors of findings need a warning"
    told = {"own": patient.registry_id, "pk": infusion.pk, "query": query.pk, "finding": finding.pk}
    return told | {"site": patient.site_id, "patient": patient.pk}


def send(client: Client, address: str):
    """The form of this address, sent: what the address names is named in the form."""
    path, _, named = address.partition("?")
    return client.post(path, {"reason": "x", "text": "x", **QueryDict(named).dict()})


def expected(door: Door, role: str) -> int:
    """Who reads nothing at a site is not told whether a patient is there."""
    if role in door.opens or door.answer == 405:
        return door.answer
    return 404 if door.patient and role not in READERS else 403


def test_every_address_has_its_door():
    """Add a route of the desk to tests/registry/doors.py: who may open it?"""
    found, rooms = set(), set()
    for one in get_resolver().url_patterns:
        if isinstance(one, URLPattern):
            found.add(one.name)
        elif str(one.pattern):
            rooms.add(str(one.pattern))
        else:
            found.update(inner.name for inner in one.url_patterns)

    assert found - {None} == set(DOORS) | OPEN_TO_ALL
    assert rooms <= set(OTHER_ROOMS), "a new room needs a walk of its own, named in OTHER_ROOMS"


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_its_doors_and_no_other(world, role):
    client, own = world.client(role), names(world, world.own)

    got = {name: client.get(door.address.format(**own)).status_code for name, door in DOORS.items()}

    assert got == {name: expected(door, role) for name, door in DOORS.items()}


@pytest.mark.parametrize("role", [role for role, told in ROLES.items() if not told.all_sites])
def test_rows_of_another_site_are_not_there_by_any_method(world, role):
    client, foreign = world.client(role), names(world, world.other)
    before = Change.objects.count()

    for name, door in DOORS.items():
        if door.patient:
            address = door.address.format(**foreign)
            assert client.get(address).status_code == 404, name
            for method in ("put", "patch", "delete"):
                assert getattr(client, method)(address).status_code in REFUSED, (name, method)
            assert send(client, address).status_code in (404, 405), name
    assert Change.objects.count() == before


@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_changed_by_who_may_not_open_the_door(world, role):
    """Sending a form to a closed door is refused; no other method is ever taken."""
    client, own = world.client(role), names(world, world.own)
    before = Change.objects.count()

    for name, door in DOORS.items():
        address = door.address.format(**own)
        if role not in door.opens and door.answer != 405:
            assert send(client, address).status_code in REFUSED, name
        for method in ("put", "patch", "delete"):
            assert getattr(client, method)(address).status_code in REFUSED, (name, method)
    assert Change.objects.count() == before


def test_a_stranger_is_asked_to_sign_in_everywhere(world):
    own, stranger = names(world, world.own), Client()

    for name, door in DOORS.items():
        for answer in (stranger.get(door.address.format(**own)), stranger.post(door.address.format(**own))):
            assert answer.status_code == 302, name
            assert answer.url.startswith("/accounts/login/?next="), name
