"""The settings every report prints: windows, constants, which codes count, how intervals are drawn.

One frozen object; nothing in the study floor holds a number of its own. Source: ENDPOINTS 1.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Conventions:
    """How this registry counts days, what it calls a remission, a relapse and a transplant.

    Durations are whole days, end minus start, the same day is 0. An event comes before a censoring of the
    same day; a relapse before a death; a treatment started on the day of the relapse follows it. Source:
    ENDPOINTS 1.
    """

    days_per_month: float = 30.4375  # 365.25 / 12; a unit of display only
    days_per_year: float = 365.25  # ages are not rounded down to whole years
    early_relapse_max_days: int = 182  # 6 x 30.4375 = 182.625, boundary inclusive (ENDPOINTS 3.4)
    d28_window: tuple[int, int] = (21, 42)
    d28_target: int = 28
    best_response_window: int = 100
    eliana_window: int = 91  # 3 months; remission kept for at least `eliana_kept`
    eliana_kept: int = 28
    cr_set: tuple[str, ...] = ("CR", "CRi", "MLFS")
    include_mrd_relapse: bool = False
    hsct_types: tuple[str, ...] = ("ALLO", "SYNGENEIC")
    stale_disease_days: int = 365
    zero_duration: float = 0.5  # only where a row (entry, end] would vanish; elsewhere a duration of 0 stays 0
    combined_marrow_pct: float = 5.0
    mrd_sensitivity_pct: float = 0.01  # a negative test that cannot find this level shows nothing
    b_cell_pct: float = 1.0  # recovery: CD19+ of lymphocytes, or cells/uL in blood, confirmed so many days later
    b_cell_abs: float = 10.0
    b_cell_confirm_days: int = 7
    severe_grade: int = 3
    at_months: tuple[int, ...] = (6, 12, 24, 36, 60)
    # Readings a report varies one at a time (study/sensitivity.py); the main run is the first one named.
    founding_diseases: tuple[str, ...] = ("B_ALL",)
    month_only: str = "middle"  # a date known to the month stands for its `middle`, `start` or `end`
    early_relapse_calendar_months: int | None = None  # None: `early_relapse_max_days` decides
    prior_hsct_reading: str = "time_zero"  # or `infusion`: only transplants before the index infusion
    marrow_reading: str = "involved"  # or `isolated`
    censor_at_hsct: bool = False
    censor_at_reinfusion: bool = False  # one given in remission, for B-cell recovery or hematogones
    palliative_salvage: bool = False
    unclassified_death_is_nrm: bool = False
    closing_date: str | None = None  # YYYY-MM-DD: nobody is followed beyond it
    ci_level: float = 0.95
    ci_type: str = "log-log"
    smallest_group: int = 5  # a comparison with a smaller group is not made
    fewest_events: int = 5

    def as_json(self) -> dict[str, Any]:
        """The settings as they are stored with a snapshot and printed in a report."""
        return {item.name: _plain(getattr(self, item.name)) for item in fields(self)}


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


DEFAULT = Conventions()
