"""The parts of the check engine: rows, intervals, evidence, numbers with comparators."""

from decimal import Decimal

import pytest

from registry.checks.case import Row
from registry.checks.compare import (
    fewest_days,
    most_days,
    some_within,
    surely_above,
    surely_at_least,
    surely_below,
)
from registry.checks.engine import ERROR, check
from registry.dictionary.partial_date import PartialDate


def row(value: str | None = None, comparator: str = "") -> Row:
    number = Decimal(value) if value else None
    return Row("response", 1, {"anc": number}, parents={"hsct": 7}, comparators={"anc": comparator})


def test_row_gives_items_and_parents():
    assert (row("1.5").anc, row().hsct, row().key) == (Decimal("1.5"), 7, "response:1")


def test_row_names_the_item_it_does_not_have():
    with pytest.raises(AttributeError, match="response has no item 'colour'"):
        _ = row().colour


def test_check_number_is_never_used_twice():
    with pytest.raises(ValueError, match="H02 is declared twice"):
        check("H02", ERROR, "Again.", source="nowhere")(lambda case: iter(()))


@pytest.mark.parametrize(
    ("value", "comparator", "below", "at_least", "above"),
    [
        ("4.9", "", True, False, False),
        ("5", "", False, True, False),
        ("5.1", "", False, True, True),
        ("5", "<", True, False, False),
        ("5", "<=", False, False, False),
        ("5", ">=", False, True, False),
        ("5", ">", False, True, True),
        ("9", "<", False, False, False),
        ("1", ">", False, False, False),
        (None, "", False, False, False),
    ],
)
def test_numbers_are_compared_with_what_their_comparator_leaves_open(value, comparator, below, at_least, above):
    one = row(value, comparator)

    assert surely_below(one, "anc", 5) is below
    assert surely_at_least(one, "anc", 5) is at_least
    assert surely_above(one, "anc", 5) is above


@pytest.mark.parametrize(
    ("moments", "first", "last", "answer"),
    [
        ([], "2015-01-01", "2015-12-31", False),
        (["2015-06-01"], "2015-01-01", "2015-12-31", True),
        (["2015-01-01"], "2015-01-01", "2015-12-31", True),
        (["2014-12-31"], "2015-01-01", "2015-12-31", False),
        (["2014-12-31", "2015-06"], "2015-01-01", "2015-12-31", True),
        (["2015-06"], "2015-06-10", None, None),
        (["2015-06"], None, "2015-05-31", False),
        ([None], "2015-01-01", None, None),
        ([None, "2015-06-01"], "2015-01-01", None, True),
    ],
)
def test_evidence_is_there_or_not_or_undecided(moments, first, last, answer):
    dates = [PartialDate.parse(text) if text else None for text in moments]
    bounds = [PartialDate.parse(text) if text else None for text in (first, last)]

    assert some_within(dates, *bounds) is answer


def test_distances_are_those_of_the_interval():
    exact, month = PartialDate.parse("2015-06-10"), PartialDate.parse("2015-07")

    assert (fewest_days(exact, month), most_days(exact, month)) == (21, 51)
    assert fewest_days(exact, None) is most_days(None, month) is None
