"""Relapses: the first after the index infusion, its timing and sites, and the first after a transplant."""

from __future__ import annotations

import numpy as np

from analytics.study import days
from analytics.study.days import Flags, Floats
from analytics.study.milestones.case import Case, codes, milestone, spread, worded
from analytics.study.milestones.moments import Rows, When, first
from analytics.study.milestones.person import age_years

EARLY, LATE = "EARLY", "LATE"
SITE_GROUPS = ("BM_ISO", "CNS_ISO", "TESTIS_ISO", "EM_OTHER_ISO", "EM_MULTI", "COMBINED")


@milestone("relapse.relapse_date")
def relapse_rows(case: Case) -> Rows:
    """Relapse rows, partial dates clamped to between the day after the remission and death.

    Only where the row surely follows the index infusion, and only against exact neighbors. Source: ENDPOINTS
    3.15.5.
    """
    rows = case.table("relapse")
    follows = case["relapse_follows_infusion"]
    remission, index = case["cr_date"].exact_day, case["index_infusion"].day
    start = np.where(np.isnan(remission), index, remission)
    low = np.where(follows, start[rows.who] + 1, _day_after_first_transplant(case)[rows.who])
    high = np.fmin(case["exact_death_day"], case.frames.cutoff)[rows.who]
    exact_high = case["exact_death_day"][rows.who]
    return rows.moved(days.clamp(rows.day, rows.precision, low=low, high=exact_high), low=low, high=high)


def _day_after_first_transplant(case: Case) -> Floats:
    """For patients followed from a transplant and not infused before it: what a relapse row there can only
    follow."""
    transplant = case["transplant"].exact_day
    infused = case["index_infusion"].day <= transplant
    return np.where(infused | np.isnan(transplant), -np.inf, transplant + 1)


@milestone()
def relapse_follows_infusion(case: Case) -> Flags:
    """Relapse rows that must follow the index infusion: they name it or a later one, or no transplant came
    before it.

    A relapse row follows an infusion or a transplant (DATA_DICTIONARY 4.14), so without an earlier transplant
    there is nothing before the infusion it could follow.
    """
    rows = case.table("relapse")
    index = case["index_infusion"].day[rows.who]
    named = spread(case.table("infusion").day, case.parent_rows("relapse", "infusion"), blank=np.nan)
    hsct = case["hsct_rows"]
    earlier = np.zeros(case.size, dtype=bool)
    earlier[hsct.who[hsct.low < case["index_infusion"].day[hsct.who]]] = True
    return np.isfinite(index) & ((named >= index) | ~earlier[rows.who])


@milestone("relapse.level")
def relapse_counts(case: Case) -> Flags:
    """Relapse rows of a level that ends a remission: every level but MRD, unless MRD relapses are included.

    An unknown level counts. Source: ENDPOINTS 1 (`INCLUDE_MRD_RELAPSE`), DATA_DICTIONARY 4.14.
    """
    mrd_only = codes(case.frames["relapse"]["level"], "MRD")
    return ~mrd_only | case.conventions.include_mrd_relapse


def first_relapse_after(case: Case, day: Floats, *, but: When | None = None, assume: Flags | None = None) -> When:
    """First counting relapse after a day. `but`: a relapse already taken; `assume`: rows known to follow it.

    Vague dates: surely after when the whole interval is, or when nothing else is possible; else unsure.
    """
    rows = case["relapse_rows"]
    start = day[rows.who]
    counts = case["relapse_counts"] & np.isfinite(start)
    if but is not None:
        counts = counts & (np.arange(rows.who.size) != but.row[rows.who])
    maybe = counts & (rows.high > start)
    sure = counts & ((rows.low > start) if assume is None else (rows.low > start) | (assume & (rows.high > start)))
    return first(case.size, rows, sure, maybe=maybe)


@milestone("relapse.relapse_date", "relapse.level")
def relapse1(case: Case) -> When:
    """The post-CART19 relapse: first relapse of a counting level after the remission of the index infusion.

    Source: ENDPOINTS 2.3.
    """
    remission = case["cr_date"]
    start = np.where(remission.datable, remission.day, case["index_infusion"].day)
    start = np.where(remission.happened, start, np.nan)
    return first_relapse_after(case, start, assume=case["relapse_follows_infusion"])


@milestone("relapse.relapse_date", "relapse.level")
def relapse_after_infusion(case: Case) -> When:
    """First relapse of a counting level after the index infusion, with or without a timely remission.

    Source: ENDPOINTS 3.15.8.
    """
    return first_relapse_after(case, case["index_infusion"].day, assume=case["relapse_follows_infusion"])


@milestone("relapse.relapse_date", "infusion.infusion_date")
def days_to_relapse(case: Case) -> Floats:
    """Days from the index infusion to the relapse, among those who relapsed at a known day or month.

    Source: ENDPOINTS 3.2a.
    """
    relapse = case["relapse1"]
    return np.where(relapse.datable, relapse.day - case["index_infusion"].day, np.nan)


