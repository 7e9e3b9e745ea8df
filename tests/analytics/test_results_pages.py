"""The results and analysis pages: who may open which, what they show, what small numbers they withhold."""

import json

import pytest
from django.utils import timezone

from analytics import companions, history, looks, questions, snapshots
from analytics.models import Look, Run, SavedAnalysis, Schedule, Snapshot, State
from analytics.slots import cutoff_of
from analytics.study.offered import document
from registry.access import PERMISSIONS, ROLES
from tests.conftest import ROOT

pytestmark = pytest.mark.django_db

QUESTION = {"ask": "post_cart_relapse:os_relapse", "by": "sex", "method": "groups"}


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    monkeypatch.setattr(looks, "send", lambda look: None)


@pytest.fixture
def read(snapshot: Snapshot) -> Snapshot:
    companions.made(snapshot)
    return snapshot


def test_what_can_be_asked_is_what_the_study_offers():
    assert (ROOT / "analytics" / "questions.json").read_text(encoding="utf-8") == document()
    assert "analyse" in PERMISSIONS


@pytest.mark.parametrize("role", ROLES)
def test_a_snapshot_is_asked_for_by_who_may_run_and_nobody_else(role, signed_in):
    answer = signed_in(role).post("/results/run", {"plan": "post_infusion"})

    assert answer.status_code == (302 if role == "statistician" else 403)
    assert Run.objects.count() == (role == "statistician")


@pytest.mark.parametrize("address", ["snapshots/999/", "plans/nothing/", "compare/1/999/", "analysis/999/",
                                     "analysis/?ask=nothing:x", "patients/C19-AAAAA-A/"])  # fmt: skip
def test_what_is_not_there_is_not_found(address, signed_in):
    assert signed_in("statistician").get(f"/results/{address}").status_code == 404


def test_nobody_signed_out_gets_in(client):
    assert client.get("/results/").status_code == 302
    assert client.get("/results/analysis/").status_code == 302


def test_the_snapshot_page_says_what_stands_beside_the_results(read, signed_in):
    page = signed_in("statistician").get(f"/results/snapshots/{read.pk}/").content.decode()

    assert 'href="#os_relapse"' in page and page.count('id="os_relapse"') == 1
    for words in ("What other readings of the definitions change", "What forms after time zero", "Landmark 3 months",
                  "Several characteristics at once", "Notes"):  # fmt: skip
        assert words in page


def test_competing_events_stand_stacked_beside_their_curves_as_the_reader_may_see_them(read, signed_in):
    address = f"/results/snapshots/{read.pk}/figures/cir_relapse_stacked.svg"

    for role, folder in (("statistician", "figures"), ("investigator", "figures-disclosed")):
        client = signed_in(role)
        page = client.get(f"/results/snapshots/{read.pk}/").content.decode()
        assert page.count(f'"{address}"') == 1 and page.count("_stacked.svg?download=1") == 1
        assert client.get(address).content == read.read(f"{folder}/cir_relapse_stacked.svg")
        there = client.get(f"/admin/analytics/snapshot/{read.pk}/change/").content.decode()
        assert there.count(f'src="/admin/analytics/snapshot/{read.pk}/figure/cir_relapse_stacked.svg"') == 1


def test_small_numbers_are_withheld_from_the_files_of_an_investigator(read, signed_in):
    told = json.loads(signed_in("investigator").get(f"/results/snapshots/{read.pk}/numbers.json").content)
    small = [group["x"] for group in told["results"]["relapse_site"]["groups"] if group["x"] and group["x"] < 5]

    assert not small


def test_a_snapshot_goes_stale_when_a_record_changes(snapshot, monkeypatch):
    before = history.changes_since(snapshot)
    snapshot.manifest["memory"]["last_change"] = 0

    assert history.changes_since(snapshot) >= before
    snapshot.as_of = timezone.now()
    assert history.changes_since(snapshot) == 0


