"""An export that singles patients out leaves only after a second person has released it, by whatever door."""

import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import CommandError, call_command
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client

from analytics import ledger
from analytics.models import Export, Handover, Release, Snapshot
from exports import jobs, release
from exports.tasks import make_export
from registry import agreements
from registry.access import scope_of, system_scope
from registry.memory import acting
from registry.models import Site, User
from registry.tokens import issue
from tests.api.world import make
from tests.exports.conftest import agreement
from tests.registry.people import account

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("exports")]
PASSWORD, REASON = "a long enough password", "the board agreed, minutes of 3 May"
SENTENCE = "waits for release"


def person(name: str, role: str = "statistician", *sites: str) -> User:
    user = account(name, role, *sites)
    user.set_password(PASSWORD)
    user.save()
    return user


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def held(real_patients: Snapshot, monkeypatch: pytest.MonkeyPatch) -> Export:
    """An export of real patients that ada asked for, as the worker leaves it."""
    monkeypatch.setattr(jobs, "send", lambda pk: None)
    made = jobs.request(real_patients, agreement("T1", "PAPER-1"), file_format="csv", purpose="a paper",
                        scope=scope_of(person("ada")))  # fmt: skip
    make_export(export=made.pk)
    made.refresh_from_db()
    return made


def released(export: Export, by: User, *, password: str = PASSWORD, reason: str = REASON) -> int:
    answer = browser(by).post(f"/exports/{export.pk}/release", {"password": password, "reason": reason})
    return answer.status_code


@pytest.mark.parametrize(
    ("k", "tier", "synthetic", "held"),
    [
        (4, "T1", False, True),
        (5, "T1", False, False),
        (1, "T2", False, True),
        (1, "T3", False, False),
        (1, "T1", True, False),
        (None, "T1", False, False),
    ],
)
def test_held_is_who_gives_others_fewer_than_five_real_patients(k: int | None, tier: str, synthetic: bool, held: bool):
    export = Export(tier=tier, snapshot=Snapshot(synthetic=synthetic))

    assert release.needed(export, SimpleNamespace(k=k)) == held


def test_a_held_export_leaves_by_no_door(held: Export):
    assert (held.state, held.k < 5) == ("held", True)
    ada, bob = browser(User.objects.get(username="ada")), browser(person("bob"))
    colin = Client(
        headers={"Authorization": f"Bearer {issue(person('colin', 'collaborator'), agreement=held.agreement)}"}
    )

    for client in (ada, bob):
        page = client.get(f"/exports/{held.pk}/").content.decode()
        assert "It waits for a second person" in page and "all.zip" not in page and "files/tables" not in page
        for end in ("all.zip", "files/tables/patient.csv"):
            answer = client.get(f"/exports/{held.pk}/{end}")
            assert answer.status_code == 403 and SENTENCE in answer.content.decode()
    told = colin.get(f"/api/v1/exports/{held.pk}/").json()
    assert (told["state"], told["files"]) == ("held", [])
    refused = colin.get(f"/api/v1/exports/{held.pk}/files/tables/patient.csv")
    assert refused.status_code == 403 and SENTENCE in refused.json()["message"]
    assert not ledger.snapshots_of(scope_of(User.objects.get(username="bob"))).exists(), "nor do its results"
    assert not Handover.objects.exists()


def test_a_second_person_releases_it_with_reason_and_password(held: Export):
    bob = person("bob")

    assert released(held, bob) == 302

    told = Release.objects.get()
    assert (told.asked_by, told.released_by, told.reason, told.k) == ("ada", "bob", REASON, held.k)
    assert told.manifest_sha256 == held.files["manifest.json"]["sha256"]
    page = browser(bob).get(f"/exports/{held.pk}/").content.decode()
    assert f"by bob: {REASON}" in page and "Download all files" in page
    assert browser(bob).get(f"/exports/{held.pk}/files/tables/patient.csv").status_code == 200
    assert Handover.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "status", "sentence"),
    [
        ({"password": "guessed"}, 422, "That is not your password."),
        ({"password": ""}, 422, "That is not your password."),
        ({"reason": " "}, 422, "Say why it may leave"),
    ],
)
def test_without_password_or_reason_nothing_is_released(held: Export, change: dict, status: int, sentence: str):
    asked = {"password": PASSWORD, "reason": REASON} | change

    answer = browser(person("bob")).post(f"/exports/{held.pk}/release", asked)

    assert (answer.status_code, sentence in answer.content.decode()) == (status, True)
    assert PASSWORD not in answer.content.decode()
    assert not Release.objects.exists() and Export.objects.get().state == "held"


