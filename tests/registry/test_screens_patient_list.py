"""The patient list: who stands where, narrowed and sorted, saved views, courses and forms, one question for many."""

import pytest

from registry import queries
from registry.models import Query, SavedView
from registry.standing import STANDINGS, with_standing
from tests.factories import as_system
from tests.registry.screens import World, boxes

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

INFUSED, REMITTED = ("infusion", "2015-01-10"), ("response", "2015-02-07")
TRANSPLANTED, RELAPSED, LOST = ("hsct", "2015-04-01"), ("relapse", "2015-08-01"), ("lost", "2017-01-01")
#: A course in words -> where its patient stands.
COURSES = {
    "nothing": ((), "not_infused"),
    "infused": ((INFUSED,), "no_remission"),
    "remission": ((INFUSED, REMITTED), "remission"),
    "remission before counts recover": ((INFUSED, ("mlfs", "2015-02-07")), "remission"),
    "relapse": ((INFUSED, REMITTED, RELAPSED), "relapsed"),
    "relapse, unknown day": ((INFUSED, ("relapse", "2015-08")), "relapsed"),
    "remission again": ((INFUSED, RELAPSED, ("response", "2015-10-01")), "remission"),
    "transplant": ((INFUSED, REMITTED, TRANSPLANTED), "transplanted"),
    "transplant before": ((("hsct", "2013-04-01"), INFUSED, REMITTED), "remission"),
    "relapse after it": ((INFUSED, TRANSPLANTED, RELAPSED), "relapsed"),
    "lost": ((INFUSED, RELAPSED, LOST), "lost"),
    "dead": ((INFUSED, LOST, ("death", "2018-01-01")), "dead"),
}
CELLS = {
    "infusion": lambda on: {"infusion_date": on},
    "response": lambda on: {"assessment_date": on, "response": "CR"},
    "mlfs": lambda on: {"assessment_date": on, "response": "MLFS"},
    "relapse": lambda on: {"relapse_date": on},
    "hsct": lambda on: {"hsct_date": on},
    "death": lambda on: {"death_date": on},
    "lost": lambda on: {"contact_date": on, "vital_status": "LTFU"},
}


@pytest.fixture
def world() -> World:
    return World()


def patient_with(world: World, course):
    patient = world.add("patient", site=world.here)
    for kind, on in course:
        world.add({"lost": "follow_up", "mlfs": "response"}.get(kind, kind), patient, **CELLS[kind](on))
    return patient


def ids(answer) -> list[str]:
    return [line.patient.registry_id for line in answer.context["lines"]]


def test_a_patient_stands_where_the_latest_event_says(world):
    patients = {name: patient_with(world, course) for name, (course, _standing) in COURSES.items()}
    with as_system():
        rows = with_standing(type(world.own).objects.all()).values_list("pk", "standing")
        found = dict(rows)

    assert {name: found[one.pk] for name, one in patients.items()} == {name: end for name, (_c, end) in COURSES.items()}
    assert {end for _course, end in COURSES.values()} == set(STANDINGS)


def test_the_list_is_narrowed_by_standing_and_says_how_many_stand_where(world):
    relapsed = patient_with(world, COURSES["relapse"][0])
    patient_with(world, COURSES["dead"][0])

    answer = world.client().get("/patients/?standing=relapsed")

    counts = {words: count for words, _tone, count, _address, _chosen in answer.context["standings"]}
    assert ids(answer) == [relapsed.registry_id]
    assert counts == {"All": 3, "Relapsed": 1, "Not infused": 1, "Dead": 1}
    assert [chip.words for chip in answer.context["chips"]] == ["Standing: Relapsed"]


def test_the_list_is_narrowed_by_site_product_protocol_and_what_is_open(world):
    patient = patient_with(world, COURSES["relapse"][0])
    infusion = world.rows("infusion", patient)[0]
    world.add("patient", site=world.here)
    with as_system():
        queries.raise_query(patient, "", "Which letter?")
    client = world.client("data_manager")

    for asked in (f"product={infusion.product_id}", f"protocol={infusion.protocol_id}", "open=queries"):
        assert ids(client.get("/patients/?" + asked)) == [patient.registry_id], asked
    assert ids(client.get(f"/patients/?site={world.there.pk}")) == []
    assert len(ids(client.get(f"/patients/?site={world.here.pk}"))) == 3


