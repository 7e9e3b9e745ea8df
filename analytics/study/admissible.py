"""What each patient's answer could be: every admissible day of the dates known to the month only.

Each patient with such dates is copied once per choice of days, and the copies go through the same definitions
as everybody. A copy whose order is impossible (an event before time zero) does not count. Source:
DATA_DICTIONARY 1.3.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from analytics.study.catalogue import Analysis, Plan
from analytics.study.cohort import build
from analytics.study.conventions import Conventions
from analytics.study.days import Flags, Floats
from analytics.study.frames import Frames, Ints
from analytics.study.measures import answers
from analytics.study.milestones import Case
from analytics.study.monthly import months_of, moved
from analytics.study.observation import NEGATIVE, Endpoint, Ledger, observe
from analytics.study.schema import LAYOUTS
from analytics.study.stratify import crossed

TABLES = (  # the tables whose dates an answer can rest on
    *("response", "relapse", "salvage", "hsct", "follow_up", "death"),
    *("mrd", "b_cell", "toxicity", "gvhd"),
)
MOST_CHOICES = 1024  # of days per patient; beyond it only the first, the stand-in and the last day of each month


@dataclass(frozen=True)
class RoughDate:
    """One date of a patient known to the month: where it stands and which days it can be."""

    slug: str
    column: str
    row: int
    days: tuple[float, ...]
    stand_in: float


@dataclass(frozen=True)
class Outcome:
    """One possible answer. group: label, blank = not in the result; state and days of an endpoint; value of a
    measure."""

    group: str
    state: int = 0
    days: float = 0.0
    entry: float = -1.0
    value: Any = None


OUT = Outcome(group="")


def rough_dates(frames: Frames, people: Flags) -> dict[int, list[RoughDate]]:
    """The month-only dates of each of these patients."""
    found: dict[int, list[RoughDate]] = {}
    for slug in TABLES:
        who = frames[slug]["who"].to_numpy()
        for column in LAYOUTS[slug].all_dates:
            monthly, low, high = months_of(frames, slug, column)
            days = frames[slug][column].to_numpy()
            for row in np.flatnonzero(monthly & people[who]).tolist():
                possible = tuple(np.arange(low[row], high[row] + 1).tolist())
                rough = RoughDate(slug, column, row, possible, float(days[row]))
                found.setdefault(int(who[row]), []).append(rough)
    return found


def outcomes_of(case: Case, analysis: Analysis) -> list[Outcome]:
    """The answer of every patient of a case, as it enters the result."""
    question = analysis.question
    if isinstance(question, Endpoint):
        seen = observe(case, question)
        label = _labels(case, analysis, seen.ledger)
        columns = (label, seen.state, seen.days, seen.entry)
        found = [Outcome(str(g), int(s), float(d), float(e)) for g, s, d, e in zip(*columns, strict=True)]
        return [one if one.group else OUT for one in found]
    value, ledger = answers(case, question)
    label = _labels(case, analysis, ledger)
    columns = (label, value)
    return [Outcome(str(g), value=_plain(v)) if g else OUT for g, v in zip(*columns, strict=True)]


def _plain(value: Any) -> Any:
    return value if isinstance(value, str) else float(value)


def _labels(case: Case, analysis: Analysis, ledger: Ledger) -> np.ndarray:
    """The group of everybody who stays; `impossible` for those left out for an impossible order."""
    label = np.where(ledger.stays, "all", "").astype(object)
    if analysis.own is not None:
        label = np.where(ledger.stays, crossed(case, (analysis.own,), analysis.moment)[0], "")
    return np.where(ledger.reasons == NEGATIVE, IMPOSSIBLE, label)


IMPOSSIBLE = "impossible"


def possible_outcomes(
    plan: Plan, analysis: Analysis, frames: Frames, conventions: Conventions, dates: dict[int, list[RoughDate]]
) -> dict[int, list[Outcome]]:
    """Every answer each of these patients could give; patients with only one are not listed."""
    single = {who: _singly(rough) for who, rough in dates.items()}
    found = _computed(plan, analysis, frames, conventions, dates, single)
    live = {who: _live(found[who], single[who]) for who in dates}
    joint = {who: _jointly(dates[who], places) for who, places in live.items() if len(places) > 1}
    if joint:
        chosen = {who: dates[who] for who in joint}
        for who, more in _computed(plan, analysis, frames, conventions, chosen, joint).items():
            found[who] = found[who] + more
    distinct = {who: _distinct(outcomes) for who, outcomes in found.items()}
    return {who: outcomes for who, outcomes in distinct.items() if len(outcomes) > 1}


def _singly(rough: list[RoughDate]) -> np.ndarray:
    """One line of days per choice (choices, dates): the stand-ins, then every date moved alone."""
    stand_in = [one.stand_in for one in rough]
    lines = [stand_in]
    for place, one in enumerate(rough):
        lines += [[*stand_in[:place], day, *stand_in[place + 1 :]] for day in one.days]
    return np.array(lines)


def _live(outcomes: list[Outcome], lines: np.ndarray) -> list[int]:
    """The dates that alone change the answer."""
    changed = np.array([one != outcomes[0] for one in outcomes])
    return np.flatnonzero((lines[changed] != lines[0]).any(axis=0)).tolist() if changed.any() else []


def _jointly(rough: list[RoughDate], live: list[int]) -> np.ndarray:
    """Every combination of days of the dates that matter; of three days a month where they are too many."""
    days = [rough[place].days for place in live]
    if np.prod([float(len(one)) for one in days]) > MOST_CHOICES:
        days = [tuple(sorted({one[0], rough[place].stand_in, one[-1]})) for one, place in zip(days, live, strict=True)]
    if np.prod([float(len(one)) for one in days]) > MOST_CHOICES:
        days = [(one[0], one[-1]) for one in days]
    lines = []
    stand_in = [one.stand_in for one in rough]
    for number, chosen in enumerate(product(*days)):
        if number >= MOST_CHOICES:
            break
        line = list(stand_in)
        for place, day in zip(live, chosen, strict=True):
            line[place] = day
        lines.append(line)
    return np.array(lines)


def _distinct(outcomes: list[Outcome]) -> list[Outcome]:
    """Each outcome once, in a fixed order; impossible ones only where nothing else is possible."""
    possible = {one for one in outcomes if one.group != IMPOSSIBLE} or {OUT}
    return sorted(possible, key=lambda one: (one.group, one.days, one.state, str(one.value)))


def _computed(
    plan: Plan,
    analysis: Analysis,
    frames: Frames,
    conventions: Conventions,
    dates: dict[int, list[RoughDate]],
    lines: dict[int, np.ndarray],
) -> dict[int, list[Outcome]]:
    """The outcomes of the copies of each patient, one per line of days."""
    people = sorted(dates)
    copies = np.zeros(frames.size, dtype=np.int64)
    copies[people] = [len(lines[who]) for who in people]
    cohort = build(plan.population, _copied(frames, copies, dates, lines), conventions)
    found = outcomes_of(cohort.case, analysis)
    ends = np.cumsum(copies)
    return {who: found[ends[who] - copies[who] : ends[who]] for who in people}


def _copied(frames: Frames, copies: Ints, dates: dict[int, list[RoughDate]], lines: dict[int, np.ndarray]) -> Frames:
    """Every patient so many times over, each copy with its own days; nobody else."""
    first = np.cumsum(copies) - copies
    tables: dict[str, pd.DataFrame] = {}
    blocks: dict[str, Ints] = {}
    for slug, table in frames.tables.items():
        if "who" not in table:
            tables[slug] = table
            continue
        who = table["who"].to_numpy()
        times = copies[who]
        blocks[slug] = np.cumsum(times) - times
        rows = np.repeat(np.arange(who.size), times)
        number = np.arange(rows.size) - np.repeat(blocks[slug], times)
        tables[slug] = _renumbered(frames, slug, rows, number).assign(who=first[who[rows]] + number)
    shown = replace(
        frames,
        tables=tables,
        patients=tuple(str(number) for number in range(int(copies.sum()))),
        cutoff=np.repeat(frames.cutoff, copies),
        deleted=np.repeat(frames.deleted, copies),
        consented=np.repeat(frames.consented, copies),
        findings=_copied_findings(frames, copies, first),
    )
    return moved(shown, _days(shown, copies, blocks, dates, lines))


def _renumbered(frames: Frames, slug: str, rows: Ints, number: Ints) -> pd.DataFrame:
    """The rows with ids and parents of their own copy."""
    table = frames[slug].iloc[rows].reset_index(drop=True)
    spacing = 1 + max((int(t["id"].max()) for t in frames.tables.values() if len(t)), default=0)
    changed = {"id": table["id"].to_numpy() + number * spacing}
    for parent in LAYOUTS[slug].parents:
        named = table[parent].to_numpy()
        changed[parent] = np.where(named >= 0, named + number * spacing, named)
    return table.assign(**changed)


def _copied_findings(frames: Frames, copies: Ints, first: Ints) -> pd.DataFrame:
    who = frames.findings["who"].to_numpy().astype(np.int64)
    times = copies[who]
    rows = np.repeat(np.arange(who.size), times)
    number = np.arange(rows.size) - np.repeat(np.cumsum(times) - times, times)
    return frames.findings.iloc[rows].reset_index(drop=True).assign(who=first[who[rows]] + number)


def _days(
    frames: Frames,
    copies: Ints,
    blocks: dict[str, Ints],
    dates: dict[int, list[RoughDate]],
    lines: dict[int, np.ndarray],
) -> dict[str, dict[str, Floats]]:
    """The columns with the days of each copy put in."""
    out: dict[str, dict[str, Floats]] = {}
    for who, rough in dates.items():
        for place, one in enumerate(rough):
            columns = out.setdefault(one.slug, {})
            if one.column not in columns:
                columns[one.column] = frames[one.slug][one.column].to_numpy(dtype=float).copy()
            start = blocks[one.slug][one.row]
            columns[one.column][start : start + copies[who]] = lines[who][:, place]
    return out
