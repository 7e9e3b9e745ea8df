"""The fast study floor against definitions read literally, on generated patients with many ties and
oddities."""

import random
from datetime import timedelta

import pytest

from analytics.study.cohort import build
from analytics.study.conventions import DEFAULT
from analytics.study.frames import load
from analytics.study.population import POST_INFUSION
from tests.studied import observed, told
from tests.tables import DAY_0, day, from_rows
from tests.unit.study import literal, literal_endpoints

CUTOFF = 1400
ENDPOINTS = (
    *("os_infusion", "efs_infusion", "rfs", "cir", "os_relapse", "efs_salvage", "os_hsct_post"),
    *("rfs_hsct_post", "cir_hsct_post", "b_cell_aplasia"),
)
CHOICES = {
    "infusion": {"intent": ["REINF_RELAPSE", "REINF_PLANNED", "REINF_NONRESPONSE"]},
    "response": {
        "response": ["CR", "CR", "CRi", "MLFS", "PR", "NR", "PD", "NE", "DEATH_BEFORE", "RELAPSE"],
        "timepoint": ["D28", "END_OF_LINE", "UNSCHED"],
    },
    "relapse": {"level": ["MORPH", "MRD", "FLOW_1_5", "UNK"]},
    "salvage": {
        "intent": ["CURATIVE", "BRIDGE_HSCT", "PALLIATIVE", "UNK"],
        "trigger": ["RELAPSE"],
        "components": ["CHEMO", "CHEMO;BLINA", "INO", "CART_CD19", "DLI"],
    },
    "hsct": {
        "hsct_type": ["ALLO", "ALLO", "SYNGENEIC", "AUTO"],
        "status_at_hsct": ["CR_MRDNEG", "CR_MRDPOS", "ACTIVE", "UNK"],
    },
    "follow_up": {
        "contact_kind": ["CLINIC", "OUTSIDE_CLINIC", "PHONE"],
        "vital_status": ["ALIVE", "ALIVE", "LTFU"],
        "disease_status": ["CR", "CR_MRDPOS", "ACTIVE", "UNK", "NOT_ASSESSED"],
    },
    "b_cell": {
        "specimen": ["PB", "PB", "BM"],
        "cd19_pct_lymph": [None, 0, 0, 0.9, 1, 4],
        "cd19_abs": [None, 0, 0, 9, 10, 80],
        "interpretation": [None] * 8 + ["APLASIA", "RECOVERY", "INDET"],
    },
    "death": {
        "disease_status_at_death": ["REMISSION", "ACTIVE", "UNK", "UNK"],
        "primary_cause": ["ALL", "INFECTION", "UNK"],
        "related_to": ["HSCT", "CART;HSCT", "CART", "NONE", "UNK"],
    },
}
B_CELL_DAYS = (14, 21, 28, 28, 28, 42, 43, 60, 66, 67, 90, 97, 100, 150, 182, 210, 365, 500)
HOW_MANY = {"response": 5, "relapse": 3, "salvage": 3, "hsct": 3, "follow_up": 4}
SOME_DAYS = (
    -200,
    -30,
    0,
    14,
    21,
    28,
    42,
    90,
    100,
    101,
    150,
    182,
    183,
    200,
    210,
    240,
    300,
    365,
    500,
    700,
    1000,
)


def generated(seed: int, size: int):
    """Patients as literal rows, with ids unique per table."""
    dice = random.Random(seed)
    numbers = dict.fromkeys([*CHOICES, "patient"], 0)

    def row(slug: str, when: int, **more):
        numbers[slug] += 1
        drawn = {name: dice.choice(values) for name, values in CHOICES.get(slug, {}).items()}
        return {"id": numbers[slug], "day": when} | drawn | more

    return {f"P{place:04d}": _patient(dice, row) for place in range(size)}


