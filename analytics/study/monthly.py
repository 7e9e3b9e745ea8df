"""Dates known to the month, put at the start or the end of their month instead of its middle.

The interval [first day, last day] of a month is derived, never stored. Source: DATA_DICTIONARY 1.3.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from analytics.study.days import MONTH, Flags, Floats, interval
from analytics.study.frames import Frames, row_order
from analytics.study.schema import LAYOUTS, UNDATED

MIDDLE, START, END = "middle", "start", "end"


def at_month(frames: Frames, where: str) -> Frames:
    """The same tables with every month-only date at the `start` or `end` of its month; `middle` as they are.

    The end of a month is not after the patient's cut-off; ages beside a date move with it.
    """
    if where == MIDDLE:
        return frames
    if where not in (START, END):
        raise ValueError(f"month_only must be middle, start or end, not {where!r}")
    return moved(frames, {slug: _placed(frames, slug, where) for slug in LAYOUTS if slug not in UNDATED})


def months_of(frames: Frames, slug: str, name: str) -> tuple[Flags, Floats, Floats]:
    """Which dates of a column are known to the month, and their first and last possible days."""
    table = frames[slug]
    day, precision = table[name].to_numpy(), table[f"{name}_precision"].to_numpy()
    monthly = (precision == MONTH) & np.isfinite(day)
    low, high = interval(day, precision)
    return monthly, low, np.fmax(low, np.fmin(high, frames.cutoff[table["who"].to_numpy()]))


def _placed(frames: Frames, slug: str, where: str) -> dict[str, Floats]:
    found = {}
    for name in LAYOUTS[slug].all_dates:
        monthly, low, high = months_of(frames, slug, name)
        if monthly.any():
            found[name] = np.where(monthly, low if where == START else high, frames[slug][name].to_numpy())
    return found


def moved(frames: Frames, dates: dict[str, dict[str, Floats]]) -> Frames:
    """The same tables with other days in these columns (slug -> column -> days), in order of date again."""
    changed: dict[str, pd.DataFrame] = {}
    for slug, columns in dates.items():
        table = frames[slug]
        values: dict[str, Any] = dict(columns)
        own = LAYOUTS[slug].dated_by
        if own in columns and "age_days" in table:
            values["age_days"] = table["age_days"].to_numpy() + (columns[own] - table[own].to_numpy())
        if values:
            table = table.assign(**values)
            order = row_order(table, LAYOUTS[slug])
            changed[slug] = table if order is None else table.iloc[order].reset_index(drop=True)
    return replace(frames, tables={**frames.tables, **changed})
