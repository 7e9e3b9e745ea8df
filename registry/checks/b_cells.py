"""B cells after CAR T: what a sample says, and gaps between samples (data dictionary 4.12, ENDPOINTS 3.10)."""

from collections.abc import Iterator
from itertools import pairwise

from registry.checks.case import Case, Row
from registry.checks.compare import fewest_days, some_within, surely_at_least, surely_below
from registry.checks.course import with_date
from registry.checks.engine import WARNING, Hit, check, hit

#: Recovery (default thresholds): CD19+ of lymphocytes in percent, or cells per microlitre, in blood.
RECOVERY = (("cd19_pct_lymph", 1), ("cd19_abs", 10))
#: Days after which a second sample confirms the first.
CONFIRMED_AFTER = 7
#: Days between samples above which the day of recovery becomes coarse.
LONGEST_GAP = 120
#: What ends the watch for recovery: entity and its date.
ENDS = (
    ("relapse", "relapse_date"),
    ("hsct", "hsct_date"),
    ("infusion", "infusion_date"),
    ("salvage", "start_date"),
    ("death", "death_date"),
)
#: The columns an interpretation reads.
COUNTS = ("specimen", "interpretation", *(column for column, _least in RECOVERY))


def recovered(row: Row) -> bool | None:
    """Whether a sample reaches the threshold of recovery; None where it cannot tell.

    1 % of lymphocytes or 10 cells/uL, in blood. An interpretation in the chart overrides the counts.
    """
    if row.interpretation is not None:
        return {"RECOVERY": True, "APLASIA": False}.get(row.interpretation)
    if row.specimen == "BM":
        return None
    if any(surely_at_least(row, column, least) for column, least in RECOVERY):
        return True
    told = [column for column, _least in RECOVERY if row.values.get(column) is not None]
    below = all(surely_below(row, column, least) for column, least in RECOVERY if column in told)
    return False if told and below else None


def interpretation(case: Case, row: Row) -> str:
    """APLASIA below the threshold; RECOVERY at or above it where the next sample at least 7 days later agrees.

    The sample that confirms is RECOVERY as well; one not confirmed, or without counts in blood, is INDET.
    Source: data dictionary 4.12, ENDPOINTS 3.15.12.
    """
    if row.interpretation is not None:
        return row.interpretation
    above = recovered(row)
    if above is not True:
        return "APLASIA" if above is False else "INDET"
    infusion = case.parent(row, "infusion")
    samples = with_date(case.children("b_cell", infusion), "sample_date") if infusion is not None else []
    later = [one for one, moment in samples if (fewest_days(row.sample_date, moment) or 0) >= CONFIRMED_AFTER]
    earlier = [one for one, moment in samples if (fewest_days(moment, row.sample_date) or 0) >= CONFIRMED_AFTER]
    confirmed = (later and recovered(later[0])) or (earlier and recovered(earlier[-1]))
    return "RECOVERY" if confirmed else "INDET"


@check("W40", WARNING, "During aplasia B cells are counted every 120 days.", source="data dictionary 4.12")
def b_cells_are_watched(case: Case) -> Iterator[Hit]:
    """Between two samples of one infusion, the first of them aplasia; not across a relapse, a new treatment or death.

    A longer gap leaves the day of recovery coarse.
    """
    if len(case.of("b_cell")) < 2:
        return
    for infusion in case.infusions:
        samples = with_date(case.children("b_cell", infusion), "sample_date")
        for (earlier, first), (row, second) in pairwise(samples):
            gap = fewest_days(first, second)
            if gap <= LONGEST_GAP or recovered(earlier) is not False:
                continue
            ended = (one.values.get(column) for entity, column in ENDS for one in case.of(entity))
            if some_within(ended, first.shifted(1), second) is False:
                words = f"{gap} days without a B-cell count after aplasia on {first}."
                cells = ((earlier, "sample_date"), *((earlier, column) for column in COUNTS))
                reads = tuple(f"{entity}.{column}" for entity, column in ENDS)
                yield hit(row, "sample_date", words, *cells, reads=("b_cell.infusion", *reads))
