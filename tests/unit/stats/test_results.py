"""The promised JSON of every kind of result, and its way back."""

import json

import numpy as np
import pytest

from analytics.stats.compare import gray, logrank
from analytics.stats.curves import aalen_johansen, kaplan_meier
from analytics.stats.describe import summary_group
from analytics.stats.proportions import proportion_group
from analytics.stats.results import (
    KINDS,
    Curve,
    Incidence,
    LeftOut,
    Proportion,
    Result,
    Summary,
    Table,
    plain,
    read,
)

DAYS, EVENT, GROUP = [30, 200, 400, 800], [1, 0, 1, 0], ["EARLY", "LATE", "EARLY", "LATE"]


def a_curve() -> Curve:
    return Curve(
        endpoint="os_relapse",
        definition="death from any cause",
        groups=(kaplan_meier(DAYS, EVENT).as_group("all"),),
        comparison=logrank(DAYS, EVENT, GROUP),
        left_out=(LeftOut(reason="A12", n=3),),
    )


def an_incidence() -> Incidence:
    state = [1, 0, 2, 0]
    curves = aalen_johansen(DAYS, state, causes=(1, 2))
    return Incidence(
        endpoint="cir",
        definition="relapse, death in remission competing",
        groups=(curves.as_group("all", names={1: "relapse", 2: "nrm"}),),
        comparison=(gray(DAYS, state, GROUP, cause=1), gray(DAYS, state, GROUP, cause=2)),
    )


RESULTS: list[Result] = [
    a_curve(),
    an_incidence(),
    Proportion(groups=(proportion_group("all", 3, 4), proportion_group("LATE", 0, 0))),
    Summary(unit="days", groups=(summary_group("all", DAYS), summary_group("LATE", []))),
    Table(columns=("", "all"), rows=(("Age", "10.6"), ("Sex", None))),
]


@pytest.mark.parametrize("result", RESULTS, ids=[result.kind for result in RESULTS])
def test_json_is_plain_finite_and_comes_back_the_same(result: Result) -> None:
    told = result.as_json()
    text = json.dumps(told, allow_nan=False)

    assert told["kind"] == result.kind
    assert KINDS[result.kind] is type(result)
    assert read(json.loads(text)).as_json() == told


def test_a_curve_has_exactly_the_promised_keys() -> None:
    told = a_curve().as_json()
    group = told["groups"][0]

    assert set(told) == {"kind", "endpoint", "definition", "groups", "comparison", "ci", "left_out"}
    assert set(group) == {"label", "n", "events", "median", "at", "steps"}
    assert group["median"] == {"days": 400, "lower": 30, "upper": None}
    assert [reading["months"] for reading in group["at"]] == [6, 12, 24, 36, 60]
    assert [reading["days"] for reading in group["at"]] == [182.625, 365.25, 730.5, 1095.75, 1826.25]
    assert set(group["at"][0]) == {"days", "months", "estimate", "lower", "upper", "n_risk"}
    assert group["at"][0]["n_risk"] == 3
    assert group["at"][3] == {
        "days": 1095.75,
        "months": 36,
        "estimate": None,
        "lower": None,
        "upper": None,
        "n_risk": 0,
    }
    assert group["steps"]["days"] == [30, 200, 400, 800]
    assert group["steps"]["n_risk"] == [4, 3, 2, 1]
    assert set(told["comparison"]) == {"test", "statistic", "df", "p"}
    assert told["left_out"] == [{"reason": "A12", "n": 3}]


def test_an_incidence_has_exactly_the_promised_keys() -> None:
    told = an_incidence().as_json()

    assert set(told) == {"kind", "endpoint", "definition", "groups", "comparison", "ci", "left_out"}
    assert set(told["groups"][0]["causes"][0]) == {"cause", "events", "at", "steps"}
    assert set(told["groups"][0]["causes"][0]["at"][0]) == {"days", "months", "estimate", "lower", "upper"}
    assert [line["cause"] for line in told["comparison"]] == [1, 2]
    assert told["comparison"][0]["test"] == "gray"


def test_other_kinds_have_the_promised_keys() -> None:
    proportion, summary, table = (result.as_json() for result in RESULTS[2:])

    assert set(proportion["groups"][0]) == {"label", "x", "n", "estimate", "lower", "upper"}
    assert proportion["method"] == "exact"
    assert set(summary["groups"][0]) == {"label", "n", "median", "q1", "q3", "min", "max"}
    assert summary["unit"] == "days"
    assert table == {"kind": "table", "columns": ["", "all"], "rows": [["Age", "10.6"], ["Sex", None]]}


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown kind of result 'pie'"):
        read({"kind": "pie"})


def test_numbers_without_value_become_null() -> None:
    assert plain({"a": np.array([1.0, np.nan]), "b": (np.nan, 2)}) == {"a": [1.0, None], "b": [None, 2]}
