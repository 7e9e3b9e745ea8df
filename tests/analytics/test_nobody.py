"""A result of nobody says why there is nothing to estimate, wherever it is told."""

from datetime import date
from typing import Any

import pytest
from pytest import mark

from analytics import snapshots
from analytics.report.bound import Place, plain
from analytics.report.headline import lines
from analytics.report.phrases import in_short
from analytics.report.sentences import lone_cells, message, sentence
from analytics.report.tabulate import tabulate
from analytics.stats.curves import kaplan_meier
from analytics.stats.describe import summary_group
from analytics.stats.proportions import proportion_group
from tests.analytics.test_commands import ran

EMPTY = {"reason": "no patient in the population at the cut-off", "n": 0}
SENTENCE = "not estimable: no patient in the population at the cut-off"
LONG_AGO = date(1990, 1, 1)
NONE_IN = {
    "curve": kaplan_meier([], []).as_group("all").as_json(),
    "proportion": proportion_group("all", 0, 0).as_json(),
    "summary": summary_group("all", []).as_json(),
}
MORE = {"curve": {"ci": "log-log", "comparison": None}, "proportion": {"method": "exact"}, "summary": {"unit": "days"}}


def of_nobody(kind: str, *left: dict[str, Any], groups: bool = True) -> dict[str, Any]:
    return {"kind": kind, "groups": [NONE_IN[kind]] if groups else [], "left_out": list(left), **MORE[kind]}


@mark.parametrize("kind", list(NONE_IN))
@mark.parametrize("groups", [True, False])
def test_a_result_of_an_empty_population_says_so_and_has_no_numbers(kind: str, groups: bool):
    result = of_nobody(kind, EMPTY, groups=groups)
    table = tabulate(result)

    assert in_short(result) == SENTENCE
    assert plain(sentence(Place(result))) == f"N{SENTENCE[1:]}."
    assert message(Place(result)) == ()
    assert (table.rows, table.notes) == ((), (f"N{SENTENCE[1:]}.",)), "who is left out of nobody is not told"


@mark.parametrize(
    ("left", "why"),
    [((), "no patient has come to its time zero"), (({"reason": "A12", "n": 3},), "no patient could be analysed")],
)
def test_in_a_population_with_patients_another_reason_is_told(left: tuple[dict[str, Any], ...], why: str):
    table = tabulate(of_nobody("curve", *left))

    assert in_short(of_nobody("curve", *left)) == f"not estimable: {why}"
    assert len(table.notes) == 1 + len(left)


def test_a_rate_of_nobody_has_no_share_in_the_table_of_rates():
    assert [plain(cell) for cell in lone_cells(Place(of_nobody("proportion", EMPTY)))] == ["0", SENTENCE, "–"]


def test_a_group_of_nobody_beside_one_of_patients_has_no_median():
    some = kaplan_meier(range(1, 21), [1] * 20).as_group("M").as_json()
    result = {**of_nobody("curve"), "groups": [some, {**NONE_IN["curve"], "label": "F"}]}

    assert tabulate(result).rows[1][3:] == ("–",) * 6
    assert "Female: not estimable, n 0." in plain(sentence(Place(result)))


def test_a_table_of_patients_without_patients_says_so():
    columns = ["group", "characteristic", "level", "n", "of", "percent", "median", "q1", "q3", "min", "max", "missing"]
    rows = [["all", "patients", None, 0, 0, *[None] * 7], ["all", "sex", None, 0, 0, *[None] * 7]]

    table = tabulate({"kind": "table", "columns": columns, "rows": rows})

    assert (table.rows, table.notes) == ((), (f"N{SENTENCE[1:]}.",))


@pytest.mark.django_db
@mark.parametrize("by", [[], ["sex"]])
def test_the_headline_of_an_empty_snapshot_is_that_sentence_also_under_strata(already_frozen: None, by: list[str]):
    snapshot = snapshots.take("post_cart_relapse", cutoff=LONG_AGO, by=by, taken_by="test")

    for reading in ("open", "disclosed"):
        told = [str(line) for line in lines(snapshot.headline[reading])]
        assert len(told) == 3
        assert all(line.endswith(f": {SENTENCE}") for line in told)
    assert f"Complete remission rate: {SENTENCE}\n" in ran("take_snapshot", snapshot.plan, cutoff="1990-01-01", by=by)
    assert f"Complete remission rate: {SENTENCE}" in ran("list_snapshots")
