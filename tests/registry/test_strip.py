"""The drawing of a patient's course: where marks stand, how vague dates and old events are drawn."""

from dataclasses import dataclass, field

from registry.dictionary.partial_date import PartialDate
from registry.entities import dictionary
from registry.models import Finding
from registry.strip import LEFT, RIGHT, WIDTH, strip_of
from registry.timeline import Event


@dataclass
class Row:
    """As much of a record as the drawing looks at."""

    pk: int = 1
    response: str = ""
    words: list = field(default_factory=list)


def event(slug: str, on: str, **cells: str) -> Event:
    return Event(dictionary()[slug], Row(**cells), "/", PartialDate.parse(on), "", [])


def marks(strip) -> dict:
    return {mark.slug: mark for lane in strip.lanes for mark in lane.marks}


def test_a_mark_leads_to_its_record_and_says_which_rule_it_breaks():
    wrong = Event(dictionary()["relapse"], Row(), "/r", PartialDate.parse("2014-12-01"), "", ["MORPH"], notes=[
        Finding(rule="H31", severity="ERROR", message="Relapse before the infusion."),
        Finding(rule="W87", severity="WARNING", message="Look."),
    ])  # fmt: skip

    drawn = marks(strip_of([INFUSION, wrong], INDEX))

    assert (drawn["relapse"].url, drawn["relapse"].wrong, drawn["infusion"].wrong) == ("/r", True, False)
    assert drawn["relapse"].words == "2014-12-01 Relapse: MORPH\nH31: Relapse before the infusion."


INFUSION = event("infusion", "2015-01-01")
INDEX = PartialDate.parse("2015-01-01")


def test_a_single_date_is_no_course():
    assert strip_of([INFUSION], INDEX) is None


def test_an_exact_day_is_a_point_and_a_month_a_whisker():
    strip = strip_of([INFUSION, event("relapse", "2015-08"), event("death", "2016-01-01")], INDEX)

    drawn = marks(strip)

    assert drawn["infusion"].first == drawn["infusion"].last == drawn["infusion"].x == LEFT
    assert drawn["relapse"].first < drawn["relapse"].x < drawn["relapse"].last
    assert drawn["death"].x == WIDTH - RIGHT


def test_what_was_long_before_the_infusion_stands_at_the_edge():
    strip = strip_of([event("diagnosis", "2005-03"), INFUSION, event("death", "2016-01-01")], INDEX)

    drawn = marks(strip)

    assert drawn["diagnosis"].earlier and drawn["diagnosis"].x == LEFT
    assert not drawn["infusion"].earlier and drawn["infusion"].x > LEFT


def test_only_a_remission_is_filled():
    codes = ("CR", "CRi", "MLFS", "PD", "")
    looks = [strip_of([INFUSION, event("response", "2015-02-01", response=code)], INDEX) for code in codes]

    assert [marks(strip)["response"].hollow for strip in looks] == [False, False, False, True, True]


def test_years_are_counted_from_the_infusion_and_never_crowd():
    strip = strip_of([INFUSION, event("follow_up", "2045-01-01")], INDEX)

    assert strip.ticks[0][1] == "day 0"
    assert 2 <= len(strip.ticks) <= 10


def test_a_patient_without_infusion_is_drawn_from_the_first_event():
    strip = strip_of([event("diagnosis", "2010-01-01"), event("hsct", "2011-01-01")], None)

    assert strip.ticks[0] == (LEFT, "0")
    assert [lane.label for lane in strip.lanes] == ["Disease", "Transplant"]
