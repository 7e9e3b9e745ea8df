"""The engine's answers in the shape of the reference: Cox, time-varying exposure, landmark, Fine-Gray."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analytics.stats.cox import CoxFit, fit_cox
from analytics.stats.exposure import mantel_byar, simon_makuch, split_at_exposure
from analytics.stats.finegray import fit_fine_gray
from analytics.stats.labels import grouping
from analytics.stats.landmark import at_landmark
from analytics.stats.oracle.folder import Case, Frame, is_number
from analytics.stats.oracle.kinds import (
    Answer,
    entry_of,
    logrank_answer,
    names,
    survival,
    survival_groups,
    used,
)
from analytics.stats.proportionality import TRANSFORMS, proportionality_test
from analytics.stats.results import plain

ZPH_KEYS = ("chisq", "df", "p")
COX_KEYS = (
    "covariates",
    "n",
    "events",
    "coef",
    "se",
    "z",
    "p",
    "hr",
    "hr_lower",
    "hr_upper",
    "loglik_null",
    "loglik",
    "lr_test",
    "lr_df",
    "lr_p",
    "score_test",
    "wald_test",
    "concordance",
    "aic",
    "naive_se",
)


def cox(case: Case) -> Answer:
    """A Cox model, with proportionality tests where asked."""
    return cox_answer(
        used(case.frame, case.spec, "time", "event", "entry", "strata", "covariates", "cluster"),
        case.spec,
        case.expected,
    )


def cox_answer(frame: Frame, spec: Mapping[str, Any], expected: Mapping[str, Any]) -> Answer:
    """One model on complete rows."""
    fit = fit_cox(
        frame.numbers(spec["time"]),
        frame.numbers(spec["event"]),
        columns(frame, names(spec["covariates"]), expected.get("covariates", ())),
        entry=entry_of(frame, spec),
        strata=[frame.labels(name) for name in names(spec.get("strata"))] or None,
        cluster=frame.labels(spec["cluster"]) if spec.get("cluster") else None,
        robust=bool(spec.get("robust")),
        ties=spec.get("ties", "efron"),
        level=0.95,
    )
    answer = model(fit)
    if spec.get("zph"):
        answer["zph"] = {
            transform: _zph(fit, transform, expected.get("zph", {}).get(transform, {}).get("term"))
            for transform in TRANSFORMS
        }
    return answer


def columns(frame: Frame, wanted: list[str], terms: Iterable[str]) -> dict[str, NDArray[np.float64]]:
    """Covariates as numbers; one of text becomes a yes/no column per level, named as R names it.

    `terms` are those of the reference: the level it leaves out is the one others are compared with.
    """
    found: dict[str, NDArray[np.float64]] = {}
    for name in wanted:
        labels, position = grouping(frame.labels(name), length=frame.rows)
        if name in terms or not labels or all(map(is_number, labels)):
            found[name] = frame.numbers(name)
            continue
        base = next((place for place, label in enumerate(labels) if name + label not in terms), 0)
        found |= {name + label: (position == i).astype(float) for i, label in enumerate(labels) if i != base}
    return found


def model(fit: CoxFit) -> Answer:
    """A fitted model with the keys of the reference."""
    found = {key: getattr(fit, key) for key in COX_KEYS}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in found.items()}


def _zph(fit: CoxFit, transform: str, wanted: list[str] | None) -> Answer:
    """The lines of the reference, which drops or keeps covariates without limit as its rounding tells it."""
    test = proportionality_test(fit, transform=transform)
    lines = dict(zip(test.term, zip(test.chisq, test.df, test.p, strict=True), strict=True))
    chosen = {term: lines.get(term, (None, None, None)) for term in wanted or test.term}
    return {"term": list(chosen)} | {key: [line[i] for line in chosen.values()] for i, key in enumerate(ZPH_KEYS)}


def tvc(case: Case) -> Answer:
    """Cox with a yes/no exposure that starts during follow-up, Mantel-Byar test, Simon-Makuch curves."""
    spec = case.spec
    frame = used(case.frame, spec, "time", "event")
    arrays = (frame.numbers(spec["time"]), frame.numbers(spec["event"]), frame.numbers(spec["exposure_time"]))
    rows = split_at_exposure(*arrays)
    covariates = {name: frame.numbers(name)[rows.patient] for name in names(spec.get("covariates"))}
    fit = fit_cox(rows.stop, rows.event, {"exposed": rows.exposed} | covariates, entry=rows.start)
    test = mantel_byar(*arrays)
    curves = simon_makuch(*arrays, conf_type="log")
    return {
        "n_rows": rows.patient.size,
        "n_exposed": rows.n_exposed,
        "cox": model(fit),
        "mantel_byar": {"chisq": test.statistic, "p": test.p},
        "simon_makuch": {str(i): survival(curve, spec) for i, curve in enumerate(curves) if curve.n},
    }


def landmark(case: Case) -> Answer:
    """Curves, log-rank and Cox from the landmark on."""
    spec = case.spec
    frame = used(case.frame, spec, "time", "event")
    exposure = frame.numbers(spec["exposure_time"]) if spec.get("exposure_time") else None
    rows = at_landmark(
        frame.numbers(spec["time"]),
        frame.numbers(spec["event"]),
        landmark=spec["landmark"],
        exposure_days=exposure,
    )
    kept = frame.at(rows.patient)
    added = {".t": tuple(map(repr, rows.days.tolist()))}
    added[".g"] = kept.column(spec["group"]) if exposure is None else tuple(map(str, rows.exposed.tolist()))
    kept = Frame(name=kept.name, columns={**kept.columns, **added}, rows=kept.rows)
    mine = {**spec, "time": ".t", "group": ".g", "covariates": ".g"}
    everybody, followed = used(kept, mine, "group"), used(kept, mine, "group", "strata", "cluster")
    wanted = case.expected
    return {
        "n_included": rows.patient.size,
        "km": survival_groups(everybody, mine),
        "logrank": logrank_answer(used(everybody, mine, "strata"), mine, order=wanted.get("logrank", {}).get("groups")),
        "cox": cox_answer(followed, mine, wanted.get("cox", {})),
    }


def finegray(case: Case) -> Answer:
    """A Fine-Gray model and its predictions."""
    spec = case.spec
    frame = used(case.frame, spec, "time", "event", "covariates")
    fit = fit_fine_gray(
        frame.numbers(spec["time"]),
        frame.numbers(spec["event"]),
        {name: frame.numbers(name) for name in names(spec["covariates"])},
        cause=int(spec["failcode"]),
    )
    shown = ("covariates", "coef", "se", "p", "shr", "shr_lower", "shr_upper", "loglik", "loglik_null")
    answer = {"n": case.frame.rows} | {key: plain(getattr(fit, key)) for key in shown}  # R counts rows it omits
    if spec.get("predict") is not None:
        at = [value for row in spec["predict"] for value in (row if isinstance(row, list) else [row])]
        cif = fit.predict(at, spec["times"])
        answer["predict"] = {"at": at, "time": spec["times"], "cif": plain(cif)}
    return answer


REGRESSIONS: dict[str, Callable[[Case], Answer]] = {
    "cox": cox,
    "tvc": tvc,
    "landmark": landmark,
    "finegray": finegray,
}
