"""What accompanies results: by hand on tiny patients, and at one with the results it stands beside."""

import json

import pytest

from analytics.study.accompanying import ACCOMPANYING, accompanying
from analytics.study.catalogue import PLANS
from analytics.study.run import run, study_of
from tests.studied import LATE
from tests.tables import frozen
from tests.unit.study.test_readings import chart

PLAN = "post_cart_relapse"
#: Relapsed on day 200, transplanted on day 300. A relapsed again and lives, B did and died, C died of the transplant,
#: D of an accident, E lives in remission, F was never in remission again and died.
TRANSPLANTED = """
infusion:  patient date
           A       d0
           B       d0
           C       d0
           D       d0
           E       d0
           F       d0
response:  patient date response
           A       d28  CR
           B       d28  CR
           C       d28  CR
           D       d28  CR
           E       d28  CR
           F       d28  CR
relapse:   patient date
           A       d200
           A       d450
           B       d200
           B       d390
           C       d200
           D       d200
           E       d200
           F       d200
hsct:      patient date status_at_hsct
           A       d300 CR_MRDNEG
           B       d300 CR_MRDNEG
           C       d300 CR_MRDNEG
           D       d300 CR_MRDNEG
           E       d300 CR_MRDNEG
           F       d300 ACTIVE
follow_up: patient date disease_evaluated_on disease_status
           A       d700 d700                 ACTIVE
           E       d900 d900                 CR
death:     patient date disease_status_at_death primary_cause related_to
           B       d500 ACTIVE                  ALL           NONE
           C       d350 REMISSION               GVHD          HSCT
           D       d420 REMISSION               TRAUMA        NONE
           F       d340 ACTIVE                  ALL           NONE
"""


def told(text: str, plan: str = PLAN) -> dict[str, dict]:
    return {one["name"]: one["result"] for one in accompanying(study_of(plan, frozen(text), LATE))}


@pytest.fixture(scope="module")
def transplanted() -> dict[str, dict]:
    return told(TRANSPLANTED)


def test_every_one_stands_beside_a_result_of_its_plan_and_none_has_its_name():
    assert set(ACCOMPANYING) == set(PLANS)
    for plan, several in ACCOMPANYING.items():
        keys = {analysis.key for analysis in PLANS[plan].analyses}
        assert {one.beside for one in several} <= keys
        assert not {one.analysis.key for one in several} & keys


def test_outcome_after_transplant_is_split_into_the_living_and_the_dead(transplanted):
    detail = transplanted["hsct_outcome_detail"]
    rows = {row[0]: tuple(row[1:]) for row in detail["rows"]}

    assert detail["columns"] == ["outcome", "n", "alive", "dead", "attributed_to_hsct"]
    assert rows["RELAPSE"] == (2, 1, 1, None)
    assert rows["PERSISTENT"] == (1, 0, 1, None)
    assert rows["RELAPSE_OR_PERSISTENT"] == (3, 1, 2, None)
    assert rows["NRM"] == (2, 0, 2, 1)
    assert sum(rows[code][0] for code in ("ALIVE_CR", "RELAPSE", "PERSISTENT", "NRM", "ALIVE_UNKNOWN")) == 6


def test_after_transplant_relapse_and_death_compete_and_are_read_on_day_100(transplanted):
    (group,) = transplanted["cir_hsct_post"]["groups"]
    relapse, death = group["causes"]

    assert [at["days"] for at in relapse["at"]] == [100, 182.625, 365.25, 730.5, 1095.75, 1826.25]
    assert (group["n"], relapse["events"], death["events"]) == (6, 3, 2)
    # F on day 40 and B on day 90 relapse, C dies on day 50, before day 100; A and D follow by month 6, E stays.
    assert [round(at["estimate"] * 6) for at in relapse["at"][:3]] == [2, 3, 3]
    assert [round(at["estimate"] * 6) for at in death["at"][:3]] == [1, 2, 2]


def test_relapse_free_survival_after_transplant_ends_with_either(transplanted):
    (group,) = transplanted["rfs_hsct_post"]["groups"]

    assert (group["n"], group["events"]) == (6, 5)
    assert group["steps"]["days"] == [40, 50, 90, 120, 150, 600]


