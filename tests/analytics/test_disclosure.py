"""Disclosure: no count of 1 to 4 leaves, no curve goes on where fewer than five are at risk."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from analytics.models import Snapshot
from analytics.report.disclosure import DEFAULT, NO_GROUP, SEVERAL, attrition, safer, safer_result

CODES = ("BM_ISO", "CNS_ISO", "TESTIS_ISO", "OTHER")


def shares(*pairs: tuple[int, int]) -> dict[str, Any]:
    """Groups with x of n."""
    return {"kind": "proportion", "method": "exact", "groups": [
        {"label": CODES[i], "x": x, "n": n, "estimate": x / n, "lower": 0.0, "upper": 1.0}
        for i, (x, n) in enumerate(pairs)
    ]}  # fmt: skip


def seen(result: dict[str, Any]) -> list[tuple[int | None, int | None]]:
    return [(group["x"], group["n"]) for group in safer_result(result)["groups"]]


@pytest.mark.parametrize(
    ("pairs", "left"),
    [
        ([(30, 60)], [(30, 60)]),
        ([(0, 60)], [(0, 60)]),  # nobody is not somebody
        ([(4, 60)], [(None, 60)]),
        ([(57, 60)], [(None, 60)]),  # three who did not
        ([(2, 3)], [(None, None)]),
        ([(40, 60), (12, 60), (5, 60), (3, 60)], [(40, 60), (12, 60), (None, 60), (None, 60)]),  # or the sum tells
        ([(40, 60), (16, 60), (2, 60), (2, 60)], [(40, 60), (None, 60), (None, 60), (None, 60)]),  # four are few, too
        ([(15, 21), (18, 21), (35, 40)], [(15, 21), (None, 21), (None, 40)]),  # all groups together are told elsewhere
        ([(18, 20), (30, 40), (35, 43)], [(None, 20), (30, 40), (None, 43)]),
        ([(2, 3), (20, 30), (20, 31)], [(None, None), (None, None), (20, 31)]),
    ],
)
def test_small_counts_and_those_that_give_them_away_are_withheld(pairs: list, left: list):
    assert seen(shares(*pairs)) == left


def curve(n_risk: list[int], *, n: int = 20, events: int = 10) -> dict[str, Any]:
    days = [100 * (i + 1) for i in range(len(n_risk))]
    half = [0.5] * len(days)
    steps = {"days": days, "estimate": half, "lower": half, "upper": half, "n_risk": n_risk}
    at = [{"days": day, "months": 6, "estimate": 0.5, "lower": 0.4, "upper": 0.6, "n_risk": 3} for day in (150, 450)]
    group = {"label": "all", "n": n, "events": events, "median": {"days": 420, "lower": 90, "upper": 430},
             "at": at, "steps": steps}  # fmt: skip
    return {"kind": "curve", "groups": [group], "comparison": {"p": 0.01}, "left_out": [{"reason": "A12", "n": 2}]}


def test_a_curve_ends_where_fewer_than_five_are_at_risk():
    group = safer_result(curve([20, 10, 5, 4]))["groups"][0]

    assert group["steps"]["days"] == [100, 200, 300]
    assert group["median"] == {"days": None, "lower": 90, "upper": None}
    assert [reading["estimate"] for reading in group["at"]] == [0.5, None]


def test_a_group_of_four_is_withheld_whole_with_its_test():
    safe = safer_result(curve([4, 3], n=4, events=2))

    assert (safe["groups"][0]["n"], safe["groups"][0]["events"], safe["comparison"]) == (None, None, None)
    assert safe["groups"][0]["steps"]["days"] == []
    assert safe["left_out"] == [{"reason": "A12", "n": None}]


def test_one_persons_values_never_leave():
    group = {"label": "all", "n": 50, "median": 10, "q1": 5, "q3": 20, "min": 1, "max": 99}

    safe = safer_result({"kind": "summary", "unit": "days", "groups": [group]})["groups"][0]

    assert (safe["median"], safe["min"], safe["max"]) == (10, None, None)


def test_a_table_of_levels_withholds_sets_percentages_and_extremes():
    rows = [
        ["all", "age_years", None, 60, 60, None, 9.5, 5.0, 14.0, 0.4, 25.1, 0],
        *levels("all", "site", A=50, B=7, C=3),
        *levels("all", "sex", F=58, M=2),
    ]

    safe = safer_table(rows)

    assert safe[0][3:] == [60, 60, None, 9.5, 5.0, 14.0, None, None, 0]
    assert [row[3:6] for row in safe[1:]] == [
        [50, 60, 83.3],
        [None, 60, None],
        [None, 60, None],
        [None, 60, None],
        [None, 60, None],
    ]


COLUMNS = ["group", "characteristic", "level", "n", "of", "percent", "median", "q1", "q3", "min", "max", "missing"]


def levels(group: str, name: str, *, missing: int = 0, **counts: int) -> list[list[Any]]:
    """The rows of a characteristic as table 1 makes them."""
    known = sum(counts.values())
    return [[group, name, level, n, known, round(100 * n / known, 1), *[None] * 5, missing]
            for level, n in counts.items()]  # fmt: skip


def everybody(group: str, n: int) -> list[Any]:
    return [group, "patients", None, n, n, *[None] * 7]


def safer_table(rows: list[list[Any]], **more: Any) -> list[list[Any]]:
    return safer_result({"kind": "table", "columns": COLUMNS, "rows": rows}, **more)["rows"]


def test_a_few_without_an_answer_do_not_follow_from_the_numbers_of_those_with_one():
    """40 patients, 38 whose donor is known: the two are told by no total, sum or percentage."""
    quantity = ["all", "age_years", None, 38, 40, None, 9.5, 5.0, 14.0, 0.4, 25.1, 2]
    rows = [everybody("all", 40), *levels("all", "donor", missing=2, MUD=20, HAPLO=11, MSD=7), quantity]

    patients, *donors, age = safer_table(rows)

    assert patients[3:5] == [40, 40]
    assert [(row[3], row[4], row[5], row[-1]) for row in donors] == [
        (20, None, None, None),
        (11, None, None, None),
        (None, None, None, None),
    ]
    assert (age[3], age[4], age[6], age[-1]) == (None, 40, None, None)


def test_a_table_by_groups_is_held_against_the_table_of_all_patients():
    """Three boys with a sibling donor would be all with one less the girls; who has no known group counts, too."""
    rows = [everybody("F", 40), *levels("F", "donor", MUD=20, HAPLO=12, MSD=8),
            everybody("M", 30), *levels("M", "donor", MUD=16, HAPLO=11, MSD=3)]  # fmt: skip

    def told(**more: Any) -> dict[tuple[str, str], int | None]:
        return {(row[0], row[2]): row[3] for row in safer_table(rows, **more) if row[1] == "donor"}

    assert told() == {("F", "MUD"): 20, ("F", "HAPLO"): None, ("F", "MSD"): None,
                      ("M", "MUD"): 16, ("M", "HAPLO"): None, ("M", "MSD"): None}  # fmt: skip
    clean = [row for row in rows if row[2] != "MSD"]
    assert None not in {row[3] for row in safer_table(clean, cohort=70)}
    assert {row[3] for row in safer_table(clean, cohort=72) if row[1] == "donor"} == {20, 12, None}


def test_a_group_too_small_for_a_table_is_withheld_whole_with_its_smallest_neighbour():
    rows = [row for group, n in (("A", 30), ("B", 12), ("C", 3)) for row in
            (everybody(group, n), *levels(group, "sex", F=n - n // 3, M=n // 3))]  # fmt: skip

    told = {row[0]: row[3:] for row in safer_table(rows)}

    assert told["A"][:2] == [10, 30] and set(told["B"]) == set(told["C"]) == {None}


def grouped_curve(*groups: tuple[str, int, int], unknown: int = 0) -> dict[str, Any]:
    """A curve by groups: label, patients, events; and how many have no known group."""
    one = curve([20, 10, 5])
    made = [{**one["groups"][0], "label": label, "n": n, "events": events} for label, n, events in groups]
    return {**one, "groups": made, "left_out": [{"reason": "UNK", "n": unknown}] if unknown else []}


def test_events_of_a_group_do_not_follow_from_those_of_all_patients():
    """53 of 61 died in all and 35 of 40 late relapses: the early ones, 18 of 21, are three alive."""
    safe = safer_result(grouped_curve(("EARLY", 21, 18), ("LATE", 40, 35)))

    assert [(group["n"], group["events"]) for group in safe["groups"]] == [(21, None), (40, None)]
    assert safe["groups"][1]["steps"]["days"] and safe["comparison"], "the curves and the test stay"


def test_events_of_the_few_without_a_group_do_not_follow_either():
    curves = grouped_curve(("EARLY", 21, 11), ("LATE", 40, 25), unknown=2)

    assert [group["events"] for group in safer_result(curves)["groups"]] == [None, 25]
    assert [group["events"] for group in safer_result({**curves, "left_out": []})["groups"]] == [11, 25]


def test_those_without_any_event_count_as_an_answer():
    """30 relapsed and 27 died of 60: three did neither. And three who died are 39 with any event less 36 relapses."""
    steps = {name: [] for name in ("days", "estimate", "lower", "upper", "n_risk")}

    def told(**events: int) -> list[int | None]:
        causes = [{"cause": cause, "events": n, "at": [], "steps": steps} for cause, n in events.items()]
        result = {"kind": "incidence", "groups": [{"label": "all", "n": 60, "causes": causes}], "comparison": None}
        return [cause["events"] for cause in safer_result(result)["groups"][0]["causes"]]

    assert told(relapse=30, nrm=27) == [None, None]
    assert told(relapse=36, nrm=3) == [None, None]
    assert told(relapse=30, nrm=9) == [30, 9]


def test_signs_of_which_a_patient_may_have_several_give_no_other_away():
    signs = shares((30, 90), (3, 90)) | {"endpoint": "toxicity"}

    assert seen(signs) == [(30, 90), (None, 90)]


def test_what_the_disclosure_names_is_what_the_plans_call_so():
    from analytics.study.catalogue import PLANS
    from analytics.study.strata import UNKNOWN_GROUP
    from analytics.study.toxicity import toxicity

    signs = {one.endpoint for plan in PLANS.values() for one in plan.analyses if one.answer is toxicity}
    assert (signs, UNKNOWN_GROUP) == (SEVERAL, NO_GROUP)


def step(name: str, n: int, **left: int) -> dict[str, Any]:
    return {"step": name, "n": n, "left": [{"reason": reason, "n": count} for reason, count in left.items()]}


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([("all", 100, {}), ("b", 80, {"x": 20})], [("all", 100), ("b", 80)]),
        ([("all", 100, {}), ("b", 98, {"x": 2}), ("c", 70, {"y": 28})], [("all", 100), ("c", 70)]),
        ([("all", 100, {}), ("b", 80, {"x": 20}), ("c", 77, {"y": 3})], [("all", 100), ("c", 77)]),
        ([("all", 100, {}), ("b", 98, {"x": 2})], [("b", 98)]),
    ],
)
def test_small_losses_join_their_neighbours(steps: list, told: list):
    safe = attrition([step(name, n, **left) for name, n, left in steps], DEFAULT)

    assert [(item["step"], item["n"]) for item in safe] == told


def counts(value: Any, key: str = "") -> Iterator[int]:
    """Every count of patients or events in disclosed JSON."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from counts(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from counts(inner, key)
    elif key in ("n", "x", "events", "n_risk") and value is not None:
        yield value


@pytest.mark.django_db
@pytest.mark.parametrize("by", [(), ("sex",)])
def test_no_cell_of_a_disclosed_snapshot_is_small(already_frozen: None, by: tuple[str, ...]):
    from analytics.snapshots import take
    from tests.analytics.conftest import CUTOFF

    kept: Snapshot = take("post_cart_relapse", cutoff=CUTOFF, by=by, taken_by="test")

    found = list(counts(safer(json.loads(kept.read("results.json")))))

    assert len(found) > 100
    assert [n for n in found if 0 < n < DEFAULT.least] == []


def test_a_small_count_beside_a_rate_is_withheld():
    group = {"label": "CRS PENN", "x": 20, "n": 90, "estimate": 0.22, "lower": 0.1, "upper": 0.3, "graded_otherwise": 3}
    result = {"kind": "proportion", "groups": [group], "left_out": []}

    assert safer_result(result)["groups"][0]["graded_otherwise"] is None
    kept = safer_result({**result, "groups": [{**group, "graded_otherwise": 12}]})
    assert kept["groups"][0]["graded_otherwise"] == 12