def test_who_asked_does_not_release(held: Export):
    ada = User.objects.get(username="ada")

    assert "Why it may leave" not in browser(ada).get(f"/exports/{held.pk}/").content.decode()
    assert released(held, ada) == 403
    with pytest.raises(PermissionDenied, match="another person has to"):
        release.release(held, reason=REASON, scope=scope_of(ada))
    with pytest.raises(IntegrityError), transaction.atomic():
        Release.objects.create(export=held, k=1, manifest_sha256="0", asked_by="ada", released_by="ada", reason="x",
                               at=held.requested_at)  # fmt: skip
    assert Export.objects.get().state == "held"


@pytest.mark.parametrize(
    ("role", "sites"), [("data_manager", ("BOS",)), ("investigator", ("BOS",)), ("administrator", ())]
)
def test_nobody_releases_beyond_their_sites_or_rights(held: Export, role: str, sites: tuple[str, ...]):
    with acting(system_scope("test"), "setup"):
        make(Site, code="BOS", name="A hospital")

    assert released(held, person("bob", role, *sites)) in (403, 404)
    assert not Release.objects.exists()


def test_an_agreement_that_ended_releases_nothing(held: Export):
    agreements.end_agreement("PAPER-1", reason="closed", now=held.requested_at)

    assert released(held, person("bob")) == 403
    assert not Release.objects.exists()


def test_released_is_once_and_never_changed(held: Export):
    bob = person("bob")
    assert released(held, bob) == 302
    with pytest.raises(ValidationError, match="does not wait"):
        release.release(held, reason=REASON, scope=scope_of(bob))
    make_export(export=held.pk)  # a message delivered late
    assert Export.objects.get().state == "done"

    for sql in ("UPDATE analytics_release SET reason = 'x'", "DELETE FROM analytics_release"):
        with pytest.raises(DatabaseError, match="immutable"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)


def test_a_late_message_does_not_let_a_held_export_out(held: Export):
    make_export(export=held.pk)
    jobs.fail(held.pk, "a worker that came back")

    assert Export.objects.get().state == "held"


@pytest.fixture
def command(real_patients: Snapshot, tmp_path: Path) -> Callable[[], str]:
    agreement("T1", "PAPER-1")

    def run() -> str:
        told = io.StringIO()
        call_command("export_snapshot", str(real_patients.pk), "--tier", "T1", "--agreement", "PAPER-1",
                     "--out", str(tmp_path / "out"), stdout=told, stderr=told)  # fmt: skip
        return told.getvalue()

    return run


def test_in_production_the_command_waits_too_and_goes_on_after_the_release(
    command: Callable[[], str], settings: Any, tmp_path: Path
):
    settings.COMMANDS_WAIT_FOR_RELEASE = True

    with pytest.raises(CommandError, match="nothing was written.*A second person.*run the same command again"):
        command()
    kept = Export.objects.get()
    assert kept.state == "held" and not Handover.objects.exists()
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert released(kept, person("bob")) == 302

    assert "tables" in command()
    assert (tmp_path / "out/manifest.json").is_file() and Handover.objects.count() == 1


def test_elsewhere_the_command_says_that_somebody_would_have_to(command: Callable[[], str]):
    told = command()

    assert "in production a second person has to release" in told and "files in" in told
    assert Export.objects.get().state == "done"
