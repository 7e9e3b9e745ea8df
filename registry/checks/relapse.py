"""Relapses: a remission must have been lost, somewhere (data dictionary 4.14, 6.3)."""

from collections.abc import Iterator
from datetime import date

from registry.checks.case import Case, Row
from registry.checks.compare import most_days, must_find, some_within, surely_at_least, surely_below
from registry.checks.engine import ERROR, WARNING, Hit, check, hit
from registry.checks.said import on

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
        remissions = [one.assessment_date for one in case.remissions if one.parents.get("infusion") == infusion.id]
        if row.relapse_date is not None:
            found = some_within(remissions, last=row.relapse_date.shifted(-1))
        else:
            found = None if remissions else False
        words = (
            f"No CR or CRi of the infusion {on(infusion.infusion_date)} lies before the relapse "
            f"{on(row.relapse_date)}. Add the assessment, or record progression (PD) instead."
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
            for one in must_find(found, row, "relapse_date", words, reads=("relapse.level", *_READ_OF_REMISSIONS)):
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


@check(
    "H70",
    ERROR,
    "A relapse does not follow an infusion that was only ever NR, PD or NE.",
    source="data dictionary 5",
)
def relapse_is_not_nonresponse(case: Case) -> Iterator[Hit]:
    """That is non-response. An infusion without any assessment is left to H50."""
    for row in case.of("relapse"):
        infusion = case.parent(row, "infusion")
        responses = {one.response for one in case.children("response", infusion)} if infusion is not None else set()
        if responses and responses <= {"NR", "PD", "NE"}:
            words = f"The infusion was only {', '.join(sorted(responses))}: non-response, not relapse."
            yield hit(row, "infusion", words, reads=("response.infusion", "response.response"))


@check(
    "W51",
    WARNING,
    "A relapse within 14 days of the infusion, or 7 days of the remission, is unusual.",
    source="data dictionary 4.14, 5",
)
def relapse_not_at_once(case: Case) -> Iterator[Hit]:
    """The remission is the first one of the infusion whose remission was lost."""
    for row in case.of("relapse"):
        infusion = case.parent(row, "infusion")
        if infusion is None:
            continue
        days = most_days(infusion.infusion_date, row.relapse_date)
        if days is not None and days < 14:
            words = f"Relapse on day {days} after the infusion."
            yield hit(row, "relapse_date", words, (infusion, "infusion_date"))
        first = next((one for one in case.remissions if one.parents.get("infusion") == infusion.id), None)
        days = most_days(first.assessment_date, row.relapse_date) if first is not None else None
        if days is not None and 0 <= days < 7:
            words = f"Relapse {days} days after the first remission on {first.assessment_date}."
            yield hit(row, "relapse_date", words, (first, "assessment_date"), (first, "response"))


@check(
    "W54",
    WARNING,
    "A relapse with few marrow blasts is confirmed by other tests.",
    source="data dictionary 4.14, 6.3",
)
def few_blasts_are_confirmed(case: Case) -> Iterator[Hit]:
    """1 to under 5 % needs two tests besides morphology, 5 to under 25 % one; not with other sites.

    Asked only where the tests are recorded: a blank answer is incomplete, not a relapse without confirmation.
    """
    for row in case.of("relapse"):
        if not row.confirmed_by or any(row.values.get(site) == "Y" for site in SITES[1:]):
            continue
        others = len(set(row.confirmed_by) - {"MORPH"})
        few = surely_at_least(row, "marrow_blast_pct", 1) and surely_below(row, "marrow_blast_pct", 25)
        needed = 2 if few and surely_below(row, "marrow_blast_pct", 5) else int(few)
        if others < needed:
            words = f"{row.marrow_blast_pct} % marrow blasts need {needed} other test(s), {others} on file."
            cells = ((row, "marrow_blast_pct"), *((row, site) for site in SITES[1:]))
            yield hit(row, "confirmed_by", words, *cells)


#: Days after a relapse by which something is expected to have happened (data dictionary 5, W71).
WAIT = 60


@check(
    "W71",
    WARNING,
    "After a relapse, 60 days do not pass without salvage, transplant, death or a stated reason.",
    source="data dictionary 5",
)
def relapse_is_followed_up(case: Case, today: date) -> Iterator[Hit]:
    """A further infusion counts as treatment. `UNK` as reason is an answer."""
    columns = (
        ("salvage", "start_date"),
        ("hsct", "hsct_date"),
        ("infusion", "infusion_date"),
        ("death", "death_date"),
    )
    for row in case.of("relapse"):
        moment = row.relapse_date
        stated = row.no_salvage_reason is not None or row.why_missing("no_salvage_reason")
        if moment is None or stated or (today - moment.latest).days <= WAIT:
            continue
        happened = (one.values.get(column) for entity, column in columns for one in case.of(entity))
        if some_within(happened, moment.shifted(-7), moment.shifted(WAIT)) is False:
            words = f"Nothing is on file for 60 days after the relapse on {moment}. Add it, or state why."
            reads = ("relapse.relapse_date", *(f"{entity}.{column}" for entity, column in columns))
            yield hit(row, "no_salvage_reason", words, reads=reads)


@check("W92", WARNING, "Another site of relapse is named.", source="data dictionary 4.14")
def other_site_is_named(case: Case) -> Iterator[Hit]:
    """`UNK` is an answer, a blank is none."""
    for row in case.of("relapse"):
        named = row.site_other_text or row.why_missing("site_other_text")
        if row.site_other == "Y" and not named:
            yield hit(row, "site_other_text", "Another site is involved: say which.", (row, "site_other"))


@check("W93", WARNING, "Marrow relapse below 1 % blasts has the level MRD.", source="data dictionary 4.14, 6.3")
def below_one_percent_is_mrd(case: Case) -> Iterator[Hit]:
    """Only where level and percent are both answered."""
    for row in case.of("relapse"):
        low = row.site_marrow == "Y" and surely_below(row, "marrow_blast_pct", 1)
        if low and row.level not in (None, "MRD"):
            words = f"Marrow involved with {row.marrow_blast_pct} % blasts, but the level is {row.level}."
            yield hit(row, "level", words, (row, "site_marrow"), (row, "marrow_blast_pct"))
