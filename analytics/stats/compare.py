"""Do groups differ in their time to an event? Log-rank tests, and pairs of groups with correction.

A comparison that cannot be computed (one group, no events) answers p = None with the reason; it never raises.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from analytics.stats.counts import Counts, Rows, only_group, prepare, tally
from analytics.stats.curves import SurvivalCurve, survival_of
from analytics.stats.gray import gray
from analytics.stats.labels import strata_codes
from analytics.stats.quadratic import quadratic_form
from analytics.stats.results import Comparison

__all__ = ["Pair", "adjust", "compare_survival", "gray", "logrank", "pairwise"]


Score = tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two groups compared; `p` raw, the others corrected for the number of pairs (None = not computable)."""

    a: str
    b: str
    statistic: float | None
    df: int | None
    p: float | None
    p_holm: float | None
    p_bonferroni: float | None
    p_bh: float | None
    reason: str | None = None


def logrank(
    days: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    strata: ArrayLike | Sequence[ArrayLike] | None = None,
    entry: ArrayLike | None = None,
    rho: float = 0,
) -> Comparison:
    """Do the groups differ in survival? Observed against expected events, added up over all event times.

    days (N,), event (N,) 0/1, group (N,) labels; strata: one array (N,) or a list of them (observed, expected
    and variance are added over strata); entry (N,) delayed entry. Hypergeometric variance (Mantel & Haenszel
    1959; Mantel 1966), so ties need no further rule. rho = 0: log-rank; rho > 0: weight S(t-)^rho with the
    pooled Kaplan-Meier of the stratum (Fleming & Harrington 1982; rho = 1: Peto & Peto). Groups with no
    expected event leave the test; df = groups left - 1.
    """
    rows, kept = prepare(days, event, entry=entry, group=group, highest=1)
    layer = strata_codes(strata, length=np.shape(days)[0] if np.ndim(days) else 0, kept=kept)
    return _compare(rows, layer, rho=rho)


def compare_survival(
    days: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    entry: ArrayLike | None = None,
    rho: float = 0,
    conf_type: str = "log-log",
    level: float = 0.95,
) -> tuple[dict[str, SurvivalCurve], Comparison]:
    """Every group's survival curve and the log-rank test between them, counted once.

    Arguments as `kaplan_meier` and `logrank`; the same numbers as calling them, in a third of the time.
    Patients who are never at risk (entry on or after their last day) are counted in none of the curves.
    """
    rows, _ = prepare(days, event, entry=entry, group=group, highest=1)
    counts = tally(rows)
    curves = {
        label: survival_of(only_group(counts, place), conf_type=conf_type, level=level)
        for place, label in enumerate(counts.groups)
    }
    return curves, _answer(rows.labels, counts.n, [_scores(counts, rho=rho)])


def _compare(rows: Rows, layer: NDArray[np.int64] | None, *, rho: float) -> Comparison:
    counted = [tally(part) for part in _layers(rows, layer)]
    sizes = tuple(sum(one.n[i] for one in counted) for i in range(len(rows.labels)))
    return _answer(rows.labels, sizes, [_scores(one, rho=rho) for one in counted])


def _answer(labels: tuple[str, ...], sizes: tuple[int, ...], scores: Sequence[Score]) -> Comparison:
    groups = len(labels)
    observed, expected, variance = np.zeros(groups), np.zeros(groups), np.zeros((groups, groups))
    for o, e, v in scores:
        observed, expected, variance = observed + o, expected + e, variance + v
    alive = expected > 0
    statistic, df, reason = _statistic(observed - expected, variance, alive)
    return Comparison(
        test="logrank",
        statistic=statistic,
        df=df,
        p=None if statistic is None else float(chdtrc(df, statistic)),
        reason=reason,
        groups=labels,
        n=sizes,
        observed=tuple(observed.tolist()),
        expected=tuple(expected.tolist()),
        variance=tuple(tuple(line) for line in variance.tolist()),
    )


def _layers(rows: Rows, layer: NDArray[np.int64] | None) -> list[Rows]:
    if layer is None:
        return [rows]
    return [rows.only(layer == code) for code in np.unique(layer)]


