"""Which comparisons are safe, and what a refused one gets instead: `comparisons.txt` (ENDPOINTS 6.1, 6.2)."""

import json
from pathlib import Path

import pytest

from analytics.study.catalogue import PLANS
from analytics.study.guard import guarded
from analytics.study.run import run, study_of
from tests.studied import LATE
from tests.tables import frozen

LINES = (Path(__file__).parent / "comparisons.txt").read_text(encoding="utf-8").splitlines()
ROWS = [[cell.strip() for cell in line.split("|")] for line in LINES if not line.startswith("#")]

TEXT = """
    infusion:  patient date
               A       d0
               B       d0
               C       d0
               D       d0
    response:  patient date
               A       d28
               B       d28
               C       d60
    relapse:   patient date
               A       d100
               B       d100
    salvage:   patient date
               A       d110
    hsct:      patient date
               A       d150
               B       d195
    b_cell:    patient date cd19_pct_lymph
               C       d28  0
               C       d150 3
               C       d180 3
    toxicity:  patient date kind grading_system max_grade
               A       d4   CRS  ASTCT2019      4
               B       d4   CRS  ASTCT2019      1
               C       d4   CRS  PENN           4
    death:     patient date
               A       d400
               B       d196
               D       d20
    follow_up: patient date disease_evaluated_on
               C       d900 d900
"""


@pytest.mark.parametrize(("comparison", "plan", "key", "by", "verdict", "offered"), ROWS, ids=[row[0] for row in ROWS])
def test_comparison(comparison, plan, key, by, verdict, offered):
    if verdict == "safe":
        analysis = study_of(plan, {}, LATE).analysis(key)
        assert analysis.own if by == "own" else key in run(plan, frozen(TEXT), cutoff=LATE, by=[by])["results"]
    else:
        with pytest.raises(ValueError, match="immortal time"):
            run(plan, frozen(TEXT), cutoff=LATE, by=[by])
        answer = guarded(study_of(plan, frozen(TEXT), LATE), key, by)
        assert ", ".join(answer["offered"]) == offered
        assert "immortal time" in answer["refused"]
        assert json.loads(json.dumps(answer, allow_nan=False)) == answer


def test_the_known_at_time_zero_is_no_exposure():
    with pytest.raises(ValueError, match="'sex' is known at time zero of os_infusion: compare by it as a stratum"):
        guarded(study_of("post_infusion", frozen(TEXT), LATE), "os_infusion", "sex")


@pytest.mark.parametrize(
    ("key", "by", "why"),
    [
        ("os_infusion", "hair_color", "'hair_color' is not an exposure.*b_cell_recovery"),
        ("os_infusion", "gvhd", "does not follow time zero of os_infusion"),
        ("cir", "hsct", "cir is no survival curve"),
        ("cr_rate", "hsct", "cr_rate is no survival curve"),
        ("os", "hsct", "plan post_infusion has no result 'os'"),
    ],
)
def test_what_cannot_be_followed_is_named(key, by, why):
    with pytest.raises(ValueError, match=why):
        guarded(study_of("post_infusion", frozen(TEXT), LATE), key, by)


def sizes(answer) -> dict[str, dict[str, int]]:
    return {
        result["label"]: {group["label"]: group["n"] for group in result["groups"]}
        for result in answer["results"]
        if result["kind"] == "curve"
    }


def left(answer, label: str) -> dict[str, int]:
    found = next(result for result in answer["results"] if result["label"] == label)
    return {entry["reason"]: entry["n"] for entry in found["left_out"]}


def test_only_those_still_alive_are_grouped_by_what_they_had_had():
    answer = guarded(study_of("post_cart_relapse", frozen(TEXT), LATE), "os_relapse", "hsct")

    assert sizes(answer) == {
        "landmark 3 months": {"N": 1, "Y": 1},
        "landmark 6 months": {"N": 0, "Y": 1},
        "landmark 9 months": {"N": 0, "Y": 1},
        "Simon-Makuch": {"N": 2, "Y": 2},
    }
    assert left(answer, "landmark 6 months") == {"event on or before the landmark": 1}


def test_the_clock_restarts_at_the_landmark():
    answer = guarded(study_of("post_cart_relapse", frozen(TEXT), LATE), "os_relapse", "hsct")
    exposed = answer["results"][0]["groups"][1]

    assert exposed["median"]["days"] == 300 - 91


def test_toxicity_is_grouped_in_one_grading_system():
    answer = guarded(study_of("post_infusion", frozen(TEXT), LATE), "os_infusion", "crs_grade")

    assert sizes(answer) == {"landmark day 28": {"N": 1, "Y": 1}}
    assert left(answer, "landmark day 28") == {"event on or before the landmark": 1, "graded by another system": 1}
    assert "Graded by ASTCT2019." in answer["results"][0]["definition"]


def test_b_cell_recovery_among_those_in_remission_without_transplant():
    answer = guarded(study_of("post_infusion", frozen(TEXT), LATE), "os_infusion", "b_cell_recovery")

    assert sizes(answer)["landmark day 182"] == {"N": 0, "Y": 1}
    assert left(answer, "landmark day 182") == {
        "event on or before the landmark": 1,
        "relapsed on or before the landmark": 2,
    }


def test_an_exposure_of_a_vague_date_leaves():
    text = "infusion: patient date\nA d0\nB d0\nhsct: patient date\nA 2016\ndeath: patient date\nA d900\nB d900"
    answer = guarded(study_of("post_infusion", frozen(text), LATE), "os_infusion", "hsct")

    assert left(answer, "Simon-Makuch") == {"A02": 1}


def test_who_comes_late_is_not_at_risk_before():
    text = "patient: patient ascertained_on\nA d200\nB .\ninfusion: patient date\nA d0\nB d0\n"
    text += "hsct: patient date\nA d50\ndeath: patient date\nA d400\nB d300"
    answer = guarded(study_of("post_infusion", frozen(text), LATE), "os_infusion", "hsct")
    months3 = answer["results"][0]["groups"]

    assert sizes(answer)["Simon-Makuch"] == {"N": 1, "Y": 1}
    assert [group["at"][0]["n_risk"] for group in months3] == [1, 1]
    assert answer["results"][-1]["rows"][0][-2:] == [1, 2]


@pytest.mark.parametrize("plan", PLANS)
def test_nobody_gives_empty_curves(plan):
    key = {"post_cart_relapse": "os_relapse", "post_infusion": "os_infusion", "post_transplant": "os_hsct"}[plan]
    exposure = "gvhd" if plan == "post_transplant" else "hsct"
    answer = guarded(study_of(plan, {}, LATE), key, exposure)

    assert all(result["left_out"] for result in answer["results"])
