"""Severe toxicity by kind and grading system: the worst grade of the index infusion, never pooled."""

from analytics.study.run import run
from tests.studied import LATE
from tests.tables import frozen

TEXT = """
    infusion: patient date intent        key
              A       d0   PRIMARY       i1
              A       d90  REINF_RELAPSE i2
              B       d0   PRIMARY       i1
              C       d0   PRIMARY       i1
              D       d0   PRIMARY       i1
              E       d0   PRIMARY       i1
    toxicity: patient date infusion kind      grading_system max_grade
              A       d3   i1       CRS       ASTCT2019      2
              A       d95  i2       CRS       ASTCT2019      4
              B       d3   .        CRS       ASTCT2019      2
              B       d5   .        CRS       ASTCT2019      3
              C       d3   i1       CRS       PENN           4
              C       d9   i1       ICANS     ASTCT2019      1
              D       d3   i1       INFECTION CTCAE5         4
              E       d3   i1       CRS       UNK            4
"""


def toxicity(text: str = TEXT):
    return run("post_infusion", frozen(text), cutoff=LATE)["results"]["toxicity"]


def test_severe_of_all_infused_by_kind_and_system():
    rows = {group["label"]: (group["x"], group["n"], group["graded_otherwise"]) for group in toxicity()["groups"]}

    assert rows == {"CRS ASTCT2019": (1, 5, 1), "CRS PENN": (1, 5, 2), "ICANS ASTCT2019": (0, 5, 0)}


def test_open_errors_leave_under_their_rule():
    found = (
        TEXT
        + """
    findings: patient rule severity columns            rows
              B       H45  ERROR    toxicity.onset_date toxicity:3
    """
    )
    result = toxicity(found)

    assert result["left_out"] == [{"reason": "H45", "n": 1}]
    assert {group["n"] for group in result["groups"]} == {4}


def test_it_is_a_list_of_codes_and_takes_no_strata():
    answer = run("post_infusion", frozen(TEXT), cutoff=LATE, by=["sex"])

    assert {"key": "toxicity", "reason": "a list of codes, not compared between groups"} in answer["not_stratified"]
    assert [cause["cause"] for cause in _incidence()["groups"][0]["causes"]] == ["recovery", "competing"]


def _incidence():
    return run("post_infusion", frozen(TEXT), cutoff=LATE)["results"]["b_cell_aplasia"]
