"""The walk of every address of the results and of the administration, as every role, for own and foreign patients."""

import pytest
from django.test import Client
from django.utils import timezone

from analytics import checks, companions, looks, report_orders, runs
from analytics.models import Look, Run, SavedAnalysis, Schedule, Snapshot, State, Subscription
from registry.access import ROLES
from registry.models import Change, Finding, User
from tests.analytics.doors import ADMIN, READS, RESULTS
from tests.browser.walks import routes
from tests.factories import as_system
from tests.registry.doors import Door
from tests.registry.screens import World

pytestmark = pytest.mark.django_db
REFUSED = (403, 404, 405)
DOORS = RESULTS | ADMIN
#: Addresses of the administration that are no page of a table; who may use them is told by test_admin_pages.
TOLD_THERE = {
    "admin:login", "admin:logout", "admin:password_change", "admin:password_change_done", "admin:autocomplete",
    "admin:jsi18n", "admin:view_on_site", "admin:registry_user_password", "admin:analytics_run_now",
    "admin:analytics_run_again", "admin:analytics_snapshot_figure", "admin:analytics_snapshot_results",
    "admin:analytics_snapshot_verify", "admin:analytics_snapshot_make_report", "admin:analytics_snapshot_bundle",
    "admin:analytics_snapshot_report",
}  # fmt: skip


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    for ledger in (looks, runs, checks, report_orders):
        monkeypatch.setattr(ledger, "send", lambda number: None)
    return World()


_answered: list[dict] = []


def answered(asked: dict[str, object]) -> Look:
    """A question of the statistician, answered once per process."""
    look = looks.request(Look.Kind.QUESTION, asked, requested_by="statistician-BOS")
    if not _answered:
        looks.answer(look.pk)
        _answered.append(Look.objects.get(pk=look.pk).body)
    Look.objects.filter(pk=look.pk).update(done_at=look.requested_at, body=_answered[0])
    return look


@pytest.fixture
def names(world: World, snapshot: Snapshot) -> dict[str, object]:
    """What fills the addresses: a row behind every door."""
    companions.made(snapshot)
    asked = {"plan": "post_cart_relapse", "key": "os_relapse", "by": ["sex"], "exposure": "", "method": "groups",
             "cutoff": "2022-12-31"}  # fmt: skip
    look = answered(asked)
    world.add("infusion", dose_total_e6="0.01")
    person, now = User.objects.create(username="reader"), timezone.now()
    with as_system():
        finding = Finding.objects.filter(patient=world.own).first()
        change = Change.objects.filter(patient_id=world.own.pk).first()
    run = Run.objects.create(
        plan="post_infusion", cutoff=now.date(), requested_by="t", requested_at=now, state=State.FAILED, error="fell"
    )
    subscription = Subscription.objects.create(person=person, plan="post_infusion", since=now)
    rows = {"run": run, "subscription": subscription, "user": person, "finding": finding, "change": change}
    return {name: row.pk for name, row in rows.items()} | {
        "snapshot": snapshot.pk,
        "older": snapshot.pk,
        "look": look.pk,
        "own": world.own.registry_id,
        "schedule": Schedule.objects.first().pk,
    }


def status(client: Client, address: str, form: dict[str, str] | None = None) -> int:
    """What the person gets in the end. The administration refuses by way of its sign-in, hides a row by its home."""
    answer = client.get(address, follow=True) if form is None else client.post(address, form, follow=True)
    sent_home = answer.redirect_chain and answer.redirect_chain[-1][0] == "/admin/"
    return 404 if sent_home else answer.status_code


def expected(door: Door, role: str) -> int:
    if role in door.opens:
        return door.answer
    return 404 if role in door.hides else 403


def test_every_address_of_these_rooms_has_its_door():
    """Add a page of the results or the administration to tests/analytics/doors.py: who may open it?"""
    mine = {name for name in routes() if name.startswith(("results", "analysis", "admin:"))}

    assert mine == set(DOORS) | TOLD_THERE


@pytest.mark.parametrize("role", ROLES)
def test_a_role_opens_its_doors_and_no_other(role: str, world: World, names: dict[str, object]):
    client = world.client(role)

    got = {name: status(client, door.address.format(**names)) for name, door in DOORS.items()}

    assert got == {name: expected(door, role) for name, door in DOORS.items()}


@pytest.mark.parametrize("role", [role for role, told in ROLES.items() if not told.all_sites])
def test_the_results_of_a_patient_of_another_site_are_not_there(role: str, world: World, names: dict[str, object]):
    """The same answer as for a patient who does not exist; who reads no patients at all is refused before."""
    client, hidden = world.client(role), 404 if role in READS else 403

    for patient in (world.other.registry_id, "C19-AAAAA-A", "nobody"):
        for method in ("get", "post", "put", "patch", "delete"):
            answer = getattr(client, method)(f"/results/patients/{patient}/")
            assert answer.status_code in ((hidden,) if method == "get" else REFUSED), (patient, method)
            assert world.other.registry_id not in answer.content.decode().replace(f"/{patient}/", "")


@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_done_by_who_may_not_open_the_door(role: str, world: World, names: dict[str, object]):
    client = world.client(role)
    kept = (Look, Run, SavedAnalysis, Schedule, Subscription, Change)
    before = [model.objects.count() for model in kept]

    for name, door in DOORS.items():
        if role not in door.opens:
            form = {"plan": "post_infusion", "name": "x", "post": "yes"}
            assert status(client, door.address.format(**names), form) in REFUSED, name
    assert [model.objects.count() for model in kept] == before


def test_a_stranger_is_asked_to_sign_in_everywhere(world: World, names: dict[str, object]):
    stranger = Client()

    for name, door in DOORS.items():
        answer = stranger.get(door.address.format(**names), follow=True)
        assert answer.redirect_chain[-1][0].startswith("/accounts/login/?next="), name
