"""Salvage lines: what they answer to, how they end, what came of them (data dictionary 4.15)."""

from collections.abc import Iterator

from registry.checks.case import CR_ANY, Case, Row, targets_cd19
from registry.checks.compare import fewest_days, most_days, must_find, must_not_precede, some_within
from registry.checks.course import active_dates
from registry.checks.engine import ERROR, FLAG, WARNING, Hit, check, hit
from registry.checks.said import on

#: Days a salvage line may begin before the relapse is proven, on suspicion (data dictionary 4.15).
ON_SUSPICION = 7
#: Days after an infusion before which it cannot have failed yet (data dictionary 4.15).
TOO_EARLY_TO_FAIL = 14
#: Days between the start of a CAR T line and the infusion that it is (data dictionary 4.15).
SAME_INFUSION = 3


@check(
    "H56",
    ERROR,
    "Salvage starts after the relapse, or from day 14 after a failed infusion; at most 7 days earlier.",
    source="data dictionary 4.15, 5",
)
def salvage_after_its_reason(case: Case) -> Iterator[Hit]:
    """Up to 7 days earlier is a warning (W82): treatment may begin on suspicion."""
    for row in case.of("salvage"):
        relapse, infusion = case.parent(row, "relapse"), case.parent(row, "infusion")
        if relapse is not None:
            words = f"Salvage on {row.start_date}, over 7 days before the relapse on {relapse.relapse_date}."
            yield from must_not_precede(row, "start_date", relapse, "relapse_date", words, allowance=ON_SUSPICION)
        if infusion is not None:
            words = (
                f"Salvage for non-response on {row.start_date} starts less than 7 days after the infusion on "
                f"{infusion.infusion_date}."
            )
            allowance = ON_SUSPICION - TOO_EARLY_TO_FAIL
            yield from must_not_precede(row, "start_date", infusion, "infusion_date", words, allowance=allowance)


@check(
    "W82",
    WARNING,
    "Salvage that starts before its reason is proven needs one.",
    source="data dictionary 4.15",
)
def salvage_on_suspicion(case: Case) -> Iterator[Hit]:
    """The seven days that H56 allows: treatment begun on suspicion."""
    for row in case.of("salvage"):
        for entity, column, least in (
            ("relapse", "relapse_date", 0),
            ("infusion", "infusion_date", TOO_EARLY_TO_FAIL),
        ):
            reason = case.parent(row, entity)
            days = most_days(reason.values.get(column), row.start_date) if reason is not None else None
            if days is not None and days < least and days >= least - ON_SUSPICION:
                words = f"Salvage started on {row.start_date}, {least - days} days early."
                yield hit(row, "start_date", words, (reason, column))


@check("H57", ERROR, "A salvage line stops on or after its start.", source="data dictionary 4.15")
def salvage_stops_after_start(case: Case) -> Iterator[Hit]:
    """A line that is still given has no stop date."""
    for row in case.of("salvage"):
        words = f"The line stopped on {row.stop_date}, before it started on {row.start_date}."
        yield from must_not_precede(row, "stop_date", row, "start_date", words)


@check(
    "H58",
    ERROR,
    "CD19 CAR T given as salvage is also an infusion row, within 3 days: reinfusion or other product.",
    source="data dictionary 4.15, 5",
)
def salvage_cart_is_an_infusion(case: Case) -> Iterator[Hit]:
    """The infusion that the line names, or any infusion on file when it names none."""
    for row in case.of("salvage"):
        if "CART_CD19" not in (row.components or ()):
            continue
        named = case.row("infusion", row.cart_infusion)
        candidates = [named] if named is not None else [one for one in case.infusions if _may_be_salvage(case, one)]
        reads = ("salvage.cart_infusion", "salvage.start_date", "infusion.infusion_date")
        words = f"CD19 CAR T as salvage {on(row.start_date)}: no infusion is on file within 3 days of it."
        yield from must_find(_same_day(row, candidates), row, "components", words, reads=reads)
        if named is not None and not _may_be_salvage(case, named):
            words = "The infusion named is neither a reinfusion (REINF_...) nor of another CD19 product."
            cells = ((row, "components"), (named, "intent"), (named, "product"))
            yield hit(row, "cart_infusion", words, *cells)


def _same_day(row: Row, infusions: list[Row]) -> bool | None:
    if row.start_date is None:
        return None if infusions else False
    moments = (one.infusion_date for one in infusions)
    return some_within(moments, row.start_date.shifted(-SAME_INFUSION), row.start_date.shifted(SAME_INFUSION))


def _may_be_salvage(case: Case, infusion: Row) -> bool:
    """A reinfusion, or a CD19 product not used before; what is not answered is not held against it."""
    if infusion.intent is None or infusion.intent.startswith("REINF_"):
        return True
    earlier = case.infusions[: case.infusions.index(infusion)]
    other = infusion.product is None or all(one.product != infusion.product for one in earlier)
    return bool(earlier) and other and (infusion.product is None or targets_cd19(infusion))


@check(
    "W72",
    WARNING,
    "A salvage line that starts in remission is unusual.",
    source="data dictionary 5, ENDPOINTS 3.7",
)
def salvage_in_remission(case: Case) -> Iterator[Hit]:
    """It should answer a new relapse, or be consolidation. An assessment on the day counts as before."""
    for row in case.of("salvage"):
        reason = case.parent(row, "relapse") or case.parent(row, "infusion")
        began = case.date_of(reason) if reason is not None else None
        if began is None or row.start_date is None:
            continue
        for one in reversed(case.remissions):
            if some_within([one.assessment_date], began.shifted(1), row.start_date):
                if some_within(active_dates(case), one.assessment_date.shifted(1), row.start_date) is False:
                    words = f"The line starts on {row.start_date} in the remission of {one.assessment_date}."
                    cells = (
                        (one, "assessment_date"),
                        (one, "response"),
                        (reason, case.dated_by[reason.entity]),
                    )
                    yield hit(row, "start_date", words, *cells, reads=("relapse.relapse_date",))
                break


@check(
    "A10",
    FLAG,
    "A salvage line without a response on file.",
    source="data dictionary 4.15, 5, ENDPOINTS 3.15.10",
)
def salvage_without_response(case: Case) -> Iterator[Hit]:
    """Not when death, a next line or a later relapse ended it, nor with a CR after a transplant."""
    lines = case.of("salvage")
    for place, row in enumerate(lines):
        ended = case.death is not None or any(one.parents == row.parents for one in lines[place + 1 :])
        if not (ended or case.children("response", row) or _told_otherwise(case, row)):
            reads = ("response.response", "response.salvage", "death.death_date")
            yield hit(row, "start_date", f"No response to the line {on(row.start_date)} is on file.", reads=reads)


def _told_otherwise(case: Case, row: Row) -> bool:
    """A relapse after the start, or a remission assessed after a transplant that followed it."""
    later = [one.relapse_date for one in case.of("relapse")]
    later += [
        one.assessment_date
        for one in case.of("response")
        if one.response in CR_ANY and one.parents.get("hsct") is not None
    ]
    return any((fewest_days(row.start_date, moment) or 0) > 0 for moment in later)
