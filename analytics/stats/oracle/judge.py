"""Comparing the product's answer with the reference: which values, how close, what counts as agreement.

The tolerances are those of the specification (tests/oracle/README.md); a value of a key not named there must
agree to 1e-8.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from analytics.stats.oracle.agreements import agreed_otherwise
from analytics.stats.oracle.folder import canonical

EXACT = 1e-9
SHARP = 1e-10
OTHER = 1e-8

INFORMATION = frozenset(
    ("baseline", "cumhaz", "cumhaz_std_err", "martingale_residuals", "schoenfeld_residuals", "concordance_se")
    + ("finegray_coxph_breslow", "cmprsk_note", "note", "error", "wilson_cc_lower", "wilson_cc_upper")
)
EXACT_KEYS = frozenset(
    (
        "n",
        "events",
        "n_risk",
        "n_event",
        "n_censor",
        "time",
        "tau",
        "at",
        "df",
        "lr_df",
        "kruskal_df",
        "missing",
        "min",
        "q1",
        "median",
        "q3",
        "max",
        "median_lower",
        "median_upper",
        "q25",
        "q25_lower",
        "q25_upper",
        "q75",
        "q75_lower",
        "q75_upper",
        "n_rows",
        "n_exposed",
        "n_included",
    )
)
SHARP_KEYS = frozenset(
    (
        "surv",
        "std_err",
        "lower",
        "upper",
        "estimate",
        "rmst",
        "difference",
        "difference_se",
        "cif",
        "observed",
        "expected",
        "variance",
        "chisq",
        "chisq_yates",
        "kruskal",
        "wilson_lower",
        "wilson_upper",
    )
)
RELATIVE: dict[str, float] = {
    "exact_lower": 1e-8,
    "exact_upper": 1e-8,
    "fisher_p": 1e-9,
    "fisher_or_cond_mle": 1e-6,
    "fisher_or_lower": 1e-6,
    "fisher_or_upper": 1e-6,
    "lr_test": 1e-8,
    "se": 1e-6,
    "naive_se": 1e-6,
    "hr_lower": 1e-6,
    "hr_upper": 1e-6,
    "stat": 1e-8,
}
LIKELIHOOD = 1e-9
ROUNDING = 1e-12
COEFFICIENT = 1e-5  # of its standard error
# What a coefficient off by one standard error moves: z by 1, hr by hr se, p by at most its density.
FOLLOWS_COEFFICIENT: dict[str, Callable[[Mapping[str, Any]], float]] = {
    "z": lambda its: 1.0,
    "hr": lambda its: its["hr"] * its["se"],
    "p": lambda its: its["p"] * (1 + abs(its["coef"] / its["se"])),
}
ROBUST = 2e-2
ROBUST_KEYS = frozenset(("se", "z", "p", "hr_lower", "hr_upper", "wald_test"))
PROPORTIONALITY = 1e-5
FINE_GRAY = {"se": 1e-2, "p": 1e-2, "shr_lower": 1e-2, "shr_upper": 1e-2, "shr": 1e-5, "cif": 1e-5}
P_VALUE, P_TINY, TINY = 1e-9, 1e-6, 1e-12


@dataclass(frozen=True, kw_only=True)
class Value:
    """One compared value; `ratio` is the difference in units of its tolerance."""

    path: str
    expected: Any
    found: Any
    ratio: float

    @property
    def agrees(self) -> bool:
        """Within tolerance."""
        return self.ratio <= 1

    def __str__(self) -> str:
        return f"{self.path}: expected {self.expected!r}, found {self.found!r}"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """How a case is judged, beyond the key of a value: robust standard errors, delayed entry, Fine-Gray."""

    kind: str
    robust: bool = False
    delayed: bool = False


def is_information(key: str, rule: Rule) -> bool:
    """Keys that are reported by the reference but not compared."""
    if key in INFORMATION or key.endswith("_printed"):
        return True
    return key == "concordance" and (rule.delayed or rule.kind == "tvc")


def compare(expected: Mapping[str, Any], found: Any, *, rule: Rule) -> Iterator[Value]:
    """Every value of the reference beside the product's, in order."""
    yield from _walk(expected, found, rule=rule, path=(), sibling={})


def _walk(
    expected: Any, found: Any, *, rule: Rule, path: tuple[str, ...], sibling: Mapping[str, Any]
) -> Iterator[Value]:
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        yield from _walk_keys(expected, _same_labels(expected, found), rule=rule, path=path, above=sibling)
    elif isinstance(expected, list) and isinstance(found, (list, tuple)) and len(found) == len(expected):
        for i, (value, other) in enumerate(zip(expected, found, strict=True)):
            beside = {key: _item(entry, i) for key, entry in sibling.items()}
            yield from _walk(value, other, rule=rule, path=(*path, str(i)), sibling=beside)
    elif expected == [] and not any(value is not None for value in found or ()):
        return  # neither says anything
    elif isinstance(expected, (Mapping, list)) or isinstance(found, (Mapping, list, tuple)):
        yield _no_answer(path, expected, found)
    else:
        yield _value(expected, found, rule=rule, path=path, sibling=sibling)


