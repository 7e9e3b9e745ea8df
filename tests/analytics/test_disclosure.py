"""Disclosure: no count of 1 to 4 leaves, no curve goes on where fewer than five are at risk."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from analytics.models import Snapshot
from analytics.report.disclosure import DEFAULT, attrition, safer, safer_result

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
        ([(40, 60), (16, 60), (2, 60), (2, 60)], [(40, 60), (16, 60), (None, 60), (None, 60)]),
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
    columns = ["group", "characteristic", "level", "n", "of", "percent", "median", "q1", "q3", "min", "max", "missing"]
    blank = [None] * 5
    rows = [
        ["all", "age_years", None, 60, 60, None, 9.5, 5.0, 14.0, 0.4, 25.1, 3],
        ["all", "site", "A", 50, 60, 83.3, *blank, 0],
        ["all", "site", "B", 7, 60, 11.7, *blank, 0],
        ["all", "site", "C", 3, 60, 5.0, *blank, 0],
        ["all", "sex", "F", 58, 60, 96.7, *blank, 0],
    ]

    safe = safer_result({"kind": "table", "columns": columns, "rows": rows})["rows"]

    assert safe[0][3:] == [60, 60, None, 9.5, 5.0, 14.0, None, None, None]
    assert [row[3:6] for row in safe[1:]] == [[50, 60, 83.3], [None, 60, None], [None, 60, None], [None, 60, None]]


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
