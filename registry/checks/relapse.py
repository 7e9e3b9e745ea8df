"""Relapses: a remission must have been lost, somewhere (data dictionary 4.14, 6.3)."""

from collections.abc import Iterator

from registry.checks.case import Case, Row
from registry.checks.compare import must_find, some_within
from registry.checks.engine import ERROR, Hit, check, hit

SITES = ("site_marrow", "site_cns", "site_testis", "site_other")
_READ_OF_REMISSIONS = ("response.assessment_date", "response.response")


@check(
    "H50",
    ERROR,
    "A relapse after CAR T needs an earlier remission of the same infusion.",
    source="data dictionary 4.14, 5, 6.3",
)
def relapse_needs_a_remission(case: Case) -> Iterator[Hit]:
    """Only when the relapse names its infusion. CR, CRi and MLFS count, but not on the day of relapse."""
    for row in case.of("relapse"):
        infusion = case.parent(row, "infusion")
        if infusion is None:
            continue
        remissions = [
            one.assessment_date for one in case.remissions if one.parents.get("infusion") == infusion.id
        ]
        if row.relapse_date is not None:
            found = some_within(remissions, last=row.relapse_date.shifted(-1))
        else:
            found = None if remissions else False
        words = (
            f"No CR or CRi of the infusion on {infusion.infusion_date} lies before the relapse on "
            f"{row.relapse_date}. Add the assessment, or record progression (PD) instead."
        )
        reads = ("relapse.infusion", "response.infusion", *_READ_OF_REMISSIONS)
        yield from must_find(found, row, "relapse_date", words, reads=reads)


@check(
    "H52",
    ERROR,
    "A further relapse needs a remission since the one before.",
    source="data dictionary 4.14, 5",
)
def further_relapse_needs_a_remission(case: Case) -> Iterator[Hit]:
    """After CAR T, salvage or transplant alike. A relapse of level MRD has not ended the remission (6.3)."""
    before: Row | None = None
    for row in case.of("relapse"):
        if row.relapse_date is None:
            continue
        if before is not None:
            remissions = (one.assessment_date for one in case.remissions)
            first, last = before.relapse_date.shifted(1), row.relapse_date.shifted(-1)
            words = (
                f"No CR or CRi is on file between the relapse on {before.relapse_date} and the one on "
                f"{row.relapse_date}."
            )
            found = some_within(remissions, first, last)
            for one in must_find(
                found, row, "relapse_date", words, reads=("relapse.level", *_READ_OF_REMISSIONS)
            ):
                yield Hit(row, one.column, one.message, ((before, "relapse_date"),), one.reads, one.undecided)
        if row.level != "MRD":
            before = row


@check("H53", ERROR, "A relapse has at least one site.", source="data dictionary 4.14, 5")
def relapse_has_a_site(case: Case) -> Iterator[Hit]:
    """Only when all four sites are answered N: a blank or unknown site is incomplete, not free."""
    for row in case.of("relapse"):
        if all(row.values.get(site) == "N" for site in SITES):
            words = "All four sites are N: a relapse is somewhere."
            yield hit(row, SITES[0], words, *((row, site) for site in SITES[1:]))
