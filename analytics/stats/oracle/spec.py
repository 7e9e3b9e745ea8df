"""What the fields of a reference case may hold: a wrong one is one sentence, never a failure somewhere later."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any], bool]


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _name(value: Any) -> bool:
    return isinstance(value, str)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _list_of(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(check(item) for item in value)


def _names(value: Any) -> bool:
    return _name(value) or _list_of(_name)(value)


def _patient(value: Any) -> bool:
    """Covariate values of one patient; R writes those of a single covariate without the inner list."""
    return _list_of(_number)(value) or (_list_of(_list_of(_number))(value) and len(value) == 1)


_NAME = (_name, "the name of a column")
_NAMES = (_names, "the name of a column or a list of them")
_NUMBER = (_number, "a number")
_NUMBERS = (_list_of(_number), "a list of numbers")
_FLAG = (_flag, "true or false")

FIELDS: dict[str, tuple[Check, str]] = {
    **dict.fromkeys(("data", "time", "event", "entry", "group", "cluster", "exposure_time"), _NAME),
    **dict.fromkeys(("strata", "covariates", "continuous"), _NAMES),
    **dict.fromkeys(("landmark", "tau", "level", "rho", "failcode", "x", "n"), _NUMBER),
    **dict.fromkeys(("times", "baseline_times"), _NUMBERS),
    **dict.fromkeys(("reverse", "pairwise", "curve", "robust", "zph", "residuals"), _FLAG),
    **dict.fromkeys(("conf_type", "ties"), (_name, "a text")),
    "filter": (lambda value: isinstance(value, dict), "an object of columns and allowed values"),
    "predict": (_patient, "the covariate values of one patient"),
    "counts": (_list_of(_list_of(_number)), "a list of rows of numbers"),
}


def wrong_field(spec: Mapping[str, Any]) -> str | None:
    """A sentence about the first field of the wrong type; fields unknown here pass."""
    for field, value in spec.items():
        fits, told = FIELDS.get(field, (lambda _: True, ""))
        if not fits(value):
            return f"the spec's `{field}` must be {told}, found {value!r}"
    return None
