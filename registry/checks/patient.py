"""Birth, diagnosis, enrollment and sex against the rest of the chart (data dictionary 4.1-4.4)."""

from collections.abc import Iterator
from datetime import date

from registry.checks.case import Case, Row
from registry.checks.compare import (
    DAYS_PER_YEAR,
    fewest_days,
    most_days,
    must_not_follow,
    must_not_precede,
    surely_at_least,
    surely_below,
)
from registry.checks.dates import REGISTRY_CONSENTS
from registry.checks.engine import ERROR, WARNING, Hit, check, hit

#: Births before this day are unusual in a registry of children and young adults (data dictionary 4.1).
OLDEST_BIRTH = date(1982, 1, 1)
#: The lesions that decide the cytogenetic group, first match wins (data dictionary 4.4).
LESIONS = {
    "HIGH": ("kmt2a_r", "bcr_abl1", "ph_like", "hypodiploid", "tcf3_hlf"),
    "FAVORABLE": ("hyperdiploid", "etv6_runx1"),
    "INTERMEDIATE": ("iamp21", "ikzf1_del", "tcf3_pbx1"),
}


@check(
    "H10",
    ERROR,
    "Birth, then diagnosis, then the first CAR T infusion.",
    source="data dictionary 4.1, 4.4, 5",
)
def birth_diagnosis_infusion(case: Case) -> Iterator[Hit]:
    """Diagnosis on the day of birth is possible (congenital leukemia), infusion on that of diagnosis not."""
    patient, diagnosis = case.patient, case.diagnosis
    first = next((row for row in case.infusions if row.infusion_date is not None), None)
    if diagnosis is None or diagnosis.diagnosis_date is None:
        if first is not None:
            words = f"The infusion on {first.infusion_date} lies before the birth."
            yield from must_not_precede(first, "infusion_date", patient, "birth_date", words)
        return
    words = f"The diagnosis on {diagnosis.diagnosis_date} lies before the birth."
    yield from must_not_precede(diagnosis, "diagnosis_date", patient, "birth_date", words)
    if first is not None:
        words = (
            f"The diagnosis on {diagnosis.diagnosis_date} does not lie before the first infusion on "
            f"{first.infusion_date}."
        )
        yield from must_not_follow(diagnosis, "diagnosis_date", first, "infusion_date", words, allowance=-1)


@check("H14", ERROR, "A patient is enrolled once in a protocol.", source="data dictionary 4.3")
def one_enrollment_per_protocol(case: Case) -> Iterator[Hit]:
    """The database refuses the second row as well; here a file is told before anything is written."""
    seen = {}
    for row in case.of("enrollment"):
        if row.protocol is None:
            continue
        earlier = seen.setdefault(row.protocol, row)
        if earlier is not row:
            words = f"The patient is already enrolled in {row.protocol}. Keep one of the two enrollments."
            yield hit(row, "protocol", words, (earlier, "protocol"))


@check("H15", ERROR, "Enrollment precedes the infusion under that protocol.", source="data dictionary 4.3, 5")
def enrolled_before_infusion(case: Case) -> Iterator[Hit]:
    """On the same day is in order. An infusion whose protocol has no enrollment on file is not judged."""
    for row in case.of("enrollment"):
        for infusion in case.infusions:
            if row.protocol is not None and infusion.protocol == row.protocol:
                words = (
                    f"Enrolled in {row.protocol} on {row.enrolled_on}, after the infusion under it on "
                    f"{infusion.infusion_date}."
                )
                reads = ("enrollment.protocol", "infusion.protocol")
                yield from must_not_follow(row, "enrolled_on", infusion, "infusion_date", words, reads=reads)


@check(
    "H41",
    ERROR,
    "The testis can be involved only if the sex at birth is male.",
    source="data dictionary 4.1, 4.14, 5",
)
def testis_only_if_male(case: Case) -> Iterator[Hit]:
    """At diagnosis, at any assessment, at relapse. An unknown sex contradicts nothing."""
    sex = case.patient.sex_at_birth
    if sex is None or sex == "M":
        return
    sites = (
        ("diagnosis", "testicular_dx", "Y"),
        ("response", "em_disease", "TESTIS"),
        ("relapse", "site_testis", "Y"),
    )
    for entity, column, involved in sites:
        for row in case.of(entity):
            if row.values.get(column) == involved:
                words = f"Testicular disease, but the sex at birth is {sex}. Correct one of the two."
                yield hit(row, column, words, (case.patient, "sex_at_birth"))


@check("H21", ERROR, "Nobody is over 40 years old at a CAR T infusion.", source="data dictionary 4.6")
def infused_by_forty(case: Case) -> Iterator[Hit]:
    """Ages are days / 365.25, unrounded; only what every possible birth date confirms."""
    for row in case.infusions:
        days = fewest_days(case.patient.birth_date, row.infusion_date)
        if days is not None and days > 40 * DAYS_PER_YEAR:
            words = f"Infused at {days / DAYS_PER_YEAR:.1f} years: the registry ends at 40. Check both dates."
            yield hit(row, "infusion_date", words, (case.patient, "birth_date"))


