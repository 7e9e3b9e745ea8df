"""What an analysis answers: frozen results that figures, tables, exports and the API read.

Five kinds: `curve`, `incidence`, `proportion`, `summary`, `table`. `as_json()` gives the promised JSON;
`KINDS` lists the types so that a renderer can be registered for each; `read()` turns stored JSON back into a
result. Units: durations in days (months = days / 30.4375), probabilities 0-1. `None` = not reached or not
estimable.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

DAYS_PER_MONTH = 30.4375
READ_OFF_MONTHS = (6, 12, 24, 36, 60)

Number = int | float | None


def plain(value: Any) -> Any:
    """The same value in JSON types: NaN becomes None, arrays become lists, results become objects."""
    if isinstance(value, Part):
        return value.as_json()
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, float) and math.isnan(value):
        return None
    return value


def whole(value: Any) -> Number:
    """A number of days as an integer when it is one, None when it is not known."""
    if value is None or math.isnan(value):
        return None
    return int(value) if float(value).is_integer() else float(value)


def known(value: Any) -> float | None:
    """A float, or None for NaN (not estimable)."""
    return None if value is None or math.isnan(value) else float(value)


@dataclass(frozen=True, kw_only=True)
class Part:
    """A piece of a result; its JSON keys are its field names, in order."""

    def as_json(self) -> dict[str, Any]:
        return {item.name: plain(getattr(self, item.name)) for item in fields(self)}

    @classmethod
    def from_json(cls, payload: Mapping[str, Any]) -> Part:
        return cls(**{f.name: _revive(f, payload[f.name]) for f in fields(cls) if f.name in payload})


def _revive(item: Any, value: Any) -> Any:
    part = item.metadata.get("of")
    if isinstance(value, list):
        return tuple(part.from_json(entry) for entry in value) if part else _frozen(value)
    return part.from_json(value) if part and value is not None else value


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def parts(of: type[Part], **default: Any) -> Any:
    """A field that holds one or several parts of the given type."""
    return field(metadata={"of": of}, **default)


@dataclass(frozen=True, kw_only=True)
class Quantile(Part):
    """The day by which a given share had the event (0.5: the median), with limits; None = not reached."""

    days: Number
    lower: Number
    upper: Number


@dataclass(frozen=True, kw_only=True)
class LeftOut(Part):
    """How many patients an analysis could not use, and why."""

    reason: str
    n: int


@dataclass(frozen=True, kw_only=True)
class Comparison(Part):
    """Do the groups differ? One test; `p` is None with a `reason` when it cannot be computed.

    groups (G,) labels in sorted order; n, observed, expected (G,); variance (G, G) of observed - expected
    (Gray: `observed` - `expected` is the score, variance of the first G - 1 scores).
    """

    test: str
    statistic: float | None
    df: int | None
    p: float | None
    reason: str | None = None
    cause: int | str | None = None
    groups: tuple[str, ...] = ()
    n: tuple[int, ...] = ()
    observed: tuple[float, ...] = ()
    expected: tuple[float, ...] = ()
    variance: tuple[tuple[float, ...], ...] = ()

    def as_json(self) -> dict[str, Any]:
        out = {} if self.cause is None else {"cause": self.cause}
        out |= {"test": self.test, "statistic": self.statistic, "df": self.df, "p": self.p}
        return out if self.reason is None else out | {"reason": self.reason}


@dataclass(frozen=True, kw_only=True)
class Reading(Part):
    """A survival curve read at one time; all None beyond the group's last day."""

    days: Number
    months: Number
    estimate: float | None
    lower: float | None
    upper: float | None
    n_risk: int


@dataclass(frozen=True, kw_only=True)
class IncidenceReading(Part):
    """A cumulative incidence read at one time; all None beyond the group's last day."""

    days: Number
    months: Number
    estimate: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, kw_only=True)