def _patient(dice, row):
    p = {slug: [] for slug in (*CHOICES, "patient")}
    late = dice.choice([None] * 9 + [dice.choice(SOME_DAYS)])
    p["patient"].append({"ascertained_on": late})
    p["infusion"].append(row("infusion", 0, intent="PRIMARY"))
    for _ in range(dice.randrange(3)):
        p["infusion"].append(row("infusion", dice.choice([14, 60, 90, 210, 400])))
    if dice.random() < 0.85:
        answer = {"infusion": p["infusion"][0]["id"], "salvage": None, "hsct": None, "response": "CR"}
        p["response"].append(row("response", dice.choice([21, 28, 28, 42, 100]), **answer))
    for slug in ("relapse", "salvage", "hsct", "follow_up", "response"):
        for _ in range(dice.randrange(HOW_MANY[slug] + 1)):
            p[slug].append(row(slug, dice.choice(SOME_DAYS), **_parents(dice, slug, p)))
    for _ in range(dice.randrange(8)):
        p["b_cell"].append(row("b_cell", dice.choice(B_CELL_DAYS)))
    if dice.random() < 0.45:
        p["death"].append(row("death", dice.choice([0, 28, 100, 200, 210, 300, 365, 500, 1000, 1200])))
    return p


def _parents(dice, slug, p):
    if slug == "salvage":
        return {"relapse": dice.choice([one["id"] for one in p["relapse"]] or [None])}
    if slug == "follow_up":
        return {"disease_evaluated_on": dice.choice([None, *SOME_DAYS])}
    if slug == "response":
        parent = dice.choice(["infusion", "salvage", "hsct"])
        named = dice.choice([one["id"] for one in p[parent]] or [None])
        return {"infusion": None, "salvage": None, "hsct": None} | {parent: named}
    return {"infusion": None} if slug == "relapse" else {}


def frozen(patients):
    """The same patients as frozen tables."""
    rows = {"product": [{"code": "CTL019", "target": "CD19"}], "consent": []}
    for name, p in patients.items():
        for slug, table in p.items():
            rows.setdefault(slug, []).extend(_written(slug, one) | {"patient": name} for one in table)
    return from_rows({slug: sorted(table, key=lambda one: int(one.get("id") or 0)) for slug, table in rows.items()})


DATED = {"infusion": "infusion_date", "response": "assessment_date", "relapse": "relapse_date"}
DATED |= {"salvage": "start_date", "hsct": "hsct_date", "follow_up": "contact_date", "death": "death_date"}
DATED |= {"b_cell": "sample_date"}


def _written(slug, one):
    out = {}
    for name, value in one.items():
        if name == "day":
            out[DATED[slug]] = day(value).isoformat()
        elif name in ("disease_evaluated_on", "ascertained_on"):
            out[name] = "" if value is None else day(value).isoformat()
        else:
            out[name] = "" if value is None else str(value)
    return out | ({"product": "CTL019"} if slug == "infusion" else {})


@pytest.fixture(scope="module", params=[1, 2, 3])
def both(request):
    patients = generated(request.param, 400)
    cutoff = DAY_0 + timedelta(days=CUTOFF)
    return patients, build(POST_INFUSION, load(frozen(patients), cutoff), DEFAULT).case


def as_text(value) -> str:
    return "none" if value is None else f"{value:g}"


@pytest.mark.parametrize("key", ENDPOINTS)
def test_endpoint_is_the_literal_one(key, both):
    patients, case = both
    expected = {name: getattr(literal_endpoints, key)(p) for name, p in patients.items()}

    assert observed(case, key) == {name: said for name, said in expected.items() if said is not None}


@pytest.mark.parametrize(
    ("milestone", "definition"),
    [
        ("cr_date", literal.cr_date),
        ("relapse1", lambda p: (literal.relapse1(p) or {}).get("day")),
        ("salvage1", lambda p: (literal.salvage1(p) or {}).get("day")),
        ("hsct_post", lambda p: (literal.hsct_post(p) or {}).get("day")),
        ("last_alive_day", literal.last_alive),
        ("last_evaluated_day", literal.last_evaluated),
        ("prior_hsct_pre_cart", lambda p: float(literal.prior_hsct(p, 0))),
    ],
)
def test_milestone_is_the_literal_one(milestone, definition, both):
    patients, case = both

    assert told(case, milestone) == {name: as_text(definition(p)) for name, p in patients.items()}


def test_death_category_is_the_literal_one(both):
    patients, case = both

    assert told(case, "death_category") == {name: literal.death_category(p) or "open" for name, p in patients.items()}


def test_outcome_after_transplant_is_the_literal_one(both):
    patients, case = both
    found = told(case, "hsct_outcome")
    expected = {n: literal.hsct_outcome(p, CUTOFF) for n, p in patients.items() if literal.hsct_post(p)}

    assert {name: found[name] for name in expected} == expected
    assert len(set(expected.values())) >= 5, "the generated patients should show every outcome"