def test_a_failed_run_is_told_and_tried_again_once(signed_in):
    now, why = timezone.now(), "The worker ran out of memory."
    question = {"plan": "post_infusion", "cutoff": "2020-01-01", "requested_by": "t", "requested_at": now}
    run = Run.objects.create(**question, state=State.FAILED, error=why, finished_at=now)
    client = signed_in("statistician")
    assert "The worker ran out of memory." in client.get("/results/").content.decode()

    for _twice in range(2):
        client.post("/results/run", {"run": run.pk})
    assert Run.objects.filter(plan="post_infusion", cutoff="2020-01-01").count() == 2
    assert "ran out of memory" not in client.get("/results/").content.decode()


def test_another_question_keeps_the_groups_that_it_takes_and_names_those_it_does_not(signed_in):
    client = signed_in("statistician")
    chosen = {"by": "sex", "and_by": "cd19_status", "method": "restricted", "cutoff": "2020-06-30", "choose": "1"}

    survival = client.post("/results/analysis/", {"ask": "post_cart_relapse:os_relapse", **chosen})
    assert survival.headers["Location"] == (
        "/results/analysis/?ask=post_cart_relapse%3Aos_relapse&by=sex&and_by=cd19_status&method=restricted"
        "&cutoff=2020-06-30"
    )
    share = client.post("/results/analysis/", {"ask": "post_infusion:cr_rate", **chosen}, follow=True)
    page = share.content.decode()

    assert share.redirect_chain == [("/results/analysis/?ask=post_infusion%3Acr_rate&by=sex&cutoff=2020-06-30", 302)]
    assert '<option value="sex" selected>' in page and 'value="2020-06-30"' in page
    assert "left out: CD19 at relapse, Mean event-free time within 24 months." in page
    assert not Look.objects.exists()


def test_competing_events_are_stacked_on_the_analysis_page_as_the_reader_may_see_them(already_frozen, signed_in):
    client = signed_in("investigator")
    client.post("/results/analysis/", {"ask": "post_cart_relapse:cir_relapse"})
    look = Look.objects.get()
    looks.answer(look.pk)
    look.refresh_from_db()
    address = f"/results/analysis/{look.pk}/figures/0_stacked.svg"

    page = client.get(f"/results/analysis/{look.pk}/").content.decode()
    assert page.count(f'"{address}"') == 1 and f'"{address}?download=1"' in page
    assert client.get(address).content.decode() == look.body["figures"][0]["disclosed_stacked"]
    assert client.get(address.replace("0_stacked", "1_stacked")).status_code == 404
    drawn = snapshots.take("post_cart_relapse", cutoff=timezone.now().date(), taken_by="test")
    assert look.body["figures"][0]["open_stacked"].encode() == drawn.read("figures/cir_relapse_stacked.svg")


def test_a_question_is_answered_by_a_worker_and_kept(already_frozen, signed_in):
    client = signed_in("statistician")
    asked = client.post("/results/analysis/", QUESTION)
    look = Look.objects.get()
    assert asked.headers["Location"] == f"/results/analysis/{look.pk}/"
    assert "data-working" in client.get(asked.headers["Location"]).content.decode()

    looks.answer(look.pk)
    page = client.get(asked.headers["Location"]).content.decode()
    assert "From the registry to the patients studied" in page and "figures/0.svg" in page
    for file in ("figures/0.svg", "numbers.csv", "numbers.json", "code.py", "code.R"):
        assert client.get(f"/results/analysis/{look.pk}/{file}").status_code == 200, file
    compile(client.get(f"/results/analysis/{look.pk}/code.py").content, "code.py", "exec")

    kept = {"name": "By sex", "cutoff": "month_end", "schedule": "1"}
    assert client.post(f"/results/analysis/{look.pk}/save", kept).status_code == 302
    saved, schedule = SavedAnalysis.objects.get(), Schedule.objects.get(name="Saved: By sex")
    assert (saved.by, saved.owner) == (("sex",), "statistician.all")
    assert json.loads(schedule.kwargs)["by"] == ["sex"]
    assert client.post(f"/results/analysis/{look.pk}/save", kept).status_code == 422

    again = client.get(client.get("/results/").context["saved"][0][2]).content.decode()
    assert (
        '<option value="sex" selected>' in again and '<option value="post_cart_relapse:os_relapse" selected>' in again
    )
    assert f'value="{cutoff_of("month_end", timezone.now())}"' in again


