"""What accompanies a result, on pages and in reports: beside its result, and withheld where it would tell too much."""

import re
from typing import Any

import pytest
from django.urls import reverse
from pytest import mark

from analytics import companions, reports
from analytics.models import Snapshot
from analytics.report.bound import Number
from analytics.report.disclosure_readings import safer_readings
from analytics.report.naming import words
from analytics.report.tabulate import tabulate
from analytics.report.to_pdf import is_numeric
from tests.analytics.built import built
from tests.analytics.test_reports import everything

EMPTY = {"attrition": [{"step": "patients", "n": 0, "left": []}], "results": {}}
NOTHING = ("notes", "sensitivity", "date_bands", "exposures", "multivariable", "restricted_means")


def safe(name: str, result: dict[str, Any]) -> dict[str, Any]:
    one = {"key": "any", "name": name, "result": {"definition": "", "left_out": [], **result}}
    readings = {**{kind: [] for kind in NOTHING}, "accompanying": [one]}
    return safer_readings(readings, EMPTY)["accompanying"][0]["result"]


# Follow-up ----------------------------------------------------------------------------------------


def follow_up(n: int, survivors: int, *n_risk: int | None) -> dict[str, Any]:
    times = {"median": 1552, "q1": 1132, "q3": None if n_risk[2] is None else 2244}
    at_risk = dict(zip(("median", "q1", "q3"), n_risk, strict=True))
    followed = {"label": "reverse_km", "n": n, **times, "min": None, "max": None, "n_risk": at_risk}
    alive = {
        "label": "survivors",
        "n": survivors,
        "median": 1540.5,
        "q1": 1121.5,
        "q3": 2176.5,
        "min": 321,
        "max": 2877,
    }
    return {"kind": "summary", "unit": "days", "groups": [followed, alive]}


def printed(result: dict[str, Any]) -> list[tuple[str, ...]]:
    return [row[1:] for row in tabulate(result).rows]


def test_quartiles_of_follow_up_that_rest_on_few_are_marked_and_those_not_reached_say_so():
    marked, open_end = tabulate(follow_up(85, 32, 17, 25, 8)), tabulate(follow_up(85, 32, 17, 25, None))

    assert marked.rows[0][1:] == ("85", "51.0", "37.2 to 73.7†", "–")
    assert marked.rows[1][1:] == ("32", "50.6", "36.8 to 71.5", "10.5 to 94.5")
    assert marked.notes == ("NR: not reached.", "† Fewer than 10 at risk.")
    assert open_end.rows[0][3] == "37.2 to NR"


@mark.parametrize(
    ("shown", "rows"),
    [
        (follow_up(85, 32, 17, 25, 8), [("85", "51.0", "37.2 to 73.7†", "–"), ("32", "50.6", "36.8 to 71.5", "–")]),
        (follow_up(85, 32, 17, 25, 4), [("85", "51.0", "37.2 to –", "–"), ("32", "50.6", "36.8 to 71.5", "–")]),
        (follow_up(85, 82, 17, 25, 8), [("85", "51.0", "37.2 to 73.7†", "–"), ("withheld", "–", "–", "–")]),
        (follow_up(85, 3, 17, 25, 8), [("withheld", "–", "–", "–"), ("withheld", "–", "–", "–")]),
    ],
    ids=["nothing is small", "few at risk", "few dead", "few survivors"],
)
def test_follow_up_tells_nobody_by_the_few_who_died_or_are_left(shown: dict[str, Any], rows: list[tuple[str, ...]]):
    assert printed(safe("follow_up_spread", shown)) == rows


# The transplanted ---------------------------------------------------------------------------------

COLUMNS = ["outcome", "n", "alive", "dead", "attributed_to_hsct"]


def outcomes(**classes: tuple[int, int]) -> dict[str, Any]:
    """Living and dead of each class; of the deaths without relapse all but five are attributed."""
    held = {"ALIVE_CR": (16, 0), "RELAPSE": (6, 14), "PERSISTENT": (0, 0), "NRM": (0, 14), "ALIVE_UNKNOWN": (0, 0)}
    held |= classes
    both = tuple(map(sum, zip(held["RELAPSE"], held["PERSISTENT"], strict=True)))
    rows = [[code, sum(pair), *pair, held["NRM"][1] - 5 if code == "NRM" else None] for code, pair in held.items()]
    rows.insert(3, ["RELAPSE_OR_PERSISTENT", sum(both), *both, None])
    return {"kind": "table", "columns": COLUMNS, "rows": rows}


