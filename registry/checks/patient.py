"""Birth, diagnosis, enrollment and sex against the rest of the chart (data dictionary 4.1-4.4)."""

from collections.abc import Iterator

from registry.checks.case import Case
from registry.checks.compare import must_not_follow, must_not_precede
from registry.checks.engine import ERROR, Hit, check, hit


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
    source="data dictionary 4.1, 5",
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
