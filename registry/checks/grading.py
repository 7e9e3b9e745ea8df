"""Grades of CRS and ICANS suggested by their criteria: ASTCT consensus 2019 (Lee et al., BBMT 2019;25:625).

Short form: data dictionary 6.4. A suggestion is a range, because some criteria are not collected: hypotension that
needs no pressor, consciousness, motor weakness, how long a seizure lasted, how far an edema reached. Fever is part of
the definition of CRS, so a CRS row stands for it. Grade 5 is death, never suggested (rule H46 looks at it).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from registry.checks.case import Case, Row
from registry.checks.compare import DAYS_PER_YEAR, fewest_days, most_days
from registry.checks.engine import WARNING, Hit, check, hit

Grades = tuple[int, int]

#: The system whose criteria these are.
ASTCT = "ASTCT2019"
#: Pressors -> grade. Vasopressin is not counted. Without pressors: 1, or 2 where fluids were needed (not collected).
CRS_BY_PRESSORS: dict[str, Grades] = {"NONE": (1, 2), "ONE": (3, 3), "SEVERAL": (4, 4)}
#: Oxygen -> grade.
CRS_BY_OXYGEN: dict[str, Grades] = {
    "NONE": (1, 1),
    "LOW_FLOW": (2, 2),
    "HIGH_FLOW": (3, 3),
    "POSITIVE_PRESSURE": (4, 4),
}
#: Least and greatest ICE score of a step, and its grade: 0 is grade 4 in a patient who cannot be woken.
ICANS_BY_ICE: tuple[tuple[int, int, Grades], ...] = (
    (0, 0, (3, 4)),
    (1, 2, (3, 3)),
    (3, 6, (2, 2)),
    (7, 9, (1, 1)),
    (10, 10, (0, 0)),
)
#: The same for CAPD; who cannot be assessed is grade 4 and has no score.
ICANS_BY_CAPD: tuple[tuple[int, int, Grades], ...] = ((0, 0, (0, 2)), (1, 8, (1, 2)), (9, 32, (3, 3)))
#: A seizure is grade 3, or 4 when prolonged or repeated; an edema 3 when focal, 4 when diffuse.
ICANS_BY_SEIZURE: dict[str, Grades] = {"Y": (3, 4), "N": (0, 0)}
ICANS_BY_EDEMA: dict[str, Grades] = {"Y": (3, 4), "N": (0, 0)}
#: Below this age, and in developmental delay, CAPD takes the place of ICE.
ICE_FROM_YEARS = 12
BEST_ICE = 10
WORST = 4


@dataclass(frozen=True)
class Suggestion:
    """The grades that agree with the criteria on file."""

    least: int
    most: int

    def holds(self, grade: int) -> bool:
        return self.least <= grade <= self.most

    def __str__(self) -> str:
        return str(self.least) if self.least == self.most else f"{self.least}-{self.most}"


def suggest_crs(*, pressors: str | None, max_oxygen: str | None) -> Suggestion | None:
    """The grade of a CRS by the pressors and the oxygen it took; the worse of the two decides."""
    return _worst([CRS_BY_PRESSORS.get(pressors), CRS_BY_OXYGEN.get(max_oxygen)], mildest=1)


def suggest_icans(
    *,
    ice: int | None = None,
    capd: int | None = None,
    seizure: str | None = None,
    cerebral_edema: str | None = None,
) -> Suggestion | None:
    """The grade of an ICANS by the worst of ICE (or CAPD), seizure and edema."""
    score = _step(ICANS_BY_ICE, ice) if ice is not None else _step(ICANS_BY_CAPD, capd)
    return _worst([score, ICANS_BY_SEIZURE.get(seizure), ICANS_BY_EDEMA.get(cerebral_edema)], mildest=0)


def _step(steps: tuple[tuple[int, int, Grades], ...], score: int | None) -> Grades | None:
    return next((grades for least, most, grades in steps if score is not None and least <= score <= most), None)


def _worst(criteria: list[Grades | None], *, mildest: int) -> Suggestion | None:
    """The worst criterion decides; one not on file leaves the grade open upwards. Nothing told: no suggestion."""
    grades = [one or (mildest, WORST) for one in criteria]
    least, most = max(one[0] for one in grades), max(one[1] for one in grades)
    return Suggestion(least, most) if (least, most) != (mildest, WORST) else None


def tool_of(row: Row, case: Case) -> str | None:
    """Which score stands in the row: ICE from 12 years on, CAPD below; a score above 10 is CAPD at any age."""
    score, birth = row.ice_capd_min_or_max, case.patient.birth_date
    if score is None or row.comparators.get("ice_capd_min_or_max"):
        return None
    if score > BEST_ICE:
        return "CAPD"
    least, most = fewest_days(birth, row.onset_date), most_days(birth, row.onset_date)
    if least is not None and least >= ICE_FROM_YEARS * DAYS_PER_YEAR:
        return "ICE"
    return "CAPD" if most is not None and most < ICE_FROM_YEARS * DAYS_PER_YEAR else None


def suggested_grade(row: Row, case: Case) -> Suggestion | None:
    """The ASTCT 2019 grade that the criteria of a toxicity row suggest; only CRS and ICANS have one."""
    if row.kind == "CRS":
        return suggest_crs(pressors=row.pressors, max_oxygen=row.max_oxygen)
    if row.kind != "ICANS":
        return None
    score, tool = row.ice_capd_min_or_max, tool_of(row, case)
    return suggest_icans(
        ice=score if tool == "ICE" else None,
        capd=score if tool == "CAPD" else None,
        seizure=row.seizure,
        cerebral_edema=row.cerebral_edema,
    )


#: The criteria of each kind that stand in its row.
CRITERIA = {
    "CRS": ("pressors", "max_oxygen"),
    "ICANS": ("ice_capd_min_or_max", "onset_date", "seizure", "cerebral_edema"),
}


@check(
    "W110",
    WARNING,
    "The grade of CRS and ICANS agrees with its criteria (ASTCT 2019).",
    source="data dictionary 4.13, 6.4",
)
def grade_agrees_with_criteria(case: Case) -> Iterator[Hit]:
    """Only rows graded by ASTCT 2019. What the row cannot tell (consciousness, motor weakness) may explain it."""
    for row in case.of("toxicity"):
        suggested = suggested_grade(row, case) if row.grading_system == ASTCT else None
        grade = row.max_grade
        if suggested is None or grade is None or grade > WORST or suggested.holds(grade):
            continue
        words = f"{row.kind} grade {grade}, but its criteria say {suggested}. Correct one, or say what decided."
        cells = [(row, name) for name in ("kind", "grading_system", *CRITERIA[row.kind])]
        if row.kind == "ICANS":
            cells.append((case.patient, "birth_date"))
        yield hit(row, "max_grade", words, *cells)
