"""Numbers as people read them: percentages, months, P values. One place: page, figure and report agree.

Percentages are rounded half up to one decimal from the exact ratio; P values print as `<.0001` or three
decimals, four near .01 and .05 (ENDPOINTS 5, F23; STATISTICS 4). A missing value prints as a dash, a median that is
not reached as `NR`, a withheld count as `withheld`.
"""

from typing import Any

from analytics.stats.wording import number_text, p_text, percent_text

DAYS_PER_MONTH = 30.4375
DASH = "–"
NOT_REACHED = "NR"
WITHHELD = "withheld"

TESTS = {"logrank": "Log-rank", "gray": "Gray", "mantel-byar": "Mantel-Byar"}


def rounded(value: float | None, decimals: int = 1) -> str:
    """A number with fixed decimals, half up from its exact value; a dash when there is none."""
    if value is None:
        return DASH
    return number_text(value, places=decimals)


def percent(share: float | None) -> str:
    return DASH if share is None else f"{rounded(share * 100)} %"


def ratio_percent(x: int | None, n: int | None) -> str:
    """A percentage from the exact ratio, so that 37 of 85 never depends on a rounding of a rounding."""
    if x is None or not n:
        return DASH
    return f"{percent_text(x, n)} %"


def interval(lower: float | None, upper: float | None, *, scale: float = 1.0) -> str:
    """Confidence limits in brackets; nothing when neither is known."""
    if lower is None and upper is None:
        return DASH
    return f"{_limit(lower, scale)} to {_limit(upper, scale)}"


def _limit(value: float | None, scale: float) -> str:
    return NOT_REACHED if value is None else rounded(value * scale)


def months(days: float | None) -> str:
    """A read-off time in months, `NR` when the curve does not come down to it."""
    return NOT_REACHED if days is None else rounded(days / DAYS_PER_MONTH)


def p_value(p: float | None) -> str:
    return DASH if p is None else p_text(p)


def count(value: Any) -> str:
    """A count; one withheld arrives as None - not as `<5`, for its complement may be what is small."""
    return WITHHELD if value is None else f"{value:,}"


def comparison(found: dict[str, Any] | None) -> str:
    """A test in one phrase: `Log-rank P <.0001`; empty when none was made."""
    if not found:
        return ""
    before, after = comparison_parts(found)
    return before + (p_value(found["p"]) if after is None else after)


def comparison_parts(found: dict[str, Any]) -> tuple[str, str | None]:
    """The words before the P value, and those in its place when the test was not made (else None)."""
    test = TESTS.get(found["test"], found["test"])
    if found.get("p") is None:
        return test, ": not tested" + (f" ({found['reason']})" if found.get("reason") else "")
    return f"{test} P {'' if found['p'] < 0.0001 else '= '}", None
