"""Who may be exported, and what a day since day 0 may tell."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.consent import NO_CONSENT, NO_SHARING, Consent, gate
from exports.pseudonyms import Pseudonyms
from exports.subjects import day_between, five_years, whole_years

D15, D18, D20 = date(2015, 1, 1), date(2018, 1, 1), date(2020, 1, 1)
CASES = {
    # rows (kind, status, effective, withdrawn) -> why not at T1, why not at T3
    "registry and sharing": ([("REGISTRY", "GIVEN", D15, None), ("SHARING_EXTERNAL", "GIVEN", D15, None)], "", ""),
    "waiver and sharing": ([("WAIVER", "WAIVED", D15, None), ("SHARING_EXTERNAL", "GIVEN", D15, None)], "", ""),
    "registry alone": ([("REGISTRY", "GIVEN", D15, None)], NO_SHARING, ""),
    "sharing declined": (
        [("REGISTRY", "GIVEN", D15, None), ("SHARING_EXTERNAL", "DECLINED", D15, None)], NO_SHARING, ""),
    "sharing alone": ([("SHARING_EXTERNAL", "GIVEN", D15, None)], NO_CONSENT, NO_CONSENT),
    "trial alone": ([("TRIAL", "GIVEN", D15, None)], NO_CONSENT, NO_CONSENT),
    "withdrawn": (
        [("REGISTRY", "WITHDRAWN", D15, D18), ("SHARING_EXTERNAL", "GIVEN", D15, None)], NO_CONSENT, NO_CONSENT),
    "withdrawn by a later row": (
        [("REGISTRY", "GIVEN", D15, None), ("REGISTRY", "WITHDRAWN", D18, None),
         ("SHARING_EXTERNAL", "GIVEN", D15, None)], NO_CONSENT, NO_CONSENT),
    "given again later": (
        [("REGISTRY", "WITHDRAWN", D15, D18), ("REGISTRY", "GIVEN", D20, None),
         ("SHARING_EXTERNAL", "GIVEN", D20, None)], "", ""),
    "of age, not asked yet": (
        [("REGISTRY", "GIVEN", D15, None), ("SHARING_EXTERNAL", "GIVEN", D15, None),
         ("REGISTRY_AGE_OF_MAJORITY", "PENDING_RECONSENT", D20, None)], "", ""),
    "of age and declining": (
        [("REGISTRY", "GIVEN", D15, None), ("SHARING_EXTERNAL", "GIVEN", D15, None),
         ("REGISTRY_AGE_OF_MAJORITY", "DECLINED", D20, None)], NO_CONSENT, NO_CONSENT),
    "of age and consenting": (
        [("REGISTRY", "GIVEN", D15, None), ("SHARING_EXTERNAL", "GIVEN", D15, None),
         ("REGISTRY_AGE_OF_MAJORITY", "GIVEN", D20, None)], "", ""),
    "both on one day": (
        [("REGISTRY", "GIVEN", D15, None), ("REGISTRY", "DECLINED", D15, None)], NO_CONSENT, NO_CONSENT),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_last_word_counts_and_the_stricter_one_of_a_day(name: str):
    rows, at_t1, at_t3 = CASES[name]
    consents = [Consent("p", *row) for row in rows]

    assert gate(consents, tier="T1") == gate(consents, tier="T2") == {"p": at_t1}
    assert gate(consents, tier="T3") == {"p": at_t3}


@given(st.dates(date(2005, 1, 1), date(2025, 12, 31)), st.integers(-4000, 4000))
def test_exact_intervals_are_kept(day0: date, days: int):
    """Between two exact dates the number of days is the true one."""
    zero = day0.toordinal()

    assert day_between(zero, zero + days, "D", "D") == days


@given(st.dates(date(2005, 1, 1), date(2025, 12, 31)), st.sampled_from(["M", "Y"]))
def test_a_rough_date_does_not_give_the_exact_one_away(event: date, precision: str):
    """Every day of a month or year could be day 0 of a rounded interval: it fits at least that many."""
    stand_in = event.replace(day=15) if precision == "M" else event.replace(month=7, day=1)
    step = {"M": 30, "Y": 365}[precision]
    told = day_between(event.toordinal(), stand_in.toordinal(), precision, "D")
    fitting = [zero for zero in range(event.toordinal() - 2 * step, event.toordinal() + 2 * step)
               if day_between(zero, stand_in.toordinal(), precision, "D") == told]  # fmt: skip

    assert told % step == 0 and len(fitting) >= step - 1


def test_ages_are_whole_years_and_90_for_more():
    assert [whole_years(days) for days in (0, 364, 366, 10 * 365.25, 40000)] == [0, 0, 1, 10, 90]
    assert whole_years(None) is None and whole_years(float("nan")) is None
    assert five_years(date(2019, 12, 31).toordinal()) == "2015-2019"


def test_ids_of_two_agreements_are_unrelated():
    one, other = (Pseudonyms.under(code, field_key="k" * 43) for code in ("A", "B"))
    ids = [f"C19-{number}" for number in range(2000)]

    mine, theirs = ([ids_of.patient(who) for who in ids] for ids_of in (one, other))
    assert len(set(mine)) == len(ids) and not set(mine) & set(theirs)
    assert sorted(range(2000), key=mine.__getitem__) != sorted(range(2000), key=theirs.__getitem__)
    assert one.patient("C19-1") == Pseudonyms.under("A", field_key="k" * 43).patient("C19-1")
    assert Pseudonyms.under("A", field_key="other" * 9).patient("C19-1") != one.patient("C19-1")