class Steps(Part):
    """A whole curve: one entry per distinct event or censoring day, its value from that day on."""

    days: tuple[Number, ...]
    estimate: tuple[float | None, ...]
    lower: tuple[float | None, ...]
    upper: tuple[float | None, ...]
    n_risk: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class CurveGroup(Part):
    """One group's survival curve."""

    label: str
    n: int
    events: int
    median: Quantile = parts(Quantile)
    at: tuple[Reading, ...] = parts(Reading)
    steps: Steps = parts(Steps)


@dataclass(frozen=True, kw_only=True)
class CauseIncidence(Part):
    """One cause's cumulative incidence in one group."""

    cause: str
    events: int
    at: tuple[IncidenceReading, ...] = parts(IncidenceReading)
    steps: Steps = parts(Steps)


@dataclass(frozen=True, kw_only=True)
class IncidenceGroup(Part):
    """One group's cumulative incidences, cause by cause."""

    label: str
    n: int
    causes: tuple[CauseIncidence, ...] = parts(CauseIncidence)


@dataclass(frozen=True, kw_only=True)
class ProportionGroup(Part):
    """x of n patients, with the confidence limits of the share; None when n = 0."""

    label: str
    x: int
    n: int
    estimate: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, kw_only=True)
class SummaryGroup(Part):
    """Median, quartiles (type 7) and range of the known values of one group; None when there are none."""

    label: str
    n: int
    median: Number
    q1: Number
    q3: Number
    min: Number
    max: Number


@dataclass(frozen=True, kw_only=True)
class Result(Part):
    """The answer of one analysis; `kind` names its shape."""

    kind: ClassVar[str]

    def as_json(self) -> dict[str, Any]:
        return {"kind": self.kind} | super().as_json()


@dataclass(frozen=True, kw_only=True)
class Curve(Result):
    """Survival curves (Kaplan-Meier), one per group, and their comparison."""

    kind: ClassVar[str] = "curve"
    endpoint: str
    definition: str
    groups: tuple[CurveGroup, ...] = parts(CurveGroup)
    comparison: Comparison | None = parts(Comparison, default=None)
    ci: str = "log-log"
    left_out: tuple[LeftOut, ...] = parts(LeftOut, default=())


@dataclass(frozen=True, kw_only=True)
class Incidence(Result):
    """Cumulative incidences with competing risks (Aalen-Johansen) per group, compared cause by cause."""

    kind: ClassVar[str] = "incidence"
    endpoint: str
    definition: str
    groups: tuple[IncidenceGroup, ...] = parts(IncidenceGroup)
    comparison: tuple[Comparison, ...] | None = parts(Comparison, default=None)
    ci: str = "log-log"
    left_out: tuple[LeftOut, ...] = parts(LeftOut, default=())


@dataclass(frozen=True, kw_only=True)
class Proportion(Result):
    """Shares of patients (rates, code lists), one per group or per code."""

    kind: ClassVar[str] = "proportion"
    groups: tuple[ProportionGroup, ...] = parts(ProportionGroup)
    method: str = "exact"
    definition: str = ""
    left_out: tuple[LeftOut, ...] = parts(LeftOut, default=())


@dataclass(frozen=True, kw_only=True)
class Summary(Result):
    """Median, quartiles and range of a measured quantity, one line per group; `unit` is `days` or `years`."""

    kind: ClassVar[str] = "summary"
    unit: str
    groups: tuple[SummaryGroup, ...] = parts(SummaryGroup)
    definition: str = ""
    left_out: tuple[LeftOut, ...] = parts(LeftOut, default=())


@dataclass(frozen=True, kw_only=True)
class Table(Result):
    """A table ready to print: column titles and rows of cells."""

    kind: ClassVar[str] = "table"
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


KINDS: dict[str, type[Result]] = {kind.kind: kind for kind in (Curve, Incidence, Proportion, Summary, Table)}


def read(payload: Mapping[str, Any]) -> Result:
    """A stored result (the object of `as_json()`) as a result again."""
    kind = payload.get("kind")
    if kind not in KINDS:
        raise ValueError(f"unknown kind of result {kind!r}; known: {', '.join(KINDS)}")
    return KINDS[kind].from_json(payload)
