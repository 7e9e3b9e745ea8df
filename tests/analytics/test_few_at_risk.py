"""Estimates that rest on fewer than ten patients: never told or drawn without a mark (ENDPOINTS 6.5)."""

import json
import re
from typing import Any

import pytest

from analytics import reports
from analytics.models import Snapshot
from analytics.report import curves, figures, stacked  # noqa: F401 - register renderers
from analytics.report.bound import Place, plain
from analytics.report.canvas import Line
from analytics.report.phrases import in_short
from analytics.report.sentences import message, sentence
from analytics.report.tabulate import tabulate
from analytics.stats.curves import aalen_johansen, kaplan_meier
from analytics.stats.risk import at_risk, rests_on_few
from analytics.study.founding import founding_table
from analytics.views.snapshot import _bands
from tests.analytics.built import built

NAMES = {1: "relapse", 2: "nrm"}
NOTE = "† Fewer than 10 at risk."
MONTH = 30.4375
#: Fourteen patients, one event a month: ten are at risk in month 5 and nine in month 6.
DAYS, STATES = [round(MONTH * month) for month in range(1, 15)], [1, 2] * 7


def curve(n: int = 14, label: str = "all", months: tuple[float, ...] = (4.9, 5.5)) -> dict[str, Any]:
    group = kaplan_meier(DAYS[:n], [1] * n).as_group(label, months=months).as_json()
    return {"kind": "curve", "groups": [group], "comparison": None, "ci": "log-log", "left_out": []}


def incidence() -> dict[str, Any]:
    found = aalen_johansen(DAYS, STATES, causes=(1, 2)).as_group("all", names=NAMES, months=(4.9, 5.5))
    return {"kind": "incidence", "groups": [found.as_json()], "comparison": None, "left_out": []}


def drawn(key: str, result: dict[str, Any]) -> str:
    return figures.draw(key, result, synthetic=False).decode()


def test_ten_are_enough_and_nine_are_few():
    steps = curve()["groups"][0]["steps"]

    assert [at_risk(steps, MONTH * month) for month in (4.9, 5.5)] == [10, 9]
    assert not rests_on_few(steps, MONTH * 4.9)
    assert rests_on_few(steps, MONTH * 5.5)
    assert rests_on_few(steps, MONTH * 99), "beyond the last day nobody is at risk"


def test_tables_mark_readings_and_medians_and_say_once_what_the_mark_means():
    table = tabulate(curve(months=(4.9, 5.5)))

    assert table.rows[0][3:] == ("7.5† (3.0 to 11.0)", "71.4 % (40.6 to 88.2)", "64.3 %† (34.3 to 83.3)")
    assert table.notes.count(NOTE) == 1


def test_incidences_are_marked_by_the_steps_of_their_cause():
    table = tabulate(incidence())

    assert ["†" in cell for cell in table.rows[0][4:]] == ["†" in cell for cell in table.rows[1][4:]] == [False, True]
    assert table.notes.count(NOTE) == 1


def test_what_rests_on_enough_carries_neither_mark_nor_note():
    many = kaplan_meier(range(1, 101), [1] * 100).as_group("all", months=(2,)).as_json()
    result = {**curve(), "groups": [many]}

    assert "†" not in str(tabulate(result))
    assert "†" not in plain(sentence(Place(result))) + in_short(result)
    assert "fewer than 10" not in drawn("os_relapse", {**result, "groups": [{**many, "steps": _until(many, 91)}]})


def _until(group: dict[str, Any], day: int) -> dict[str, Any]:
    return {name: values[:day] for name, values in group["steps"].items()}


def test_sentences_and_phrases_say_what_their_mark_means_and_key_messages_leave_it_to_a_note_below():
    told = Place(curve(months=(12, 24)))

    assert plain(sentence(told)) == (
        "14 patients, 14 events, median 7.5† months (95 % CI 3.0 to 11.0); "
        "estimate at 12 months 14.3 %† (2.3 to 36.6). † Fewer than 10 at risk."
    )
    assert plain(message(told)) == "median 7.5† months (3.0 to 11.0), n 14."
    assert in_short(told.value) == "median 7.5† months (3.0 to 11.0), n 14 († fewer than 10 at risk)"


def test_a_curve_is_thin_from_the_day_on_which_few_are_left():
    line = Line("all", curve()["groups"][0]["steps"], 1.0, "#000000", "-")
    (enough, _ys, first), (thin, values, second) = line.stretches()

    assert (first, second) == (False, True)
    assert enough[-1] == thin[0] == DAYS[4] / MONTH
    assert (thin[-1], values[-1]) == (DAYS[-1] / MONTH, pytest.approx(0))


