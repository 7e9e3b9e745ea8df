"""Groups: their levels, when they are known, and the way out where they are not."""

import pytest

from analytics.study.catalogue import PLANS
from analytics.study.run import check_strata
from analytics.study.strata import STRATA
from analytics.study.stratify import FORMED_LATER, crossed
from tests.studied import cohort


def groups(text: str, keys: str, moment: str, population: str = "FOUNDING") -> dict[str, str]:
    case = cohort(text, population).case
    label, _ = crossed(case, tuple(STRATA[key] for key in keys.split()), moment)
    return dict(zip(case.frames.patients, label.tolist(), strict=True))


AGES = """
    infusion: patient date age_days
              A       d0   365
              B       d0   366
              C       d0   3652
              D       d0   3653
              E       d0   6575
              F       d0   10957
              G       d0   .
"""


def test_age_group_in_completed_years_at_time_zero():
    assert groups(AGES, "age_group", "infusion") == {
        **{"A": "<1", "B": "1-9", "C": "1-9", "D": "10-17", "E": "18-29", "F": "18-29"},
        "G": "",
    }


def test_age_group_grows_up_to_the_relapse():
    grown = groups(AGES + "response: patient date\n A d28\n relapse: patient date\n A d30", "age_group", "relapse")

    assert grown["A"] == "1-9"


def test_age_at_transplant_where_the_birth_date_is_unknown():
    told = groups("hsct: patient date age_at_hsct\n A d0 9.99\n B d0 30", "age_group", "transplant", "POST_TRANSPLANT")

    assert told == {"A": "1-9", "B": ">=30"}


ATTRIBUTES = """
    protocol: short_code in_founding_cohort
              P1         Y
              P2         Y
    infusion: patient date       site protocol
              A       2014-12-31 S1   P1
              B       2015-01-01 S2   P2
    response: patient date       response
              A       2015-01-28 CR
              B       2015-01-28 CR
    relapse:  patient date       cd19_status lineage_switch
              A       2015-03-01 DIM         N
              B       2016-03-01 UNK         N
    hsct:     patient date       site donor status_at_hsct cr_number
              A       2015-06-01 S9   MUD   CR_MRDNEG      2
              B       2016-06-01 S9   UNK   ACTIVE         .
"""


@pytest.mark.parametrize(
    ("key", "moment", "expected"),
    [
        ("site", "infusion", {"A": "S1", "B": "S2"}),
        ("site", "relapse", {"A": "S1", "B": "S2"}),
        ("site", "hsct", {"A": "S9", "B": "S9"}),
        ("protocol", "relapse", {"A": "P1", "B": "P2"}),
        ("year_group", "infusion", {"A": "2010-2014", "B": "2015-2019"}),
        ("relapse_timing", "relapse", {"A": "EARLY", "B": "LATE"}),
        ("cd19_status", "relapse", {"A": "POS", "B": ""}),
        ("prior_hsct", "relapse", {"A": "N", "B": "N"}),
        ("donor", "hsct", {"A": "MUD", "B": ""}),
        ("hsct_status", "hsct", {"A": "CR_MRDNEG", "B": "ACTIVE"}),
        ("cr_number", "hsct", {"A": "2", "B": ""}),
        ("sex protocol", "infusion", {"A": "M / P1", "B": "M / P2"}),
        ("cd19_status site", "relapse", {"A": "POS / S1", "B": ""}),
    ],
)
def test_stratum(key, moment, expected):
    assert groups(ATTRIBUTES, key, moment) == expected


def test_levels_come_in_the_order_of_the_dictionary():
    case = cohort("patient: patient sex_at_birth\n A F\n B M\n infusion: patient date\n A d0\n B d0").case

    assert crossed(case, (STRATA["sex"],), "infusion")[1] == ["M", "F"]


@pytest.mark.parametrize("name", FORMED_LATER)
@pytest.mark.parametrize("plan", PLANS)
def test_what_forms_after_time_zero_is_refused_with_the_way_out(plan, name):
    with pytest.raises(ValueError, match=f"'{name}'.*not known at time zero.*Instead: "):
        check_strata(plan, [name])


@pytest.mark.parametrize(
    ("plan", "name"),
    [
        ("post_infusion", "relapse_timing"),
        ("post_infusion", "donor"),
        ("post_cart_relapse", "conditioning"),
        ("post_transplant", "relapse_timing"),
        ("post_transplant", "product"),
    ],
)
def test_a_stratum_known_at_no_time_zero_of_the_plan_is_refused(plan, name):
    with pytest.raises(ValueError, match=f"'{name}'.*immortal time.*Instead: "):
        check_strata(plan, [name])


def test_an_unknown_stratum_is_told_the_known_ones():
    with pytest.raises(ValueError, match="'hair_color' is not a stratum.*sex, age_group, site, disease"):
        check_strata("post_infusion", ["hair_color"])


def test_the_same_stratum_twice_is_one():
    assert [stratum.key for stratum in check_strata("post_infusion", ["sex", "sex"])] == ["sex"]
