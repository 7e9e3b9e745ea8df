"""Who reads what: role x route x own, shared or foreign row; tokens that end; methods that do not exist."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from api.views import DOORS, plural
from registry.access import system_scope
from registry.entities import dictionary
from registry.memory import acting
from registry.models import ApiToken, Membership, User
from registry.tokens import issue
from tests.api.world import PEOPLE, World, client_of, person

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

#: role: (own row, shared row, foreign row, a shared table, the snapshots)
EXPECTED = {
    "coordinator": (200, 200, 404, 200, 403),
    "data_manager": (200, 200, 404, 200, 200),
    "investigator": (200, 200, 404, 200, 200),
    "monitor": (200, 200, 404, 200, 403),
    "statistician": (200, 200, 200, 200, 200),
    "collaborator": (403, 403, 403, 403, 403),
    "administrator": (403, 403, 403, 403, 403),
}


def addresses(world: World, name: str) -> list[str]:
    """The address of every row of one patient."""
    patient = world.patients[name]
    rows = [f"/api/v1/{plural(slug)}/{row.pk}/" for (owner, slug), row in world.rows.items() if owner == name]
    return [f"/api/v1/patients/{patient.registry_id}/", *rows]


def test_the_table_names_every_role() -> None:
    assert set(EXPECTED) == set(PEOPLE)


@pytest.mark.parametrize("role", EXPECTED)
def test_a_role_reads_its_rows_and_no_other(role: str, world: World, reader: Callable[[str], Client]) -> None:
    client, (own, shared, foreign, table, snapshots) = reader(role), EXPECTED[role]

    for name, status in (("own", own), ("shared", shared), ("foreign", foreign)):
        for address in addresses(world, name):
            assert client.get(address).status_code == status, (role, address)
    assert client.get("/api/v1/sites/BOS/").status_code == table
    assert client.get("/api/v1/snapshots/").status_code == snapshots
    for name in DOORS:
        assert client.get(f"/api/v1/{name}/").status_code == (200 if own == 200 else 403)


def test_lists_hold_no_row_of_another_site(coordinator: Client, world: World) -> None:
    for entity in dictionary():
        if entity.of_patient:
            rows = coordinator.get(f"/api/v1/{plural(entity.slug)}/").json()["results"]
            assert sorted(row["patient"] for row in rows) == ["C19-OWN-1", "C19-SHA-1"], entity.slug
    assert coordinator.get("/api/v1/infusions/", {"patient": "C19-FOR-1"}).json()["results"] == []
    assert coordinator.get("/api/v1/patients/", {"site": "DFC"}).json()["results"] == []


def test_a_foreign_row_looks_exactly_like_a_missing_one(coordinator: Client, world: World) -> None:
    foreign = coordinator.get(f"/api/v1/infusions/{world.rows['foreign', 'infusion'].pk}/")
    missing = coordinator.get("/api/v1/infusions/999999/")

    assert foreign.status_code == missing.status_code == 404
    assert foreign.content == missing.content
    same = {"X-Request-ID"}
    assert {k: v for k, v in foreign.items() if k not in same} == {k: v for k, v in missing.items() if k not in same}


def test_nobody_without_a_token_reads(client: Client, world: World) -> None:
    for address in ["/api/v1/", "/api/v1/snapshots/", *addresses(world, "own")]:
        response = client.get(address)
        assert response.status_code == 401
        assert response.json()["code"] == "not_authenticated"
        assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer x", "Bearer reg_a_b", "Basic YTpi", "bearer reg__", "Bearer reg_\xff_\xff", "Token x"],
)
def test_a_token_that_is_none_is_refused(header: str, client: Client, world: World) -> None:
    response = client.get("/api/v1/patients/", headers={"Authorization": header})

    assert response.status_code == 401
    assert "token" in response.json()["message"]


def test_a_token_is_stored_as_a_hash_only(world: World) -> None:
    token = issue(person("ann", "monitor", world.sites["BOS"]))
    secret = token.split("_", 2)[2]

    row = ApiToken.objects.get()

    assert secret not in " ".join(str(value) for value in vars(row).values())
    assert len(secret) >= 43, "256 random bits"
    assert row.expires_at - row.created_at == timedelta(days=90)


def test_a_token_ends(world: World) -> None:
    user = person("ann", "monitor", world.sites["BOS"])
    old = client_of(user, days=1, now=timezone.now() - timedelta(days=1))
    young = client_of(user, days=1, now=timezone.now() - timedelta(hours=23))

    assert old.get("/api/v1/patients/").status_code == 401
    assert young.get("/api/v1/patients/").status_code == 200


def test_a_revoked_token_ends_at_once(coordinator: Client) -> None:
    assert coordinator.get("/api/v1/patients/").status_code == 200

    ApiToken.objects.update(revoked_at=timezone.now())

    assert coordinator.get("/api/v1/patients/").status_code == 401


def test_a_closed_account_ends_its_tokens(coordinator: Client) -> None:
    User.objects.filter(username="coordinator").update(is_active=False)

    assert coordinator.get("/api/v1/patients/").status_code == 401


def test_a_lost_membership_counts_from_the_next_request(coordinator: Client) -> None:
    with acting(system_scope("test"), "left the site"):
        Membership.objects.all().delete()

    assert coordinator.get("/api/v1/patients/").status_code == 403


def test_a_session_reads_like_a_token(world: World, client: Client) -> None:
    client.force_login(person("ann", "coordinator", world.sites["BOS"]))

    assert client.get("/api/v1/patients/C19-OWN-1/").status_code == 200
    assert client.get("/api/v1/patients/C19-FOR-1/").status_code == 404


def test_a_bad_token_is_not_saved_by_a_session(world: World, client: Client) -> None:
    client.force_login(person("ann", "coordinator", world.sites["BOS"]))

    assert client.get("/api/v1/patients/", headers={"Authorization": "Bearer reg_a_b"}).status_code == 401


def test_a_one_time_password_opens_nothing(world: World, client: Client) -> None:
    user = person("ann", "coordinator", world.sites["BOS"])
    User.objects.filter(pk=user.pk).update(must_change_password=True)
    client.force_login(User.objects.get(pk=user.pk))

    assert client.get("/api/v1/patients/").status_code == 403


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options", "trace"])
def test_nothing_can_be_written(method: str, coordinator: Client, world: World) -> None:
    for asking in (coordinator, Client(enforce_csrf_checks=True)):
        for address in [
            "/api/v1/",
            "/api/v1/infusions/",
            "/api/v1/snapshots/",
            "/api/v1/docs/",
            "/api/v1/schema/",
            *addresses(world, "own")[:3],
        ]:
            response = getattr(asking, method)(address)
            assert response.status_code == 405, (method, address)
            assert response.json()["code"] == "method_not_allowed"
            assert response["Allow"] == "GET, HEAD"


def test_answers_are_kept_by_no_cache(coordinator: Client) -> None:
    response = coordinator.get("/api/v1/patients/")

    assert response["Cache-Control"] == "no-store"
    assert {"Authorization", "Cookie"} <= {part.strip() for part in response["Vary"].split(",")}
