"""The table of an endpoint: one row per patient who answers it, in the manner of CDISC ADTTE.

The endpoints are those of the snapshot's plan, observed on the whole frozen data exactly as the plan does and
then narrowed to the patients of the export: a row says what the plan counted for that patient.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from analytics.report import disclosure
from analytics.study.days import MONTH
from analytics.study.milestones.case import MILESTONES
from analytics.study.observation import Endpoint, Observed, observe
from analytics.study.strata import STRATA, age_at
from exports.columns import DATE, FLOAT, INT, STRING, Column, Table
from exports.forming import forming
from exports.profiles import CODED, T1, T3, is_coded
from exports.pseudonyms import Pseudonyms
from exports.subjects import EPOCH, OLDEST_YEARS, ROUGHNESS, Subject, day_between

if TYPE_CHECKING:
    from analytics.study.milestones import Case
    from analytics.study.run import Study

#: Strata that name a place or a trial: codes where the export has codes for them.
NAMING = ("site", "protocol")
#: At T1 the calendar years of several moments, with the days between them, would close in on a date; those of day 0
#: stand in the patient's row.
CALENDAR = ("year_group",)
CNSR = (("0", "event"), ("1", "censored"), ("2", "competing event"))


@dataclass(frozen=True, eq=False)
class Followed:
    """An endpoint's table and what its population became: rows, events, who was left out and why (disclosed)."""

    table: Table
    summary: dict[str, Any]


def endpoint_tables(study: Study, *, tier: str, subjects: Mapping[str, Subject], ids: Pseudonyms) -> list[Followed]:
    """The table of every endpoint of the plan, in the plan's order."""
    asked = {
        analysis.question.key: analysis.question
        for analysis in study.plan.analyses
        if isinstance(analysis.question, Endpoint)
    }
    return [_followed(study.case, endpoint, tier=tier, subjects=subjects, ids=ids) for endpoint in asked.values()]


def _followed(
    case: Case, endpoint: Endpoint, *, tier: str, subjects: Mapping[str, Subject], ids: Pseudonyms
) -> Followed:
    seen = observe(case, endpoint)
    named = np.array([patient in subjects for patient in case.frames.patients], dtype=bool)
    rows = np.flatnonzero(seen.ledger.stays & named)
    whose = [subjects[case.frames.patients[row]] for row in rows]
    made = list(_columns(case, endpoint, seen, rows, whose, tier=tier, ids=ids))
    columns = tuple(column for column, _values in made)
    words = f"{endpoint.definition} Source: {endpoint.source}."
    table = Table(f"adtte/{endpoint.key}", endpoint.label, words, columns, tuple(values for _c, values in made))
    reasons = seen.ledger.reasons[named & seen.ledger.asked & ~seen.ledger.stays]
    counted = [{"reason": str(reason), "n": int((reasons == reason).sum())} for reason in sorted(set(reasons))]
    steps = [{"step": "asked", "n": int((named & seen.ledger.asked).sum()), "left": []},
             {"step": "answered", "n": len(rows), "left": counted}]  # fmt: skip
    told = disclosure.attrition(steps, disclosure.DEFAULT)
    return Followed(table.sorted_by("USUBJID"), {"version": endpoint.version, "attrition": told})