def _walk_keys(
    expected: Mapping[str, Any],
    found: Mapping[str, Any],
    *,
    rule: Rule,
    path: tuple[str, ...],
    above: Mapping[str, Any],
) -> Iterator[Value]:
    sibling = {**expected, "above": above}
    in_cuminc = path[:1] == ("cmprsk_cuminc",)
    for key, value in expected.items():
        if is_information(key, rule) or (in_cuminc and key == "variance"):
            continue
        if key in found:
            yield from _walk(value, found[key], rule=rule, path=(*path, key), sibling=sibling)
        elif not in_cuminc:  # cuminc cuts group names at a space
            yield _no_answer((*path, key), value, None)


def _same_labels(expected: Mapping[str, Any], found: Mapping[str, Any]) -> Mapping[str, Any]:
    """R calls a single group `all`, whatever its label, and writes 100000 as 1e+05."""
    if set(expected) == {"all"} and len(found) == 1:
        return {"all": next(iter(found.values()))}
    if expected.keys() <= found.keys():
        return found
    spelled = {canonical(label): label for label in expected}
    return {spelled.get(canonical(label), label): value for label, value in found.items()}


def _item(entry: Any, i: int) -> Any:
    return entry[i] if isinstance(entry, list) and i < len(entry) else entry


def _no_answer(path: tuple[str, ...], expected: Any, found: Any) -> Value:
    return Value(path=".".join(path), expected=expected, found=found, ratio=math.inf)


def _value(expected: Any, found: Any, *, rule: Rule, path: tuple[str, ...], sibling: Mapping[str, Any]) -> Value:
    key = next((part for part in reversed(path) if not part.isdigit()), "")
    wanted = {"inf": math.inf, "-inf": -math.inf}.get(expected, expected) if isinstance(expected, str) else expected
    ratio = _ratio(wanted, found, key, rule, path, sibling)
    return Value(path=".".join(path), expected=expected, found=found, ratio=ratio)


def _ratio(wanted: Any, found: Any, key: str, rule: Rule, path: tuple[str, ...], sibling: Mapping[str, Any]) -> float:
    if found is not None and not isinstance(found, str) and math.isnan(found):
        found = None
    if (wanted is None and found is None) or agreed_otherwise(wanted, found, key, sibling):
        return 0.0
    if wanted is None or found is None:
        return math.inf
    if isinstance(wanted, str) or isinstance(found, str):
        return 0.0 if canonical(wanted) == canonical(found) else math.inf
    if math.isinf(wanted) or math.isinf(found):
        return 0.0 if wanted == found else math.inf
    if key == "wald_test" and not rule.robust:
        return 0.0 if round(found, 2) == wanted else abs(found - wanted) / 0.005000001
    allowed = _allowed(wanted, key, rule, path, sibling)
    return abs(found - wanted) / allowed if allowed else 0.0 if found == wanted else math.inf


def _allowed(wanted: float, key: str, rule: Rule, path: tuple[str, ...], sibling: Mapping[str, Any]) -> float:
    """The largest difference that still counts as agreement."""
    size = abs(wanted)
    if "zph" in path and key in ("chisq", "p"):
        return PROPORTIONALITY * size + 1e-14
    if rule.kind == "finegray" and key in FINE_GRAY:
        return FINE_GRAY[key] * size
    if rule.robust and key in ROBUST_KEYS and "zph" not in path:
        return ROBUST * size + (0.005 if key == "wald_test" else 0.0)
    if key == "coef" and isinstance(sibling.get("se"), (int, float)):
        return COEFFICIENT * sibling["se"] + ROUNDING
    if key in FOLLOWS_COEFFICIENT and sibling.get("coef") is not None and sibling.get("se"):
        return COEFFICIENT * FOLLOWS_COEFFICIENT[key](sibling) + ROUNDING
    if key in EXACT_KEYS:
        return EXACT
    if key == "p" or key.startswith("p_") or key.endswith(("_p", "_p_cc", "_p_nocc")):
        return (P_TINY if size < TINY else P_VALUE) * size
    if key in SHARP_KEYS:
        return SHARP * size + 1e-14
    if key in ("loglik", "loglik_null"):
        return LIKELIHOOD * max(size, 0.01)
    return RELATIVE.get(key, OTHER) * size + 1e-14
