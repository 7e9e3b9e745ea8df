"""Invented patients with every entity of the registry: the synthetic cohort, and what it leaves out.

The cohort of `analytics.synthetic` writes what the endpoints need. A benchmark of the whole line needs the other
entities too; they are added here, plain and dated so that the checks have something to read and little to say.
"""

from collections.abc import Iterator
from datetime import date, timedelta

Row = dict[str, str]


def whole_line(patients: int) -> dict[str, list[Row]]:
    """The bundle of so many patients with rows in every entity, about thirty a patient."""
    from analytics.synthetic import cohort_bundle

    made = cohort_bundle(patients)
    added = {
        "external_id": [_external(row) for row in made["patient"]],
        "prior_therapy": [_prior_therapy(row) for row in made["diagnosis"]],
        "pre_infusion": list(_of_infusions(made, _pre_infusion)),
        "lymphodepletion": list(_of_infusions(made, _lymphodepletion)),
        "b_cell": list(_of_infusions(made, _b_cell)),
        "toxicity": list(_of_infusions(made, _toxicity)),
        "mrd": [_mrd(row) for row in made["response"] if row.get("context") == "CART" and row["response"] == "CR"],
        "gvhd": [_gvhd(row) for row in made["hsct"] if len(row.get("hsct_date", "")) == 10],
        "subsequent_malignancy": [
            _malignancy(row) for row in made["follow_up"][::400] if len(row["contact_date"]) == 10
        ],
    }
    return made | added


def _later(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def _of_infusions(made: dict[str, list[Row]], write) -> Iterator[Row]:
    for row in made["infusion"]:
        if len(row.get("infusion_date", "")) == 10:
            yield {"patient": row["patient"], "infusion": row["key"]} | write(row["infusion_date"])


def _external(row: Row) -> Row:
    return {"patient": row["patient"], "system": "CRID", "value": f"SYN-{row['patient']}"}


def _prior_therapy(row: Row) -> Row:
    day = row["diagnosis_date"]
    start = _later(day, 7) if len(day) == 10 else ""
    return {"patient": row["patient"], "line_number": "1", "category": "CHEMO", "blinatumomab": "N",
            "inotuzumab": "N", "prior_car": "N", "start_date": start}  # fmt: skip


def _pre_infusion(day: str) -> Row:
    return {"assessment_date": _later(day, -5), "status": "CR_MRDPOS", "marrow_blast_pct": "2", "cns_status": "CNS1",
            "other_em": "N", "ferritin": "850", "crp": "12", "platelets": "90", "anc": "1.2"}  # fmt: skip


def _lymphodepletion(day: str) -> Row:
    return {"given": "Y", "regimen": "FLU_CY", "start_date": _later(day, -6), "stop_date": _later(day, -3),
            "flu_mg_m2_total": "120", "cy_mg_m2_total": "1000"}  # fmt: skip


def _b_cell(day: str) -> Row:
    return {"sample_date": _later(day, 28), "specimen": "PB", "cd19_pct_lymph": "0", "cd19_abs": "0",
            "interpretation": "APLASIA"}  # fmt: skip


def _toxicity(day: str) -> Row:
    return {"kind": "CRS", "onset_date": _later(day, 3), "resolved_date": _later(day, 7), "max_grade": "2",
            "grading_system": "ASTCT2019", "pressors": "NONE", "max_oxygen": "LOW_FLOW",
            "tocilizumab_doses": "1", "steroids": "N"}  # fmt: skip


def _mrd(row: Row) -> Row:
    return {"patient": row["patient"], "response": row["key"], "sample_date": row["assessment_date"], "specimen": "BM",
            "method": "FLOW", "result": "NEG", "sensitivity_pct": "0.01"}  # fmt: skip


def _gvhd(row: Row) -> Row:
    return {"patient": row["patient"], "hsct": row["key"], "kind": "ACUTE", "onset_date": _later(row["hsct_date"], 30),
            "max_grade": "I", "steroid_refractory": "N"}  # fmt: skip


def _malignancy(row: Row) -> Row:
    return {"patient": row["patient"], "diagnosis_date": row["contact_date"][:7], "type": "SOLID",
            "car_transgene_tested": "NEG"}  # fmt: skip