@check(
    "W10",
    WARNING,
    "The index infusion at 30 years or more, or below 1 year, is unusual.",
    source="data dictionary 4.6, 5",
)
def usual_age_at_infusion(case: Case) -> Iterator[Hit]:
    """The index infusion only: a reinfusion follows it."""
    row = case.index_infusion
    least = fewest_days(case.patient.birth_date, row.infusion_date) if row is not None else None
    if least is None:
        return
    most = most_days(case.patient.birth_date, row.infusion_date)
    if least >= 30 * DAYS_PER_YEAR or most < DAYS_PER_YEAR:
        words = f"Infused at {least / DAYS_PER_YEAR:.1f} years; usual is 1 to under 30 years."
        cells = ((case.patient, "birth_date"), (row, "intent"), (row, "product"))
        yield hit(row, "infusion_date", words, *cells)


@check("W83", WARNING, "A birth before 1982 is unusual.", source="data dictionary 4.1")
def born_since_1982(case: Case) -> Iterator[Hit]:
    """Whoever was under 30 in 2012, when the first trials began, was born in 1982 or later."""
    birth = case.patient.birth_date
    if birth is not None and birth.latest < OLDEST_BIRTH:
        yield hit(case.patient, "birth_date", f"Born {birth}, before 1982-01-01.")


@check("W84", WARNING, "A diagnosis after the age of 30 is unusual.", source="data dictionary 4.4")
def diagnosed_by_thirty(case: Case) -> Iterator[Hit]:
    """Ages are days / 365.25, unrounded."""
    row = case.diagnosis
    days = fewest_days(case.patient.birth_date, row.diagnosis_date) if row is not None else None
    if days is not None and days > 30 * DAYS_PER_YEAR:
        words = f"Diagnosed at {days / DAYS_PER_YEAR:.1f} years."
        yield hit(row, "diagnosis_date", words, (case.patient, "birth_date"))


@check("W90", WARNING, "The cytogenetic group follows from the lesions.", source="data dictionary 4.4")
def group_follows_lesions(case: Case) -> Iterator[Hit]:
    """Only lesions answered Y or N speak: a group is questioned when each of its lesions is N."""
    row = case.diagnosis
    group = row.cyto_group if row is not None else None
    if group is None:
        return
    found = [name for name, lesions in LESIONS.items() if any(row.values.get(one) == "Y" for one in lesions)]
    excluded = group in LESIONS and all(row.values.get(one) == "N" for one in LESIONS[group])
    if (found and (group not in found or ("HIGH" in found and group != "HIGH"))) or excluded:
        lesions = [(row, one) for names in LESIONS.values() for one in names]
        words = f"The group is {group}, the lesions say {found[0] if found else 'otherwise'}."
        yield hit(row, "cyto_group", words, *lesions)


@check(
    "W91",
    WARNING,
    "No relapse before CAR T means that the indication was refractory disease.",
    source="data dictionary 4.4",
)
def no_relapse_means_refractory(case: Case) -> Iterator[Hit]:
    """Read against the index infusion."""
    row, index = case.diagnosis, case.index_infusion
    if row is None or index is None or row.n_relapses_before_cart != 0:
        return
    if index.indication not in (None, "REFRACTORY"):
        words = f"No relapse before CAR T, but the indication was {index.indication}."
        yield hit(row, "n_relapses_before_cart", words, (index, "indication"))


@check(
    "W96",
    WARNING,
    "Consent precedes the entry of the first clinical row, unless the patient is entered in retrospect.",
    source="data dictionary 4.2",
)
def consent_before_entry(case: Case) -> Iterator[Hit]:
    """The earliest consent or waiver for the registry, against the day the first clinical row was entered."""
    given = [row for row in case.of("consent") if row.kind in REGISTRY_CONSENTS and row.effective_date is not None]
    if case.entered_on is None or not given or case.patient.entry_route != "PROSPECTIVE":
        return
    first = given[0]
    if first.effective_date.earliest > case.entered_on:
        words = f"Consent from {first.effective_date}, but clinical rows were entered from {case.entered_on} on."
        yield hit(first, "effective_date", words, (first, "kind"), (case.patient, "entry_route"))


@check("W97", WARNING, "The NCI risk follows from age and white cells.", source="data dictionary 4.4")
def risk_follows_age_and_cells(case: Case) -> Iterator[Hit]:
    """B-ALL only. SR from 1 to under 10 years with fewer than 50 x 10^9/L, INF below 1 year, else HR."""
    row = case.diagnosis
    told = row.nci_risk if row is not None and row.disease == "B_ALL" else None
    expected = _nci_risk(case, row) if told is not None else None
    if expected is not None and expected != told:
        words = f"The NCI risk is {told}, age and white cells say {expected}."
        cells = ((row, "disease"), (row, "diagnosis_date"), (row, "wbc_at_dx"), (case.patient, "birth_date"))
        yield hit(row, "nci_risk", words, *cells)


def _nci_risk(case: Case, row: Row) -> str | None:
    least = fewest_days(case.patient.birth_date, row.diagnosis_date)
    most = most_days(case.patient.birth_date, row.diagnosis_date)
    if least is None or least < 0:
        return None
    if most < DAYS_PER_YEAR:
        return "INF"
    if least >= 10 * DAYS_PER_YEAR or (least >= DAYS_PER_YEAR and surely_at_least(row, "wbc_at_dx", 50)):
        return "HR"
    child = least >= DAYS_PER_YEAR and most < 10 * DAYS_PER_YEAR
    return "SR" if child and surely_below(row, "wbc_at_dx", 50) else None
