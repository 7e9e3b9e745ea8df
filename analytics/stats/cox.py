"""Cox regression: how strongly each covariate multiplies the hazard, the others held fixed.

Fitted by Newton's method on the partial likelihood to machine precision, as R's coxph; lifelines is the
second opinion in the tests. Time-varying covariates: one row per interval (entry, days].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import chdtrc

from analytics.stats.counts import prepare
from analytics.stats.labels import strata_codes
from analytics.stats.partial import (
    TIES,
    Array,
    Design,
    concordance,
    likelihood,
    score_residuals,
)
from analytics.stats.quadratic import quadratic_form
from analytics.stats.regression import (
    Numbers,
    aliased,
    covariate,
    effects,
    estimable,
    few_events,
    independent,
    inverse,
    newton,
    no_events,
    sandwich,
    spread,
    standard_errors,
)


@dataclass(frozen=True, kw_only=True, eq=False)
class CoxFit:
    """A fitted Cox model, one entry per covariate (p,); None = not estimable, the reason is in `warnings`.

    hr = exp(coef) with limits; z, p Wald; `naive_se` beside a robust `se`; lr_test, score_test, wald_test for
    all covariates together on lr_df degrees of freedom. `left_out` rows lacked a covariate; `never_at_risk`
    rows entered on or after their last day; `fitted` covariates are neither constant nor a combination of
    others. concordance is None under delayed entry, where it has no agreed
    form.
    """

    covariates: tuple[str, ...]
    n: int
    events: int
    coef: Numbers
    se: Numbers
    z: Numbers
    p: Numbers
    hr: Numbers
    hr_lower: Numbers
    hr_upper: Numbers
    loglik_null: float | None
    loglik: float | None
    lr_test: float | None
    lr_df: int | None
    lr_p: float | None
    score_test: float | None
    wald_test: float | None
    concordance: float | None
    aic: float | None
    naive_se: Numbers | None = None
    left_out: int = 0
    never_at_risk: int = 0
    warnings: tuple[str, ...] = ()
    fitted: tuple[str, ...] = ()
    design: Design | None = field(default=None, repr=False)
    beta: Array | None = field(default=None, repr=False)


def fit_cox(
    days: ArrayLike,
    event: ArrayLike,
    covariates: Mapping[str, ArrayLike],
    *,
    entry: ArrayLike | None = None,
    strata: ArrayLike | Sequence[ArrayLike] | None = None,
    cluster: ArrayLike | None = None,
    robust: bool = False,
    ties: str = "efron",
    level: float = 0.95,
) -> CoxFit:
    """How much higher or lower is the hazard per unit of each covariate?

    days (N,), event (N,) 0/1; covariates: name -> numbers (N,), NaN = missing (the row is left out and
    counted); entry (N,) for delayed entry or time-varying rows; strata: own baseline hazard each; cluster
    (N,) or robust=True: sandwich variance (Lin & Wei 1989), over clusters or rows. Ties: Efron (default) or
    Breslow. Constant or collinear covariates and levels without events are named in `warnings` and have no
    estimate; fewer than 5 events per covariate is a warning.
    """
    design, codes, told = _design(days, event, covariates, entry=entry, strata=strata, cluster=cluster, ties=ties)
    names, events = tuple(covariates), int(design.event.sum())
    told = told | {"covariates": names, "n": design.days.size, "events": events}
    clustered = robust or cluster is not None
    if not events:
        return _no_fit(told, ("not estimable: no events",), clustered=clustered)
    scale = np.ptp(design.x, axis=0)
    scale = np.where(scale > 0, scale, 1.0)
    design = Design(**{**vars(design), "x": (design.x - design.x.mean(axis=0)) / scale})
    start = likelihood(design, np.zeros(len(names)))
    free = independent(start.information, events=events)
    if not free.any():
        return _no_fit(told, tuple(aliased(names, free)), clustered=clustered, loglik=start.loglik)
    design, scale = Design(**{**vars(design), "x": design.x[:, free]}), scale[free]
    beta, end, settled = newton(lambda at: likelihood(design, at), covariates=design.x.shape[1])
    variance = inverse(end.information)
    naive = standard_errors(variance)
    known = estimable(beta, naive, scale, settled=settled)
    if clustered:
        variance = _sandwich(design, beta, variance, codes)
    lr_test, df = max(2 * (end.loglik - start.loglik), 0.0), int(free.sum())
    return CoxFit(
        **told,
        **effects(free, known, beta / scale, variance / np.outer(scale, scale), level),
        naive_se=spread(naive / scale, free, known) if clustered else None,
        loglik_null=start.loglik,
        loglik=end.loglik,
        lr_test=lr_test,
        lr_df=df,
        lr_p=float(chdtrc(df, lr_test)),
        score_test=quadratic_form(start.score[free], start.information[np.ix_(free, free)]),
        wald_test=quadratic_form(beta, variance) if known.all() else None,
        concordance=concordance(design, (design.x * beta).sum(axis=1)) if entry is None else None,
        aic=-2 * end.loglik + 2 * df,
        warnings=(*few_events(events, len(names)), *aliased(names, free), *no_events(names, free, known)),
        fitted=tuple(name for name, stays in zip(names, free, strict=True) if stays),
        design=design,
        beta=beta,
    )


def _design(
    days: ArrayLike,
    event: ArrayLike,
    covariates: Mapping[str, ArrayLike],
    *,
    entry: ArrayLike | None,
    strata: ArrayLike | Sequence[ArrayLike] | None,
    cluster: ArrayLike | None,
    ties: str,
) -> tuple[Design, NDArray[np.int64], dict[str, int]]:
    """Complete, checked rows; the cluster of each (without clusters its row number); who was left out."""
    if ties not in TIES:
        raise ValueError(f"unknown rule for ties {ties!r}; known: {', '.join(TIES)}")
    if not covariates:
        raise ValueError("a Cox model needs at least one covariate")
    rows, kept = prepare(days, event, entry=entry, highest=1)
    length = np.shape(days)[0]
    stratum = strata_codes(strata, length=length, kept=kept)
    clusters = strata_codes(cluster, length=length, kept=kept)
    columns = [covariate(name, values, length) for name, values in covariates.items()]
    x = np.column_stack(columns) if kept is None else np.column_stack(columns)[kept]
    complete = ~np.isnan(x).any(axis=1)
    size = rows.days.size
    design = Design(
        days=rows.days,
        event=rows.state == 1,
        x=x,
        entry=rows.entry,
        stratum=np.zeros(size, dtype=np.int64) if stratum is None else stratum,
        ties=ties,
    )
    codes = np.arange(size) if clusters is None else clusters
    told = {"left_out": int(size - complete.sum()), "never_at_risk": rows.never_at_risk}
    return design.only(complete), codes[complete], told


def _no_fit(
    told: dict[str, object], warnings: tuple[str, ...], *, clustered: bool, loglik: float | None = None
) -> CoxFit:
    blank: Numbers = (None,) * len(told["covariates"])
    told = told | dict.fromkeys(("coef", "se", "z", "p", "hr", "hr_lower", "hr_upper"), blank)
    told |= dict.fromkeys(("lr_test", "lr_df", "lr_p", "score_test", "wald_test", "concordance", "aic"))
    told |= {"naive_se": blank if clustered else None, "loglik_null": loglik, "loglik": loglik}
    return CoxFit(**told, warnings=warnings)


def _sandwich(design: Design, beta: Array, variance: Array, clusters: NDArray[np.int64]) -> Array:
    with np.errstate(all="ignore"):  # a level without events: its estimate is withheld anyway
        residuals = score_residuals(design, beta)
        sums = np.zeros((clusters.max() + 1, residuals.shape[1]))
        np.add.at(sums, clusters, residuals)
        return sandwich(sums @ variance, variance)
