"""Endpoints as data: from when to what, against what, censored when; and who cannot answer.

An `Endpoint` names milestones, it computes nothing; `observe` reads them for every patient at once.
Source: ENDPOINTS 3.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from analytics.study.days import MONTH, Codes, Flags, Floats, day_number
from analytics.study.frames import Ints
from analytics.study.milestones import MILESTONES, Case
from analytics.study.milestones.moments import When

NEGATIVE = "negative duration"
EVENT_BEFORE_ENTRY = "event before ascertainment"
GONE_BEFORE_ENTRY = "not seen after ascertainment"
AFTER_CLOSING = "starts after the closing date"
ROUGH = {  # censoring days, and the milestone that says theirs is known to the month only
    "last_alive_day": "last_alive_rough",
    "last_evaluated_day": "last_evaluated_rough",
    "last_b_cell_day": "last_b_cell_rough",
}


class Ledger:
    """Who belongs to a question, and the first reason each of those left out was left out for."""

    def __init__(self, asked: Flags) -> None:
        self.asked = asked
        self._code = np.zeros(asked.shape, dtype=np.int16)
        self._reasons = [""]

    def leave(self, who: Flags, reason: str) -> None:
        """Leave out those not left out yet."""
        now = who & self.asked & (self._code == 0)
        if now.any():
            self._reasons.append(reason)
            self._code[now] = len(self._reasons) - 1

    def leave_touched(self, case: Case, reads: tuple[str, ...]) -> None:
        """Leave out patients with an open ERROR finding on a column the question reads, under the rule's id.

        Source: DATA_DICTIONARY 1.2.
        """
        found = case.frames.findings
        for rule, rows in found[found["column"].isin(reads)].groupby("rule", sort=True):
            touched = np.zeros(case.size, dtype=bool)
            touched[rows["who"].to_numpy()] = True
            self.leave(touched, str(rule))

    @property
    def stays(self) -> Flags:
        return self.asked & (self._code == 0)

    @property
    def reasons(self) -> np.ndarray:
        """The reason per patient; blank for those who stay or were not asked."""
        return np.array(self._reasons, dtype=object)[self._code]

    def left_out(self) -> list[dict[str, object]]:
        """[{reason, n}], in the order of the reasons' names."""
        counts: dict[str, int] = {}
        for reason, n in zip(self._reasons, np.bincount(self._code, minlength=len(self._reasons)), strict=True):
            if reason and n:
                counts[reason] = counts.get(reason, 0) + int(n)
        return [{"reason": reason, "n": counts[reason]} for reason in sorted(counts)]


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """A time-to-event question, nothing computed yet. All names are milestones.

    start: time zero; event: what counts as state 1, the first listed wins on one day; competing: state 2;
    unknowable: (moment, rule): when it comes first the patient leaves under that rule; censor: last day known
    free of it; among: who is asked besides those with a time zero; unfit: (flag, reason): left out whatever
    happened; silent: (flag, reason): left out when nothing happened; unseen: the rule for a censoring day
    missing or before time zero; stops: (setting, moment) that ends observation where the setting is on;
    causes: the names of states 1 and 2 of an incidence.
    """

    key: str
    label: str
    moment: str
    start: str
    event: tuple[str, ...]
    censor: str
    definition: str
    source: str
    competing: tuple[str, ...] = ()
    unknowable: tuple[tuple[str, str], ...] = ()
    among: str | None = None
    unfit: tuple[tuple[str, str], ...] = ()
    silent: tuple[tuple[str, str], ...] = ()
    stops: tuple[tuple[str, str], ...] = ()
    unseen: str = NEGATIVE
    causes: tuple[str, str] = ("relapse", "nrm")
    version: int = 1

    @property
    def moments(self) -> tuple[str, ...]:
        """Everything that ends the observation by happening; the first listed wins on one day."""
        return (*self.event, *self.competing, *(name for name, _ in self.unknowable))

    @property
    def reads(self) -> tuple[str, ...]:
        """slug.column that time zero, event, competing event and censoring date come from."""
        named = (
            self.start,
            *((self.among,) if self.among else ()),
            *self.moments,
            self.censor,
        )
        return tuple(sorted({column for name in named for column in MILESTONES[name].reads}))

    def as_json(self) -> dict[str, object]:
        """How the endpoint is documented in the codebook."""
        return {
            "key": self.key,
            "label": self.label,
            "version": self.version,
            "start": self.start,
            "event": list(self.event),
            "competing": list(self.competing),
            "censor": self.censor,
            "among": self.among,
            "reads": list(self.reads),
            "definition": self.definition,
            "source": self.source,
        }


@dataclass(frozen=True, eq=False)
class Observed:
    """What was observed, one value per patient; only those who stay in the ledger are to be counted.

    days: time to event or censoring; state: 0 censored, 1 event, 2 competing event; entry: days to delayed
    entry, -1 if under observation from time zero; first_event: position of the event that came first, -1 =
    none; month_only: time zero, event or censoring is known to the month only (A01).
    """

    days: Floats
    state: Ints
    entry: Floats
    first_event: Ints
    month_only: Flags
    ledger: Ledger

    @property
    def anyone_late(self) -> bool:
        return bool((self.entry[self.ledger.stays] >= 0).any())


