"""Derived values of outcomes: relapses, MRD, B cells, toxicity, the category of a death."""

from registry.checks import b_cells, grading
from registry.checks.case import CR_ANY, Case, Row
from registry.checks.compare import most_days, surely_below
from registry.checks.course import ACTIVE, CONTACT_IN_CR, ending_relapses, with_date
from registry.checks.derived import derivation
from registry.checks.derived_treatment import age_years, number_by_date
from registry.checks.mrd import mrd_negative
from registry.dictionary.partial_date import YEAR

SITES = ("site_marrow", "site_cns", "site_testis", "site_other")
SITE_GROUPS = {
    "BM_ISO": "Marrow alone",
    "CNS_ISO": "CNS alone",
    "TESTIS_ISO": "Testis alone",
    "EM_OTHER_ISO": "Another site alone",
    "EM_MULTI": "Several sites outside the marrow",
    "COMBINED": "Marrow and another site",
}
ALONE = {"site_cns": "CNS_ISO", "site_testis": "TESTIS_ISO", "site_other": "EM_OTHER_ISO"}
#: Marrow blasts from which a relapse with another site is COMBINED (data dictionary 6.3).
COMBINED_PCT = 5
B_CELLS = {"APLASIA": "Aplasia", "RECOVERED": "Recovered", "UNK": "Not known"}
INTERPRETATIONS = {"APLASIA": "Aplasia", "RECOVERY": "Recovery", "INDET": "Indeterminate"}
#: Days between a relapse and the sample that tells of B cells at relapse.
SAMPLED_WITHIN = 60
DEATHS = {
    "DISEASE": "Of the disease",
    "NRM_HSCT": "Without relapse, transplant",
    "NRM_CART": "Without relapse, CAR T",
    "NRM_OTHER": "Without relapse, other",
    "UNK": "Not known",
}


@derivation("relapse", "relapse_number", "Relapse number")
def relapse_number(case: Case, row: Row) -> int | None:
    """1 for the first relapse dated after the index infusion, of any level. Open without an index infusion, and for
    a relapse not surely after it. Source: data dictionary 4.14.
    """
    index = case.index_infusion
    if index is None or row.relapse_date is None:
        return None
    dated = with_date(case.of("relapse"), "relapse_date")
    after = tuple(one for one, moment in dated if moment.surely_after(index.infusion_date))
    return number_by_date(row, after, row.relapse_date)


@derivation("relapse", "site_group", "Site of relapse", words=SITE_GROUPS)
def site_group(case: Case, row: Row) -> str | None:
    """Marrow alone, one or several sites outside it, or both: COMBINED needs 5 % marrow blasts where a percent is
    given; below, the relapse is extramedullary. Open where an unanswered site could change it; NA is no, girls have
    no testis. Source: data dictionary 6.3, ENDPOINTS 3.15.16.
    """
    answers = {site: _involved(case, row, site) for site in SITES}
    marrow = answers.pop("site_marrow")
    found = [site for site, involved in answers.items() if involved]
    unanswered = None in answers.values()
    if marrow and found and surely_below(row, "marrow_blast_pct", COMBINED_PCT):
        marrow = False
    if marrow:
        return "COMBINED" if found else None if unanswered else "BM_ISO"
    if marrow is None or not found:
        return None
    if len(found) > 1:
        return "EM_MULTI"
    return None if unanswered else ALONE[found[0]]


def _involved(case: Case, row: Row, site: str) -> bool | None:
    answer = row.values.get(site)
    if answer is not None:
        return answer == "Y"
    girl = site == "site_testis" and case.patient.sex_at_birth == "F"
    return False if girl or row.why_missing(site) == "NA" else None


