"""What is said beside the results: every reading there, marked where it changes something, the same every time."""

import json

import pytest

from analytics.report.disclosure_readings import WITHHELD, safer_readings
from analytics.study.catalogue import PLANS
from analytics.study.explain import explained
from analytics.study.guard import asked
from analytics.study.readings import STANDING, readings
from analytics.study.run import run, study_of
from tests.studied import LATE
from tests.tables import frozen

PLAN = "post_cart_relapse"


def chart(n: int) -> str:
    """Relapsed patients: every other one early and soon dead, every third transplanted; the last one by MRD alone.
    Every fourth was transplanted before, too; five sites of treatment; nobody's age differs."""
    lines: dict[str, list[str]] = {name: [] for name in ("infusion", "response", "relapse", "hsct", "death")}
    for number in range(n):
        name, relapse = f"P{number:02d}", 100 if number % 2 else 300
        lines["infusion"].append(f"{name} d0 S{number % 5}")
        lines["response"].append(f"{name} d28")
        lines["relapse"].append(f"{name} d{relapse} {'MRD' if number == n - 1 else 'MORPH'}")
        if number % 4 == 0:
            lines["hsct"].append(f"{name} d-90")
        if number % 3 == 0:
            lines["hsct"].append(f"{name} d{relapse + 40}")
        lines["death"].append(f"{name} d{relapse + (60 if number % 2 else 400) + 7 * number}")
    heads = {"infusion": "infusion: patient date site", "relapse": "relapse: patient date level"}
    return "\n".join(heads.get(name, f"{name}: patient date") + "\n" + "\n".join(rows) for name, rows in lines.items())


@pytest.fixture(scope="module")
def study():
    return study_of(PLAN, frozen(chart(24)), LATE)


@pytest.fixture(scope="module")
def read(study):
    return readings(study, LATE)


def test_every_standing_exposure_fits_its_plan():
    for plan, pairs in STANDING.items():
        for key, exposure in pairs:
            asked(study_of(plan, {}, LATE).analysis(key), exposure)
    assert set(STANDING) == set(PLANS)


def test_the_same_every_time_and_json(read):
    again = readings(study_of(PLAN, frozen(chart(24)), LATE), LATE)

    assert json.dumps(again, allow_nan=False) == json.dumps(read, allow_nan=False)


def test_a_run_that_changes_an_n_is_marked(read):
    marked = {(one["variation"], one["key"]): one for one in read["sensitivity"]}

    assert marked["mrd_relapse", "relapse_rate"]["changes_n"]
    assert marked["mrd_relapse", "relapse_rate"]["changes_estimate"]
    assert not marked["early_183", "os_relapse_by_timing"]["changes_estimate"]


def test_transplant_after_relapse_is_followed_without_immortal_time(read):
    (hsct,) = [one for one in read["exposures"] if one["exposure"] == "hsct"]

    assert hsct["key"] == "os_relapse"
    assert "immortal time" in hsct["refused"]
    assert hsct["offered"] == [one["label"] for one in hsct["results"]]


def test_a_regression_takes_what_its_events_allow(read):
    (survival,) = [one for one in read["multivariable"] if one["key"] == "os_relapse"]

    assert survival["terms"] == ["relapse_timing", "prior_hsct"]
    assert survival["not_used"] == ["cd19_status", "site", "age"]
    assert survival["reason"] is None


def test_without_patients_everything_is_empty_or_says_why():
    for plan in PLANS:
        nothing = readings(study_of(plan, {}, LATE), LATE)

        assert nothing["notes"] == [] and nothing["date_bands"] == []
        assert all(one["reason"] for one in nothing["multivariable"])


def test_a_variation_that_moves_one_patient_is_withheld_from_most_readers(read):
    answer = run(PLAN, frozen(chart(24)), cutoff=LATE)
    safe = safer_readings(read, answer)
    marked = {(one["variation"], one["key"]): one for one in safe["sensitivity"]}

    assert marked["mrd_relapse", "relapse_rate"]["result"] is None
    assert marked["mrd_relapse", "relapse_rate"]["withheld"] == WITHHELD
    assert marked["early_183", "os_relapse_by_timing"]["result"] is not None


def test_each_patient_is_told_what_it_gives_to_each_result(study):
    told = dict(explained(study))
    early, unlike = told["P01"], told["P23"]

    assert early["left"] == ""
    assert early["answers"]["os_relapse"] == {
        "days": 67, "end": "death", "from": "2015-04-11", "to": "2015-06-17",
    }  # fmt: skip
    assert early["answers"]["os_relapse_by_timing"]["group"] == "EARLY"
    assert early["answers"]["relapse_rate"] == {"value": "Y"}
    assert unlike["answers"]["relapse_rate"] == {"value": "N"}
    assert "os_relapse" not in unlike["answers"]


def test_the_patients_told_add_up_to_the_results(study):
    answer, told = run(PLAN, frozen(chart(24)), cutoff=LATE), dict(explained(study))

    for key in ("os_relapse", "os_hsct_by_prior_hsct"):
        given = [one["answers"][key] for one in told.values() if "days" in one["answers"].get(key, {})]
        assert len(given) == sum(group["n"] for group in answer["results"][key]["groups"])
        ended = [one for one in given if one["end"] != "censored"]
        assert len(ended) == sum(group["events"] for group in answer["results"][key]["groups"])
    yes = [one for one in told.values() if one["answers"]["relapse_rate"] == {"value": "Y"}]
    assert len(yes) == answer["results"]["relapse_rate"]["groups"][0]["x"]


def test_who_is_not_in_the_population_is_told_why():
    text = frozen("infusion: patient date intent\nA d0 PRIMARY\nB d0 RETREATMENT")
    told = dict(explained(study_of("post_infusion", text, LATE)))

    assert told["A"]["left"] == ""
    assert told["B"] == {"left": "intent not PRIMARY", "answers": {}}