def test_follow_up_has_quartiles_and_the_range_of_the_survivors(transplanted):
    """Reverse Kaplan-Meier from the relapse: A is last seen on day 500 and E on day 700, after all deaths: half of
    the curve falls on day 500, so the median lies between the two."""
    followed, survivors = transplanted["follow_up_spread"]["groups"]

    assert followed == {
        **{"label": "reverse_km", "n": 6, "median": 600, "q1": 500, "q3": 700, "min": None, "max": None},
        "n_risk": {"median": 1, "q1": 2, "q3": 1},
    }
    assert survivors == {"label": "survivors", "n": 2, "median": 600, "q1": 550, "q3": 650, "min": 500, "max": 700}


def test_follow_up_not_reached_is_null_with_nobody_to_be_at_risk():
    alive = "infusion: patient date\nA d0\nB d0\nfollow_up: patient date\nA d100\ndeath: patient date\nB d200"
    followed, survivors = told(alive, "post_infusion")["follow_up_spread"]["groups"]

    assert (followed["q1"], followed["q3"], followed["n_risk"]) == (100, None, {"median": 2, "q1": 2, "q3": None})
    assert (survivors["n"], survivors["max"]) == (1, 100)


def test_who_got_which_salvage_is_told_of_the_groups_that_are_compared():
    heads = {"salvage": "salvage: patient date components intent"}
    lines: dict[str, list[str]] = {name: [] for name in ("infusion", "response", "relapse", "salvage", "death")}
    for number, parts in enumerate(["CHEMO"] * 7 + ["BLINA"] * 6 + ["INO"] * 2 + ["CHEMO"]):
        name, relapse = f"P{number:02d}", 100 if number % 2 else 300
        lines["infusion"].append(f"{name} d0")
        lines["response"].append(f"{name} d28")
        lines["relapse"].append(f"{name} d{relapse}")
        lines["salvage"].append(f"{name} d{relapse + number} {parts} {'PALLIATIVE' if number == 15 else 'CURATIVE'}")
        lines["death"].append(f"{name} d{600 + number}")
    text = "\n".join(heads.get(name, f"{name}: patient date") + "\n" + "\n".join(rows) for name, rows in lines.items())
    main = run(PLAN, frozen(text), cutoff=LATE)["results"]["efs_salvage_by_type"]
    rows = told(text)["salvage_baseline"]["rows"]

    sizes = {row[0]: row[3] for row in rows if row[1] == "patients"}
    assert sizes == {one["label"]: one["n"] for one in main["groups"]} == {"CHEMO": 7, "BLINA": 6, "OTHER": 2}
    early = {row[0]: (row[3], row[4]) for row in rows if row[1:3] == ["relapse_timing", "EARLY"]}
    assert early == {"BLINA": (3, 6), "CHEMO": (3, 7), "OTHER": (1, 2)}
    waited = {row[0]: row[6] for row in rows if row[1] == "days_to_salvage"}
    assert waited == {"BLINA": 9.5, "CHEMO": 3, "OTHER": 13.5}


def test_they_agree_with_the_results_and_are_the_same_every_time():
    text = chart(24)
    results, beside = run(PLAN, frozen(text), cutoff=LATE)["results"], told(text)

    assert json.dumps(beside, allow_nan=False) == json.dumps(told(text), allow_nan=False)
    (follow_up,) = results["follow_up"]["groups"]
    followed, survivors = beside["follow_up_spread"]["groups"]
    assert (followed["n"], followed["median"]) == (follow_up["n"], follow_up["median"]["days"])
    assert survivors["n"] == follow_up["events"]
    classes = {group["label"]: group["x"] for group in results["hsct_outcome"]["groups"]}
    assert classes == {row[0]: row[1] for row in beside["hsct_outcome_detail"]["rows"] if row[0] in classes}


@pytest.mark.parametrize("plan", list(PLANS))
def test_without_patients_they_are_empty(plan: str):
    for one in accompanying(study_of(plan, {}, LATE)):
        counts = [group["n"] for group in one["result"].get("groups", ())]
        assert not any(counts + [row[1] for row in one["result"].get("rows", ())])
