"""Cox's partial likelihood: who was at risk at each event, and how the events fall on them.

One pass over the risk sets gives the log-likelihood, its score and its information; fit, score test,
proportionality test and robust variance all read the same pass. Cox, J R Stat Soc B 1972;34:187-220; ties:
Efron, J Am Stat Assoc 1977;72:557-65, or Breslow, Biometrics 1974;30:89-99; delayed entry: at risk at t when
entry < t <= time.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
WIDEST = 600.0  # log hazard ratios further apart leave hazards without digits, unless each risk set has its own unit
MOST_CELLS = 20_000_000  # risk sets x rows that get units of their own; beyond that no such model is followed further
TIES = ("efron", "breslow")


@dataclass(frozen=True, kw_only=True, eq=False)
class Design:
    """Checked rows of a Cox model: durations, event flags, covariates (N, p), entry, stratum codes."""

    days: NDArray[Any]
    event: NDArray[np.bool_]
    x: Array
    entry: NDArray[Any] | None
    stratum: NDArray[np.int64]
    ties: str

    def strata(self) -> Iterator[tuple[NDArray[np.int64], Design]]:
        """Row numbers and rows of each stratum that has events."""
        for code in np.unique(self.stratum[self.event]):
            rows = np.flatnonzero(self.stratum == code)
            yield rows, self.only(rows)

    def only(self, rows: NDArray[Any]) -> Design:
        """The same design with the chosen rows."""
        return Design(
            days=self.days[rows],
            event=self.event[rows],
            x=self.x[rows],
            entry=None if self.entry is None else self.entry[rows],
            stratum=self.stratum[rows],
            ties=self.ties,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Likelihood:
    """The partial likelihood at one coefficient vector, event time by event time.

    time (K,), score (K, p) and information (K, p, p) per distinct event time of every stratum; their sums are
    the totals.
    """

    loglik: float
    time: NDArray[Any]
    scores: Array
    informations: Array

    @property
    def score(self) -> Array:
        """Derivative of the log-likelihood (p,)."""
        return self.scores.sum(axis=0)

    @property
    def information(self) -> Array:
        """Minus the second derivative (p, p)."""
        return self.informations.sum(axis=0)


@dataclass(frozen=True, kw_only=True, eq=False)
class _Moments:
    """Sums over the risk set at every single event (E,), tied events one after the other."""

    time: NDArray[Any]  # (K,) distinct event times
    deaths: NDArray[np.int64]  # (K,)
    place: NDArray[np.int64]  # (E,) which distinct time
    share: Array  # (E,) part of the tied events already taken out of the risk set
    own: Array  # (E,) log hazard of the one with the event, in the unit of the risk set
    risk0: Array  # (E,)
    risk1: Array  # (E, p)
    risk2: Array | None  # (E, p, p)
    event1: Array  # (K, p) sum of the covariates of those with the event

    @property
    def mean(self) -> Array:
        """Weighted mean of the covariates in the risk set (E, p)."""
        return self.risk1 / self.risk0[:, None]


def likelihood(design: Design, beta: Array) -> Likelihood:
    """The partial likelihood of the design at the coefficients beta (p,)."""
    p = design.x.shape[1]
    loglik, times, scores, informations = 0.0, [np.zeros(0)], [np.zeros((0, p))], [np.zeros((0, p, p))]
    wide = bool(np.ptp(design.x @ beta) > WIDEST)
    if wide and design.days.size * int(design.event.sum()) > MOST_CELLS:
        loglik = -np.inf
        design = design.only(np.zeros(0, dtype=np.int64))
    for _, part in design.strata():
        eta = part.x @ beta
        m = _moments(part, eta, second=True, own_units=wide)
        mean = m.mean
        loglik += float(m.own.sum() - np.log(m.risk0).sum())
        spread = m.risk2 / m.risk0[:, None, None] - mean[:, :, None] * mean[:, None, :]
        starts = np.concatenate(([0], np.cumsum(m.deaths)[:-1]))
        times.append(m.time)
        scores.append(m.event1 - np.add.reduceat(mean, starts, axis=0))
        informations.append(np.add.reduceat(spread, starts, axis=0))
    return Likelihood(
        loglik=loglik,
        time=np.concatenate(times),
        scores=np.concatenate(scores),
        informations=np.concatenate(informations),
    )


def _moments(part: Design, eta: Array, *, second: bool, own_units: bool = False) -> _Moments:
    """Sums over the risk sets at the log hazards eta (N,), each in the unit of its highest if `own_units`."""
    x, p = part.x, part.x.shape[1]
    order = np.argsort(part.days, kind="stable")
    dying = order[part.event[order]]
    time, starts, deaths = np.unique(part.days[dying], return_index=True, return_counts=True)
    columns = [np.ones((eta.size, 1)), x]
    if second:
        columns.append((x[:, :, None] * x[:, None, :]).reshape(eta.size, p * p))
    values = np.concatenate(columns, axis=1)
    place = np.repeat(np.arange(time.size), deaths)
    unit = _highest(part, eta, time) if own_units else np.full(time.size, eta.max())
    if own_units:
        risk = _in_own_units(part, eta, time, values, unit)
    else:
        risk = _in_one_unit(part, values * np.exp(eta - eta.max())[:, None], order, time)
    share = np.zeros(place.size)
    if part.ties == "efron":
        share = (np.arange(place.size) - starts[place]) / deaths[place]
    tied = np.add.reduceat(values[dying] * np.exp(eta[dying] - unit[place])[:, None], starts, axis=0)
    left = risk[place] - share[:, None] * tied[place]
    return _Moments(
        time=time,
        deaths=deaths,
        place=place,
        share=share,
        own=eta[dying] - unit[place],
        risk0=left[:, 0],
        risk1=left[:, 1 : p + 1],
        risk2=left[:, p + 1 :].reshape(-1, p, p) if second else None,
        event1=np.add.reduceat(x[dying], starts, axis=0),
    )


def _in_one_unit(part: Design, sums: Array, order: NDArray[np.int64], time: NDArray[Any]) -> Array:
    """Sums of the weighted values (N, c) over each risk set (K, c)."""
    if part.entry is None:
        return _suffix(sums[order])[np.searchsorted(part.days[order], time, side="left")]
    first, last = (np.searchsorted(time, ends, side="right") for ends in (part.entry, part.days))
    return _covering(sums, first, last, time.size)


def _at_risk(part: Design, time: NDArray[Any]) -> NDArray[np.bool_]:
    """Who is at risk at each time (K, N)."""
    staying = part.days >= time[:, None]
    return staying if part.entry is None else staying & (part.entry < time[:, None])


def _highest(part: Design, eta: Array, time: NDArray[Any]) -> Array:
    """The highest log hazard of each risk set (K,)."""
    return np.where(_at_risk(part, time), eta, -np.inf).max(axis=1)


def _in_own_units(part: Design, eta: Array, time: NDArray[Any], values: Array, unit: Array) -> Array:
    """Sums of the values (N, c) over each risk set (K, c), weighted by hazards beside the highest in it.

    For models whose hazards lie further apart than numbers reach: there the few left behind count by themselves.
    """
    return np.exp(np.where(_at_risk(part, time), eta - unit[:, None], -np.inf)) @ values


def _suffix(values: Array) -> Array:
    """Sums from each row to the end (N + 1, ...), the last one 0."""
    sums = np.cumsum(values[::-1], axis=0)[::-1]
    return np.concatenate((sums, np.zeros((1, *values.shape[1:]))))


def _covering(values: Array, first: NDArray[np.int64], last: NDArray[np.int64], size: int) -> Array:
    """Sums (size, c) of the values (N, c) of the rows whose stretch first <= k < last holds each place k.

    Every row is added to the few nodes of a binary tree that cover its stretch. Nothing is subtracted: a
    difference of cumulative sums would drown small weights in the rounding of large ones.
    """
    leaves = 1 << max(size - 1, 0).bit_length()
    tree = np.zeros((values.shape[1], 2 * leaves))
    row, low, high = np.arange(first.size), first + leaves, last + leaves
    while (unfilled := low < high).any():
        row, low, high = row[unfilled], low[unfilled], high[unfilled]
        left, right = (low & 1).astype(bool), (high & 1).astype(bool)
        node = np.concatenate((low[left], high[right] - 1))
        added = values[np.concatenate((row[left], row[right]))]
        for line, weights in zip(tree, added.T, strict=True):
            line += np.bincount(node, weights=weights, minlength=2 * leaves)
        low, high = (low + 1) >> 1, high >> 1
    level = 1
    while level < leaves:
        tree[:, 2 * level : 4 * level] += np.repeat(tree[:, level : 2 * level], 2, axis=1)
        level *= 2
    return tree[:, leaves : leaves + size].T


def score_residuals(design: Design, beta: Array) -> Array:
    """Every patient's own contribution to the score (N, p), tied events shared as Efron does.

    Lin & Wei, J Am Stat Assoc 1989;84:1074-8; Therneau & Grambsch, Modeling Survival Data (2000), section
    4.6.
    """
    out = np.zeros(design.x.shape)
    for rows, part in design.strata():
        eta = part.x @ beta
        weight = np.exp(eta - eta.max())
        m = _moments(part, eta, second=False)
        hazard, mean = 1 / m.risk0, m.mean
        starts = np.concatenate(([0], np.cumsum(m.deaths)[:-1]))
        full = _per_time(hazard, mean, starts)
        tied = _per_time(hazard * (1 - m.share), mean, starts)
        middle = np.add.reduceat(mean, starts, axis=0) / m.deaths[:, None]
        sums = np.concatenate((np.zeros((1, full.shape[1])), np.cumsum(full, axis=0)))
        exposure = sums[np.searchsorted(m.time, part.days, side="right")]
        if part.entry is not None:
            exposure = exposure - sums[np.searchsorted(m.time, part.entry, side="right")]
        at = np.searchsorted(m.time, part.days[part.event])
        exposure[part.event] += tied[at] - full[at]
        residual = -weight[:, None] * (part.x * exposure[:, :1] - exposure[:, 1:])
        residual[part.event] += part.x[part.event] - middle[at]
        out[rows] = residual
    return out


def _per_time(hazard: Array, mean: Array, starts: NDArray[np.int64]) -> Array:
    """Hazard and hazard-weighted mean summed over the tied events of each time, (K, 1 + p)."""
    columns = np.concatenate((hazard[:, None], hazard[:, None] * mean), axis=1)
    return np.add.reduceat(columns, starts, axis=0)


def concordance(design: Design, risk: Array) -> float | None:
    """Of all pairs whose order is known, the share in which the patient at higher risk had the event first.

    Ties of the risk count one half; pairs with events at one time are not used; a censoring at the time of an
    event counts as later. Strata are not mixed. None without usable pairs. Harrell et al., JAMA
    1982;247:2543-6. No delayed entry.
    """
    good = pairs = 0.0
    for _, part in design.strata():
        g, n = _ordered_pairs(part, risk[np.isin(design.stratum, part.stratum[:1])])
        good, pairs = good + g, pairs + n
    return good / pairs if pairs else None


def _ordered_pairs(part: Design, risk: Array) -> tuple[float, float]:
    """Concordant pairs (ties half) and usable pairs: walk back in time, events first compared, then added."""
    codes = np.unique(np.round(risk, 12), return_inverse=True)[1]  # equal risks differ by rounding
    tree, good, pairs, inside = np.zeros(codes.max() + 1, dtype=np.int64), 0.0, 0.0, 0
    order = np.lexsort((part.event, -part.days))  # latest first; at one time censored before events
    edges = np.flatnonzero(np.diff(part.days[order]) != 0) + 1
    for block in np.split(order, edges):
        events = block[part.event[block]]
        np.add.at(tree, codes[block[~part.event[block]]], 1)
        inside += block.size - events.size
        if events.size and inside:
            below = np.concatenate(([0], np.cumsum(tree)))
            mine = codes[events]
            good += float((below[mine] + 0.5 * tree[mine]).sum())
            pairs += float(events.size * inside)
        np.add.at(tree, codes[events], 1)
        inside += events.size
    return good, pairs
