"""Frozen tables as they stood at the cut-off, and partial dates as columns."""

from datetime import date

import numpy as np
import pytest

from analytics.study.days import EXACT, MONTH, UNKNOWN, YEAR, clamp, interval
from analytics.study.frames import load
from tests.studied import LATE
from tests.tables import frozen


def rows(text: str, slug: str, *, cutoff: date = LATE) -> int:
    return len(load(frozen(text), cutoff)[slug])


def test_a_row_of_the_cutoff_day_exists_and_one_of_the_next_does_not():
    text = "infusion: patient date\nA 2015-06-30\nB 2015-07-01"

    assert rows(text, "infusion", cutoff=date(2015, 6, 30)) == 1


def test_a_partial_date_exists_by_its_stand_in():
    text = "hsct: patient date\nA 2015-06\nB 2015\nC U"

    assert rows(text, "hsct", cutoff=date(2015, 6, 14)) == 1
    assert rows(text, "hsct", cutoff=date(2015, 6, 15)) == 2
    assert rows(text, "hsct", cutoff=date(2015, 7, 1)) == 3


def test_a_later_date_inside_an_earlier_row_is_blank():
    text = "follow_up: patient date disease_evaluated_on\nA 2015-06-01 2015-09-01"
    contact = load(frozen(text), date(2015, 7, 1))["follow_up"]

    assert np.isnan(contact["disease_evaluated_on"]).all()
    assert contact["disease_evaluated_on_precision"].tolist() == [0]


def test_a_late_contact_does_not_exist_whatever_it_tells_of_earlier():
    text = "follow_up: patient date disease_evaluated_on\nA 2015-09-01 2015-06-01"

    assert rows(text, "follow_up", cutoff=date(2015, 7, 1)) == 0


def test_missing_tables_and_columns_are_empty():
    frames = load({"patient": "id,patient\n1,A\n"}, LATE)

    assert frames.patients == ("A",)
    assert len(frames["infusion"]) == 0
    assert frames["patient"]["sex_at_birth"].tolist() == [""]


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("id,patient,relapse_date\nx,A,2015-01-01\n", "relapse.id must hold whole numbers"),
        (
            "id,patient,relapse_date,relapse_date_precision\n1,A,2015-01-01,W\n",
            "relapse_date_precision must be D, M, Y or U",
        ),
    ],
)
def test_what_is_no_frozen_table_is_refused(table, told):
    with pytest.raises(ValueError, match=told):
        load({"relapse": table}, LATE)


FOUND = """
    relapse:  patient date
              A       2015-06-01
              A       2015-09-01
    findings: patient rule severity columns                             rows
              A       H52  ERROR    relapse.relapse_date                {row}
"""


@pytest.mark.parametrize(
    ("row", "kept"),
    [("relapse:1", 1), ("relapse:1;relapse:2", 0), ("relapse:2", 0), (".", 1), ("external_id:7", 1)],
)
def test_a_finding_on_a_row_after_the_cutoff_does_not_exist(row, kept):
    frames = load(frozen(FOUND.format(row=row)), date(2015, 7, 1))

    assert len(frames.findings) == kept


def number(text: str) -> float:
    return float(np.datetime64(text, "D").astype(int))


@pytest.mark.parametrize(
    ("day", "precision", "first", "last"),
    [
        ("2016-02-10", EXACT, "2016-02-10", "2016-02-10"),
        ("2016-02-15", MONTH, "2016-02-01", "2016-02-29"),
        ("2016-07-01", YEAR, "2016-01-01", "2016-12-31"),
    ],
)
def test_interval_of_a_partial_date(day, precision, first, last):
    low, high = interval(np.array([number(day)]), np.array([precision], dtype=np.int8))

    assert (low[0], high[0]) == (number(first), number(last))


def test_interval_of_an_unknown_date_is_everything():
    low, high = interval(np.array([np.nan]), np.array([UNKNOWN], dtype=np.int8))

    assert (low[0], high[0]) == (-np.inf, np.inf)


@pytest.mark.parametrize(
    ("precision", "low", "high", "moved"),
    [
        (EXACT, "2016-02-20", "2016-03-01", "2016-02-15"),
        (MONTH, "2016-02-20", "2016-03-01", "2016-02-20"),
        (MONTH, "2015-01-01", "2016-02-03", "2016-02-03"),
        (MONTH, "2016-03-20", "2016-04-01", "2016-02-29"),
        (MONTH, "2015-01-01", "2016-01-03", "2016-02-01"),
    ],
)
def test_stand_in_moves_between_its_neighbors_but_stays_in_its_month(precision, low, high, moved):
    day, kind = np.array([number("2016-02-15")]), np.array([precision], dtype=np.int8)

    assert clamp(day, kind, low=number(low), high=number(high))[0] == number(moved)
