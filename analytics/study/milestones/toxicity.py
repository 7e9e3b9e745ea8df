"""Toxicity of the index infusion: the worst grade of each kind, in each grading system by itself.

Grades of different systems are never pooled. Source: DATA_DICTIONARY 4.13, ENDPOINTS 3.11, 3.15.13.
"""

from __future__ import annotations

import numpy as np

from analytics.study.days import Flags, Floats
from analytics.study.milestones.case import Case, codes, milestone

TOXICITY_COLUMNS = ("toxicity.kind", "toxicity.grading_system", "toxicity.max_grade", "toxicity.onset_date")
KINDS = ("CRS", "ICANS", "IEC_HS")
SYSTEMS = ("ASTCT2019", "PENN", "LEE2014", "CTCAE5", "IECHS2023", "ICAHT2023")


@milestone(*TOXICITY_COLUMNS)
def index_toxicity(case: Case) -> Flags:
    """Toxicity rows of the index infusion: they name it, or the patient has no other infusion.

    Source: ENDPOINTS 3.11.
    """
    rows = case.table("toxicity")
    index = case["index_infusion"].row[rows.who]
    named = case.parent_rows("toxicity", "infusion")
    infusions = np.bincount(case.frames["infusion"]["who"].to_numpy(), minlength=case.size)
    return (index >= 0) & ((named == index) | ((named < 0) & (infusions[rows.who] == 1)))


def worst_grade(case: Case, kind: str, system: str) -> Floats:
    """The worst grade of one kind of toxicity of the index infusion in one grading system; NaN = not graded
    by it."""
    table, who = case.frames["toxicity"], case.table("toxicity").who
    grade = table["max_grade"].to_numpy()
    counts = case["index_toxicity"] & codes(table["kind"], kind) & codes(table["grading_system"], system)
    counts &= np.isfinite(grade)
    out = np.full(case.size, -np.inf)
    np.maximum.at(out, who[counts], grade[counts])
    return np.where(np.isfinite(out), out, np.nan)


@milestone(*TOXICITY_COLUMNS)
def toxicity_not_graded(case: Case) -> Flags:
    """CRS, ICANS or IEC-HS of the index infusion without a grade or a grading system: it counts in no row."""
    table, who = case.frames["toxicity"], case.table("toxicity").who
    graded = np.isfinite(table["max_grade"].to_numpy()) & codes(table["grading_system"], *SYSTEMS)
    out = np.zeros(case.size, dtype=bool)
    out[who[case["index_toxicity"] & codes(table["kind"], *KINDS) & ~graded]] = True
    return out
