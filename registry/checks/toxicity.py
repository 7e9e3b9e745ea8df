"""Toxicity: its dates, its tools, its deaths, and grades that must not be pooled (data dictionary 4.13)."""

from collections.abc import Iterator

from registry.checks.case import Case, Row
from registry.checks.compare import DAYS_PER_YEAR, fewest_days, must_not_precede
from registry.checks.engine import ERROR, WARNING, Hit, check, hit
from registry.checks.grading import ASTCT, BEST_ICE, ICE_FROM_YEARS

#: Days after the infusion after which an onset is unusual; both begin within 14 and 28 days as a rule.
LATEST_ONSET = {"CRS": 30, "ICANS": 60}
#: Kinds that were graded by the Penn scale before ASTCT 2019.
RESCALED = frozenset({"CRS", "ICANS"})
#: Kinds that are a cause of death of the same name, and what the others may be coded as.
OWN_CAUSE = ("CRS", "ICANS", "IEC_HS")
CAUSES = {kind: frozenset({kind}) for kind in (*OWN_CAUSE, "INFECTION")} | {
    "ICAHT": frozenset({"INFECTION", "HEMORRHAGE", "GRAFT_FAILURE", "OTHER"}),
    "COAG": frozenset({"HEMORRHAGE", "TMA", "ORGAN_FAILURE", "OTHER"}),
    "CARDIAC": frozenset({"ORGAN_FAILURE", "OTHER"}),
    "HYPOGAMMA": frozenset({"INFECTION", "OTHER"}),
}
FATAL = 5


@check(
    "H45",
    ERROR,
    "A toxicity begins on or after the infusion, and ends on or after its onset.",
    source="data dictionary 4.13",
)
def toxicity_after_infusion(case: Case) -> Iterator[Hit]:
    """A toxicity that begins and resolves on the day of infusion is possible."""
    for row in case.of("toxicity"):
        infusion = case.parent(row, "infusion")
        if infusion is not None:
            words = f"Onset on {row.onset_date}, before the infusion on {infusion.infusion_date}."
            yield from must_not_precede(row, "onset_date", infusion, "infusion_date", words)
        words = f"Resolved on {row.resolved_date}, before its onset on {row.onset_date}."
        yield from must_not_precede(row, "resolved_date", row, "onset_date", words)


@check(
    "H46",
    ERROR,
    "A toxicity of grade 5 has its death, with the same cause, not resolved before; and the other way round.",
    source="data dictionary 4.13, 5",
)
def fatal_toxicity_and_death_agree(case: Case) -> Iterator[Hit]:
    """The cause may be the primary or a contributing one. A death of CRS, ICANS or IEC-HS needs its grade 5 once
    toxicities of the patient are on file; an unanswered grade contradicts nothing."""
    for row in case.of("toxicity"):
        if row.max_grade == FATAL:
            yield from _has_its_death(row, case.death)
    death, recorded = case.death, case.of("toxicity")
    if death is None or not recorded or death.primary_cause not in OWN_CAUSE:
        return
    kind = death.primary_cause
    if not any(row.kind in (kind, None) and row.max_grade in (FATAL, None) for row in recorded):
        words = f"Died of {kind}, but no {kind} of grade 5 is on file."
        yield hit(death, "primary_cause", words, reads=("toxicity.kind", "toxicity.max_grade"))


def _has_its_death(row: Row, death: Row | None) -> Iterator[Hit]:
    if death is None:
        words = f"{row.kind or 'A toxicity'} of grade 5, but no death is on file. Enter the death."
        yield hit(row, "max_grade", words, reads=("death.death_date",))
        return
    words = f"Grade 5, but resolved on {row.resolved_date}, before the death on {death.death_date}."
    yield from must_not_precede(row, "resolved_date", death, "death_date", words, reads=("toxicity.max_grade",))
    told = {death.primary_cause, *(death.contributing_causes or ())}
    if death.primary_cause is not None and row.kind in CAUSES and not told & CAUSES[row.kind]:
        words = f"{row.kind} of grade 5, but the death was put down to {death.primary_cause}."
        cells = ((row, "kind"), (death, "primary_cause"), (death, "contributing_causes"))
        yield hit(row, "max_grade", words, *cells)


@check(
    "W47",
    WARNING,
    "CRS and ICANS graded by the Penn scale are graded again by ASTCT 2019.",
    source="data dictionary 4.13, ENDPOINTS 3.11",
)
def penn_grades_are_not_pooled(case: Case) -> Iterator[Hit]:
    """Satisfied by a second row of the same infusion and kind graded by ASTCT 2019. Scales are never pooled."""
    rows = case.of("toxicity")
    regraded = {(row.kind, row.parents.get("infusion")) for row in rows if row.grading_system == ASTCT}
    for row in rows:
        episode = (row.kind, row.parents.get("infusion"))
        if row.grading_system == "PENN" and row.kind in RESCALED and episode not in regraded:
            words = f"{row.kind} graded by the Penn scale only: it is counted apart from ASTCT grades. Grade it again."
            yield hit(row, "grading_system", words, (row, "kind"), (row, "infusion"))


@check(
    "W108",
    WARNING,
    "CRS begins within 30 days of the infusion, ICANS within 60.",
    source="data dictionary 4.13",
)
def onset_is_early(case: Case) -> Iterator[Hit]:
    """Both usually begin within 14 and 28 days."""
    for row in case.of("toxicity"):
        infusion = case.parent(row, "infusion")
        days = fewest_days(infusion.infusion_date, row.onset_date) if infusion is not None else None
        if days is not None and days > LATEST_ONSET.get(row.kind, days):
            words = f"{row.kind} {days} days after the infusion; usual is up to {LATEST_ONSET[row.kind]} days."
            yield hit(row, "onset_date", words, (row, "kind"), (infusion, "infusion_date"))


@check("W109", WARNING, "ICE is used from 12 years on, CAPD below.", source="data dictionary 4.13, 6.4")
def tool_fits_age(case: Case) -> Iterator[Hit]:
    """Told by the score: above 10 it is CAPD. From 12 years on that needs a developmental delay as its reason."""
    for row in case.of("toxicity"):
        score = row.ice_capd_min_or_max
        days = fewest_days(case.patient.birth_date, row.onset_date)
        if score is not None and score > BEST_ICE and days is not None and days >= ICE_FROM_YEARS * DAYS_PER_YEAR:
            words = f"A score of {score} is CAPD, but at {days / DAYS_PER_YEAR:.1f} years ICE (0 to 10) is used."
            cells = ((row, "onset_date"), (case.patient, "birth_date"))
            yield hit(row, "ice_capd_min_or_max", words, *cells)
