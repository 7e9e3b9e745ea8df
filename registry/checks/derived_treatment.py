"""Derived values of treatments: numbers by date, roles of transplants, disease burden, category of a salvage line."""

from registry.checks.case import Case, Row
from registry.checks.compare import DAYS_PER_YEAR, some_within, surely_at_least, surely_below
from registry.checks.course import role_of
from registry.checks.derived import derivation
from registry.checks.mrd import mrd_negative
from registry.dictionary.cells import plain_number
from registry.dictionary.codelists import code_list
from registry.dictionary.partial_date import YEAR, PartialDate

ROLES = {
    "PRE_CART": "Before CAR T",
    "CONSOL": "In remission after CAR T",
    "POST_RELAPSE": "After relapse",
    "NONRESP": "After non-response",
}
BURDENS = {"HIGH": "High", "LOW": "Low", "UNDETECTABLE": "Undetectable"}
#: The therapy list stands in the order of the hierarchy (data dictionary 6.6).
HIERARCHY = code_list("therapy").keys()
#: Grafts that count as a transplant (ENDPOINTS 1, `HSCT_TYPES`).
GRAFTS = frozenset({"ALLO", "SYNGENEIC"})
#: Marrow blasts from which the burden is high (a setting of the dictionary; published cut-offs differ).
HIGH_BURDEN_PCT = 5
#: Days before the infusion within which an MRD test tells of it.
TESTED_WITHIN = 60
#: Best first; an assessment that saw nothing, or a relapse after the response, is no better one.
BEST_FIRST = ("CR", "CRi", "MLFS", "PR", "NR", "PD")


def labels(codes: str) -> dict[str, str]:
    """Code -> label of a code list."""
    return {one.code: one.label for one in code_list(codes).codes}


def number_by_date(row: Row, rows: tuple[Row, ...], moment: PartialDate | None) -> int | None:
    """The place of a dated row among rows in order of date, from 1."""
    return next((place for place, one in enumerate(rows, start=1) if one is row), None) if moment is not None else None


def age_years(case: Case, moment: PartialDate | None) -> float | None:
    """Age in years (days / 365.25) with two decimals; not where birth or date are known to the year only."""
    birth = case.patient.birth_date
    if birth is None or moment is None or moment.precision == YEAR or moment.value < birth.value:
        return None
    return round((moment.value - birth.value).days / DAYS_PER_YEAR, 2)


@derivation("infusion", "infusion_number", "Infusion number")
def infusion_number(case: Case, row: Row) -> int | None:
    """1 for the patient's first infusion by date, and so on. Source: data dictionary 4.6."""
    return number_by_date(row, case.infusions, row.infusion_date)


@derivation("infusion", "age_at_infusion", "Age at infusion (years)")
def age_at_infusion(case: Case, row: Row) -> float | None:
    """Days from birth to infusion / 365.25. Source: data dictionary 4.6."""
    return age_years(case, row.infusion_date)


@derivation("pre_infusion", "burden_group", "Disease burden", words=BURDENS)
def burden_group(case: Case, row: Row) -> str | None:
    """HIGH: marrow blasts of 5 % or more, CNS3, or other extramedullary disease. UNDETECTABLE: none of these and MRD
    negative (by the status, else by the last marrow test of the 60 days before). LOW: the rest. Open where an
    unanswered item could make it HIGH. Source: data dictionary 4.7.
    """
    if surely_at_least(row, "marrow_blast_pct", HIGH_BURDEN_PCT) or row.cns_status == "CNS3" or row.other_em == "Y":
        return "HIGH"
    marrow_low = surely_below(row, "marrow_blast_pct", HIGH_BURDEN_PCT) or (row.status or "").startswith("CR_")
    if not marrow_low or row.cns_status is None or row.other_em is None:
        return None
    test = _last_marrow_test(case, row)
    negative = row.status == "CR_MRDNEG" or (row.status != "CR_MRDPOS" and test is not None and mrd_negative(test))
    return "UNDETECTABLE" if negative else "LOW"


@derivation("pre_infusion", "mrd_pct", "MRD before infusion (%)")
def mrd_pct(case: Case, row: Row) -> str | None:
    """Level, else result, of the last marrow MRD test within 60 days before the infusion. Source: data dictionary
    4.7, 4.11.
    """
    test = _last_marrow_test(case, row)
    if test is None or test.value_pct is None:
        return test.result if test is not None else None
    return f"{test.comparators.get('value_pct', '')}{plain_number(test.value_pct)}"


def _last_marrow_test(case: Case, row: Row) -> Row | None:
    infusion = case.parent(row, "infusion")
    if infusion is None or infusion.infusion_date is None:
        return None
    day = infusion.infusion_date
    marrow = (one for one in case.of("mrd") if one.specimen == "BM" and one.sample_date is not None)
    within = [one for one in marrow if some_within([one.sample_date], day.shifted(-TESTED_WITHIN), day)]
    return within[-1] if within else None


@derivation("hsct", "hsct_number", "Transplant number")
def hsct_number(case: Case, row: Row) -> int | None:
    """1 for the patient's first transplant by date, whatever its type. Source: data dictionary 4.9."""
    return number_by_date(row, case.of("hsct"), row.hsct_date)


@derivation("hsct", "role", "Role", words=ROLES)
def role(case: Case, row: Row) -> str | None:
    """PRE_CART before the index infusion, CONSOL after it and before a relapse, POST_RELAPSE on or after the first
    relapse after it, NONRESP after it without any remission. Open without an index infusion, or where partial dates
    or an MRD relapse leave it so. Source: data dictionary 4.9.
    """
    return role_of(case, row)


@derivation("hsct", "prior_hsct_count", "Earlier transplants")
def prior_hsct_count(case: Case, row: Row) -> int | None:
    """Allogeneic and syngeneic transplants on an earlier date; 0 is HSCT-naive. Open where dates or a type are.
    Source: data dictionary 4.9, ENDPOINTS 3.15.6.
    """
    if row.hsct_date is None:
        return None
    count = 0
    for one in case.of("hsct"):
        earlier = some_within([one.hsct_date], last=row.hsct_date.shifted(-1)) if one is not row else False
        if earlier is None or (earlier and one.hsct_type is None):
            return None
        count += bool(earlier and one.hsct_type in GRAFTS)
    return count


@derivation("salvage", "line_number", "Line number")
def line_number(case: Case, row: Row) -> int | None:
    """1 for the first line by start date of the same relapse, or of the same failed infusion. Source: data
    dictionary 4.15.
    """
    lines = tuple(one for one in case.of("salvage") if one.parents == row.parents)
    return number_by_date(row, lines, row.start_date)


@derivation("salvage", "category", "Category by hierarchy", words=labels("therapy"))
def category(_case: Case, row: Row) -> str | None:
    """As entered, else the first of the components in the order of the hierarchy. Source: data dictionary 6.6."""
    held = row.components or ()
    return row.category or next((code for code in HIERARCHY if code in held), None)


@derivation("salvage", "best_response", "Best response", words=labels("response"))
def best_response(case: Case, row: Row) -> str | None:
    """The best of the assessments of the line: CR, CRi, MLFS, PR, NR, PD. Open when none could be evaluated.
    Source: data dictionary 4.15, 6.1.
    """
    held = {one.response for one in case.children("response", row)}
    return next((code for code in BEST_FIRST if code in held), None)
