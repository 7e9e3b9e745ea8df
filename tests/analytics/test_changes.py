"""What another reading of the definitions changes: told by the groups whose numbers change, from what to what."""

from typing import Any

import pytest

from analytics.models import Snapshot
from analytics.report.bound import Place, plain
from analytics.report.changes import beside
from analytics.stats.curves import kaplan_meier
from analytics.stats.proportions import proportion_group
from tests.analytics.built import built
from tests.analytics.test_reports import Numbers

SALVAGE = {"CHEMO": (14, 24), "INO": (13, 16), "BLINA": (12, 14), "CART_CD19": (3, 9)}


def shares(**changed: tuple[int, int]) -> dict[str, Any]:
    groups = [proportion_group(label, x, n).as_json() for label, (x, n) in (SALVAGE | changed).items()]
    return {"kind": "proportion", "method": "exact", "groups": groups, "left_out": []}


def curves(*n: int, p: float = 0.2) -> dict[str, Any]:
    groups = [kaplan_meier(range(1, many + 1), [1] * many).as_group(f"G{many}").as_json() for many in n]
    test = {"test": "logrank", "statistic": 1.0, "df": 1, "p": p}
    return {"kind": "curve", "ci": "log-log", "comparison": test, "groups": groups, "left_out": []}


def told(main: dict[str, Any] | None, varied: dict[str, Any] | None) -> tuple[str, str]:
    before, after = beside(None if main is None else Place(main, "main"), Place(varied, "varied"))
    return plain(before), plain(after)


def test_of_many_groups_those_are_told_whose_numbers_change():
    assert told(shares(), shares(CHEMO=(15, 26), STEROID_PALL=(0, 1))) == (
        "chemotherapy 14 of 24 (58.3 %); steroids or palliation –.",
        "chemotherapy 15 of 26 (57.7 %); steroids or palliation 0 of 1 (0.0 %).",
    )


def test_the_test_of_many_groups_stands_behind_them():
    many, more = curves(20, 30, 40, 50), curves(20, 30, 40, 60, p=0.01)

    assert told(many, more) == (
        "G50 median 0.8 months (0.6 to 1.1), n 50; G60 –. Log-rank P = .200.",
        "G50 –; G60 median 1.0 months (0.7 to 1.2), n 60. Log-rank P = .0100.",
    )
    assert told(many, curves(20, 30, 40, 50, p=0.01)) == ("Log-rank P = .200.", "Log-rank P = .0100.")


def test_few_groups_are_told_whole():
    before, after = told(curves(20, 30), curves(20, 40))

    assert before.startswith("G20 median") and "; G30 median" in before
    assert after.startswith("G20 median") and "; G40 median" in after


def test_a_change_that_the_phrase_does_not_tell_is_told_from_the_table():
    fewer = curves(20)
    fewer["groups"][0] = {**fewer["groups"][0], "events": 19}

    assert told(curves(20), fewer) == ("G20: events 20. Log-rank P = .200.", "G20: events 19. Log-rank P = .200.")


def test_lines_of_a_table_of_patients_that_change_are_told():
    columns = ["group", "characteristic", "level", "n", "of", "percent", "median", "q1", "q3", "min", "max", "missing"]

    def table(m: int) -> dict[str, Any]:
        rows = [["all", "sex", level, n, 40, 100 * n / 40, *[None] * 5, 0] for level, n in (("M", m), ("F", 18))]
        return {"kind": "table", "columns": columns, "rows": rows, "left_out": []}

    before, after = told(table(22), table(21))
    assert before == "sex at birth: Male: patients 22 (55.0 %)."
    assert after == "sex at birth: Male: patients 21 (52.5 %)."


def test_what_no_printed_number_shows_is_said_and_what_is_withheld_too():
    assert told(shares(), shares()) == ("no printed number changes",) * 2
    assert told(shares(), None)[1] == "withheld"
    assert told(None, shares())[0] == ""
    assert "chemotherapy 14 of 24" in told(None, shares())[1]


@pytest.mark.django_db
@pytest.mark.xdist_group("report")
def test_the_report_sends_nobody_to_the_machine_readable_results(snapshot: Snapshot):
    page = built(snapshot)["report.html"]

    assert b"machine-readable" not in page
    assert any(number["places"][0].startswith("readings.sensitivity") for number in Numbers(page).found)
