"""Which columns of the frozen tables the study reads, and how each table is dated.

A table or column a snapshot does not have is read as empty. Columns not named here are never read.
Source: the tables of the data dictionary.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Layout:
    """The columns of one table: its dating date, other dates, parents (row numbers of other tables), numbers
    and codes."""

    dated_by: str = ""
    dates: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    order: str = ""  # the running number that settles the order of rows of one day

    @property
    def all_dates(self) -> tuple[str, ...]:
        return ((self.dated_by,) if self.dated_by else ()) + self.dates


LAYOUTS: dict[str, Layout] = {
    "site": Layout(codes=("code",)),
    "protocol": Layout(codes=("short_code", "kind", "in_founding_cohort")),
    "product": Layout(codes=("code", "target")),
    "patient": Layout(dates=("ascertained_on",), codes=("site", "sex_at_birth", "entry_route")),
    "consent": Layout("effective_date", dates=("withdrawn_on",), codes=("kind", "status", "withdrawal_scope")),
    "enrollment": Layout("enrolled_on"),
    "diagnosis": Layout("diagnosis_date", numbers=("age_days",), codes=("disease",)),
    "prior_therapy": Layout("start_date", codes=("prior_car",)),
    "infusion": Layout(
        "infusion_date",
        numbers=("age_days", "infusion_number"),
        codes=("site", "protocol", "product", "intent"),
        order="infusion_number",
    ),
    "pre_infusion": Layout("assessment_date", parents=("infusion",), codes=("status",)),
    "lymphodepletion": Layout("start_date"),
    "response": Layout(
        "assessment_date",
        parents=("infusion", "salvage", "hsct"),
        codes=("context", "timepoint", "response", "mrd_status"),
    ),
    "mrd": Layout(
        "sample_date",
        parents=("response", "relapse", "hsct"),
        numbers=("value_pct",),
        codes=("result", "sensitivity_pct", "comparators"),
    ),
    "b_cell": Layout(
        "sample_date",
        parents=("infusion",),
        numbers=("cd19_pct_lymph", "cd19_abs"),
        codes=("specimen", "interpretation", "comparators"),
    ),
    "toxicity": Layout("onset_date", parents=("infusion",), numbers=("max_grade",), codes=("kind", "grading_system")),
    "relapse": Layout(
        "relapse_date",
        parents=("infusion",),
        numbers=("age_days", "relapse_number", "marrow_blast_pct"),
        codes=(
            "level",
            "site_marrow",
            "site_cns",
            "site_testis",
            "site_other",
            "cd19_status",
            "lineage_switch",
            "missing",
            "comparators",
        ),
        order="relapse_number",
    ),
    "salvage": Layout(
        "start_date",
        parents=("relapse", "infusion", "cart_infusion"),
        numbers=("line_number",),
        codes=("trigger", "category", "components", "intent"),
        order="line_number",
    ),
    "hsct": Layout(
        "hsct_date",
        numbers=("age_days", "age_at_hsct", "hsct_number"),
        codes=(
            "site",
            "hsct_type",
            "status_at_hsct",
            "reason",
            "donor",
            "graft",
            "conditioning",
            "cr_number",
        ),
        order="hsct_number",
    ),
    "gvhd": Layout("onset_date", parents=("hsct", "infusion"), codes=("kind", "max_grade", "chronic_severity")),
    "follow_up": Layout(
        "contact_date",
        dates=("disease_evaluated_on",),
        codes=("contact_kind", "vital_status", "disease_status"),
    ),
    "death": Layout("death_date", codes=("primary_cause", "disease_status_at_death", "related_to")),
    "subsequent_malignancy": Layout("diagnosis_date"),
}
UNDATED = ("site", "protocol", "product", "patient")  # never cut: they hold no dated fact
WITHOUT_PATIENT = ("site", "protocol", "product")
