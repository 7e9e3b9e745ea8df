"""Where the product deliberately answers "nothing" although R prints a number: these count as agreement.

Every rule sees the reference value, the product's answer, the key, and the reference values beside it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

EDGE = 1e-9

Rule = Callable[[Any, Any, str, Mapping[str, Any]], bool]


def _no_interval_at_the_edge(wanted: Any, found: Any, key: str, sibling: Mapping[str, Any]) -> bool:
    """R prints 1-1 (or 0-0) where nothing has happened yet; the product prints no interval."""
    if key not in ("lower", "upper") or found is not None:
        return False
    estimate = sibling.get("surv", sibling.get("cif"))
    return estimate is not None and min(estimate, 1 - estimate) < EDGE and abs(wanted - estimate) < EDGE


def _no_test_without_groups(wanted: Any, found: Any, key: str, sibling: Mapping[str, Any]) -> bool:
    """R gives chi-square 0 (on 0 or -1 degrees of freedom), p 1; the product says: no test."""
    if found is not None or not (key in ("chisq", "df", "p") or key.startswith("p_")):
        return False
    degrees = sibling.get("df", 0)
    return sibling.get("chisq") == 0 and isinstance(degrees, int) and (degrees < 1 or key != "df")


def _nothing_from_nobody(wanted: Any, found: Any, key: str, sibling: Mapping[str, Any]) -> bool:
    """R gives 0 or infinity where there are no events, values or variance; the product gives nothing."""
    if found is not None:
        return False
    nobody = sibling.get("events") == 0 or (sibling.get("n") == 0 and key in ("min", "max"))
    certain = sibling.get("difference_se") == 0 and key in ("lower", "upper", "p")
    dropped = key in ("se", "naive_se") and wanted == 0 and sibling.get("coef") is None
    return nobody or certain or dropped


def _no_effect_without_events(wanted: Any, found: Any, key: str, sibling: Mapping[str, Any]) -> bool:
    """R stops at some huge coefficient when a level has no events; the product calls it not estimable."""
    if found is not None or key not in ("coef", "se", "z", "p", "hr", "hr_lower", "hr_upper", "wald_test"):
        return False
    coef, se = sibling.get("coef"), sibling.get("se")
    if isinstance(coef, list):
        return any(
            abs(c) > math.log(1e4) or s > 100 for c, s in zip(coef, se, strict=True) if c is not None and s is not None
        )
    return coef is not None and se is not None and (abs(coef) > math.log(1e4) or se > 100)


def _no_odds_ratio_without_margin(wanted: Any, found: Any, key: str, sibling: Mapping[str, Any]) -> bool:
    """A 2x2 table with an empty margin is the only one possible: limits 0 to infinity, no estimate."""
    return (
        found is None
        and key.startswith("fisher_or_")
        and sibling.get("fisher_or_lower") == 0
        and sibling.get("fisher_or_upper") == "inf"
    )


AGREEMENTS: tuple[Rule, ...] = (
    _no_interval_at_the_edge,
    _no_test_without_groups,
    _nothing_from_nobody,
    _no_effect_without_events,
    _no_odds_ratio_without_margin,
)


def agreed_otherwise(wanted: Any, found: Any, key: str, sibling: Mapping[str, Any]) -> bool:
    """Does any rule accept that one of the two says nothing?"""
    return any(rule(wanted, found, key, sibling) for rule in AGREEMENTS)
