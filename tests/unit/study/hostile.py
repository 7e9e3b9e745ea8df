"""Small registries made to break an analysis: any date in any order and precision, any code, children of nobody."""

from __future__ import annotations

import csv
import io
import random
from datetime import timedelta

from analytics.study.schema import LAYOUTS, WITHOUT_PATIENT
from tests.tables import DAY_0

CODES = {
    "site": ["S1", "S2", ""],
    "protocol": ["P1", "P2", ""],
    "short_code": ["P1", "P2"],
    "product": ["CTL019", "TISA", "CD22", ""],
    "target": ["CD19", "CD22", ""],
    "code": ["CTL019", "TISA", "CD22", "S1", "S2"],
    "kind": ["REGISTRY", "REGISTRY", "WAIVER", "TRIAL", "CRS", "ICANS", "IEC_HS", "ACUTE", "CHRONIC", ""],
    "status": ["GIVEN", "GIVEN", "WITHDRAWN", "WAIVED", "CR", "ACTIVE", "UNK"],
    "withdrawal_scope": ["", "STOP_COLLECTION", "DELETE"],
    "in_founding_cohort": ["Y", "Y", "N", ""],
    "sex_at_birth": ["M", "F", "X", "UNK", ""],
    "entry_route": ["PROSPECTIVE", "RETROSPECTIVE", ""],
    "disease": ["B_ALL", "B_ALL", "B_ALL", "T_ALL", "AML", "UNK", ""],
    "prior_car": ["Y", "N", "UNK", ""],
    "intent": ["PRIMARY", "REINF_RELAPSE", "REINF_PLANNED", "CURATIVE", "BRIDGE_HSCT", "PALLIATIVE", "UNK", ""],
    "context": ["CART", "SALVAGE", "HSCT", ""],
    "timepoint": ["D28", "END_OF_LINE", "UNSCHED", "D100", ""],
    "response": ["CR", "CR", "CRi", "MLFS", "PR", "NR", "PD", "NE", "DEATH_BEFORE", "RELAPSE", "UNK", ""],
    "mrd_status": ["NEG", "POS", "UNK", ""],
    "result": ["NEG", "POS", "INDET", ""],
    "specimen": ["PB", "BM", ""],
    "interpretation": ["", "", "APLASIA", "RECOVERY", "INDET"],
    "grading_system": ["ASTCT", "PENN", "UNK", ""],
    "level": ["MORPH", "MORPH", "MRD", "FLOW_1_5", "UNK", ""],
    "cd19_status": ["POS", "NEG", "MIXED", "UNK", ""],
    "trigger": ["RELAPSE", "NONRESPONSE", "MRD", ""],
    "category": ["CHEMO", "BLINA", "INO", "CART_CD19", "DLI", "OTHER", ""],
    "components": ["CHEMO", "CHEMO;BLINA", "INO", "CART_CD19", ""],
    "hsct_type": ["ALLO", "ALLO", "SYNGENEIC", "AUTO", ""],
    "status_at_hsct": ["CR_MRDNEG", "CR_MRDPOS", "CR_MRDUNK", "ACTIVE", "UNK", ""],
    "donor": ["MSD", "HAPLO", "AUTO", ""],
    "graft": ["BM", "PBSC", ""],
    "conditioning": ["MAC", "RIC", ""],
    "cr_number": ["1", "2", "NA", ""],
    "contact_kind": ["CLINIC", "OUTSIDE_CLINIC", "PHONE", ""],
    "vital_status": ["ALIVE", "LTFU", "DEAD", ""],
    "disease_status": ["CR", "CR_MRDPOS", "ACTIVE", "UNK", "NOT_ASSESSED", ""],
    "primary_cause": ["ALL", "INFECTION", "UNK", ""],
    "disease_status_at_death": ["REMISSION", "ACTIVE", "UNK", ""],
    "related_to": ["HSCT", "CART;HSCT", "CART", "NONE", "UNK", ""],
    "max_grade": ["0", "1", "3", "4", "UNK", ""],
    "comparators": ["", "", "cd19_abs=<", "value_pct=<"],
    "missing": ["", "", "cd19_status=UNK"],
    "sensitivity_pct": ["0.1", "0.01", "0.001", ""],
}
YES_NO = ["Y", "N", "UNK", ""]
NUMBERS = ["", "0", "1", "3", "12", "80", "3652", "6500"]
ONCE = ("patient", "diagnosis", "death", "enrollment")


def registry(seed: int, *, patients: int) -> dict[str, str]:
    """The frozen tables of a hostile registry."""
    dice = random.Random(seed)
    people = [f"P{number:02d}" for number in range(patients)]
    fill = dice.choice((0.3, 0.8, 1.0, 1.0))  # how many of the tables hold rows at all
    return {slug: _table(slug, people, dice) for slug in LAYOUTS if slug == "patient" or dice.random() < fill}


def _table(slug: str, people: list[str], dice: random.Random) -> str:
    owners = [""] * 3 if slug in WITHOUT_PATIENT else _owners(slug, people, dice)
    rows = [_row(slug, number, owner, dice) for number, owner in enumerate(owners, 1)]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["id", "patient"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _owners(slug: str, people: list[str], dice: random.Random) -> list[str]:
    if slug in ONCE:
        return [name for name in people if slug == "patient" or dice.random() < 0.6]
    return [name for name in people for _ in range(dice.choice((0, 1, 1, 1, 2, 3)))]


def _row(slug: str, number: int, owner: str, dice: random.Random) -> dict[str, str | int]:
    layout = LAYOUTS[slug]
    row: dict[str, str | int] = {"id": number, "patient": owner}
    row["record_status"] = dice.choice(("COMPLETE",) * 5 + ("DRAFT",))
    for name in layout.all_dates:
        row[name], row[f"{name}_precision"] = _date(dice, often=name == layout.dated_by)
    row |= {name: dice.choice(("", number, dice.randint(1, 30))) for name in layout.parents}
    row |= {name: dice.choice(NUMBERS) for name in layout.numbers}
    row |= {name: dice.choice(CODES.get(name, YES_NO)) for name in layout.codes}
    if slug == "infusion" and dice.random() < 0.7:
        row |= {"intent": "PRIMARY", "product": "CTL019", "protocol": "P1"}
    return row


def _date(dice: random.Random, *, often: bool) -> tuple[str, str]:
    if dice.random() > (0.95 if often else 0.3):
        return "", dice.choice(("", "U"))
    day = DAY_0 + timedelta(days=dice.choice((0, 0, 28, 28, 60, 100)) + dice.choice((-400, -1, 0, 0, 1, 30, 365, 900)))
    return day.isoformat(), dice.choice(("D", "D", "D", "D", "M", "Y", ""))