def _scores(counts: Counts, *, rho: float) -> Score:
    """Weighted observed (G,), expected (G,) and variance (G, G) of one stratum."""
    events = counts.n_event.sum(axis=1)
    total = events.sum(axis=0)
    happens = total > 0
    d_group, at_risk = events[:, happens].astype(np.float64), counts.n_risk[:, happens].astype(np.float64)
    d, n = total[happens].astype(np.float64), at_risk.sum(axis=0)
    weight = np.ones_like(d)
    if rho:
        weight = np.concatenate(([1.0], np.cumprod((n - d) / n)))[:-1] ** rho
    share = at_risk / n
    spread = weight**2 * d * np.divide(n - d, n - 1, out=np.zeros_like(n), where=n > 1)
    variance = np.diag((share * spread).sum(axis=1)) - (share * spread) @ share.T
    return (weight * d_group).sum(axis=1), (weight * d * share).sum(axis=1), variance


def _statistic(
    score: NDArray[np.float64], variance: NDArray[np.float64], alive: NDArray[np.bool_]
) -> tuple[float | None, int | None, str | None]:
    """Chi-square, degrees of freedom and, when there is no test, the reason."""
    left = int(alive.sum())
    if score.size < 2:
        return None, None, "fewer than two groups"
    if left == 0:
        return None, None, "no events"
    if left == 1:
        return None, None, "only one group has patients at risk when events happen"
    statistic = quadratic_form(score[alive][1:], variance[np.ix_(alive, alive)][1:, 1:])
    if statistic is None:
        return (
            None,
            left - 1,
            "the groups are never at risk together, or all patients at risk have the event at once",
        )
    return statistic, left - 1, None


def pairwise(
    days: ArrayLike,
    event: ArrayLike,
    group: ArrayLike,
    *,
    strata: ArrayLike | Sequence[ArrayLike] | None = None,
    entry: ArrayLike | None = None,
    rho: float = 0,
) -> tuple[Pair, ...]:
    """Which groups differ from which? The log-rank test of every pair, p corrected in three ways.

    Arguments as `logrank`; stratified tests stay stratified in the pairs. Corrections: Holm (Scand J Stat
    1979;6:65-70), Bonferroni, Benjamini-Hochberg (1995), over the pairs in which any event happened.
    """
    rows, kept = prepare(days, event, entry=entry, group=group, highest=1)
    layer = strata_codes(strata, length=np.shape(days)[0], kept=kept)
    tests = []
    for a, b in combinations(range(len(rows.labels)), 2):
        both = (rows.group == a) | (rows.group == b)
        pair = rows.only(both)
        two = Rows(
            **{
                **vars(pair),
                "labels": (rows.labels[a], rows.labels[b]),
                "group": (pair.group == b).astype(int),
            }
        )
        tests.append(_compare(two, None if layer is None else layer[both], rho=rho))
    counted = [index for index, test in enumerate(tests) if sum(test.expected) > 0]
    raw = [1.0 if tests[index].p is None else tests[index].p for index in counted]
    corrected = {method: dict(zip(counted, adjust(raw, method=method), strict=True)) for method in _ADJUST}
    return tuple(
        Pair(
            a=test.groups[0],
            b=test.groups[1],
            statistic=test.statistic,
            df=test.df,
            p=test.p,
            reason=test.reason,
            **{f"p_{method}": None if test.p is None else corrected[method][index] for method in _ADJUST},
        )
        for index, test in enumerate(tests)
    )


def adjust(p: Sequence[float], *, method: str) -> tuple[float, ...]:
    """p values corrected for their number; `method` is holm, bonferroni or bh. Same as R's p.adjust."""
    if method not in _ADJUST:
        raise ValueError(f"unknown correction {method!r}; known: {', '.join(_ADJUST)}")
    values = np.asarray(p, dtype=np.float64)
    return tuple(_ADJUST[method](values).tolist())


def _holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(p[order] * np.arange(p.size, 0, -1))
    return _back(np.minimum(stepped, 1.0), order)


def _bonferroni(p: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.minimum(p * p.size, 1.0)


def _benjamini_hochberg(p: NDArray[np.float64]) -> NDArray[np.float64]:
    order = np.argsort(-p, kind="stable")
    stepped = np.minimum.accumulate(p[order] * p.size / np.arange(p.size, 0, -1))
    return _back(np.minimum(stepped, 1.0), order)


def _back(values: NDArray[np.float64], order: NDArray[np.int64]) -> NDArray[np.float64]:
    out = np.empty_like(values)
    out[order] = values
    return out


_ADJUST = {"holm": _holm, "bonferroni": _bonferroni, "bh": _benjamini_hochberg}
