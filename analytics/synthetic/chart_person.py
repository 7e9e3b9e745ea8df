"""Who the synthetic patient is: patient, consents, enrollment, diagnosis."""

from __future__ import annotations

from analytics.synthetic.chart import NOT_APPLICABLE, UNKNOWN, Chart

RACES = {"2106-3": 0.62, "2054-5": 0.1, "2028-9": 0.06, "2106-3;2054-5": 0.02, "1002-5": 0.01, "ASKU": 0.08}
#: one leading lesion per leukemia: (risk group, column) with its weight
LESIONS = {
    ("HIGH", "kmt2a_r"): 0.09,
    ("HIGH", "bcr_abl1"): 0.05,
    ("HIGH", "ph_like"): 0.07,
    ("HIGH", "hypodiploid"): 0.03,
    ("HIGH", "tcf3_hlf"): 0.01,
    ("FAVORABLE", "etv6_runx1"): 0.12,
    ("FAVORABLE", "hyperdiploid"): 0.14,
    ("INTERMEDIATE", "iamp21"): 0.03,
    ("INTERMEDIATE", "ikzf1_del"): 0.06,
    ("INTERMEDIATE", "tcf3_pbx1"): 0.05,
    ("UNINFORMATIVE", ""): 0.35,
}
COLUMNS = [column for _, column in LESIONS if column]
WHITE_CELLS = ((0.0, 10), (0.4, 90), (0.7, 480), (0.9, 1500), (1.0, 5200))  # tenths of 10^9/L
MAJORITY = 6575  # days: the 18th birthday


def write_person(chart: Chart) -> None:
    """Write the rows that every patient has once, and the consents."""
    dice, course = chart.dice, chart.course
    birth = chart.month(-course.age_days) if course.number % 40 == 7 and _far_from_median(chart) else None
    chart.add(
        "patient",
        site=chart.site,
        birth_date=birth or chart.date(-course.age_days),
        sex_at_birth=course.sex,
        race=chart.known(dice.pick(RACES)),
        ethnicity=chart.known("2135-2" if dice.chance(0.24) else "2186-5"),
        country_residence="US",
        down_syndrome="Y" if dice.chance(0.04) else "N",
        entry_route="PROSPECTIVE",
        source_document="SYNTHETIC, not a real patient",
    )
    _consents(chart)
    chart.add(
        "enrollment",
        protocol=chart.protocol,
        subject_number=f"SYNTHETIC-{course.number:05d}",
        enrolled_on=chart.date(chart.enrolled),
        off_study_on=chart.date(course.end) if course.dead else NOT_APPLICABLE,
        off_study_reason="DEATH" if course.dead else NOT_APPLICABLE,
    )
    _diagnosis(chart)


def _far_from_median(chart: Chart) -> bool:
    """A birth known to the month must not move the median age at relapse."""
    return abs(chart.age_years(chart.course.relapse or 0) - 10.6) > 0.3


def _consents(chart: Chart) -> None:
    dice, course = chart.dice, chart.course
    minor = chart.age_years(chart.enrolled) < 18
    signed = {
        "signed_by": "PARENT" if minor else "PATIENT",
        "assent": ("Y" if chart.age_years(chart.enrolled) >= 7 else NOT_APPLICABLE) if minor else NOT_APPLICABLE,
        "document_version": "SYNTHETIC 1.0",
        "irb_ref": "SYNTHETIC",
    }
    on = {"effective_date": chart.date(chart.enrolled)}
    chart.add("consent", kind="REGISTRY", status="GIVEN", **signed, **on)
    chart.add("consent", kind="TRIAL", status="GIVEN", **signed, **on)
    chart.add(
        "consent",
        kind="SHARING_EXTERNAL",
        status="GIVEN" if dice.chance(0.93) else "DECLINED",
        **signed,
        **on,
    )
    adult_on = MAJORITY - course.age_days + dice.between(5, 50)
    if minor and 30 < adult_on < course.end:
        signed |= {"signed_by": "PATIENT", "assent": NOT_APPLICABLE, "document_version": "SYNTHETIC 2.0"}
        day = chart.date(adult_on)
        chart.add("consent", kind="REGISTRY_AGE_OF_MAJORITY", status="GIVEN", **signed, effective_date=day)


def _diagnosis(chart: Chart) -> None:
    dice = chart.dice
    age = chart.age_years(chart.dx_day)
    white_cells = dice.quantile(WHITE_CELLS)
    standard = 1 <= age < 10 and white_cells < 500
    risk, lesion = dice.pick(LESIONS)
    refractory = chart.relapses_before == 0
    chart.add(
        "diagnosis",
        diagnosis_date=chart.month(chart.dx_day) if dice.chance(0.05) else chart.date(chart.dx_day),
        disease="B_ALL",
        wbc_at_dx=f"{white_cells / 10:.1f}",
        nci_risk="INF" if age < 1 else "SR" if standard else "HR",
        cns_status_dx=chart.known(dice.pick({"CNS1": 0.72, "CNS2": 0.2, "CNS3": 0.08})),
        testicular_dx=("Y" if dice.chance(0.03) else "N") if chart.course.sex == "M" else NOT_APPLICABLE,
        cyto_group=risk,
        **{column: "Y" if column == lesion else "N" for column in COLUMNS},
        tp53=UNKNOWN if dice.chance(0.5) else "N",
        n_relapses_before_cart=chart.relapses_before,
        primary_refractory="Y" if refractory else "N",
    )