def _columns(
    case: Case,
    endpoint: Endpoint,
    seen: Observed,
    rows: np.ndarray,
    whose: Sequence[Subject],
    *,
    tier: str,
    ids: Pseudonyms,
) -> Iterator[tuple[Column, list[Any]]]:
    n, state = len(rows), seen.state[rows]
    rough, start = seen.month_only[rows], case[endpoint.start]
    zero = start.day[rows].astype(np.int64) + EPOCH
    lasted = [
        _days(value, rough=tier == T1 and bool(month)) for value, month in zip(seen.days[rows], rough, strict=True)
    ]
    yield _c("USUBJID", STRING, "Patient", "The patient; `patient` of the other tables."), [s.patient for s in whose]
    site = [s.site if ids.plain else ids.place("site", s.site) for s in whose]
    yield _c("SITEID", STRING, "Enrolling site", "`code` of `site`."), site
    yield _c("PARAMCD", STRING, "Endpoint", "Key of the endpoint."), [endpoint.key.upper()] * n
    yield _c("PARAM", STRING, "Endpoint in words", "Its label."), [endpoint.label] * n
    yield from _dates(zero, lasted, start.precision[rows], rough, whose, tier=tier)
    yield (
        _c("AVAL", INT, "Time to event or censoring", "Days from time zero." + (ROUNDED if tier == T1 else ""), "d"),
        lasted,
    )
    yield _c("AVALU", STRING, "Unit of AVAL", "Always DAYS."), ["DAYS"] * n
    yield (
        Column("CNSR", INT, "Censoring", "0: the event came; 1: censored; 2: a competing event came.", codes=CNSR),
        [{0: 1, 1: 0, 2: 2}[int(one)] for one in state],
    )
    ended = [endpoint.moments[int(first)] if first >= 0 else "" for first in seen.first_event[rows]]
    described = tuple((name, MILESTONES[name].definition) for name in endpoint.moments)
    yield (
        Column("EVNTDESC", STRING, "What ended it", "The event or competing event that came first.", codes=described),
        [name if one else None for name, one in zip(ended, state, strict=True)],
    )
    last = endpoint.censor
    yield (
        Column("CNSDTDSC", STRING, "Day of censoring", "Which day the censoring date is.",
               codes=((last, MILESTONES[last].definition),)),
        [None if one else last for one in state],
    )  # fmt: skip
    late = [None if entry < 0 else float(round(entry, 1)) for entry in seen.entry[rows]]
    late = [entry if entry is None or tier != T1 else float(30 * round(entry / 30)) for entry in late]
    yield (
        _c("ENTRY", FLOAT, "Delayed entry", "Days from time zero until under observation; none: from time zero.", "d"),
        late,
    )
    yield (
        Column("MONTHFL", STRING, "Known to the month", "Whether a date behind AVAL is known to the month only.",
               codes=(("Y", "yes"), ("N", "no"))),
        ["Y" if one else "N" for one in rough],
    )  # fmt: skip
    yield _c("DEFNVER", INT, "Version of the definition", "Rises when the definition changes."), [endpoint.version] * n
    yield _age(age_at(case, endpoint.moment)[rows], tier=tier)
    for stratum in STRATA.values():
        if (tier != T1 or stratum.key not in CALENDAR) and endpoint.moment in stratum.known:
            groups = [str(group) for group in np.asarray(stratum.groups(case, endpoint.moment), dtype=object)[rows]]
            coded = stratum.key in NAMING and is_coded(stratum.key, tier)
            words = f"Group at time zero, as the plan compares it{', ' + CODED.words if coded else ''}."
            told = [(ids.place(stratum.key, group) if coded else group) if group else None for group in groups]
            yield _c(stratum.key.upper(), STRING, stratum.label, words), told
    yield from forming(case, endpoint, rows, tier=tier)


def _age(years: np.ndarray, *, tier: str) -> tuple[Column, list[Any]]:
    """Age at time zero: whole years, exact for a site's own patients."""
    if tier == T3:
        return _c("AGE", FLOAT, "Age", "Age at time zero.", "a"), [None if one != one else float(one) for one in years]
    words = "Age at time zero in whole years; 90 stands for 90 and more."
    return _c("AGE", INT, "Age", words, "a"), [None if one != one else min(OLDEST_YEARS, int(one)) for one in years]


ROUNDED = " Where a date is known to the month (MONTHFL), rounded to 30 days."


def _dates(
    zero: np.ndarray,
    lasted: Sequence[int],
    precision: np.ndarray,
    rough: np.ndarray,
    whose: Sequence[Subject],
    *,
    tier: str,
) -> Iterator[tuple[Column, list[Any]]]:
    """When it started and ended: days since day 0 at T1, dates at the other tiers."""
    if tier != T1:
        yield _c("STARTDT", DATE, "Time zero", "Day the clock starts."), [date.fromordinal(int(day)) for day in zero]
        ends = [date.fromordinal(int(day) + days) for day, days in zip(zero, lasted, strict=True)]
        yield _c("ADT", DATE, "Day of event or censoring", "Time zero plus AVAL."), ends
        return
    known = ["M" if one == MONTH else "D" for one in precision]
    started = [day_between(s.day0, int(day), one, s.precision) for s, day, one in zip(whose, zero, known, strict=True)]
    yield _c("STARTDY", INT, "Time zero", "Days from day 0 to the day the clock starts.", "d"), started
    coarse = ["M" if one else "D" for one in rough]
    ended = [
        day_between(s.day0, int(day) + days, one, s.precision)
        for s, day, days, one in zip(whose, zero, lasted, coarse, strict=True)
    ]
    yield _c("ADY", INT, "Day of event or censoring", "Days from day 0 to the event or censoring.", "d"), ended


def _days(value: float, *, rough: bool) -> int:
    """Whole days; at T1 rounded to 30 where a date is known to the month, but never down to nothing."""
    step = ROUGHNESS["M"]
    return int(value) if not rough else max(min(1, int(value)), step * round(value / step))


def _c(name: str, kind: str, label: str, definition: str, unit: str = "") -> Column:
    return Column(name, kind, label, definition, unit=unit)
