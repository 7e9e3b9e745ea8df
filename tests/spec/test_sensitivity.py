"""Sensitivity runs: which reading changes what, for which results, and when month-only dates matter."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from analytics.study.catalogue import PLANS
from analytics.study.conventions import DEFAULT
from analytics.study.days import add_months, day_number
from analytics.study.endpoints import ENDPOINTS
from analytics.study.milestones import MILESTONES
from analytics.study.observation import observe
from analytics.study.run import run, study_of
from analytics.study.sensitivity import SENSITIVITIES, run_sensitivities
from tests.studied import LATE, cohort, observed, told
from tests.tables import frozen

RELAPSED = """
    infusion:  patient date
               A       2015-01-31
               B       2015-01-31
               C       2015-01-31
    response:  patient date
               A       2015-02-28
               B       2015-02-28
               C       2015-02-28
    relapse:   patient date       level site_cns
               A       2015-07-31 MORPH N
               B       2015-08-02 MORPH Y
               C       2015-05-01 MRD   N
    salvage:   patient date       intent
               A       2015-08-10 PALLIATIVE
    death:     patient date
               A       2015-10-01
    follow_up: patient date       disease_evaluated_on
               B       2018-01-01 2018-01-01
               C       2018-01-01 2018-01-01
"""


@pytest.fixture(scope="module")
def varied():
    found = run_sensitivities(study_of("post_cart_relapse", frozen(RELAPSED), LATE), LATE)
    return {(one["variation"], one["key"]): one for one in found}


def groups(result) -> dict[str, int]:
    return {group["label"]: group.get("x", group["n"]) for group in result["groups"]}


@pytest.mark.parametrize(
    ("variation", "key", "expected", "changes"),
    [
        ("mrd_relapse", "relapse_rate", {"all": 3}, True),
        ("marrow_isolated", "marrow_involved", {"all": 1}, True),
        ("early_180", "os_relapse_by_timing", {"LATE": 2}, True),
        ("early_183", "os_relapse_by_timing", {"EARLY": 2}, True),
        ("early_calendar", "os_relapse_by_timing", {"EARLY": 1, "LATE": 1}, False),
        ("palliative_included", "efs_salvage_by_type", {"OTHER": 1}, True),
        ("lymphoma_included", "cr_rate", {"all": 3}, False),
    ],
)
def test_reading(varied, variation, key, expected, changes):
    one = varied[variation, key]

    assert groups(one["result"]) == expected
    assert one["changes_n"] == changes


def test_six_calendar_months_end_with_the_month():
    start = np.array([day_number(date(2015, 8, 31)), day_number(date(2015, 1, 15)), np.nan])

    later = add_months(start, 6)

    assert later[:2].tolist() == [day_number(date(2016, 2, 29)), day_number(date(2015, 7, 15))]
    assert np.isnan(later[2])


def test_nobody_is_followed_beyond_the_closing_date():
    text = """
    infusion:  patient date
               A       d0
               B       d0
               C       d0
               D       d500
    death:     patient date
               A       d300
               B       d400
    follow_up: patient date
               C       d800
    """
    closed = replace(DEFAULT, closing_date="2016-01-01")

    assert observed(cohort(text, "POST_INFUSION", conventions=closed).case, "os_infusion") == {
        **{"A": "300 event", "B": "365 censored", "C": "365 censored"},
        "D": "starts after the closing date",
    }


def test_prior_transplant_before_the_infusion_only():
    text = RELAPSED + "hsct: patient date\n B 2015-05-01\n B 2016-01-01"
    found = run_sensitivities(study_of("post_cart_relapse", frozen(text), LATE), LATE)
    one = next(one for one in found if one["variation"] == "prior_hsct_before_infusion")

    assert groups(one["result"]) == {"N": 1}
    assert groups(run("post_cart_relapse", frozen(text), cutoff=LATE)["results"]["os_hsct_by_prior_hsct"]) == {"Y": 1}


def test_month_runs_only_where_more_than_5_percent_of_the_events_are_rough():
    exact = "infusion: patient date\nA d0\nB d0\ndeath: patient date\nA d300\nB d400"
    rough = exact.replace("B d400", "B 2016-02")

    def kinds(text):
        found = run_sensitivities(study_of("post_infusion", frozen(text), LATE), LATE)
        return {(one["variation"], one["key"]) for one in found if one["variation"].startswith("month")}

    assert not kinds(exact)
    assert kinds(rough) >= {("month_start", "os_infusion"), ("month_end", "os_infusion")}


@pytest.mark.parametrize(("where", "day"), [("start", 396), ("middle", 410), ("end", 424)])
def test_month_only_dates_move_within_their_month(where, day):
    case = cohort(
        "infusion: patient date\nA d0\ndeath: patient date\nA 2016-02",
        conventions=replace(DEFAULT, month_only=where),
    ).case

    assert told(case, "death") == {"A": str(day)}


def test_the_end_of_a_month_is_not_after_the_cutoff():
    case = cohort(
        "infusion: patient date\nA d0\ndeath: patient date\nA 2016-02",
        cutoff=date(2016, 2, 20),
        conventions=replace(DEFAULT, month_only="end"),
    ).case

    assert told(case, "death") == {"A": "415"}


def test_a_sensitivity_names_settings_and_results_that_exist():
    for one in SENSITIVITIES:
        assert set(one.settings) <= set(DEFAULT.as_json())
        for plan, keys in one.results.items():
            assert set(keys) <= {analysis.key for analysis in PLANS[plan].analyses} | {"*"}


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=list(ENDPOINTS))
def test_stops_name_settings_and_milestones(endpoint):
    for setting, name in endpoint.stops:
        assert getattr(DEFAULT, setting) is False
        assert name in MILESTONES


def test_month_only_is_told_per_patient():
    text = "infusion: patient date\nA d0\nB d0\nC d0\ndeath: patient date\nA 2016-02\nB d400"
    text += "\nfollow_up: patient date\nC 2016-02"
    case = cohort(text, "POST_INFUSION").case

    assert observe(case, ENDPOINTS["os_infusion"]).month_only.tolist() == [True, False, True]