def asked(case: Case, *names: str | None) -> Flags:
    """Members for whom every named moment or flag holds, or may hold."""
    out = case.members
    for name in names:
        if name is not None:
            value = case[name]
            out = out & ((value.happened | value.unsure) if isinstance(value, When) else value)
    return out


def observe(case: Case, endpoint: Endpoint) -> Observed:
    """Days and state of every patient asked, and why the others cannot answer.

    Someone who enters on the very day of the event would vanish from a row (entry, end]; half a day keeps
    them in, taken off the entry so that event days stay whole (ENDPOINTS 1, `ZERO_DURATION`). Order of
    reasons: open errors, unfit, dates too vague (A02), negative durations, delayed entry, what is silent.
    """
    start = case[endpoint.start]
    ledger = Ledger(asked(case, endpoint.start, endpoint.among))
    ledger.leave_touched(case, endpoint.reads)
    for name, reason in endpoint.unfit:
        ledger.leave(case[name], reason)
    ledger.leave(_vague(case, endpoint), "A02")
    ended = _ended(case, endpoint)
    happened, first = ended.first >= 0, ended.first
    kinds = np.array([1] * len(endpoint.event) + [2] * len(endpoint.competing) + [0] * len(endpoint.unknowable))
    state = np.where(happened, kinds[first], 0)
    for place, (_, rule) in enumerate(endpoint.unknowable, start=len(endpoint.event) + len(endpoint.competing)):
        ledger.leave(first == place, rule)
    for name, reason in endpoint.silent:
        ledger.leave(~ended.ever & case[name], reason)
    ledger.leave(ended.too_late, AFTER_CLOSING)
    days = ended.day - start.day
    ledger.leave(~happened & ~(days >= 0), endpoint.unseen)
    ledger.leave(~(days >= 0), NEGATIVE)
    entry = case.entry_day - start.day
    entry = np.where(entry > 0, entry, -1.0)
    ledger.leave(happened & (days < entry), EVENT_BEFORE_ENTRY)
    ledger.leave(days < entry, GONE_BEFORE_ENTRY)
    entry = np.where((entry > 0) & (days == entry), entry - case.conventions.zero_duration, entry)
    return Observed(days, state, entry, first, ended.rough | (start.precision == MONTH), ledger)


def _vague(case: Case, endpoint: Endpoint) -> Flags:
    """Time zero or an event may have come at a time too vague for a duration."""
    vague = case[endpoint.start].undatable
    for name in endpoint.moments:
        vague = vague | case[name].undatable
    if endpoint.among and isinstance(case[endpoint.among], When):
        vague = vague | case[endpoint.among].unsure
    return vague


@dataclass(frozen=True, eq=False)
class _Ended:
    """How observation ended. first: position of the event, -1 = censored; ever: an event is on file, also one
    after the end of observation; rough: the day is known to the month; too_late: starts after the closing
    date."""

    day: Floats
    first: Ints
    ever: Flags
    rough: Flags
    too_late: Flags


def _ended(case: Case, endpoint: Endpoint) -> _Ended:
    """The first event, or the censoring; a stop (sensitivity runs only) counts when it comes before the
    event, and nobody is followed beyond the closing date."""
    day, first, precision = _first_event(case, endpoint.moments)
    ever = first >= 0
    stop = _stop(case, endpoint)
    cut = ever & (stop < day)
    first = np.where(cut, -1, first)
    seen = np.where(ever, stop, np.minimum(case[endpoint.censor], stop))
    rough = np.where(first >= 0, precision == MONTH, ~cut & case[ROUGH[endpoint.censor]])
    end = np.where(first >= 0, day, seen)
    closing = case.conventions.closing_date
    too_late = np.zeros(case.size, dtype=bool)
    if closing is not None:
        last = day_number(date.fromisoformat(closing))
        too_late = case[endpoint.start].day > last
        first, rough, end = np.where(end > last, -1, first), rough & (end <= last), np.minimum(end, last)
    return _Ended(end, first, ever, rough, too_late)


def _stop(case: Case, endpoint: Endpoint) -> Floats:
    """The day observation stops under a setting that is on; infinite where it does not."""
    out = np.full(case.size, np.inf)
    for setting, name in endpoint.stops:
        if getattr(case.conventions, setting):
            out = np.fmin(out, case[name].day)
    return out


def _first_event(case: Case, names: tuple[str, ...]) -> tuple[Floats, Ints, Codes]:
    """The earliest of the named moments, its position and precision; on one day the first listed."""
    day = np.full(case.size, np.inf)
    first = np.full(case.size, -1, dtype=np.int64)
    precision = np.zeros(case.size, dtype=np.int8)
    for place, name in enumerate(names):
        when = case[name]
        sooner = when.datable & (when.day < day)
        day = np.where(sooner, when.day, day)
        first = np.where(sooner, place, first)
        precision = np.where(sooner, when.precision, precision)
    return day, first, precision
