"""What is due when: tables of tiny patients. Day 0 is 2015-01-01."""

from datetime import date, timedelta

import pytest

from registry import schedule
from registry.dictionary.majority import majority_age
from registry.schedule import look
from tests.cases import DAY_0, chart

INFUSED = "infusion infusion_date=d0 intent=PRIMARY product=CTL019"


def day(number: int) -> date:
    return DAY_0 + timedelta(days=number)


def told(text: str, number: int, **more) -> list[str]:
    """`VISIT D28 DUE` and the like for a chart looked at on that day."""
    return [
        f"{one.kind} {one.key} {one.state}".replace("  ", " ") for one in look(chart(text), day(number), **more).items
    ]


def contact(number: int, status: str = "ALIVE") -> str:
    return f"follow_up contact_date={day(number)} vital_status={status}"


def test_the_windows_are_those_of_the_dictionary():
    windows = {visit.key: (visit.first, visit.last) for visit in schedule.VISITS}
    assert windows["D28"] == (21, 42) and windows["D100"] == (85, 115) and windows["M6"] == (150, 210)
    assert windows["Y1"] == (365, 425) and windows["Y2"] == (730, 790) and windows["Y15"] == (5478, 5538)
    assert len(windows) == 18


@pytest.mark.parametrize(
    ("number", "lines", "expected"),
    [
        (0, [], ["VISIT D28 UPCOMING"]),
        (20, [], ["VISIT D28 UPCOMING"]),
        (21, [], ["VISIT D28 DUE"]),
        (42, [], ["VISIT D28 DUE"]),
        (43, [], ["VISIT D28 OVERDUE"]),
        (43, [contact(28)], []),
        (43, [contact(43)], []),
        (60, [], ["VISIT D28 OVERDUE", "VISIT D100 UPCOMING"]),
        (60, [contact(30)], ["VISIT D100 UPCOMING"]),
        (90, [], ["VISIT D100 DUE"]),
        (90, [contact(90)], []),
        (116, [contact(30)], ["VISIT D100 OVERDUE"]),
        (121, [contact(119)], ["VISIT M6 UPCOMING"]),
        (400, [contact(160)], ["VISIT Y1 DUE"]),
        (426, [contact(160)], ["VISIT Y1 OVERDUE"]),
        (426, [contact(364)], ["VISIT Y1 OVERDUE"]),
        (426, [contact(425)], []),
        (440, ["response assessment_date=2016-01-15 context=CART infusion=1 response=CR"], []),
        (100, ["death death_date=2015-02-01"], []),
        (100, ["consent kind=REGISTRY status=WITHDRAWN withdrawn_on=2015-02-01"], []),
        (5600, [contact(5300)], []),
    ],
)
def test_visits(number: int, lines: list[str], expected: list[str]):
    assert told("\n".join([INFUSED, *lines]), number) == expected


def test_a_contact_known_to_the_month_counts_where_it_may_lie_in_the_window():
    assert told(f"{INFUSED}\nfollow_up contact_date=2015-04 vital_status=ALIVE", 116) == []


@pytest.mark.parametrize("line", ["diagnosis diagnosis_date=2014-12-01", "hsct hsct_date=d0"])
def test_a_patient_without_an_infusion_has_no_windows(line: str):
    assert told(line, 100) == []


@pytest.mark.parametrize(
    ("silent", "attempts", "expected", "state"),
    [
        (456, 0, [], "KEPT"),
        (457, 0, ["CONTACT OVERDUE"], "OVERDUE"),
        (731, 1, ["CONTACT OVERDUE"], "OVERDUE"),
        (730, 2, ["CONTACT OVERDUE"], "OVERDUE"),
        (731, 2, ["LOST OVERDUE"], "TO_DECLARE"),
    ],
)
def test_no_contact_for_fifteen_and_twenty_four_months(silent: int, attempts: int, expected: list[str], state: str):
    text = f"hsct hsct_date=d0\n{contact(100)}"
    tried = [day(500 + one) for one in range(attempts)]

    assert told(text, 100 + silent, attempts=tried) == expected
    assert look(chart(text), day(100 + silent), attempts=tried).contact == state