def test_what_forms_later_is_followed_instead_of_compared(already_frozen, signed_in):
    client = signed_in("statistician")
    client.post("/results/analysis/", QUESTION | {"by": "hsct"})
    look = Look.objects.get()
    looks.answer(look.pk)
    page = client.get(f"/results/analysis/{look.pk}/").content.decode()

    assert "immortal time" in page and "Simon-Makuch" in page


@pytest.mark.parametrize("more", [{"by": "hsct"}, {"method": "regression"}, {"method": "restricted"}, {"by": "site"}])
def test_every_way_of_asking_for_a_curve_offers_its_programs(more, already_frozen, signed_in):
    client = signed_in("statistician")
    client.post("/results/analysis/", QUESTION | more)
    look = Look.objects.get()
    looks.answer(look.pk)
    page = client.get(f"/results/analysis/{look.pk}/").content.decode()

    for file in ("code.py", "code.R"):
        assert f'href="/results/analysis/{look.pk}/{file}"' in page
        code = client.get(f"/results/analysis/{look.pk}/{file}").content.decode()
        assert "adtte/os_relapse.csv" in code and "<<" not in code


def test_an_investigator_asks_as_of_today_by_one_grouping_and_sees_no_small_number(already_frozen, signed_in):
    client = signed_in("investigator")
    refused = client.post("/results/analysis/", QUESTION | {"and_by": "site"})
    assert refused.status_code == 422 and "for those who run analyses" in refused.content.decode()

    client.post("/results/analysis/", QUESTION | {"cutoff": "2020-01-01"})
    look = Look.objects.get()
    assert look.asked["cutoff"] == timezone.now().date().isoformat()
    looks.answer(look.pk)
    told = json.loads(client.get(f"/results/analysis/{look.pk}/numbers.json").content)
    assert not [step for step in told["attrition"] for one in step["left"] if one["n"] and one["n"] < 5]


def test_another_persons_question_is_not_found_by_an_investigator(already_frozen, signed_in):
    signed_in("statistician").post("/results/analysis/", QUESTION)
    look = Look.objects.get()

    assert signed_in("investigator").get(f"/results/analysis/{look.pk}/").status_code == 404


def test_a_question_of_an_earlier_version_breaks_no_page(signed_in):
    """Answers are kept a month; an upgrade may drop a result or a grouping."""
    client, now = signed_in("statistician"), timezone.now()
    asked = {"plan": "post_cart_relapse", "key": "os_relapse", "by": ["gone"], "exposure": "", "method": "groups",
             "cutoff": "2022-12-31"}  # fmt: skip
    told = {"kind": "question", "requested_by": "statistician.all", "requested_at": now, "sent_at": now}
    regrouped = Look.objects.create(asked=asked, **told)
    dropped = Look.objects.create(asked=asked | {"key": "gone"}, **told)

    assert client.get("/results/analysis/").status_code == 200
    assert client.get(f"/results/analysis/{regrouped.pk}/").status_code == 200
    assert client.get(f"/results/analysis/{dropped.pk}/").status_code == 404


@pytest.mark.parametrize("wrong", [{"by": "hsct_status"}, {"method": "magic"}, {"cutoff": "2999-01-01"},
                                   {"ask": "post_cart_relapse:cr_rate", "method": "regression"}])  # fmt: skip
def test_what_cannot_be_asked_is_refused_in_words(wrong, signed_in):
    assert signed_in("statistician").post("/results/analysis/", QUESTION | wrong).status_code == 422
    assert not Look.objects.exists()


def test_a_worker_that_falls_leaves_a_sentence(monkeypatch, signed_in):
    signed_in("statistician").post("/results/analysis/", QUESTION)
    look = Look.objects.get()
    monkeypatch.setitem(looks.WORK, look.kind, lambda asked, tell: 1 / 0)
    looks.answer(look.pk)

    look.refresh_from_db()
    assert look.done_at and look.body is None and "ZeroDivisionError" in look.error


def test_every_question_of_every_plan_can_be_chosen(signed_in):
    client = signed_in("statistician")
    for plan, offered in questions.QUESTIONS.items():
        key = list(offered)[-1]
        assert client.get(f"/results/analysis/?ask={plan}:{key}").status_code == 200
