"""Response assessments: their date, and their words against their numbers (data dictionary 4.10, 6.1)."""

from collections.abc import Iterator

from registry.checks.case import Case
from registry.checks.compare import (
    fewest_days,
    most_days,
    must_find,
    must_not_precede,
    some_within,
    surely_at_least,
    surely_below,
)
from registry.checks.engine import ERROR, FLAG, WARNING, Hit, check, hit

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


@check("H37", ERROR, "A response RELAPSE needs a relapse row within 7 days.", source="data dictionary 4.10, 5")
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
            words = f"{row.response} with {row.marrow_blast_pct} % marrow blasts: a remission has less than 5 %."
            yield hit(row, "response", words, (row, "marrow_blast_pct"))
        if row.em_disease not in (None, "N"):
            words = f"{row.response} with extramedullary disease ({row.em_disease}): a remission has none."
            yield hit(row, "response", words, (row, "em_disease"))


@check("W36", WARNING, "A D28 assessment lies on day 21 to 42.", source="data dictionary 4.10, 5")
def day_28_is_about_day_28(case: Case) -> Iterator[Hit]:
    """Counted from the start of the treatment assessed."""
    for row in case.of("response"):
        for entity, column in TREATMENTS if row.timepoint == "D28" else ():
            treatment = case.parent(row, entity)
            start = treatment.values.get(column) if treatment is not None else None
            least = fewest_days(start, row.assessment_date)
            if least is not None and (least > 42 or most_days(start, row.assessment_date) < 21):
                words = f"D28 assessed on day {least}, outside day 21 to 42."
                yield hit(row, "timepoint", words, (row, "assessment_date"), (treatment, column))


#: Days from the start of the treatment within which a planned assessment lies.
WINDOWS = {"D100": (85, 115), "M6": (150, 210), "M12": (365, 425), "Y1": (365, 425)}


@check(
    "W105",
    WARNING,
    "A planned assessment lies in its window: D100 day 85-115, 6 months 150-210, first year 365-425.",
    source="data dictionary 4.10",
)
def assessed_in_its_window(case: Case) -> Iterator[Hit]:
    """Counted from the start of the treatment assessed. D28 is W36; later years have no window."""
    for row in case.of("response"):
        window = WINDOWS.get(row.timepoint)
        for entity, column in TREATMENTS if window is not None else ():
            treatment = case.parent(row, entity)
            start = treatment.values.get(column) if treatment is not None else None
            least = fewest_days(start, row.assessment_date)
            if least is not None and (least > window[1] or most_days(start, row.assessment_date) < window[0]):
                words = f"{row.timepoint} assessed on day {least}, outside day {window[0]} to {window[1]}."
                yield hit(row, "timepoint", words, (row, "assessment_date"), (treatment, column))


@check("W39", WARNING, "CR has recovered counts; without them it is CRi.", source="data dictionary 4.10, 5, 6.1")
def complete_remission_has_counts(case: Case) -> Iterator[Hit]:
    """CR needs neutrophils of 1.0 and platelets of 100 x 10^9/L; blank counts say nothing."""
    for row in case.of("response"):
        for column, least in (("anc", 1), ("platelets", 100)):
            if row.response == "CR" and surely_below(row, column, least):
                words = f"CR with {column} {row.values[column]}, below {least}: by its counts this is CRi."
                yield hit(row, "response", words, (row, column))


@check(
    "W81",
    WARNING,
    "A remission before day 7 after the infusion is unusual.",
    source="data dictionary 5 (H35)",
)
def no_remission_within_a_week(case: Case) -> Iterator[Hit]:
    """CR, CRi and MLFS after CAR T."""
    for row in case.remissions:
        infusion = case.parent(row, "infusion")
        days = most_days(infusion.infusion_date, row.assessment_date) if infusion is not None else None
        if days is not None and 0 <= days < 7:
            words = f"{row.response} on day {days} after the infusion."
            yield hit(row, "assessment_date", words, (row, "response"), (infusion, "infusion_date"))


@check("A11", FLAG, "A remission with unknown MRD.", source="data dictionary 5")
def remission_with_unknown_mrd(case: Case) -> Iterator[Hit]:
    """Not done, not known or not answered: it counts as CR, never as MRD-negative CR."""
    for row in case.remissions:
        if row.mrd_status is None:
            words = f"{row.response} without a result of MRD ({row.why_missing('mrd_status') or 'blank'})."
            yield hit(row, "mrd_status", words, (row, "response"))
