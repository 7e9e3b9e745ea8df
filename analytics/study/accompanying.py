"""What accompanies a result without being one of the promised results: spread of follow-up, the transplanted after
relapse in detail, who got which salvage.

Read like results (same kinds, same JSON), kept among the readings beside a snapshot. Source: ENDPOINTS 2.6, 3.6,
3.8, 3.9, 6.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.stats.describe import summary_group
from analytics.stats.followup import reverse_kaplan_meier
from analytics.stats.results import DAYS_PER_MONTH, Summary, SummaryGroup, Table
from analytics.study import endpoints as e
from analytics.study import estimate, measures
from analytics.study.catalogue import SALVAGE_CATEGORY, Analysis
from analytics.study.days import Floats
from analytics.study.endpoints import Endpoint, observe
from analytics.study.estimate import left_out
from analytics.study.measures import Measure, answers
from analytics.study.milestones import Case
from analytics.study.run import Study, result_of
from analytics.study.strata import STRATA, time_zero
from analytics.study.table1 import AGE, YEAR, Description, Quantity, table1

FOLLOWED, SURVIVORS = "reverse_km", "survivors"
QUARTILES = {"median": 0.5, "q1": 0.25, "q3": 0.75}
#: Day 100 and one year are what transplant mortality is told at; the rest as in every result.
AT_MONTHS = (100 / DAYS_PER_MONTH, 6, 12, 24, 36, 60)
#: The classes, and the sum of the two that had the disease again or still.
OUTCOME_ROWS = (
    *((code, (code,)) for code in ("ALIVE_CR", "RELAPSE", "PERSISTENT")),
    ("RELAPSE_OR_PERSISTENT", ("RELAPSE", "PERSISTENT")),
    *((code, (code,)) for code in ("NRM", "ALIVE_UNKNOWN")),
)
OUTCOME_COLUMNS = ("outcome", "n", "alive", "dead", "attributed_to_hsct")


@dataclass(frozen=True, kw_only=True)
class ReadOff(SummaryGroup):
    """Quartiles read from a curve; n_risk: how many were at risk on each of these days, None = not reached."""

    n_risk: Mapping[str, int | None]


def follow_up_spread(case: Case, endpoint: Endpoint, strata: Any = ()) -> Summary:
    """Median and quartiles of follow-up by reverse Kaplan-Meier, and the observed times of the survivors with their
    range. Source: ENDPOINTS 3.6."""
    seen = observe(case, endpoint)
    stays, dead = seen.ledger.stays, (seen.state == 1).astype(np.int64)
    entry = seen.entry[stays] if seen.anyone_late else None
    curve = reverse_kaplan_meier(seen.days[stays], dead[stays], entry=entry)
    days = {name: curve.quantile(share).days for name, share in QUARTILES.items()}
    n_risk = {name: None if day is None else int(curve.at([day]).n_risk[0]) for name, day in days.items()}
    followed = ReadOff(label=FOLLOWED, n=curve.n, **days, min=None, max=None, n_risk=n_risk)
    alive = summary_group(SURVIVORS, seen.days[stays & (seen.state == 0)])
    return Summary(unit="days", groups=(followed, alive), left_out=left_out(case, seen.ledger))


def outcome_detail(case: Case, measure: Measure, strata: Any = ()) -> Outcomes:
    """Each class of outcome after transplant: how many live and how many died, and of the deaths without relapse how
    many are attributed to the transplant. Source: ENDPOINTS 2.6, 3.9."""
    value, ledger = answers(case, measure)
    dead, cause = case["death"].happened, case["death_category"]
    rows: list[tuple[Any, ...]] = []
    for code, codes in OUTCOME_ROWS:
        mine = ledger.stays & np.isin(value.astype(str), codes)
        attributed = int((mine & (cause == "NRM_HSCT")).sum()) if code == "NRM" else None
        counted = (int((mine & ~dead).sum()), int((mine & dead).sum()))
        rows.append((code, int(mine.sum()), *counted, attributed))
    return Outcomes(columns=OUTCOME_COLUMNS, rows=tuple(rows), left_out=left_out(case, ledger))


@dataclass(frozen=True, kw_only=True)
class Outcomes(Table):
    """A table that says who could not be classed."""

    left_out: tuple[Any, ...] = ()


def salvage_baseline(case: Case, description: Description, strata: Any = ()) -> Table:
    """Who got which first salvage, at its start: the groups that event-free survival compares, pooled as there.
    Source: ENDPOINTS 6.1."""
    return table1(case, description, (SALVAGE_CATEGORY,), ledger=observe(case, e.EFS_SALVAGE).ledger, pool=True)


def _days_to_salvage(case: Case, moment: str) -> Floats:
    return time_zero(case, moment).day - case["relapse1"].day


AT_SALVAGE = Description(
    key="salvage_baseline",
    moment="salvage",
    characteristics=(
        *(STRATA[key] for key in ("relapse_timing", "cd19_status", "prior_hsct", "sex")),
        AGE,
        Quantity(key="days_to_salvage", of=_days_to_salvage),
        STRATA["site"],
        YEAR,
    ),
    definition="Characteristics at the start of salvage line 1 of the patients whose event-free survival is compared. "
    "The lines were chosen, not allotted: groups that differ here differ for this reason too. Percentages are of the "
    "patients whose answer is known.",
)
SPREAD = (
    "Follow-up by reverse Kaplan-Meier with quartiles; of the survivors the time from time zero to the last day known "
    "alive, with its range."
)
DETAIL = "By whether the patient lives; of the deaths without relapse, those attributed to the transplant."


@dataclass(frozen=True, kw_only=True)
class Accompanying:
    """An analysis and the result of the plan it stands beside."""

    beside: str
    analysis: Analysis


def _spread(endpoint: Endpoint) -> Accompanying:
    analysis = Analysis(key="follow_up_spread", question=endpoint, answer=follow_up_spread, note=SPREAD)
    return Accompanying(beside="follow_up", analysis=analysis)


ACCOMPANYING: Mapping[str, tuple[Accompanying, ...]] = {
    "post_cart_relapse": (
        _spread(e.OS_RELAPSE),
        Accompanying(
            beside="efs_salvage_by_type",
            analysis=Analysis(key="salvage_baseline", question=AT_SALVAGE, answer=salvage_baseline),
        ),
        Accompanying(
            beside="os_hsct_by_prior_hsct",
            analysis=Analysis(key="rfs_hsct_post", question=e.RFS_HSCT_POST, answer=estimate.curve),
        ),
        Accompanying(
            beside="hsct_outcome",
            analysis=Analysis(
                key="hsct_outcome_detail", question=measures.HSCT_OUTCOME, answer=outcome_detail, note=DETAIL
            ),
        ),
        Accompanying(
            beside="hsct_outcome",
            analysis=Analysis(
                key="cir_hsct_post",
                question=e.CIR_HSCT_POST,
                answer=estimate.incidence,
                options=(("months", AT_MONTHS),),
            ),
        ),
    ),
    "post_infusion": (_spread(e.OS_INFUSION),),
    "post_transplant": (_spread(e.OS_HSCT),),
}


def accompanying(study: Study) -> Iterator[dict[str, Any]]:
    """{key: the result it stands beside, name: its own, result: as every result} of a plan, in order."""
    for one in ACCOMPANYING[study.plan.key]:
        yield {"key": one.beside, "name": one.analysis.key, "result": result_of(study.cohort, one.analysis)}
