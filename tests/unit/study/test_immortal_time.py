"""A transplant without any effect: ever against never says it helps, what the registry computes says it does not."""

import random
from datetime import timedelta

import numpy as np
import pytest

from analytics.stats.compare import logrank
from analytics.stats.cox import fit_cox
from analytics.study.guard import guarded
from analytics.study.run import study_of
from tests.studied import LATE
from tests.tables import DAY_0, from_rows

PATIENTS, SEED = 2000, 12


@pytest.fixture(scope="module")
def simulated():
    """Relapsed patients who die at one constant rate; a transplant comes at random and changes nothing."""
    dice = random.Random(SEED)
    drawn = [(round(dice.expovariate(1 / 400)) + 1, round(dice.expovariate(1 / 250)) + 1) for _ in range(PATIENTS)]
    rows = {"product": [{"code": "CTL019", "target": "CD19"}], "protocol": [{"short_code": "P1"}]}
    rows["protocol"][0]["in_founding_cohort"] = "Y"
    for slug in ("infusion", "response", "relapse", "hsct", "death", "diagnosis"):
        rows[slug] = []
    for number, (death, graft) in enumerate(drawn):
        who = {"patient": f"P{number:04d}"}
        rows["diagnosis"].append(who | {"disease": "B_ALL"})
        treated = {"infusion_date": _date(0), "product": "CTL019", "protocol": "P1", "intent": "PRIMARY"}
        rows["infusion"].append(who | treated | {"age_days": "3000", "key": "i"})
        rows["response"].append(who | {"assessment_date": _date(28), "response": "CR", "infusion": "i"})
        rows["relapse"].append(who | {"relapse_date": _date(100), "level": "MORPH"})
        if graft < death:
            rows["hsct"].append(who | {"hsct_date": _date(100 + graft), "hsct_type": "ALLO"})
        rows["death"].append(who | {"death_date": _date(100 + death)})
    days = np.array([death for death, _ in drawn])
    ever = np.array([int(graft < death) for death, graft in drawn])
    return guarded(study_of("post_cart_relapse", from_rows(rows), LATE), "os_relapse", "hsct"), days, ever


def _date(day: int) -> str:
    return (DAY_0 + timedelta(days=day)).isoformat()


def test_ever_against_never_is_biased(simulated):
    _, days, ever = simulated
    event = np.ones_like(days)

    assert logrank(days, event, ever).p < 1e-20
    assert fit_cox(days, event, {"ever": ever}).hr[0] < 0.6


def test_the_time_dependent_hazard_is_not(simulated):
    (row,) = simulated[0]["results"][-1]["rows"]
    hazard, lower, upper = row[1:4]

    assert lower < 1 < upper
    assert hazard == pytest.approx(1, abs=0.15)


def test_landmarks_and_mantel_byar_are_not(simulated):
    curves = simulated[0]["results"][:-1]

    assert [result["label"] for result in curves][-1] == "Simon-Makuch"
    for result in curves:
        assert result["comparison"]["p"] > 0.05
        without, exposed = (group["at"][1]["estimate"] for group in result["groups"])
        assert exposed == pytest.approx(without, abs=0.1)