@milestone("relapse.relapse_date", "infusion.infusion_date")
def relapse_timing(case: Case) -> np.ndarray:
    """EARLY when the relapse is at most 182 days after the index infusion, LATE from day 183; blank when
    undecidable.

    Source: ENDPOINTS 3.4.
    """
    relapse, index = case["relapse1"], case["index_infusion"].day
    months = case.conventions.early_relapse_calendar_months
    last = index + case.conventions.early_relapse_max_days if months is None else days.add_months(index, months)
    early = relapse.happened & (relapse.high <= last)
    late = relapse.happened & (relapse.low > last)
    return worded([early, late], [EARLY, LATE])


@milestone()
def relapse_site_group(case: Case) -> np.ndarray:
    """Where the relapse was: marrow alone, one or several sites outside it, or both (COMBINED); blank when
    undecidable.

    COMBINED needs at least 5 % marrow blasts where a percent is given; below that the relapse is
    extramedullary. An unanswered site leaves the group open where its answer would change it; testis does not
    apply to girls. Source: DATA_DICTIONARY 6.3, ENDPOINTS 3.15.16.
    """
    marrow, cns, testis, other = (_site(case, name) for name in ("marrow", "cns", "testis", "other"))
    outside = [cns, testis, other]
    found = sum((site == 1).astype(int) for site in outside)
    open_sites = sum(np.isnan(site).astype(int) for site in outside)
    sparse = (marrow == 1) & (found > 0) & _marrow_sparse(case)
    combined = (marrow == 1) & (found > 0) & ~sparse
    away = ((marrow == 0) | sparse) & (found > 0)
    alone = away & (found == 1) & (open_sites == 0)
    kinds = [
        combined,
        (marrow == 1) & (found == 0) & (open_sites == 0),
        away & (found > 1),
        alone & (cns == 1),
        alone & (testis == 1),
        alone & (other == 1),
    ]
    names = ["COMBINED", "BM_ISO", "EM_MULTI", "CNS_ISO", "TESTIS_ISO", "EM_OTHER_ISO"]
    return worded(kinds, names)


def _marrow_sparse(case: Case) -> Flags:
    """Marrow blasts stated to be below 5 %; `<5` is below, too."""
    table, limit = case.frames["relapse"], case.conventions.combined_marrow_pct
    blasts = case["relapse1"].at(table["marrow_blast_pct"], blank=np.nan)
    told = case["relapse1"].at(table["comparators"]).astype(str)
    below = (np.char.find(told, "marrow_blast_pct=<") >= 0) & (np.char.find(told, "marrow_blast_pct=<=") < 0)
    return (blasts < limit) | (below & (blasts <= limit))


def _site(case: Case, name: str) -> Floats:
    """One site of the relapse: 1 yes, 0 no, NaN not answered. `NA` means no; girls have no testis."""
    table = case.frames["relapse"]
    answer = case["relapse1"].at(table[f"site_{name}"])
    missing = case["relapse1"].at(table["missing"]).astype(str)
    no = (answer == "N") | (np.char.find(missing, f"site_{name}=NA") >= 0)
    if name == "testis":
        no = no | ((answer != "Y") & (case["sex"] == "F"))
    return np.select([answer == "Y", no], [1.0, 0.0], np.nan)


@milestone()
def marrow_involved(case: Case) -> Floats:
    """Marrow involved at the relapse (1 yes, 0 no, NaN not answered), whatever the percent of blasts.

    Read as `isolated` (a sensitivity run): the marrow alone. Source: ENDPOINTS 3.15.16, F11.
    """
    if case.conventions.marrow_reading == "isolated":
        group = case["relapse_site_group"]
        return np.select([group == "BM_ISO", group == ""], [1.0, np.nan], 0.0)
    return _site(case, "marrow")


@milestone("relapse.relapse_date")
def relapse_age_years(case: Case) -> Floats:
    """Age at the relapse in unrounded years. Source: ENDPOINTS 2.5b."""
    relapse = case["relapse1"]
    return np.where(relapse.datable, age_years(case, relapse.day), np.nan)


@milestone()
def cd19_group(case: Case) -> np.ndarray:
    """CD19 on the blasts at the relapse: POS (also dim), NEG (also mixed), SWITCH for a lineage switch; else
    blank.

    Source: ENDPOINTS 3.15.15, DATA_DICTIONARY 6.5.
    """
    return cd19_at(case, case["relapse1"])


def cd19_at(case: Case, relapse: When) -> np.ndarray:
    """The CD19 group of any relapse."""
    table = case.frames["relapse"]
    status, switch = (
        relapse.at(table["cd19_status"]).astype(str),
        relapse.at(table["lineage_switch"]).astype(str),
    )
    switched = np.isin(switch, ("AML", "MPAL", "T", "OTHER"))
    positive, negative = np.isin(status, ("POS", "DIM")), np.isin(status, ("NEG", "MIXED"))
    return worded([switched, positive, negative], ["SWITCH", "POS", "NEG"])
