"""The course after the infusion: which state patients are in, month by month, and each relapsed patient's line.

States, never left backwards: not in remission, in remission (with or without a transplant that consolidates it),
relapsed, transplanted after the relapse, dead. Before a relapse a patient is followed to the last disease
evaluation, after it to the last day known alive. `courses` is person-level.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from analytics.stats.multistate import occupation
from analytics.study.cohort import Cohort
from analytics.study.days import Flags, Floats
from analytics.study.milestones import MILESTONES, Case
from analytics.study.observation import Ledger, asked

STATES = ("before_remission", "in_remission", "relapsed", "after_hsct", "dead")
MOVES = ("cr_date", "relapse1", "hsct_post", "death")
DEFINITION = (
    "Share of infused patients in each state by month from the index infusion, by the Aalen-Johansen estimator: not "
    "(yet) in remission; in remission, with or without a transplant that consolidates it; relapsed; transplanted "
    "after the relapse; dead. A patient is followed to the last disease evaluation before a relapse and to the last "
    "day known alive after it."
)
MONTHS_APART = (1, 3, 6, 12)
MOST_BARS = 25


def states(cohort: Cohort) -> dict[str, Any] | None:
    """Share in each state at whole months up to the last day anybody is followed; None without an infusion plan."""
    if cohort.population.anchor != "infusion":
        return None
    case = cohort.case
    start = case["index_infusion"]
    ledger = Ledger(asked(case, "index_infusion"))
    ledger.leave_touched(case, tuple(sorted({c for name in MOVES for c in MILESTONES[name].reads})))
    for name in ("index_infusion", *MOVES):
        ledger.leave(case[name].undatable, "A02")
    entered = np.column_stack([case[name].day - start.day for name in MOVES])
    ends = _ends(case, entered, start.day)
    ledger.leave(~(ends >= 0) | (entered < 0).any(axis=1), "negative duration")
    entry = case.entry_day - start.day
    entry = np.where(entry > 0, entry, -1.0)
    ledger.leave(ends < entry, "not seen after ascertainment")
    who = ledger.stays
    found = occupation(entered[who], ends[who], entry=entry[who])
    return {
        "kind": "occupancy",
        "definition": DEFINITION,
        "states": list(STATES),
        "n": int(who.sum()),
        "at": _read(found, case.conventions.days_per_month),
        "left_out": ledger.left_out(),
    }


def _ends(case: Case, entered: Floats, start: Floats) -> Floats:
    """The last day each patient is observed, in days from the infusion."""
    relapsed, dead = np.isfinite(entered[:, MOVES.index("relapse1")]), np.isfinite(entered[:, MOVES.index("death")])
    seen = np.where(relapsed, case["last_alive_day"], case["last_evaluated_day"]) - start
    moved = np.max(np.where(np.isfinite(entered), entered, -np.inf), axis=1, initial=-np.inf)
    return np.where(dead, entered[:, MOVES.index("death")], np.fmax(seen, moved))


def _read(found: Any, days_per_month: float) -> list[dict[str, Any]]:
    last = int(found.last / days_per_month)
    apart = next((wide for wide in MONTHS_APART if last / wide < MOST_BARS), MONTHS_APART[-1])
    read = []
    for month in range(0, min(last, apart * (MOST_BARS - 1)) + 1, apart):
        shares = found.at(month * days_per_month)
        if found.last >= 0 and shares is not None:
            told = {state: float(share) for state, share in zip(STATES, shares, strict=True)}
            read.append({"months": month, "n_risk": found.at_risk(month * days_per_month), **told})
    return read


def courses(cohort: Cohort) -> dict[str, Any] | None:
    """One line per relapsed patient from the relapse on, longest first: salvage, transplant, next relapse, end."""
    case = cohort.case
    if cohort.population.anchor != "infusion" or not case["relapse1"].datable.any():
        return None
    relapse = case["relapse1"]
    end = np.where(case["death"].datable, case["death"].day, case["last_alive_day"]) - relapse.day
    who = case.members & relapse.datable & (end >= 0) & ~case["death"].undatable
    marks = {name: _since(case, name, relapse.day, who) for name in ("salvage1", "hsct_post")}
    marks["next_relapse"] = _next_relapse(case, relapse.day, who)
    order = np.flatnonzero(who)[np.argsort(-end[who], kind="stable")]
    lines = [
        {
            "patient": case.frames.patients[number],
            "days": int(end[number]),
            "dead": bool(case["death"].datable[number]),
            **{name: None if np.isnan(day[number]) else int(day[number]) for name, day in marks.items()},
        }
        for number in order
    ]
    return {"kind": "courses", "lines": lines}


def _since(case: Case, name: str, start: Floats, who: Flags) -> Floats:
    when = case[name]
    return np.where(who & when.datable & (when.day >= start), when.day - start, np.nan)


def _next_relapse(case: Case, start: Floats, who: Flags) -> Floats:
    """Days to the first relapse after the one the line starts with."""
    rows = case.table("relapse")
    later = rows.datable & who[rows.who] & (rows.day > start[rows.who])
    out = np.full(case.size, np.inf)
    np.minimum.at(out, rows.who[later], (rows.day - start[rows.who])[later])
    return np.where(np.isfinite(out), out, np.nan)