def seen(**classes: tuple[int, int]) -> dict[str, list[int | None]]:
    return {row[0]: row[1:] for row in safe("hsct_outcome_detail", outcomes(**classes))["rows"]}


def test_outcomes_of_many_are_told_whole():
    assert seen() == {row[0]: row[1:] for row in outcomes()["rows"]}
    assert seen()["NRM"] == [14, 0, 14, 9]


def test_few_living_or_dead_take_with_them_what_their_sums_would_tell():
    told = seen(RELAPSE=(3, 14), PERSISTENT=(6, 9))

    assert [told[name][:3] for name in ("RELAPSE", "PERSISTENT", "RELAPSE_OR_PERSISTENT")] == [
        [17, None, None], [15, None, None], [32, None, None]
    ]  # fmt: skip
    assert told["NRM"][:3] == [14, 0, 14], "that they have died is no secret"


def test_a_class_withheld_in_the_list_is_withheld_here_and_no_sum_gives_it_away():
    told = seen(PERSISTENT=(0, 2))

    assert told["PERSISTENT"] == told["NRM"] == [None] * 4, "the smallest neighbour goes too, as in the list"
    assert told["RELAPSE"][:3] == [20, None, None]
    assert told["RELAPSE_OR_PERSISTENT"] == [None] * 4
    assert told["ALIVE_CR"][:3] == [16, 16, 0]


@mark.parametrize(("dead", "attributed"), [(14, 9), (8, None), (6, None), (10, 5)])
def test_deaths_attributed_to_the_transplant_are_told_where_neither_answer_is_rare(dead: int, attributed: int | None):
    assert seen(NRM=(0, dead))["NRM"][3] == attributed


def test_of_a_type_of_salvage_whose_size_is_withheld_nothing_is_told():
    columns = ["group", "characteristic", "level", "n", "of", "percent", "median", "q1", "q3", "min", "max", "missing"]

    def group(label: str, n: int) -> list[list[Any]]:
        quartiles = [9.5, 5.0, 14.0, 0.4, 25.1, 0]
        return [[label, "patients", None, n, n, *[None] * 7], [label, "age_years", None, n, n, None, *quartiles]]

    rows = [*group("CHEMO", 24), *group("BLINA", 8), *group("OTHER", 4)]
    told = safe("salvage_baseline", {"kind": "table", "columns": columns, "rows": rows})["rows"]

    assert told[1] == ["CHEMO", "age_years", None, 24, 24, None, 9.5, 5.0, 14.0, None, None, 0]
    assert all(row[3:] == [None] * 9 for row in told[2:]), "the smallest neighbour goes with the small one"


def test_a_dash_among_numbers_leaves_their_column_one_of_numbers():
    number, dash, word = (Number("4 (50.0 %)", ("a",), (4,)),), ("–",), ("four",)

    assert is_numeric(((word, number), (word, dash)), 1)
    assert not is_numeric(((word, word), (word, number)), 1)
    assert not is_numeric(((word, dash), (word, dash)), 1)


# Pages and reports --------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.xdist_group("report")
@mark.parametrize("reading", reports.READINGS)
def test_the_report_tells_each_in_the_section_of_its_result(snapshot: Snapshot, reading: str):
    files = built(snapshot, reading)
    page = re.sub(r"<style.*?</style>|<svg.*?</svg>", "", files["report.html"].decode("utf-8"), flags=re.DOTALL)
    beside = everything(files)["readings"]["accompanying"]

    assert [one["name"] for one in beside] == [
        *("follow_up_spread", "salvage_baseline", "rfs_hsct_post", "hsct_outcome_detail", "cir_hsct_post")
    ]
    for one in beside:
        section = page[page.index(f'id="{one["key"]}"') :]
        assert f"{words(one['name'])}" in section[: section.index("<h2", 10) if "<h2" in section[10:] else None]
        assert f">{one['name']}<" in page, "its definition stands in the appendix"


@pytest.mark.django_db
def test_the_page_of_a_snapshot_shows_them_once_a_worker_has_computed_them(snapshot: Snapshot, signed_in):
    address, client = reverse("results-snapshot", args=[snapshot.pk]), signed_in("statistician")
    assert "Length of follow-up" not in client.get(address).content.decode()

    companions.made(snapshot)

    page = client.get(address).content.decode()
    for name in ("follow_up_spread", "salvage_baseline", "rfs_hsct_post", "hsct_outcome_detail", "cir_hsct_post"):
        assert f"<h3>{words(name)}</h3>" in page
    assert ">Day 100</th>" in page
