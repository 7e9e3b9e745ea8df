"""How numbers are printed: p-values, percentages, durations. Exports carry the full number instead."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

NOT_ESTIMABLE = "-"


def p_text(p: float | None) -> str:
    """A p-value as journals print it: <.0001, else three decimals, four near .01 and .05, no leading zero."""
    if p is None:
        return NOT_ESTIMABLE
    if not 0 <= p <= 1:
        raise ValueError(f"a p-value lies between 0 and 1: {p}")
    if p < 0.0001:
        return "<.0001"
    places = 4 if 0.0095 <= p <= 0.0105 or 0.045 <= p <= 0.055 else 3
    text = str(_half_up(Decimal(repr(p)), places))
    return text[1:] if text.startswith("0") else text


def percent_text(x: int, n: int, *, places: int = 1) -> str:
    """x of n as a percentage, rounded half up from the exact ratio (17 of 37: 45.9); - when n is 0."""
    if n == 0:
        return NOT_ESTIMABLE
    return f"{_half_up(Decimal(int(x)) * 100 / Decimal(int(n)), places)}"


def percent_number(x: int, n: int) -> float | None:
    """x of n as a percentage with one decimal, as `percent_text` prints it; None when n is 0. Source: ENDPOINTS 3.9."""
    return float(percent_text(x, n)) if n else None


def number_text(value: float | None, *, places: int = 1) -> str:
    """A number with a fixed number of decimals, rounded half up on its decimal form; - when there is none."""
    return NOT_ESTIMABLE if value is None else str(_half_up(Decimal(repr(float(value))), places))


def _half_up(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
