"""The engine's answers in the shape of the reference: Cox, time-varying exposure, landmark, Fine-Gray."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from analytics.stats.cox import CoxFit, fit_cox
from analytics.stats.exposure import mantel_byar, simon_makuch, split_at_exposure
from analytics.stats.finegray import fit_fine_gray
from analytics.stats.landmark import at_landmark
from analytics.stats.oracle.folder import Case, Frame
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
        used(case.frame, case.spec, "time", "event", "entry", "strata", "covariates", "cluster"), case.spec
    )


def cox_answer(frame: Frame, spec: Mapping[str, Any]) -> Answer:
    """One model on complete rows."""
    fit = fit_cox(
        frame.numbers(spec["time"]),
        frame.numbers(spec["event"]),
        {name: frame.numbers(name) for name in names(spec["covariates"])},
        entry=entry_of(frame, spec),
        strata=[frame.labels(name) for name in names(spec.get("strata"))] or None,
        cluster=frame.labels(spec["cluster"]) if spec.get("cluster") else None,
        robust=bool(spec.get("robust")),
        ties=spec.get("ties", "efron"),
        level=0.95,
    )
    answer = model(fit)
    if spec.get("zph"):
        answer["zph"] = {transform: _zph(fit, transform) for transform in TRANSFORMS}
    return answer


def model(fit: CoxFit) -> Answer:
    """A fitted model with the keys of the reference."""
    found = {key: getattr(fit, key) for key in COX_KEYS}
    return {key: list(value) if isinstance(value, tuple) else value for key, value in found.items()}


def _zph(fit: CoxFit, transform: str) -> Answer:
    test = proportionality_test(fit, transform=transform)
    return {"term": list(test.term), "chisq": list(test.chisq), "df": list(test.df), "p": list(test.p)}


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
    groups = rows.exposed.tolist()
    if exposure is None:
        groups = [frame.column(spec["group"])[i] for i in rows.patient]
    columns = {".t": rows.days.tolist(), ".e": rows.event.tolist(), ".g": groups}
    cells = {
        name: tuple(None if v is None else repr(v) if isinstance(v, float) else str(v) for v in column)
        for name, column in columns.items()
    }
    kept = Frame(name=frame.name, columns=cells, rows=rows.patient.size)
    mine = {**spec, "time": ".t", "event": ".e", "group": ".g", "covariates": ".g"}
    order = case.expected.get("logrank", {}).get("groups")
    return {
        "n_included": rows.patient.size,
        "km": survival_groups(kept.complete([".g"]), mine),
        "logrank": logrank_answer(kept.complete([".g"]), mine, order=order),
        "cox": cox_answer(kept.complete([".g"]), mine),
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
    shown = ("n", "covariates", "coef", "se", "p", "shr", "shr_lower", "shr_upper", "loglik", "loglik_null")
    answer = {key: plain(getattr(fit, key)) for key in shown}
    if spec.get("predict") is not None:
        at = spec["predict"][0]
        cif = fit.predict(at, spec["times"])
        answer["predict"] = {"at": at, "time": spec["times"], "cif": plain(cif)}
    return answer


REGRESSIONS: dict[str, Callable[[Case], Answer]] = {
    "cox": cox,
    "tvc": tvc,
    "landmark": landmark,
    "finegray": finegray,
}
