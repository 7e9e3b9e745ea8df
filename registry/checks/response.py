"""Response assessments: their date, and their words against their numbers (data dictionary 4.10, 6.1)."""

from collections.abc import Iterator

from registry.checks.case import Case
from registry.checks.compare import must_find, must_not_precede, some_within, surely_at_least
from registry.checks.engine import ERROR, Hit, check, hit

#: The treatments an assessment can look at, with the date each begins on.
TREATMENTS = (("infusion", "infusion_date"), ("salvage", "start_date"), ("hsct", "hsct_date"))
#: Days between an assessment RELAPSE and the relapse row it belongs to (data dictionary 4.10).
SAME_RELAPSE = 7


@check(
    "H35",
    ERROR,
    "A response is assessed on or after the start of its treatment.",
    source="data dictionary 4.10, 5",
)
def response_after_treatment(case: Case) -> Iterator[Hit]:
    """The day of the sample counts, not of the report."""
    for row in case.of("response"):
        for entity, column in TREATMENTS:
            treatment = case.parent(row, entity)
            if treatment is not None:
                words = (
                    f"Assessed on {row.assessment_date}, before the treatment assessed began on "
                    f"{treatment.values.get(column)}."
                )
                yield from must_not_precede(row, "assessment_date", treatment, column, words)


@check(
    "H37", ERROR, "A response RELAPSE needs a relapse row within 7 days.", source="data dictionary 4.10, 5"
)
def relapse_response_has_a_row(case: Case) -> Iterator[Hit]:
    """The other way round nothing is asked: a relapse needs no assessment."""
    for row in case.of("response"):
        if row.response != "RELAPSE":
            continue
        moment, reads = row.assessment_date, ("relapse.relapse_date", "response.assessment_date")
        if moment is None:
            found = None if case.of("relapse") else False
        else:
            relapses = (relapse.relapse_date for relapse in case.of("relapse"))
            found = some_within(relapses, moment.shifted(-SAME_RELAPSE), moment.shifted(SAME_RELAPSE))
        words = f"RELAPSE was assessed on {moment or 'an unknown day'}: no relapse is on file within 7 days."
        yield from must_find(found, row, "response", words, reads=reads)


@check(
    "H38",
    ERROR,
    "A remission has less than 5 % marrow blasts and no extramedullary disease.",
    source="data dictionary 4.10, 5, 6.1",
)
def remission_without_disease(case: Case) -> Iterator[Hit]:
    """CR, CRi and MLFS alike, within one assessment. `<5` contradicts nothing."""
    for row in case.remissions:
        if surely_at_least(row, "marrow_blast_pct", 5):
            words = (
                f"{row.response} with {row.marrow_blast_pct} % marrow blasts: a remission has less than 5 %."
            )
            yield hit(row, "response", words, (row, "marrow_blast_pct"))
        if row.em_disease not in (None, "N"):
            words = f"{row.response} with extramedullary disease ({row.em_disease}): a remission has none."
            yield hit(row, "response", words, (row, "em_disease"))