def test_attempts_before_the_last_contact_do_not_count():
    assert told(f"hsct hsct_date=d0\n{contact(100)}", 900, attempts=[day(50), day(60)]) == ["CONTACT OVERDUE"]


def test_a_patient_declared_lost_is_asked_about_no_more_until_seen_again():
    lost = f"{INFUSED}\n{contact(100)}\n{contact(900, 'LTFU')}"
    assert told(lost, 1000) == [] and look(chart(lost), day(1000)).contact == "LOST"
    assert look(chart(f"{lost}\n{contact(1000)}"), day(1001)).contact == "KEPT"


@pytest.mark.parametrize(
    ("text", "number", "observed", "expected"),
    [
        (INFUSED, 100, 0, 100),
        (f"{INFUSED}\n{contact(60)}", 100, 60, 100),
        (f"{INFUSED}\n{contact(60)}\ndeath death_date={day(80)}", 100, 80, 80),
        (f"{INFUSED}\n{contact(60)}\nconsent kind=REGISTRY status=WITHDRAWN withdrawn_on={day(70)}", 100, 60, 70),
        (f"{INFUSED}\n{contact(5400)}", 6000, 5400, 5538),
        ("diagnosis diagnosis_date=2014-12-01", 100, 0, 0),
    ],
)
def test_person_time(text: str, number: int, observed: int, expected: int):
    course = look(chart(text), day(number))
    assert (course.observed_days, course.expected_days) == (observed, expected)


#: Born 1998-01-01: of age at 18 on 2016-01-01, day 365.
MINOR = "patient birth_date=1998-01-01 site=BOS\nconsent kind=REGISTRY status=GIVEN effective_date=2014-12-01"


@pytest.mark.parametrize(
    ("number", "more", "expected"),
    [
        (274, "", []),
        (275, "", ["CONSENT UPCOMING"]),
        (365, "", ["CONSENT DUE"]),
        (455, "", ["CONSENT DUE"]),
        (456, "", ["CONSENT OVERDUE"]),
        (456, "consent kind=REGISTRY_AGE_OF_MAJORITY status=GIVEN effective_date=2016-02-01", []),
        (456, "consent kind=REGISTRY_AGE_OF_MAJORITY status=DECLINED effective_date=2016-02-01", []),
        (456, "consent kind=REGISTRY_AGE_OF_MAJORITY status=PENDING_RECONSENT", ["CONSENT OVERDUE"]),
        (456, "consent kind=REGISTRY status=GIVEN effective_date=2016-02-01 signed_by=PATIENT", []),
        (456, "consent kind=WAIVER status=WAIVED", []),
        (456, "death death_date=2015-06-01", []),
        (400, "site code=BOS country=KR", []),
        (731, "site code=BOS country=KR", ["CONSENT DUE"]),
    ],
)
def test_consent_at_the_age_of_majority(number: int, more: str, expected: list[str]):
    assert told(f"{MINOR}\n{more}".strip(), number) == expected


def test_somebody_enrolled_as_an_adult_is_not_asked_again():
    assert (
        told("patient birth_date=1990-01-01\nconsent kind=REGISTRY status=GIVEN effective_date=2014-12-01", 400) == []
    )


def test_a_birth_known_to_the_month_and_a_leap_day():
    late = "patient birth_date=1998-01\nconsent kind=REGISTRY status=GIVEN effective_date=2014-12-01"
    assert look(chart(late), day(365)).items[0].due_on == date(2016, 1, 31)
    leap = "patient birth_date=2000-02-29\nconsent kind=REGISTRY status=GIVEN effective_date=2014-12-01"
    assert look(chart(leap), date(2018, 3, 1)).items[0].due_on == date(2018, 3, 1)


def test_the_age_of_majority_is_18_unless_the_table_says_otherwise():
    assert majority_age("US") == majority_age(None) == majority_age() == 18
    assert majority_age("KR") == 19 and majority_age(None, "SG") == 21
