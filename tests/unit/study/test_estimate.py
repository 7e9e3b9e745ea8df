"""Groups and comparisons: pooled, listed, tested or not."""

import pytest

from analytics.study.run import run
from tests.studied import LATE
from tests.tables import frozen


def relapsed(groups: dict[str, int], *, column: str, events: int = 99) -> str:
    """Relapsed and treated patients, so many per value of a column of the salvage table, dead 10, 11, ...
    days on."""
    names = [f"{value}-{number}" for value, n in groups.items() for number in range(n)]
    lines = {
        "infusion: patient date": [f"{name} d0" for name in names],
        "response: patient date": [f"{name} d28" for name in names],
        "relapse: patient date": [f"{name} d200" for name in names],
        f"salvage: patient date {column}": [f"{name} d210 {name.split('-')[0]}" for name in names],
        "death: patient date": [f"{name} d{220 + 7 * place}" for place, name in enumerate(names[:events])],
        "follow_up: patient date disease_evaluated_on": [f"{name} d900 d900" for name in names[events:]],
    }
    return "\n".join(header + "\n" + "\n".join(rows) for header, rows in lines.items() if rows)


def efs(groups: dict[str, int]):
    answer = run("post_cart_relapse", frozen(relapsed(groups, column="category")), cutoff=LATE)
    return answer["results"]["efs_salvage_by_type"]


def sizes(result) -> dict[str, int]:
    return {group["label"]: group["n"] for group in result["groups"]}


def test_small_categories_are_pooled_and_tested():
    result = efs({"CHEMO": 6, "INO": 5, "BLINA": 3, "TARGETED": 1, "OTHER": 1})

    assert sizes(result) == {"INO": 5, "CHEMO": 6, "OTHER": 5}
    assert result["comparison"]["df"] == 2


def test_other_that_stays_small_is_listed_and_not_tested():
    result = efs({"CHEMO": 6, "INO": 5, "BLINA": 3})

    assert sizes(result) == {"INO": 5, "CHEMO": 6, "OTHER": 3}
    assert result["comparison"]["df"] == 1


def test_one_group_left_is_not_compared():
    assert efs({"CHEMO": 6, "INO": 4})["comparison"] is None


def test_salvage_response_is_not_pooled():
    tables = frozen(relapsed({"CHEMO": 6, "INO": 1}, column="category"))
    result = run("post_cart_relapse", tables, cutoff=LATE)["results"]["salvage_response"]

    assert sizes(result) == {"INO": 1, "CHEMO": 6}
    assert [group["x"] for group in result["groups"]] == [0, 0]


def by_sex(boys: int, girls: int, *, events: int, late: str = "", key: str = "os_infusion"):
    names = [f"M{number}" for number in range(boys)] + [f"F{number}" for number in range(girls)]
    text = "patient: patient sex_at_birth ascertained_on\n"
    text += "\n".join(f"{name} {name[0]} {'d40' if name == late else '.'}" for name in names)
    text += "\ninfusion: patient date\n" + "\n".join(f"{name} d0" for name in names)
    text += "\nresponse: patient date\n" + "\n".join(f"{name} d28" for name in names)
    text += "\ndeath: patient date disease_status_at_death\n"
    text += "\n".join(f"{name} d{100 + 9 * place} REMISSION" for place, name in enumerate(names[-events:]))
    return run("post_infusion", frozen(text), cutoff=LATE, by=["sex"])["results"][key]


@pytest.mark.parametrize(
    ("boys", "girls", "events", "compared"),
    [(5, 5, 5, True), (5, 4, 5, False), (5, 5, 4, False), (9, 0, 9, False)],
)
def test_comparison_needs_five_patients_a_group_and_five_events(boys, girls, events, compared):
    result = by_sex(boys, girls, events=events)

    assert (result["comparison"] is not None) == compared
    assert sum(sizes(result).values()) == boys + girls


def test_incidence_is_compared_by_cause_but_not_when_anyone_enters_late():
    assert [test["cause"] for test in by_sex(5, 5, events=6, key="cir")["comparison"]] == ["relapse", "nrm"]
    assert [test["cause"] for test in by_sex(5, 5, events=6, key="nrm")["comparison"]] == ["nrm", "relapse"]
    assert by_sex(5, 5, events=6, key="cir", late="M4")["comparison"] is None
    assert by_sex(5, 5, events=6, key="os_infusion", late="M4")["comparison"] is not None


def test_unknown_group_is_counted():
    text = "patient: patient sex_at_birth\nA M\nB UNK\ninfusion: patient date\nA d0\nB d0"
    result = run("post_infusion", frozen(text), cutoff=LATE, by=["sex"])["results"]["os_infusion"]

    assert sizes(result) == {"M": 1}
    assert result["left_out"] == [{"reason": "UNK", "n": 1}]


def test_follow_up_counts_last_contacts_and_is_never_compared():
    result = by_sex(5, 5, events=6, key="follow_up")

    assert sum(group["events"] for group in result["groups"]) == 4
    assert result["comparison"] is None


def test_beyond_the_last_day_nothing_is_estimated():
    text = "infusion: patient date\nA d0\ndeath: patient date\nA d100"
    (group,) = run("post_infusion", frozen(text), cutoff=LATE)["results"]["os_infusion"]["groups"]

    assert group["median"]["days"] == 100
    assert [reading["estimate"] for reading in group["at"]] == [None] * 5
    assert [reading["days"] for reading in group["at"]] == [182.625, 365.25, 730.5, 1095.75, 1826.25]


def test_pending_patients_wait_for_the_rate_and_errors_leave_it():
    text = """
    infusion: patient date
              OLD     d0
              NEW     d300
              BAD     d0
    response: patient date response
              BAD     d28  CR
    findings: patient rule severity columns                                       rows
              BAD     H38  ERROR    response.response;response.marrow_blast_pct   response:1
    """
    result = run("post_infusion", frozen(text), cutoff=LATE.replace(2015, 12, 31))["results"]["cr_rate"]

    assert (result["groups"][0]["x"], result["groups"][0]["n"]) == (0, 1)
    assert result["left_out"] == [{"reason": "H38", "n": 1}, {"reason": "not yet evaluable", "n": 1}]


def test_rates_leave_out_what_partial_dates_leave_open():
    text = """
    infusion: patient date
              A       2015-06-01
              B       2015-06-01
              C       2015-06-01
    response: patient date
              A       2015-06-29
              B       2015-06-29
              C       2015-06-29
    relapse:  patient date
              A       2015-09
              B       2016
              C       2016-04-01
    hsct:     patient date
              A       2014
              B       2014
              C       2016
    """
    results = run("post_cart_relapse", frozen(text), cutoff=LATE)["results"]

    assert (results["relapse_rate"]["groups"][0]["x"], results["relapse_rate"]["left_out"]) == (3, [])
    assert results["time_to_relapse"]["groups"][0]["n"] == 2
    assert results["time_to_relapse"]["left_out"] == [{"reason": "A02", "n": 1}]
    assert results["prior_hsct_at_relapse"]["groups"][0] | {"lower": 0, "upper": 0} == {
        **{"label": "all", "x": 2, "n": 2, "estimate": 1.0, "lower": 0, "upper": 0}
    }
    assert results["hsct_after_relapse"]["left_out"] == [{"reason": "A02", "n": 1}]
