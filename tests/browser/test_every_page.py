"""Every page of the desk by axe, light and dark, at 360 px, with a quiet console: doors, and each kind of record."""

import pytest
from playwright.sync_api import Page

from registry import queries
from registry.entities import dictionary
from registry.models import Finding, User
from registry.people import add_person
from tests.browser.eyes import Eyes
from tests.browser.test_journey import sign_in
from tests.factories import as_system
from tests.registry.doors import DOORS
from tests.registry.screens import CLINICAL, PASSWORD, World

pytestmark = [pytest.mark.browser, pytest.mark.proof, pytest.mark.django_db(transaction=True)]
#: Addresses that answer with a file, with a refusal, or by sending elsewhere.
NO_PAGE = ("query-csv", "saved-views", "import")
MORE = (
    "/patients/?show=forms",
    "/patients/?standing=relapsed&open=queries&sort=-contact",
    "/quality/completeness/?entity=relapse",
    "/patients/nobody/",
    "/accounts/password/",
)


@pytest.fixture
def world() -> World:
    world = World()
    add_person("dora", role="data_manager", sites=["BOS"], password=PASSWORD)
    User.objects.update(must_change_password=False)
    return world


def chart(world: World) -> dict[str, dict[str, object]]:
    """A row of every kind, some of them wrong, and what fills the addresses of the doors."""
    rows = {slug: (world.rows(slug) or [world.add(slug)])[0] for slug in CLINICAL}
    world.add("infusion", infusion_date="2016-01-10", dose_total_e6="0.01")
    world.add("relapse", relapse_date="2014-01-01")
    with as_system():
        query = queries.raise_query(rows["infusion"], "weight_kg", "Sure?")
        finding = Finding.objects.filter(patient=world.own, severity="WARNING").first()
    told = {"own": world.own.registry_id, "pk": rows["infusion"].pk, "query": query.pk, "patient": world.own.pk}
    return {"names": told | {"site": world.here.pk, "finding": finding.pk}, "rows": rows}


def addresses(world: World) -> list[str]:
    made = chart(world)
    found = [door.address.format(**made["names"]) for name, door in DOORS.items() if name not in NO_PAGE]
    for slug, row in made["rows"].items():
        home = f"/patients/{world.own.registry_id}/{slug}/"
        found += [home, f"{home}new", f"{home}{row.pk}/", f"{home}{row.pk}/edit"]
        found += [f"{home}rows"] if dictionary()[slug].entity.many else []
    return [*dict.fromkeys(found), *MORE]


def test_every_page_is_without_fault_in_both_themes(page: Page, live_server, world):
    eyes = Eyes(page)
    page.goto(f"{live_server.url}/")
    eyes.check("sign-in")
    walked = addresses(world)
    sign_in(page, live_server.url, "dora")
    for address in walked:
        page.goto(live_server.url + address)
        eyes.check(address)

    assert not eyes.faults, "\n".join(eyes.faults)
    assert len(eyes.seen) > 100