@derivation("relapse", "bca_at_relapse", "B cells at relapse", words=B_CELLS)
def bca_at_relapse(case: Case, row: Row) -> str | None:
    """What the nearest B-cell sample within 60 days of the relapse shows; of two equally near the earlier. UNK
    without one, or where it is indeterminate. Source: data dictionary 4.14.
    """
    if row.relapse_date is None:
        return None
    near = []
    for one, moment in with_date(case.of("b_cell"), "sample_date"):
        apart = max(abs(most_days(row.relapse_date, moment)), abs(most_days(moment, row.relapse_date)))
        if apart <= SAMPLED_WITHIN:
            near.append((apart, moment.value, one.id, one))
    shown = b_cells.interpretation(case, min(near)[-1]) if near else "INDET"
    return {"APLASIA": "APLASIA", "RECOVERY": "RECOVERED"}.get(shown, "UNK")


@derivation("relapse", "age_at_relapse", "Age at relapse (years)")
def age_at_relapse(case: Case, row: Row) -> float | None:
    """Days from birth to relapse / 365.25. Source: data dictionary 4.14, ENDPOINTS 2.5b."""
    return age_years(case, row.relapse_date)


@derivation("relapse", "days_from_infusion", "Days from index infusion")
def days_from_infusion(case: Case, row: Row) -> int | None:
    """Whole days from the index infusion; a month counts by its 15th, a year is open. Open for a relapse before it.
    Source: data dictionary 4.14, ENDPOINTS 3.4.
    """
    index, moment = case.index_infusion, row.relapse_date
    if index is None or moment is None or moment.precision == YEAR:
        return None
    days = (moment.value - index.infusion_date.value).days
    return days if days >= 0 else None


@derivation("mrd", "mrd_negative", "MRD negative (below 0.01 %)", words={"Y": "Yes", "N": "No"})
def negative(_case: Case, row: Row) -> str | None:
    """Y below 0.01 % by a test that can find 0.01 %, N at or above it; open where result or sensitivity leave it so.
    Source: data dictionary 4.11.
    """
    answer = mrd_negative(row)
    return None if answer is None else "Y" if answer else "N"


@derivation("b_cell", "interpretation", "Interpretation by the counts", words=INTERPRETATIONS)
def interpretation(case: Case, row: Row) -> str:
    """As entered, else by the counts: recovery is 1 % of lymphocytes or 10 cells/uL in blood, confirmed by the next
    sample at least 7 days later; not confirmed is INDET. Source: data dictionary 4.12.
    """
    return b_cells.interpretation(case, row)


@derivation("toxicity", "suggested_grade", "Grade by the criteria (ASTCT 2019)")
def suggested_grade(case: Case, row: Row) -> str | None:
    """The grades of CRS or ICANS that agree with pressors, oxygen, score, seizure and edema on file. Source: data
    dictionary 6.4.
    """
    suggestion = grading.suggested_grade(row, case)
    return str(suggestion) if suggestion is not None else None


@derivation("death", "category", "Category of death", words=DEATHS)
def death_category(case: Case, row: Row) -> str:
    """DISEASE when active at death; where that is not known, when the last state on file is active or the cause is
    leukemia. Else NRM by what the death is related to (HSCT before CART); UNK when state and cause are not known.
    Source: ENDPOINTS 2.6, 3.15.7.
    """
    known = row.disease_status_at_death is not None
    if row.disease_status_at_death == "ACTIVE":
        return "DISEASE"
    if not known and (row.primary_cause == "ALL" or _active_last(case)):
        return "DISEASE"
    if not known and row.primary_cause is None:
        return "UNK"
    related = row.related_to or ()
    return next((f"NRM_{one}" for one in ("HSCT", "CART") if one in related), "NRM_OTHER")


def _active_last(case: Case) -> bool:
    """Whether the last dated state of the disease is active; MRD relapses are none, on one day a relapse is last."""
    seen = [(moment.value, True) for _row, moment in with_date(ending_relapses(case), "relapse_date")]
    for row, moment in with_date(case.of("response"), "assessment_date"):
        if row.response in CR_ANY or row.response in ACTIVE:
            seen.append((moment.value, row.response in ACTIVE))
    for row in case.of("follow_up"):
        moment = row.disease_evaluated_on or row.contact_date
        if moment is not None and (row.disease_status in CONTACT_IN_CR or row.disease_status == "ACTIVE"):
            seen.append((moment.value, row.disease_status == "ACTIVE"))
    return bool(seen) and max(seen)[1]
