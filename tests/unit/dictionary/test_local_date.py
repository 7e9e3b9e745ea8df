"""Dates as people write them: the table that the browser's test types, too."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from registry.dictionary.local_date import DAY_FIRST, MONTH_FIRST, MONTHS, as_iso
from registry.dictionary.partial_date import PartialDate

ROWS = json.loads((Path(__file__).parents[2] / "data" / "dates.json").read_text())["rows"]


@pytest.mark.parametrize(("typed", "order", "meant"), ROWS)
def test_a_date_is_read_or_refused(typed, order, meant):
    if meant is None:
        with pytest.raises(ValueError):
            PartialDate.parse(as_iso(typed, order))
    else:
        assert as_iso(typed, order) == meant
        PartialDate.parse(meant)


def test_a_date_with_two_meanings_is_told_with_both_and_a_way_out():
    with pytest.raises(ValueError, match="3 April or 4 March: write 2015-04-03 or 3 Apr 2015"):
        as_iso("03/04/2015")


def test_every_day_of_two_years_survives_each_way_of_writing_it():
    """A day written in any unambiguous way, or in the order that is set, is read as that day."""
    for number in range(731):
        day = date(2015, 1, 1) + timedelta(number)
        name = MONTHS[day.month - 1]
        written = {
            f"{day.day} {name} {day.year}": "",
            f"{name[:3]} {day.day}, {day.year}": "",
            f"{day.day:02d}/{day.month:02d}/{day.year}": DAY_FIRST,
            f"{day.month}-{day.day}-{day.year}": MONTH_FIRST,
        }
        assert {as_iso(text, order) for text, order in written.items()} == {day.isoformat()}


@pytest.mark.parametrize(
    "text", ["UNK", "PEND", "", "~", "12", "x" * 100_000, "1/" * 50_000, "\u0663/2015", "\u00b2/2015", "2015-03-09\n"]
)
def test_what_is_no_local_date_comes_back_as_it_is(text):
    assert as_iso(text) == text.strip()
