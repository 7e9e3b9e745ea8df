"""Table 1: who the patients are, at time zero of the plan. Counts with their denominator, quantities with
quartiles.

Percentages are of those whose answer is known (half up to one decimal); the number missing is always shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.stats.describe import describe
from analytics.stats.results import Table
from analytics.stats.wording import percent_number
from analytics.study.days import Flags, Floats, years
from analytics.study.estimate import grouped
from analytics.study.milestones import Case
from analytics.study.observation import Ledger
from analytics.study.strata import STRATA, Stratum, age_at, time_zero
from analytics.study.stratify import crossed

COLUMNS = (
    "group",
    "characteristic",
    "level",
    "n",
    "of",
    "percent",
    "median",
    "q1",
    "q3",
    "min",
    "max",
    "missing",
)


@dataclass(frozen=True, kw_only=True)
class Quantity:
    """A measured characteristic at time zero."""

    key: str
    of: Callable[[Case, str], Floats]


@dataclass(frozen=True, kw_only=True)
class Description:
    """What table 1 of a plan lists, at which time zero."""

    moment: str
    characteristics: tuple[Stratum | Quantity, ...]
    key: str = "table1"
    definition: str = "Characteristics at time zero of the plan. Percentages are of the patients whose answer is known."
    reads: tuple[str, ...] = ()


AGE = Quantity(key="age_years", of=lambda case, moment: age_at(case, moment))
YEAR = Quantity(key="year", of=lambda case, moment: years(time_zero(case, moment).day))

AT_INFUSION = Description(
    moment="infusion",
    characteristics=(
        STRATA["sex"],
        AGE,
        STRATA["age_group"],
        STRATA["disease"],
        STRATA["site"],
        STRATA["protocol"],
        STRATA["product"],
        STRATA["prior_hsct"],
        YEAR,
        STRATA["year_group"],
    ),
)
AT_TRANSPLANT = Description(
    moment="transplant",
    characteristics=(
        STRATA["sex"],
        AGE,
        STRATA["age_group"],
        STRATA["disease"],
        STRATA["site"],
        STRATA["hsct_status"],
        STRATA["cr_number"],
        STRATA["donor"],
        STRATA["graft"],
        STRATA["conditioning"],
        YEAR,
        STRATA["year_group"],
    ),
)


def table1(
    case: Case,
    description: Description,
    strata: tuple[Stratum, ...] = (),
    *,
    ledger: Ledger | None = None,
    pool: bool = False,
) -> Table:
    """One row per level or quantity, for every group; of all members, or of those who stay in a ledger."""
    ledger = ledger or Ledger(case.members)
    rows: list[tuple[Any, ...]] = []
    for label, who in grouped(case, description.moment, strata, ledger, pool=pool):
        rows.append((label, "patients", None, int(who.sum()), int(who.sum()), *[None] * 7))
        for characteristic in description.characteristics:
            if isinstance(characteristic, Quantity):
                rows.append(_quantity(case, description.moment, characteristic, label, who))
            else:
                rows.extend(_levels(case, description.moment, characteristic, label, who))
    return Table(columns=COLUMNS, rows=tuple(rows))


def _quantity(case: Case, moment: str, quantity: Quantity, label: str, who: Flags) -> tuple[Any, ...]:
    it = describe(quantity.of(case, moment)[who])
    return (
        label,
        quantity.key,
        None,
        it.n,
        int(who.sum()),
        None,
        it.median,
        it.q1,
        it.q3,
        it.min,
        it.max,
        it.missing,
    )


def _levels(case: Case, moment: str, stratum: Stratum, label: str, who: Flags) -> list[tuple[Any, ...]]:
    values, levels = crossed(case, (stratum,), moment)
    mine = values[who]
    known = int((mine != "").sum())
    missing = int(who.sum()) - known
    present = [level for level in levels if (mine == level).any()]
    counts = [int(np.count_nonzero(mine == level)) for level in present]
    return [
        (label, stratum.key, level, n, known, percent_number(n, known), *[None] * 5, missing)
        for level, n in zip(present, counts, strict=True)
    ] or [(label, stratum.key, None, 0, 0, *[None] * 6, missing)]
