"""The administration: who may see and do what, and what the pages show."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from analytics import checks, history, runs, snapshots, worker
from analytics.models import Check, Run, Schedule, Snapshot
from registry.access import ROLES
from registry.models import Change, Membership, User
from registry.people import add_person
from registry.tokens import issue
from tests.factories import as_system, make

pytestmark = pytest.mark.django_db
Enter = Callable[..., Client]

NO_DOOR = ["/admin/django_celery_beat/periodictask/", "/admin/auth/group/", "/admin/registry/patient/"]


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runs, "send", lambda run: None)
    monkeypatch.setattr(checks, "send", lambda check: None)


@pytest.mark.parametrize("role", list(ROLES))
def test_what_the_registry_does_not_offer_has_no_page(signed_in: Enter, role: str):
    client = signed_in(role)

    assert {client.get(path, follow=True).status_code for path in NO_DOOR} <= {403, 404}


def test_strangers_are_sent_to_the_sign_in(client: Client):
    answer = client.get("/admin/analytics/snapshot/", follow=True)

    assert answer.redirect_chain[-1] == ("/accounts/login/?next=/admin/analytics/snapshot/", 302)


def test_a_token_of_the_api_opens_no_page(client: Client):
    token = issue(add_person("reader", role="statistician").user)

    answer = client.get("/admin/", headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code != 200


def test_flags_of_an_account_open_nothing(client: Client):
    client.force_login(User.objects.create(username="flags", is_staff=True, is_superuser=True))

    assert client.get("/admin/", follow=True).status_code == 403


def test_the_list_shows_plan_headline_and_mark(signed_in: Enter, snapshot: Snapshot):
    page = signed_in("statistician").get(reverse("admin:analytics_snapshot_changelist")).content.decode()

    assert "Relapse after CAR T" in page
    assert "Complete remission rate" in page
    assert "SYNTHETIC" in page
    assert snapshot.data_sha256 in page
    assert "Run now" in page


def test_the_page_shows_figures_tables_cohort_settings_and_hashes(signed_in: Enter, snapshot: Snapshot):
    client = signed_in("statistician")

    page = client.get(reverse("admin:analytics_snapshot_change", args=[snapshot.pk])).content.decode()

    figure = reverse("admin:analytics_snapshot_figure", args=[snapshot.pk, "os_relapse"])
    for shown in (figure, "patients in the registry", "CI type", "log-log", snapshot.results_sha256, "Verify now",
                  snapshot.code_version, "SYNTHETIC DATA", "Median, months"):  # fmt: skip
        assert shown in page
    drawn = client.get(figure)
    assert drawn["Content-Type"] == "image/svg+xml"
    assert b"SYNTHETIC" in drawn.content


def test_pages_hold_no_inline_script_or_style(signed_in: Enter, snapshot: Snapshot):
    client = signed_in("statistician")

    for address in (reverse("admin:index"), reverse("admin:analytics_snapshot_changelist"),
                    reverse("admin:analytics_snapshot_change", args=[snapshot.pk]),
                    reverse("admin:analytics_schedule_add"), reverse("admin:analytics_run_add")):  # fmt: skip
        page = client.get(address).content.decode()
        assert "style=" not in page
        assert "<style" not in page
        assert "onclick" not in page


def test_results_are_downloaded_as_promised_json(signed_in: Enter, snapshot: Snapshot):
    answer = signed_in("statistician").get(reverse("admin:analytics_snapshot_results", args=[snapshot.pk]))

    assert answer["Content-Disposition"] == f'attachment; filename="snapshot-{snapshot.pk}.json"'
    assert answer.json()["snapshot"]["id"] == snapshot.pk


def test_readers_without_person_level_rights_get_the_disclosed_results(signed_in: Enter, snapshot: Snapshot):
    with as_system():
        make("site", code="HOME")
    addresses = [
        reverse("admin:analytics_snapshot_results", args=[snapshot.pk]),
        reverse("admin:analytics_snapshot_figure", args=[snapshot.pk, "os_relapse"]),
    ]

    full = [signed_in("statistician").get(address).content for address in addresses]
    safe = [signed_in("investigator", "HOME").get(address).content for address in addresses]

    assert full[0] != safe[0]
    assert full[1] == snapshot.read("figures/os_relapse.svg")
    assert safe[1] == snapshot.read("figures-disclosed/os_relapse.svg")


@pytest.mark.parametrize("address", ["999/change/", "999/figure/os_relapse.svg", "999/results.json", "x/change/"])
def test_a_snapshot_that_does_not_exist_is_not_found(signed_in: Enter, address: str):
    assert signed_in("statistician").get(f"/admin/analytics/snapshot/{address}").status_code == 404


def test_a_figure_that_does_not_exist_is_not_found(signed_in: Enter, snapshot: Snapshot):
    client = signed_in("statistician")

    assert client.get(f"/admin/analytics/snapshot/{snapshot.pk}/figure/nothing.svg").status_code == 404


def test_run_now_asks_for_a_run_of_today(signed_in: Enter):
    answer = signed_in("statistician").post(reverse("admin:analytics_run_now"), {"plan": "post_transplant"})

    run = Run.objects.get()
    assert answer.url == reverse("admin:analytics_run_change", args=[run.pk])
    assert (run.plan, run.requested_by, run.state) == ("post_transplant", "statistician.all", "queued")


@pytest.mark.parametrize("role", ["data_manager", "administrator"])
def test_only_those_who_may_run_can_run_now(signed_in: Enter, role: str):
    answer = signed_in(role).post(reverse("admin:analytics_run_now"), {"plan": "post_transplant"})

    assert answer.status_code == 403
    assert not Run.objects.exists()


def test_run_now_is_no_get_and_needs_the_forms_token(signed_in: Enter):
    client = signed_in("statistician")
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get())

    assert client.get(reverse("admin:analytics_run_now")).status_code == 405
    assert strict.post(reverse("admin:analytics_run_now"), {"plan": "post_transplant"}).status_code == 403
    assert not Run.objects.exists()


def test_a_run_with_another_cut_off_and_groups_is_asked_for_by_form(signed_in: Enter):
    client = signed_in("statistician")
    asked = {"plan": "post_transplant", "cutoff": "2022-12-31", "by": ["sex"], "_save": "Run"}

    client.post(reverse("admin:analytics_run_add"), asked)
    refused = client.post(reverse("admin:analytics_run_add"), {**asked, "by": ["relapse_timing"]})

    run = Run.objects.get()
    assert (run.cutoff, run.by) == (date(2022, 12, 31), ("sex",))
    assert "immortal time" in refused.content.decode()


def test_a_failed_run_is_readable_and_can_be_asked_again(signed_in: Enter, already_frozen: None):
    run = runs.request("post_transplant", cutoff=date(2022, 12, 31), by=["relapse_timing"], requested_by="test")
    worker.compute(run.pk)
    client = signed_in("statistician")

    page = client.get(reverse("admin:analytics_run_change", args=[run.pk])).content.decode()
    client.post(reverse("admin:analytics_run_again", args=[run.pk]))

    assert "This run failed" in page
    assert "immortal time" in page
    assert [found.state for found in Run.objects.order_by("pk")] == ["failed", "queued"]


def test_pages_of_unfinished_work_look_again_by_themselves(signed_in: Enter, already_frozen: None):
    run = runs.request("post_transplant", cutoff=date(2022, 12, 31), requested_by="test")
    client, address = signed_in("statistician"), reverse("admin:analytics_run_change", args=[run.pk])
    waiting = [client.get(page).content.decode() for page in (address, reverse("admin:analytics_run_changelist"))]
    worker.compute(run.pk)

    assert all("data-working" in page and "progress.js" in page for page in waiting)
    assert "data-working" not in client.get(address).content.decode()


def test_a_done_run_leads_to_its_snapshot(signed_in: Enter, already_frozen: None):
    run = runs.request("post_transplant", cutoff=date(2022, 12, 31), requested_by="test")
    found = worker.compute(run.pk)

    page = signed_in("statistician").get(reverse("admin:analytics_run_change", args=[run.pk])).content.decode()

    assert reverse("admin:analytics_snapshot_change", args=[found]) in page


def test_a_check_is_asked_for_once_answered_and_shown(signed_in: Enter, snapshot: Snapshot):
    client, address = signed_in("statistician"), reverse("admin:analytics_snapshot_verify", args=[snapshot.pk])
    client.post(address)
    client.post(address)
    waiting = client.get(reverse("admin:analytics_snapshot_change", args=[snapshot.pk])).content.decode()

    checks.answer(Check.objects.get().pk)
    done = client.get(reverse("admin:analytics_snapshot_change", args=[snapshot.pk])).content.decode()

    assert "Recomputing" in waiting
    assert "Verified" in done


def test_a_schedule_is_added_edited_and_deleted(signed_in: Enter):
    client = signed_in("administrator")
    asked = {"name": "Nightly", "enabled": "on", "plan": "post_transplant", "cutoff": "today", "rhythm": "daily",
             "at": "02:15", "_save": "Save"}  # fmt: skip

    client.post(reverse("admin:analytics_schedule_add"), asked)
    row = Schedule.objects.get(name="Nightly")
    client.post(reverse("admin:analytics_schedule_change", args=[row.pk]), {**asked, "at": "04:30", "enabled": ""})
    listed = client.get(reverse("admin:analytics_schedule_changelist")).content.decode()
    row.refresh_from_db()
    client.post(reverse("admin:analytics_schedule_delete", args=[row.pk]), {"post": "yes"})

    assert "every day 04:30 UTC" in listed
    assert not row.enabled
    assert not Schedule.objects.filter(name="Nightly").exists()


@pytest.mark.both_databases
def test_a_schedule_shows_its_estimates_over_time_and_whether_they_are_stale(signed_in: Enter, snapshot: Snapshot):
    weekly = Schedule.objects.get(name="Weekly: relapse after CAR T")
    addresses = (reverse("admin:analytics_schedule_changelist"),
                 reverse("admin:analytics_schedule_change", args=[weekly.pk]))  # fmt: skip
    client = signed_in("statistician")

    for page in (client.get(address).content.decode() for address in addresses):
        assert "Data unchanged since" in page and "<polyline" not in page, "one snapshot has no course"
    newer = snapshots.take("post_cart_relapse", cutoff=snapshot.cutoff + timedelta(days=1), taken_by="test")
    with as_system():
        make("site", code="NEW")
        make("site", code="NEWER")
    listed, one = (client.get(address).content.decode() for address in addresses)

    for page in (listed, one):
        assert page.count('aria-label="Relapse rate over 2 snapshots, oldest first"') == 1
        assert re.search(r"Stale: \d+ changes? since", page) and f">{newer}</a>" in page
        assert "style=" not in re.search(r"<svg class=.spark.*?</svg>", page).group()
    assert listed.count("no snapshot yet") == 2, "the schedules of the other plans"
    assert f'href="{reverse("results-plan", args=["post_cart_relapse"])}"' in one


def test_a_course_is_told_as_disclosed_to_who_sees_no_persons(signed_in: Enter, snapshot: Snapshot):
    question = ("post_cart_relapse", "")

    assert set(history.courses([question, ("post_infusion", ""), ("none", "")], disclosed=True)) == {question}
    page = signed_in("administrator").get(reverse("admin:analytics_schedule_changelist")).content.decode()
    assert "Data unchanged since" in page and "no snapshot yet" in page


def test_an_administrator_makes_an_account_whose_roles_are_remembered(signed_in: Enter):
    client = signed_in("administrator")
    with as_system():
        site = make("site", code="HOME")
    asked = {
        "username": "new.person", "is_active": "on", "memberships-TOTAL_FORMS": "1", "memberships-INITIAL_FORMS": "0",
        "memberships-0-role": "investigator", "memberships-0-site": str(site.pk), "_save": "Save",
    }  # fmt: skip

    shown = client.post(reverse("admin:registry_user_add"), asked, follow=True).content.decode()

    person = User.objects.get(username="new.person")
    assert "One-time password of new.person" in shown
    assert person.must_change_password
    assert [(held.role, held.site_id) for held in person.memberships.all()] == [("investigator", site.pk)]
    told = Change.objects.filter(entity=Membership._meta.db_table).latest("pk")
    assert (told.actor, told.reason) == ("administrator.all", "account maintained in the administration")


def test_a_role_without_a_site_is_refused(signed_in: Enter):
    asked = {"username": "new.person", "is_active": "on", "memberships-TOTAL_FORMS": "1",
             "memberships-INITIAL_FORMS": "0", "memberships-0-role": "investigator", "_save": "Save"}  # fmt: skip

    page = signed_in("administrator").post(reverse("admin:registry_user_add"), asked).content.decode()

    assert "Name the site" in page
    assert not User.objects.filter(username="new.person").exists()


def test_changes_are_shown_for_the_readers_patients_only(signed_in: Enter):
    with as_system():
        mine, other = make("site", code="HOME"), make("site", code="AWAY")
        make("patient", site=mine)
        make("patient", site=other)
    shown = signed_in("investigator", "HOME").get(reverse("admin:registry_change_changelist")).context["cl"].queryset

    assert set(shown.values_list("patient_id", flat=True)) == {
        Change.objects.filter(patient_id__gt=0).earliest("pk").patient_id
    }
