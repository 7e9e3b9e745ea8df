"""CAR T infusions and salvage lines: their order and what they answer to (data dictionary 4.6, 4.15)."""

from collections.abc import Iterator

from registry.checks.case import Case, Row
from registry.checks.compare import must_not_precede
from registry.checks.engine import ERROR, Hit, check, hit

#: Days a salvage line may begin before the relapse is proven, on suspicion (data dictionary 4.15).
ON_SUSPICION = 7
#: Days after an infusion before which it cannot have failed yet (data dictionary 4.15).
TOO_EARLY_TO_FAIL = 14


@check(
    "H20",
    ERROR,
    "The first infusion is PRIMARY; a later PRIMARY infusion uses another product.",
    source="data dictionary 4.6, 5",
)
def first_infusion_is_primary(case: Case) -> Iterator[Hit]:
    """Several infusions of which one is undated have no known order and are not judged."""
    infusions = case.infusions
    if len(infusions) > 1 and any(row.infusion_date is None for row in infusions):
        return
    first = infusions[:1]
    if len(infusions) > 1:
        first = tuple(row for row in infusions if row.infusion_date == infusions[0].infusion_date)
    if first and all(row.intent not in (None, "PRIMARY") for row in first):
        words = f"The first infusion is PRIMARY, not {first[0].intent}. Is an earlier infusion missing?"
        yield hit(first[0], "intent", words, (first[0], "infusion_date"))
    for row, earlier in later_primaries(case):
        if row.product is not None and row.product == earlier.product:
            words = f"A second PRIMARY infusion of {row.product}: say as intent why it was given again."
            cells = (
                (earlier, "product"),
                (row, "product"),
                (row, "infusion_date"),
                (earlier, "infusion_date"),
            )
            yield hit(row, "intent", words, *cells)


def later_primaries(case: Case) -> Iterator[tuple[Row, Row]]:
    """Every later PRIMARY infusion with an earlier infusion, of the same product if there is one."""
    for row in case.infusions:
        if row.intent == "PRIMARY" and row.infusion_date is not None:
            earlier = [one for one in case.infusions if _before(one, row)]
            if earlier:
                same = [one for one in earlier if one.product == row.product]
                yield row, (same or earlier)[0]


def _before(one: Row, other: Row) -> bool:
    return one.infusion_date is not None and one.infusion_date.value < other.infusion_date.value


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
            yield from must_not_precede(
                row, "start_date", relapse, "relapse_date", words, allowance=ON_SUSPICION
            )
        if infusion is not None:
            words = (
                f"Salvage for non-response on {row.start_date} starts less than 7 days after the infusion on "
                f"{infusion.infusion_date}."
            )
            allowance = ON_SUSPICION - TOO_EARLY_TO_FAIL
            yield from must_not_precede(
                row, "start_date", infusion, "infusion_date", words, allowance=allowance
            )