@pytest.mark.parametrize(("result", "widths"), [(curve(), {"1.7", "0.765"}), (curve(9), {"0.765"})])
def test_figures_are_thin_there_and_their_words_say_so(result: dict[str, Any], widths: set[str]):
    svg = drawn("os_relapse", result)

    assert {found for found in re.findall(r'stroke-width="([\d.]+)"', svg)} & {"1.7", "0.765"} == widths
    assert ">thin: fewer than 10 at risk</text>" in svg
    assert "numbers at risk; thin: fewer than 10 at risk." in svg, "the first sentence becomes the caption"


def test_stacked_areas_are_pale_and_their_shares_marked_there():
    svg = drawn("cir_stacked", {**incidence(), "drawn": "stacked"})

    assert ">pale, †: fewer than 10 at risk</text>" in svg
    assert ">Relapse 50.0 %†</text>" in re.sub(r"\s+", " ", svg)


@pytest.mark.parametrize(("followed", "marks"), [((12, 11, 10), 0), ((12, 9, 3), 2)])
def test_states_of_few_patients_are_marked_above_their_bars(followed: tuple[int, ...], marks: int):
    shares = {"in_remission": 0.5, "before_remission": 0.0, "relapsed": 0.2, "after_hsct": 0.1, "dead": 0.2}
    at = [{"months": 6 * place, "n_risk": n, **shares} for place, n in enumerate(followed)]
    svg = drawn("states", {"kind": "occupancy", "at": at})

    assert len(re.findall(">†<", svg)) == marks
    assert ("† fewer than 10 at risk" in svg) == bool(marks)
    assert ("At 0 months" in svg) == bool(marks), "what is told in words rests on enough"


@pytest.mark.django_db
@pytest.mark.xdist_group("report")
@pytest.mark.parametrize("reading", reports.READINGS)
def test_a_report_marks_every_such_estimate_and_no_other(snapshot: Snapshot, reading: str):
    files = built(snapshot, reading)
    results = json.loads(files["results.json"])["results"]
    page = files["report.html"].decode("utf-8")
    seen = set()

    for key, result in results.items():
        for place, held in _held(key, result):
            for index, at in enumerate(held["at"]):
                if at["estimate"] is None:
                    continue
                left = sum(n >= 10 for n in held["steps"]["n_risk"])
                few = not left or at["days"] > held["steps"]["days"][left - 1]
                number = f'data-result="{place}.at[{index}].estimate"'
                after = {found[:1] for found in re.findall(re.escape(number) + "[^>]*>[^<]*</data>(.)", page)}
                assert after == ({"†"} if few else {" "}), (place, index)
                seen.add(few)
    assert seen == {True, False}
    assert page.count(NOTE) > 3


def _held(key: str, result: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    if result["kind"] == "curve":
        return [(f"{key}.groups[{place}]", group) for place, group in enumerate(result["groups"])]
    if result["kind"] == "incidence":
        return [
            (f"{key}.groups[{place}].causes[{number}]", cause)
            for place, group in enumerate(result["groups"])
            for number, cause in enumerate(group["causes"])
        ]
    return []


@pytest.mark.django_db
def test_the_founding_table_says_so_in_words(snapshot: Snapshot):
    answer = json.loads(snapshot.read("results.json"))
    at_24 = next(at for at in answer["results"]["os_relapse"]["groups"][0]["at"] if at["months"] == 24)
    few = {row["number"] for row in founding_table(answer) if "fewer than 10 at risk" in row["own"]}

    assert at_24["n_risk"] < 10
    assert few == {"F13", "F14"}


def test_estimates_with_a_band_of_month_only_dates_are_marked_on_the_page_by_the_curve_of_their_result():
    def read(group: str, statistic: str, months: float | None) -> dict[str, Any]:
        return {"group": group, "statistic": statistic, "months": months, "estimate": 0.5, "low": 0.4, "high": 0.6}

    bands = [
        {
            "key": "os",
            "shown": True,
            "patients": 7,
            "readings": [read("all", "survival", 4), read("all", "survival", 6)],
        },
        {"key": "os", "shown": True, "patients": 7, "readings": [read("all", "median", None)]},
        {"key": "cir", "shown": True, "patients": 7, "readings": [read("all", "nrm", 4)]},
        {"key": "rate", "shown": True, "patients": 7, "readings": [read("all", "share", None)]},
    ]
    rate = {"groups": [{"label": "all", "x": 3, "n": 6}]}
    told = list(_bands(bands, {"os": curve(), "cir": incidence(), "rate": rate}))

    assert [[row[2] for row in band["rows"]] for band in told] == [["50.0 %", "50.0 %†"], ["0.0 months†"], ["50.0 %"],
                                                                   ["50.0 %"]]  # fmt: skip
    assert [band["note"] for band in told] == [NOTE, NOTE, "", ""]
