"""Does a covariate's effect stay the same over time? Check of the proportional-hazards assumption."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from analytics.stats.cox import CoxFit
from analytics.stats.curves import kaplan_meier
from analytics.stats.partial import Array, Design, likelihood
from analytics.stats.quadratic import quadratic_form
from analytics.stats.samples import mid_ranks

TRANSFORMS = ("km", "rank", "identity", "log")


@dataclass(frozen=True, kw_only=True)
class ProportionalityTest:
    """One line per covariate, the last line GLOBAL: chi-square, df, p; None = not computable."""

    transform: str
    term: tuple[str, ...]
    chisq: tuple[float | None, ...]
    df: tuple[int, ...]
    p: tuple[float | None, ...]
    reason: str | None = None


def proportionality_test(fit: CoxFit, *, transform: str = "km") -> ProportionalityTest:
    """Does a hazard ratio change with time? Small p: it does, and one number does not describe it.

    Score test of added covariates x * g(t) at the fitted coefficients; g is 1 - S(t-) of all patients (`km`),
    the mid-rank of t among all follow-up times, t itself (`identity`) or `log` t. One df per covariate, and
    all together. Grambsch & Therneau, Biometrika 1994;81:515-26, as R's cox.zph from survival 3.0 on (older
    programs differ).
    """
    if transform not in TRANSFORMS:
        raise ValueError(f"unknown transform {transform!r}; known: {', '.join(TRANSFORMS)}")
    terms, known = fit.fitted, dict(zip(fit.covariates, fit.coef, strict=True))
    if not terms or any(known[name] is None for name in terms):
        return _none(transform, terms or fit.covariates, "a coefficient is not estimable")
    passed = likelihood(fit.design, fit.beta)
    if transform == "log" and (passed.time <= 0).any():
        return _none(transform, terms, "log of a duration of 0")
    g = _scale(fit.design, passed.time, transform)
    g = g - g.mean()
    p = len(terms)
    score = np.concatenate((np.zeros(p), g @ passed.scores))
    cross, square = (np.einsum("k,kij->ij", weight, passed.informations) for weight in (g, g**2))
    information = np.block([[passed.information, cross], [cross, square]])
    chosen = [np.append(np.arange(p), p + j) for j in range(p)] + [np.arange(2 * p)]
    chisq = [quadratic_form(score[rows], information[np.ix_(rows, rows)]) for rows in chosen]
    df = (1,) * p + (p,)
    return ProportionalityTest(
        transform=transform,
        term=(*terms, "GLOBAL"),
        chisq=tuple(chisq),
        df=df,
        p=tuple(None if x is None else float(chdtrc(k, x)) for x, k in zip(chisq, df, strict=True)),
    )


def _none(transform: str, terms: tuple[str, ...], reason: str) -> ProportionalityTest:
    lines = len(terms) + 1
    return ProportionalityTest(
        transform=transform,
        term=(*terms, "GLOBAL"),
        chisq=(None,) * lines,
        df=(1,) * (lines - 1) + (lines - 1,),
        p=(None,) * lines,
        reason=reason,
    )


def _scale(design: Design, time: NDArray[np.float64], transform: str) -> Array:
    """g at the event times (K,)."""
    if transform == "identity":
        return time.astype(np.float64)
    if transform == "log":
        return np.log(time.astype(np.float64))
    if transform == "rank":
        ranks, place = mid_ranks(design.days)[0], np.argsort(design.days, kind="stable")
        return ranks[place[np.searchsorted(design.days[place], time)]]
    curve = kaplan_meier(design.days, design.event, entry=design.entry)
    before = np.searchsorted(curve.time, time, side="left")
    return 1 - np.concatenate(([1.0], curve.estimate))[before]
