"""Rules of the whole result, read off ENDPOINTS 3.14, 3.15 and 6.6 by hand: pooling, suppression, end of a curve."""

from datetime import date

import pytest

from analytics.study.run import run
from tests.tables import frozen

LATE = date(2025, 1, 1)


def table(slug: str, header: str, rows: list[str]) -> str:
    return f"{slug}: {header}\n" + "\n".join(rows) + "\n"


def treated(categories: list[str], *, dead: int) -> dict[str, str]:
    """One relapsed patient per category, line 1 failed by none; the first `dead` of them died on day 200."""
    names = [f"P{number:02d}" for number in range(len(categories))]
    text = table("infusion", "patient date", [f"{name} d0" for name in names])
    text += table("response", "patient date", [f"{name} d28" for name in names])
    text += table("relapse", "patient date", [f"{name} d90" for name in names])
    lines = [f"{name} d100 s {code}" for name, code in zip(names, categories, strict=True)]
    text += table("salvage", "patient date key category", lines)
    text += table("response", "patient date of", [f"{name} d130 s" for name in names])
    text += table("follow_up", "patient date disease_evaluated_on", [f"{name} d400 d400" for name in names[dead:]])
    text += table("death", "patient date disease_status_at_death", [f"{name} d200 REMISSION" for name in names[:dead]])
    return frozen(text)


@pytest.mark.parametrize(
    ("categories", "dead", "groups", "df"),
    [
        (
            ["INO"] * 5 + ["CHEMO"] * 5,
            5,
            {
                "INO": 5,
                "CHEMO": 5,
            },
            1,
        ),
        (["INO"] * 5 + ["CHEMO"] * 5, 4, {"INO": 5, "CHEMO": 5}, None),
        (["INO"] * 5 + ["CHEMO"] * 5 + ["DLI"] * 4, 5, {"INO": 5, "CHEMO": 5, "OTHER": 4}, 1),
        (["INO"] * 5 + ["CHEMO"] * 5 + ["DLI"] * 3 + ["BLINA"] * 2, 5, {"INO": 5, "CHEMO": 5, "OTHER": 5}, 2),
        (["INO"] * 5 + ["CHEMO"] * 4 + ["OTHER"] * 1, 5, {"INO": 5, "OTHER": 5}, 1),
        (["INO"] * 5 + ["CHEMO"] * 4, 5, {"INO": 5, "OTHER": 4}, None),
    ],
)
def test_small_categories_are_pooled_and_a_small_rest_is_listed_not_tested(categories, dead, groups, df):
    found = run("post_cart_relapse", treated(categories, dead=dead), cutoff=LATE)["results"]["efs_salvage_by_type"]

    assert {group["label"]: group["n"] for group in found["groups"]} == groups
    assert (found["comparison"] and found["comparison"]["df"]) == df


def test_response_to_salvage_is_not_pooled():
    found = run("post_cart_relapse", treated(["INO"] * 5 + ["DLI"], dead=0), cutoff=LATE)["results"]["salvage_response"]

    assert [(group["label"], group["x"], group["n"]) for group in found["groups"]] == [("INO", 5, 5), ("DLI", 1, 1)]


def test_beyond_the_last_day_of_a_group_nothing_is_estimated_also_where_nobody_is_left():
    text = table("infusion", "patient date", ["A d0", "B d0"])
    text += table("death", "patient date", ["A d100", "B d400"])
    (group,) = run("post_infusion", frozen(text), cutoff=LATE)["results"]["os_infusion"]["groups"]

    assert [one["estimate"] for one in group["at"]] == [0.5, 0.5, None, None, None]
    assert group["steps"]["estimate"] == [0.5, 0.0]


def test_events_of_follow_up_are_those_alive_at_last_contact():
    text = table("infusion", "patient date", ["A d0", "B d0", "C d0"])
    text += table("death", "patient date", ["A d100"])
    text += table("follow_up", "patient date", ["B d200", "C d300"])
    found = run("post_infusion", frozen(text), cutoff=LATE, by=("sex",))["results"]["follow_up"]

    assert [(group["label"], group["n"], group["events"]) for group in found["groups"]] == [("M", 3, 2)]
    assert found["comparison"] is None


def test_crossed_groups_leave_out_whoever_is_unknown_in_either():
    text = table("patient", "patient sex_at_birth", ["A F", "B M", "C UNK", "D F"])
    text += table("infusion", "patient date site", ["A d0 S2", "B d0 S1", "C d0 S1", "D d0 ."])
    found = run("post_infusion", frozen(text), cutoff=LATE, by=("site", "sex"))["results"]["os_infusion"]

    assert [group["label"] for group in found["groups"]] == ["S1 / M", "S2 / F"]
    assert found["left_out"] == [{"reason": "UNK", "n": 2}]


def test_no_gray_test_when_anyone_enters_late():
    names = [f"P{number:02d}" for number in range(12)]
    text = table(
        "patient", "patient sex_at_birth ascertained_on", [f"{n} {'MF'[i % 2]} ." for i, n in enumerate(names)]
    )
    text += table("infusion", "patient date", [f"{n} d0" for n in names])
    text += table("response", "patient date", [f"{n} d28" for n in names])
    text += table("relapse", "patient date", [f"{n} d90" for n in names])
    late = text.replace("P00 M .", "P00 M d40")

    compared = [
        run("post_infusion", frozen(one), cutoff=LATE, by=("sex",))["results"]["cir"]["comparison"]
        for one in (text, late)
    ]

    assert [test["cause"] for test in compared[0]] == ["relapse", "nrm"]
    assert compared[1] is None


def test_toxicity_of_one_system_counts_all_infused_and_tells_who_another_graded():
    text = table("infusion", "patient date", ["A d0", "B d0", "C d0", "D d0"])
    header = "patient date kind grading_system max_grade"
    rows = [
        "A d5 CRS PENN 4",
        "A d5 CRS ASTCT2019 2",
        "B d5 CRS ASTCT2019 3",
        "C d5 CRS PENN 3",
        "C d9 ICANS ASTCT2019 2",
    ]
    found = run("post_infusion", frozen(text + table("toxicity", header, rows)), cutoff=LATE)["results"]["toxicity"]

    assert [(g["label"], g["x"], g["n"], g["graded_otherwise"]) for g in found["groups"]] == [
        ("CRS ASTCT2019", 1, 4, 1),
        ("CRS PENN", 2, 4, 1),
        ("ICANS ASTCT2019", 0, 4, 0),
    ]
