"""Which columns an analysis looks at: what a change must touch to be able to move its numbers."""

from analytics.comparison.rows import ADDED, BIRTH, REMOVED, RowChange
from analytics.study.schema import LAYOUTS

ATTRITION = "attrition"
#: Columns that decide who is studied, or from which day, in every plan.
MEMBERSHIP = {
    *("infusion.infusion_date", "infusion.product", "infusion.protocol", "infusion.intent", "infusion.infusion_number"),
    *("diagnosis.disease", "prior_therapy.prior_car", "patient.birth_date", "patient.ascertained_on"),
    *("consent.status", "consent.kind", "consent.withdrawal_scope", "consent.withdrawn_on"),
    *("protocol.short_code", "protocol.in_founding_cohort", "product.code", "product.target", "site.code"),
}
#: What the groups to compare are made of, beyond membership.
GROUPED_BY = {
    "sex": ("patient.sex_at_birth",),
    "site": ("infusion.site", "hsct.site"),
    "relapse_timing": ("relapse.relapse_date",),
    "cd19_status": ("relapse.cd19_status", "relapse.lineage_switch", "relapse.relapse_date"),
    "prior_hsct": ("hsct.hsct_date", "hsct.hsct_type", "hsct.reason", "relapse.relapse_date"),
    "salvage_category": ("salvage.category", "salvage.components", "salvage.start_date", "salvage.intent"),
    "hsct_status": ("hsct.status_at_hsct",),
    "cr_number": ("hsct.cr_number",),
    "donor": ("hsct.donor",),
    "graft": ("hsct.graft",),
    "conditioning": ("hsct.conditioning",),
    "year_group": ("hsct.hsct_date",),
    "year": ("hsct.hsct_date",),
    "age_years": ("hsct.age_at_hsct",),
    "age_group": ("hsct.age_at_hsct",),
}


def is_read(change: RowChange) -> bool:
    """Whether any analysis could look at what changed."""
    if change.slug == "findings" or change.column == f"patient.{BIRTH}":
        return True
    layout = LAYOUTS.get(change.slug)
    if layout is None:
        return False
    if change.kind in (ADDED, REMOVED):
        return True
    return change.item in {*layout.all_dates, *layout.parents, *layout.numbers, *layout.codes, "patient"}


def touches(change: RowChange, reads: frozenset[str]) -> bool:
    """Whether an analysis that reads these columns looks at what changed; without columns it may look at all."""
    if not is_read(change):
        return False
    if not reads or change.slug == "findings" or change.column in reads or change.column in MEMBERSHIP:
        return True
    whole = change.kind in (ADDED, REMOVED) or change.item == "patient"
    return whole and any(column.startswith(f"{change.slug}.") for column in reads)


def reads_of(plan: str, key: str, by: tuple[str, ...]) -> frozenset[str]:
    """The columns that an analysis of a plan and its groups are made of; none when that is not known."""
    from analytics.study.catalogue import PLANS

    if key == ATTRITION:
        anchor = PLANS[plan].population.anchor
        return frozenset(
            {*MEMBERSHIP, "patient.registry_id", *(("hsct.hsct_date", "hsct.hsct_type") if anchor == "hsct" else ())}
        )
    analysis = next((one for one in PLANS[plan].analyses if one.key == key), None)
    if analysis is None:
        return frozenset()
    strata = [analysis.own.key] if analysis.own else [] if analysis.whole else list(by)
    strata += [one.key for one in getattr(analysis.question, "characteristics", ())]
    groups = {column for stratum in strata for column in GROUPED_BY.get(stratum, ())}
    return frozenset({*analysis.question.reads, *groups})
