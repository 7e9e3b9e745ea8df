"""Several characteristics at once, and restricted means: enough events or a refusal by name."""

import json
import random

import numpy as np
import pytest

from analytics.stats.cox import fit_cox
from analytics.study.endpoints import ENDPOINTS
from analytics.study.multivariable import TERMS, multivariable
from analytics.study.observation import observe
from analytics.study.restricted import restricted_means
from analytics.study.run import study_of
from analytics.study.strata import STRATA
from tests.studied import LATE, cohort
from tests.tables import frozen


def relapsed(n: int) -> str:
    """Relapsed patients, early and late in turn; the early die sooner; every other one transplanted before."""
    dice = random.Random(4)
    names = [f"P{number:03d}" for number in range(n)]
    when = {name: 100 if number % 2 else 300 for number, name in enumerate(names)}
    lines = {
        "infusion: patient date site age_days": [
            f"{x} d0 S{dice.randrange(3)} {dice.randrange(900, 9000)}" for x in names
        ],
        "response: patient date": [f"{x} d28" for x in names],
        "relapse: patient date cd19_status": [f"{x} d{when[x]} {dice.choice(['POS', 'NEG'])}" for x in names],
        "hsct: patient date": [f"{x} d-90" for x in names if dice.random() < 0.5],
        "death: patient date": [
            f"{x} d{when[x] + 1 + int(dice.expovariate(1 / (when[x] * 1.5)))}" for x in names if dice.random() < 0.9
        ],
        "follow_up: patient date": [f"{x} d3000" for x in names],
    }
    return "\n".join(header + "\n" + "\n".join(rows) for header, rows in lines.items())


@pytest.fixture(scope="module")
def many():
    return relapsed(150)


def test_all_terms_with_the_test_of_proportional_hazards(many):
    found = multivariable(study_of("post_cart_relapse", frozen(many), LATE))
    named = [row[0] for row in found["rows"]]

    assert found["reason"] is None
    assert [name.split(" ")[0] for name in named] == [
        *("relapse_timing", "prior_hsct", "cd19_status", "site", "site", "age", "GLOBAL")
    ]
    assert named[:3] == ["relapse_timing EARLY v LATE", "prior_hsct Y v N", "cd19_status NEG v POS"]
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert all(0 <= row[4] <= 1 and 0 <= row[6] <= 1 for row in found["rows"])


def test_it_is_the_cox_model_of_the_endpoint(many):
    case = cohort(many).case
    seen = observe(case, ENDPOINTS["os_relapse"])
    early = (case["relapse_timing"] == "EARLY").astype(float)
    prior = case["prior_hsct_at_relapse"]
    fit = fit_cox(seen.days, (seen.state == 1).astype(int), {"early": early, "prior": prior})

    found = multivariable(study_of("post_cart_relapse", frozen(many), LATE), terms=("relapse_timing", "prior_hsct"))

    assert [row[1] for row in found["rows"][:2]] == list(fit.hr)
    assert found["rows"][0][1] > 1


def test_too_few_events_are_refused_by_name():
    found = multivariable(study_of("post_cart_relapse", frozen(relapsed(30)), LATE))

    assert found["rows"] == []
    assert found["reason"].startswith("26 events for 6 terms (relapse_timing EARLY v LATE, ")
    assert found["reason"].endswith("10 per term are needed, 60 in all: ask for at most 2")


def test_nobody_and_nothing_to_compare():
    found = multivariable(study_of("post_cart_relapse", {}, LATE))

    assert found["reason"] == "no characteristic differs between the patients"


@pytest.mark.parametrize(
    ("plan", "key", "terms", "why"),
    [
        ("post_infusion", "os_infusion", ["relapse_timing"], "'relapse_timing' is not known at time zero"),
        ("post_infusion", "os_infusion", ["hair"], "there is no term 'hair'; terms: relapse_timing"),
        ("post_infusion", "cir", ["age"], "cir is no survival curve"),
    ],
)
def test_what_cannot_be_a_term_is_named(plan, key, terms, why, many):
    with pytest.raises(ValueError, match=why):
        multivariable(study_of(plan, frozen(many), LATE), key, terms=terms)


def test_terms_are_those_of_the_definitions():
    assert set(TERMS) == {"relapse_timing", "prior_hsct", "cd19_status", "site", "age"}
    assert set(TERMS) - {"age"} <= set(STRATA)


TWO = """
    infusion:  patient date
    {rows}
    response:  patient date
    {cr}
    relapse:   patient date
    {relapses}
    death:     patient date
    {deaths}
"""


def crossing(early: list[int], late: list[int]):
    """Deaths so many days after an early (day 100) or a late (day 300) relapse."""
    people = [(f"E{i}", 100, day) for i, day in enumerate(early)] + [(f"L{i}", 300, day) for i, day in enumerate(late)]
    text = TWO.format(
        rows="\n".join(f"{name} d0" for name, _, _ in people),
        cr="\n".join(f"{name} d28" for name, _, _ in people),
        relapses="\n".join(f"{name} d{start}" for name, start, _ in people),
        deaths="\n".join(f"{name} d{start + day}" for name, start, day in people),
    )
    return restricted_means(study_of("post_cart_relapse", frozen(text), LATE), "os_relapse_by_timing")


def test_restricted_means_by_hand():
    found = crossing([100, 200, 1000], [400, 900, 1100])

    assert [row[0] for row in found["rows"]] == ["EARLY", "LATE"]
    assert found["days"] == 730.5
    assert found["rows"][0][2] == pytest.approx((100 + 200 + 730.5) / 3)
    assert found["rows"][1][4] == pytest.approx((400 + 2 * 730.5 - 100 - 200 - 730.5) / 3)


@pytest.mark.parametrize(
    ("early", "late", "crosses"), [([10, 20, 900], [300, 310, 320], True), ([10, 20, 30], [15, 25, 35], False)]
)
def test_curves_that_change_places_are_told(early, late, crosses):
    assert crossing(early, late)["crossing"] is crosses


def test_the_shortest_follow_up_bounds_the_mean():
    assert crossing([10, 20], [15, 400])["days"] == 20


def test_several_groups_have_means_and_no_difference(many):
    found = restricted_means(study_of("post_cart_relapse", frozen(many), LATE), "os_relapse", "site")

    assert len(found["rows"]) == 3
    assert all(row[4:] == [None] * 4 for row in found["rows"])
    assert np.isfinite([row[2] for row in found["rows"]]).all()


def test_a_group_formed_later_is_refused(many):
    with pytest.raises(ValueError, match="immortal time"):
        restricted_means(study_of("post_infusion", frozen(many), LATE), "os_infusion", "relapse_timing")