@pytest.mark.parametrize("key", ["id", "site", "infusion", "standing", "contact", "due"])
def test_the_list_is_sorted_either_way_with_the_unknown_last(world, key):
    for course in ("relapse", "lost", "dead", "nothing"):
        patient_with(world, COURSES[course][0])
    client = world.client()

    up, down = (client.get(f"/patients/?sort={sign}{key}") for sign in ("", "-"))

    assert sorted(ids(up)) == sorted(ids(down)) and len(ids(up)) == 5
    if key == "infusion":
        days = [str(line.infusion) if line.infusion else "~" for line in up.context["lines"]]
        assert days == sorted(days)
        assert [line.infusion for line in down.context["lines"]][-2:] == [None, None]


def test_the_courses_share_one_scale_and_are_told_in_words(world):
    short = patient_with(world, (("infusion", "2015-01-10"), ("relapse", "2016-01-10"), ("death", "2016-01-10")))
    long = patient_with(world, (("infusion", "2015-01-10"), ("lost", "2019-01-10")))

    lines = {line.patient.pk: line.course for line in world.client().get("/patients/").context["lines"]}

    assert lines[world.own.pk] is None
    assert lines[short.pk].words == "relapse on day 365, death on day 365, known for 1.0 years"
    assert lines[long.pk].end > 3 * lines[short.pk].end


def test_the_forms_show_the_least_finished_row_of_each_kind(world):
    world.add("relapse", level="")
    world.add("relapse", relapse_date="2016-01-01")

    answer = world.client().get("/patients/?show=forms")

    column = answer.context["forms"]["heads"].index("Relapses")
    cell = answer.context["forms"]["rows"][0][1][column]
    assert (cell["status"], cell["count"]) == ("DRAFT", 2)
    assert cell["url"] == f"/patients/{world.own.registry_id}/relapse/"


def test_a_view_is_saved_under_a_name_for_its_owner_alone_and_forgotten(world):
    client, other = world.client(), world.client("data_manager")
    asked = "standing=relapsed&sort=-infusion&q=C19-ABC&show=forms&evil=1"

    answer = client.post("/patients/views", {"name": "  My relapses ", "asked": asked})

    view = SavedView.objects.get()
    assert (view.name, view.asked) == ("My relapses", "standing=relapsed&sort=-infusion&show=forms")
    assert answer.url == f"/patients/?{view.asked}"
    assert [one for one, _chosen in client.get("/patients/").context["views"]] == [view]
    assert client.get(answer.url).context["views"] == [(view, True)]
    assert other.get("/patients/").context["views"] == []
    other.post("/patients/views", {"forget": view.pk})
    assert SavedView.objects.count() == 1
    client.post("/patients/views", {"name": "My relapses", "asked": "open=due"})
    assert [one.asked for one in SavedView.objects.all()] == ["open=due"]
    client.post("/patients/views", {"forget": view.pk})
    assert not SavedView.objects.exists()


@pytest.mark.parametrize("name", ["", "   ", "\x00", "x" * 501])
def test_a_view_without_a_readable_name_is_refused_in_words(world, name):
    answer = world.client().post("/patients/views", {"name": name, "asked": "open=due"}, follow=True)

    assert answer.status_code == 200 and not SavedView.objects.exists()
    assert "message-error" in answer.content.decode()


def test_one_question_is_raised_about_every_patient_ticked(world):
    second = world.add("patient", site=world.here)
    with as_system():
        queries.raise_query(world.own, "", "Asked before.")
    client = world.client("data_manager")
    page = client.get("/queries/new", {"chart": [world.own.registry_id, second.registry_id]})

    empty = client.post("/queries/new", boxes(page) | {"text": ""})
    done = client.post("/queries/new", boxes(page) | {"text": "Send the letter."}, follow=True)
    again = client.post("/queries/new", boxes(page) | {"text": "Send the letter."}, follow=True)

    assert empty.status_code == 422 and "Say what is asked." in empty.content.decode()
    assert "1 query raised. 1 patient has an open one already." in done.content.decode()
    assert again.status_code == 200
    assert Query._base_manager.filter(patient=second).count() == 1


def test_who_raises_no_queries_and_who_sees_no_patient_cannot_ask_many(world):
    assert world.client().get("/queries/new", {"chart": world.own.registry_id}).status_code == 403
    assert world.client("data_manager").get("/queries/new", {"chart": world.other.registry_id}).status_code == 404
