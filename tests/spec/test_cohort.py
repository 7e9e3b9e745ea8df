"""Who is studied: each step of each population, with the reason of everybody who left."""

from datetime import date

import pytest

from analytics.study.population import POPULATIONS
from tests.studied import cohort


def left(found) -> dict[str, str]:
    """Step -> who left and why, as text; steps nobody left are not listed."""
    return {
        line["step"]: ", ".join(f"{entry['reason']} {entry['n']}" for entry in line["left"])
        for line in found.attrition
        if line["left"]
    }


def members(found) -> list[str]:
    return [name for name, inside in zip(found.case.frames.patients, found.case.members, strict=True) if inside]


FOUNDING = """
    product:   code   target
               CTL019 CD19
               CD22   CD22
    protocol:  short_code in_founding_cohort
               P1         Y
               P9         N
    diagnosis: patient date  disease
               LLY     d-900 B_LLY
               UNSAID  d-900 UNK
    prior_therapy: patient prior_car
               TOLD    CD19
    infusion:  patient date       intent            product protocol age_days
               IN      2012-01-01 PRIMARY           CTL019  P1       10957
               OLD     2015-01-01 PRIMARY           CTL019  P1       10958
               NOAGE   2015-01-01 PRIMARY           CTL019  P1       .
               EARLY   2011-12-31 PRIMARY           CTL019  P1       3000
               LATE    2020-01-01 PRIMARY           CTL019  P1       3000
               OTHER   2015-01-01 PRIMARY           CTL019  P9       3000
               CD22    2015-01-01 PRIMARY           CD22    P1       3000
               AGAIN   2014-01-01 PRIMARY           CTL019  P9       3000
               AGAIN   2015-01-01 PRIMARY           CTL019  P1       3000
               TOLD    2015-01-01 PRIMARY           CTL019  P1       3000
               LLY     2015-01-01 PRIMARY           CTL019  P1       3000
               UNSAID  2015-01-01 PRIMARY           CTL019  P1       3000
               REINF   2015-01-01 REINF_RELAPSE     CTL019  P1       3000
    hsct:      patient date
               NOCART  2015-01-01
"""


def test_founding_cohort_step_by_step():
    found = cohort(FOUNDING)

    assert members(found) == ["IN"]
    assert left(found) == {
        "with a CAR T infusion by the cut-off": "no CAR T infusion by the cut-off 1",
        "first infusion is PRIMARY CD19 CAR T": "intent not PRIMARY 1, product without CD19 target 1",
        "infused on a founding protocol": "protocol not of the founding cohort 1",
        "infused 2012 through 2019": "after 2019-12-31 1, before 2012-01-01 1",
        "younger than 30 years at infusion": "30 years or older 1, age unknown 1",
        "no earlier CD19 CAR T": "earlier CD19 CAR T 2",
        "B-ALL": "another disease 1, disease UNK 1",
    }


def test_attrition_adds_up():
    found = cohort(FOUNDING)

    counts = [line["n"] for line in found.attrition]
    lost = [sum(entry["n"] for entry in line["left"]) for line in found.attrition]

    assert counts[0] == 13
    assert counts[-1] == found.n
    assert [before - gone for before, gone in zip(counts, lost[1:], strict=False)] == counts[1:]


def test_post_infusion_takes_everybody_infused():
    assert members(cohort(FOUNDING, "POST_INFUSION")) == [
        *("AGAIN", "EARLY", "IN", "LATE", "LLY", "NOAGE", "OLD", "OTHER", "TOLD", "UNSAID")
    ]


def test_a_product_without_a_row_is_known_by_its_code():
    found = cohort("product: code target\n X .\n infusion: patient date product\n A d0 TISA\n B d0 CD22")

    assert members(found) == ["A"]


CONSENTS = """
    consent:  patient date       kind     status    withdrawn_on withdrawal_scope
              GONE    2010-01-01 REGISTRY WITHDRAWN 2016-01-01   DELETE
              STOP    2010-01-01 REGISTRY WITHDRAWN 2016-01-01   STOP_COLLECTION
              TRIAL   2010-01-01 TRIAL    WITHDRAWN 2016-01-01   DELETE
              WAIVED  2010-01-01 WAIVER   WAIVED    .            .
              LATER   2017-01-01 REGISTRY GIVEN     .            .
              BEFORE  2010-01-01 REGISTRY WITHDRAWN 2014-06-01   STOP_COLLECTION
    infusion: patient date
              GONE    2015-01-01
              STOP    2015-01-01
              TRIAL   2015-01-01
              WAIVED  2015-01-01
              LATER   2015-01-01
              BEFORE  2015-01-01
"""


def test_deletion_leaves_and_stopped_collection_stays_up_to_its_day():
    found = cohort(CONSENTS)

    assert members(found) == ["LATER", "STOP", "TRIAL", "WAIVED"]
    assert left(found) == {
        "asked for no deletion": "DELETE 1",
        "with a CAR T infusion by the cut-off": "no CAR T infusion by the cut-off 1",
    }


def test_deletion_is_honored_at_any_cutoff():
    assert "GONE" not in members(cohort(CONSENTS, cutoff=date(2015, 6, 1)))


def test_patients_without_active_consent_are_counted_and_kept():
    steps = [line["step"] for line in cohort(CONSENTS, cutoff=date(2016, 6, 1)).attrition]

    assert "consent (4 without an active REGISTRY or WAIVER row, kept)" in steps


def test_transplant_before_the_index_infusion():
    found = cohort(
        """
        hsct:     patient date
                  BEFORE  d0
                  BETWEEN d0
                  AFTER   d500
                  NEVER   d0
        infusion: patient date
                  BEFORE  d400
                  BETWEEN d400
                  AFTER   d400
        relapse:  patient date
                  BETWEEN d300
        """,
        "POST_TRANSPLANT",
    )

    assert members(found) == ["AFTER", "BETWEEN", "NEVER"]
    assert left(found) == {"not transplanted before the index infusion": "transplant precedes the index infusion 1"}


def test_before_the_first_patient_the_attrition_says_why():
    found = cohort(FOUNDING, cutoff=date(2000, 1, 1))

    assert found.n == 0
    assert left(found) == {"with a CAR T infusion by the cut-off": "no CAR T infusion by the cut-off 13"}


@pytest.mark.parametrize("population", POPULATIONS.values(), ids=list(POPULATIONS))
def test_population_is_named_and_versioned(population):
    assert population.version >= 1
    assert population.definition.endswith(".")
