"""Before the infusion: earlier therapy, the last evaluation, lymphodepletion (data dictionary 4.5, 4.7, 4.8)."""

from collections.abc import Iterator

from registry.checks.case import Case
from registry.checks.compare import DAYS_PER_YEAR, fewest_days, most_days, must_not_follow, must_not_precede
from registry.checks.engine import ERROR, WARNING, Hit, check, hit

#: Days before the infusion within which the last evaluation lies, and the last dose of lymphodepletion.
EVALUATED_WITHIN, DEPLETED_WITHIN = 60, 14
#: Lansky below this age, Karnofsky from it on.
KARNOFSKY_FROM_YEARS = 16


@check("H16", ERROR, "Earlier therapy starts after the diagnosis.", source="data dictionary 4.5, 5")
def treated_after_diagnosis(case: Case) -> Iterator[Hit]:
    """Not on the same day: the diagnosis is the day of the diagnostic sample."""
    diagnosis = case.diagnosis
    for row in case.of("prior_therapy") if diagnosis is not None else ():
        words = f"The line starts on {row.start_date}, not after the diagnosis on {diagnosis.diagnosis_date}."
        yield from must_not_precede(row, "start_date", diagnosis, "diagnosis_date", words, allowance=-1)


@check("H17", ERROR, "Earlier therapy starts before the index infusion.", source="data dictionary 4.5, 5")
def treated_before_infusion(case: Case) -> Iterator[Hit]:
    """What starts on that day or later is a salvage line or lymphodepletion."""
    index = case.index_infusion
    for row in case.of("prior_therapy") if index is not None else ():
        words = f"The line starts on {row.start_date}, not before the index infusion on {index.infusion_date}."
        reads = ("infusion.intent", "infusion.product")
        yield from must_not_follow(row, "start_date", index, "infusion_date", words, allowance=-1, reads=reads)


@check("H22", ERROR, "The evaluation before the infusion does not follow it.", source="data dictionary 4.7")
def evaluated_before_infusion(case: Case) -> Iterator[Hit]:
    """On the day of infusion at the latest."""
    for row in case.of("pre_infusion"):
        infusion = case.parent(row, "infusion")
        if infusion is not None:
            words = f"Evaluated on {row.assessment_date}, after the infusion on {infusion.infusion_date}."
            yield from must_not_follow(row, "assessment_date", infusion, "infusion_date", words)


@check(
    "H23",
    ERROR,
    "Lymphodepletion ends on or after its start, and on or before the day of infusion.",
    source="data dictionary 4.8, 5",
)
def depleted_before_infusion(case: Case) -> Iterator[Hit]:
    """A single dose starts and ends on one day. Its infusion is the one it hangs on."""
    for row in case.of("lymphodepletion"):
        words = f"Lymphodepletion ended on {row.stop_date}, before it started on {row.start_date}."
        yield from must_not_precede(row, "stop_date", row, "start_date", words)
        infusion = case.parent(row, "infusion")
        column = "stop_date" if row.stop_date is not None else "start_date"
        if infusion is not None:
            words = f"Lymphodepletion until {row.values.get(column)}, after the infusion on {infusion.infusion_date}."
            yield from must_not_follow(row, column, infusion, "infusion_date", words)


@check(
    "W100",
    WARNING,
    "The last evaluation lies within 60 days before the infusion.",
    source="data dictionary 4.7",
)
def evaluated_shortly_before(case: Case) -> Iterator[Hit]:
    """After the infusion is H22."""
    for row in case.of("pre_infusion"):
        infusion = case.parent(row, "infusion")
        days = fewest_days(row.assessment_date, infusion.infusion_date) if infusion is not None else None
        if days is not None and days > EVALUATED_WITHIN:
            words = f"Evaluated {days} days before the infusion on {infusion.infusion_date}."
            yield hit(row, "assessment_date", words, (infusion, "infusion_date"))


@check("W101", WARNING, "CD19-negative blasts before the infusion are unusual.", source="data dictionary 4.7")
def target_is_there(case: Case) -> Iterator[Hit]:
    """The product binds CD19. Dim and partial expression are ordinary."""
    for row in case.of("pre_infusion"):
        if row.cd19_expression == "NEG":
            yield hit(row, "cd19_expression", "CD19-negative blasts before a CD19 CAR T. Is the result right?")


@check("W102", WARNING, "Lansky is used below 16 years, Karnofsky from 16 on.", source="data dictionary 4.7")
def scale_fits_age(case: Case) -> Iterator[Hit]:
    """Age at the evaluation; only what every possible birth date confirms."""
    birth, limit = case.patient.birth_date, KARNOFSKY_FROM_YEARS * DAYS_PER_YEAR
    for row in case.of("pre_infusion"):
        least, most = fewest_days(birth, row.assessment_date), most_days(birth, row.assessment_date)
        if least is None:
            continue
        if (row.perf_scale == "LANSKY" and least >= limit) or (row.perf_scale == "KARNOFSKY" and most < limit):
            words = f"{row.perf_scale} at {least / DAYS_PER_YEAR:.1f} years."
            yield hit(row, "perf_scale", words, (row, "assessment_date"), (case.patient, "birth_date"))


@check("W103", WARNING, "A performance score goes by tens.", source="data dictionary 4.7")
def score_by_tens(case: Case) -> Iterator[Hit]:
    """Lansky and Karnofsky alike, 0 to 100."""
    for row in case.of("pre_infusion"):
        if row.perf_score is not None and row.perf_score % 10:
            yield hit(row, "perf_score", f"{row.perf_score} is no step of the scale: 0, 10, 20 ... 100.")


@check("W104", WARNING, "Lymphodepletion ends within 14 days before the infusion.", source="data dictionary 4.8")
def depleted_shortly_before(case: Case) -> Iterator[Hit]:
    """A longer gap lets the lymphocytes come back."""
    for row in case.of("lymphodepletion"):
        infusion = case.parent(row, "infusion")
        days = fewest_days(row.stop_date, infusion.infusion_date) if infusion is not None else None
        if days is not None and days > DEPLETED_WITHIN:
            words = f"Lymphodepletion ended {days} days before the infusion on {infusion.infusion_date}."
            yield hit(row, "stop_date", words, (infusion, "infusion_date"))
