"""create_user and create_token: who gets what, what is printed, what is refused in one sentence."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from registry.access import ROLES, scope_of, system_scope
from registry.memory import acting
from registry.models import ApiToken, Change, Membership, Site, User
from tests.api.world import make
from tests.conftest import Instance

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def run(*words: str) -> str:
    """What the command prints."""
    out = io.StringIO()
    call_command(*words, stdout=out, stderr=io.StringIO())
    return out.getvalue()


@pytest.fixture
def sites(db: None) -> dict[str, int]:
    with acting(system_scope("test"), "setup"):
        return {code: make(Site, code=code, name=code).pk for code in ("BOS", "DFC")}


def password_in(text: str) -> str:
    line = text.strip().splitlines()[-1]
    assert line.startswith("user=")
    return line.split("password=")[1]


def test_the_first_administrator_needs_no_site() -> None:
    password = password_in(run("create_user", "ada", "--role", "administrator"))

    user = User.objects.get()
    assert user.check_password(password) and len(password) >= 16
    assert user.must_change_password and user.is_staff and not user.is_superuser
    assert scope_of(user).sites("users") is None


@pytest.mark.parametrize("role", ROLES)
def test_every_role_can_be_given(role: str, sites: dict[str, int]) -> None:
    places = [] if ROLES[role].all_sites else ["--site", "BOS"]

    run("create_user", "ann", "--role", role, *places)

    held = scope_of(User.objects.get(username="ann"))
    assert held.roles == (role,)
    for permission in ROLES[role].permissions:
        assert held.sites(permission) == (None if ROLES[role].all_sites else (sites["BOS"],))


def test_several_sites_are_several_memberships(sites: dict[str, int]) -> None:
    run("create_user", "ann", "--role", "coordinator", "--site", "BOS", "--site", "DFC", "--site", "BOS")

    assert scope_of(User.objects.get(username="ann")).sites("enter") == tuple(sorted(sites.values()))


def test_without_a_site_the_role_holds_at_all(sites: dict[str, int]) -> None:
    run("create_user", "ann", "--role", "data_manager")

    assert scope_of(User.objects.get(username="ann")).sites("import") is None


def test_an_existing_person_gains_the_role_and_keeps_the_password(sites: dict[str, int]) -> None:
    password = password_in(run("create_user", "ann", "--role", "coordinator", "--site", "BOS"))

    text = run("create_user", "ann", "--role", "monitor", "--site", "DFC")
    again = run("create_user", "ann", "--role", "monitor", "--site", "DFC")

    assert "password=" not in text + again and "unchanged" in text and "already" in again
    assert User.objects.get().check_password(password)
    assert sorted(Membership.objects.values_list("role", flat=True)) == ["coordinator", "monitor"]


def test_a_membership_is_remembered_with_its_maker() -> None:
    run("create_user", "ada", "--role", "administrator")

    change = Change.objects.filter(entity__icontains="membership").get()
    assert (change.actor, change.reason) == ("system:create_user", "create_user")


REFUSALS = {
    "role": (["ann", "--role", "wizard"], "There is no role 'wizard'"),
    "site": (
        ["ann", "--role", "monitor", "--site", "NOWHERE"],
        "There is no site 'NOWHERE'; the sites are BOS, DFC",
    ),
    "all sites": (["ann", "--role", "statistician", "--site", "BOS"], "works for all sites"),
    "space": (["an n", "--role", "monitor"], "user name"),
    "empty": (["", "--role", "monitor"], "user name"),
    "long": (["a" * 151, "--role", "monitor"], "user name"),
    "no role": (["ann"], "--role"),
    "case": (["HELD", "--role", "monitor"], "more than case"),
    "closed": (["gone", "--role", "monitor"], "is closed"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_bad_input_is_refused_and_nothing_is_made(name: str, sites: dict[str, int]) -> None:
    User.objects.create(username="held")
    User.objects.create(username="gone", is_active=False)
    words, sentence = REFUSALS[name]

    with pytest.raises(CommandError, match=sentence):
        run("create_user", *words)

    assert User.objects.count() == 2
    assert not Membership.objects.exists()


def test_one_unknown_site_of_two_makes_nothing(sites: dict[str, int]) -> None:
    with pytest.raises(CommandError):
        run("create_user", "ann", "--role", "monitor", "--site", "BOS", "--site", "NOWHERE")

    assert not User.objects.exists()


def test_a_token_is_printed_alone_and_works(sites: dict[str, int], client: Client) -> None:
    run("create_user", "ann", "--role", "monitor", "--site", "BOS")

    token = run("create_token", "ann", "--days", "30")

    assert token.count("\n") == 1
    row = ApiToken.objects.get()
    assert (row.expires_at - row.created_at).days == 30
    assert client.get("/api/v1/sites/", headers={"Authorization": f"Bearer {token.strip()}"}).status_code == 200


TOKEN_REFUSALS = {
    "nobody": (["nobody"], "There is no account 'nobody'"),
    "closed": (["gone"], "is closed"),
    "no role": (["held"], "no role that reads by the API"),
    "too long": (["ann", "--days", "366"], "1 to 365 days"),
    "too short": (["ann", "--days", "0"], "1 to 365 days"),
    "no number": (["ann", "--days", "x"], "invalid int value"),
    "agreement": (["ann", "--agreement", "NONE-1"], "There is no agreement 'NONE-1'"),
    "redcap": (["ann", "--redcap"], "not built yet"),
}


@pytest.mark.parametrize("name", TOKEN_REFUSALS)
def test_a_token_is_refused_in_a_sentence(name: str, sites: dict[str, int]) -> None:
    User.objects.create(username="held")
    User.objects.create(username="gone", is_active=False)
    run("create_user", "ann", "--role", "monitor", "--site", "BOS")
    words, sentence = TOKEN_REFUSALS[name]

    with pytest.raises(CommandError, match=sentence):
        run("create_token", *words)

    assert not ApiToken.objects.exists()


@pytest.mark.slow
def test_from_a_shell_faults_are_one_line(instance: Instance) -> None:
    """Without any table, with a wrong word: a sentence, a code, no traceback. Help shows an example."""
    for words in (
        ["create_user", "a", "--role", "monitor"],
        ["create_token", "a"],
        ["create_user", "a", "--role", "x"],
    ):
        ended = instance.manage(*words)
        assert ended.returncode != 0
        assert "Traceback" not in ended.stderr
        assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
    for command in ("create_user", "create_token"):
        assert "examples:" in instance.manage(command, "--help").stdout
