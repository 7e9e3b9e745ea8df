"""Where the product deliberately answers otherwise than R, mostly "nothing": these count as agreement.

Every rule sees the reference value, the product's answer, the key, and the reference values beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from scipy.special import chdtrc

from analytics.stats.regression import NO_LIMIT_COEFFICIENT, NO_LIMIT_SE

EDGE = 1e-9
ROUNDING = 1e-12
SEPARATED = 1e-5
ON_THE_WAY = 1e-5

Rule = Callable[[Any, Any, str, Mapping[str, Any]], bool]


def _no_interval_at_the_edge(wanted: Any, found: Any, key: str, sibling: Mapping[str, Any]) -> bool:
    """R prints 1-1 (or 0-0) where nothing has happened yet; the product prints no interval."""
    if key not in ("lower", "upper") or found is not None:
        return False
    estimate = sibling.get("surv", sibling.get("cif"))
    return estimate is not None and min(estimate, 1 - estimate) < EDGE and abs(wanted - estimate) < EDGE


def _no_test_without_groups(wanted: Any, found: Any, key: str, sibling: Mapping[str, Any]) -> bool:
    """R gives chi-square 0 (on 0 or -1 degrees of freedom) or -1 (Gray), p 1; the product says: no test."""
    if found is not None or not (key in ("chisq", "stat", "df", "p") or key.startswith("p_")):
        return False
    degrees = sibling.get("df", 0)
    gray = sibling.get("stat") == -1 and key != "df"
    return gray or (sibling.get("chisq") == 0 and isinstance(degrees, int) and (degrees < 1 or key != "df"))


def _nothing_from_nobody(wanted: Any, found: Any, key: str, sibling: Mapping[str, Any]) -> bool:
    """R gives 0 or infinity where there are no events, values or variance; the product gives nothing."""
    if found is not None:
        return False
    nobody = sibling.get("events") == 0 or (sibling.get("n") == 0 and key in ("min", "max"))
    certain = sibling.get("difference_se") == 0 and key in ("lower", "upper", "p")
    return nobody or certain


def _no_difference_without_two_groups(wanted: Any, found: Any, key: str, sibling: Mapping[str, Any]) -> bool:
    """Of three groups the reference takes the first two with the variance of all; the product: none."""
    if found is not None or key not in ("difference", "difference_se", "lower", "upper", "p"):
        return False
    return "rmst" in sibling and len(sibling["groups"]) != 2


EFFECTS = ("coef", "se", "naive_se", "z", "p", "hr", "hr_lower", "hr_upper", "shr", "shr_lower", "shr_upper")
FOLLOW_LIKELIHOOD = ("loglik", "lr_test", "lr_p", "aic")
MODEL = ("lr_test", "lr_df", "lr_p", "score_test", "wald_test", "concordance", "aic")


def _no_effect_without_limit(wanted: Any, found: Any, key: str, sibling: Mapping[str, Any]) -> bool:
    """R stops at some huge coefficient when a level has no events; the product calls it not estimable."""
    if found is not None:
        return False
    if key in EFFECTS and "coef" in sibling:
        return _without_limit(sibling["coef"], sibling.get("se"), sibling.get("naive_se")) or _separated(sibling)
    above = sibling.get("above", {})
    model = sibling if key == "wald_test" else above if key == "cif" else above.get("above", {})
    return key in ("wald_test", "cif", "chisq", "df", "p") and (_any_without_limit(model) or _separated(model))


def _any_without_limit(model: Mapping[str, Any]) -> bool:
    coefs, errors = model.get("coef"), model.get("se")
    if not isinstance(coefs, list) or not isinstance(errors, list):
        return False
    return any(not se or _without_limit(coef, se) for coef, se in zip(coefs, errors, strict=True))


def _without_limit(coef: Any, *errors: Any) -> bool:
    return coef is not None and (abs(coef) > NO_LIMIT_COEFFICIENT or any(se and se > NO_LIMIT_SE for se in errors))


def _separated(model: Mapping[str, Any]) -> bool:
    """The covariates foretell every event: the likelihood is 1 and no coefficient has a limit."""
    loglik = model.get("loglik")
    return loglik is not None and abs(loglik) < SEPARATED


def _no_effect_without_information(wanted: Any, found: Any, key: str, sibling: Mapping[str, Any]) -> bool:
    """R gives standard error 0 where the data say nothing about a covariate; the product gives no effect."""
    if found is not None or "se" not in sibling:
        return False
    if key in EFFECTS:
        return (sibling["se"] or 0) < ROUNDING * max(1.0, sibling.get("naive_se") or 0)
    singular = key == "wald_test" and "naive_se" in sibling  # more covariates than clusters
    return singular or (key in MODEL and not any(sibling["se"]))


def _whole_model_without_limit(wanted: Any, found: Any, key: str, sibling: Mapping[str, Any]) -> bool:
    """Of a model in which a coefficient has no limit or no information, R's tests depend on its rounding.

    It stops on the way up the likelihood, and counts the covariate among the degrees of freedom or not.
    """
    model = sibling["above"]["above"] if key == "df" and "term" in sibling else sibling
    if wanted is None or found is None or key not in ("lr_df", "df", *FOLLOW_LIKELIHOOD):
        return False
    if not _any_without_limit(model):
        return False
    coefs, errors = model["coef"], model["se"]
    sure = sum(bool(se) and not _without_limit(coef, se) for coef, se in zip(coefs, errors, strict=True))
    counts = range(sure, len(coefs) + 1)
    if key in ("lr_df", "df"):
        return found in counts
    tests = {"lr_p": lambda df: float(chdtrc(df, model["lr_test"])), "aic": lambda df: 2 * df - 2 * model["loglik"]}
    reference = [tests[key](df) for df in counts] if key in tests else [wanted]
    return any(abs(found - value) <= ON_THE_WAY * max(abs(value), abs(model["loglik_null"])) for value in reference)


def _no_odds_ratio_without_margin(wanted: Any, found: Any, key: str, sibling: Mapping[str, Any]) -> bool:
    """A 2x2 table with an empty margin is the only one possible: limits 0 to infinity, no estimate."""
    return (
        found is None
        and key.startswith("fisher_or_")
        and sibling.get("fisher_or_lower") == 0
        and sibling.get("fisher_or_upper") == "inf"
    )


def _missing_in_every_group(wanted: Any, found: Any, key: str, sibling: Mapping[str, Any]) -> bool:
    """The reference counts patients without a group as missing in every group; the product in none."""
    groups = [it for label, it in sibling.get("above", {}).items() if label not in ("all", "above")]
    if key != "missing" or found is None or len(groups) < 2 or "all" not in sibling["above"]:
        return False
    everybody = sum(sibling["above"]["all"][part] for part in ("n", "missing"))
    without_group = (sum(it["n"] + it["missing"] for it in groups) - everybody) / (len(groups) - 1)
    return without_group > 0 and wanted == found + without_group


AGREEMENTS: tuple[Rule, ...] = (
    _no_interval_at_the_edge,
    _no_test_without_groups,
    _nothing_from_nobody,
    _no_difference_without_two_groups,
    _no_effect_without_limit,
    _no_effect_without_information,
    _whole_model_without_limit,
    _no_odds_ratio_without_margin,
    _missing_in_every_group,
)


def agreed_otherwise(wanted: Any, found: Any, key: str, sibling: Mapping[str, Any]) -> bool:
    """Does any rule accept the difference?"""
    return any(rule(wanted, found, key, sibling) for rule in AGREEMENTS)
