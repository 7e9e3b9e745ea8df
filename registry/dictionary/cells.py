"""One reading and one writing of a cell, shared by forms, import and export.

`read_cell` turns what a person or a file wrote into an `Answer`; `write_cell` is its inverse. Conventions: data
dictionary 1.3-1.4 and the import contract (comparators, partial dates, `;` between codes, Y / N, missing codes).
"""

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from registry.dictionary.codelists import code_list
from registry.dictionary.compiled import ItemSpec
from registry.dictionary.items import MISSING, Kind
from registry.dictionary.partial_date import DAY, UNKNOWN, PartialDate

COMPARATORS = ("<=", ">=", "<", ">")
MAX_CELL_BYTES = 32 * 1024
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)", re.ASCII)
#: What a decoder puts where bytes are no character of the encoding.
REPLACEMENT = "\ufffd"
#: Places kept of a decimal; one more in the input is refused rather than rounded.
DECIMAL_DIGITS, DECIMAL_PLACES = 14, 5


class CellError(ValueError):
    """A cell that cannot be what its column says; `rule` is one of the import contract's names."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of one item: a value, or the reason why there is none."""

    value: Any = None
    precision: str = ""
    missing: str = ""
    comparator: str = ""

    @property
    def blank(self) -> bool:
        return self.value in (None, "", []) and not self.missing


BLANK = Answer()


def check_text(label: str, text: str) -> None:
    """CellError where a cell of any kind is too long or holds what is no text."""
    if len(text) * 4 > MAX_CELL_BYTES and len(text.encode("utf-8", "surrogatepass")) > MAX_CELL_BYTES:
        raise CellError("limit", f"{label}: a cell may hold at most 32 KiB")
    if _FORBIDDEN.search(text):
        raise CellError("encoding", f"{label}: control or text-direction characters are not allowed")
    if REPLACEMENT in text:
        raise CellError("encoding", f"{label}: a character was lost on the way here (U+FFFD); write it again")


def read_cell(spec: ItemSpec, text: str) -> Answer:
    """Read one cell; CellError names the rule broken and the way out. A blank cell is a blank answer."""
    check_text(spec.item.label, text)
    text = text.strip()
    if not text:
        return BLANK
    if text in MISSING:
        return Answer(missing=text, precision=UNKNOWN if spec.kind is Kind.DATE and spec.item.partial else "")
    return _READERS[spec.kind](spec, text)


def _read_text(spec: ItemSpec, text: str) -> Answer:
    if len(text) > spec.item.max_length:
        raise CellError("limit", f"{spec.item.label}: at most {spec.item.max_length} characters, not {len(text)}")
    return Answer(text)


def _check_code(spec: ItemSpec, code: str) -> str:
    if code not in code_list(spec.item.codes):
        known = " ".join(code_list(spec.item.codes).keys()[:40])
        raise CellError("code", f"{spec.item.label}: '{code[:60]}' is not one of {known} (or {' '.join(MISSING)})")
    return code


def _read_code(spec: ItemSpec, text: str) -> Answer:
    return Answer(_check_code(spec, text))


def _read_codes(spec: ItemSpec, text: str) -> Answer:
    codes = [part.strip() for part in text.split(";") if part.strip()]
    return Answer([_check_code(spec, code) for code in dict.fromkeys(codes)])


def _split_comparator(text: str) -> tuple[str, str]:
    for comparator in COMPARATORS:
        if text.startswith(comparator):
            return comparator, text[len(comparator) :].strip()
    return "", text.removeprefix("=").strip()


def _check_possible(spec: ItemSpec, number: Decimal | int, comparator: str) -> None:
    """Some value the cell may mean must be possible: `<0` and `>100` of a percentage leave none."""
    bounds = spec.item.possible
    if bounds is None:
        return
    beyond = (comparator == "<" and number == bounds[0]) or (comparator == ">" and number == bounds[1])
    if beyond or not (bounds[0] <= number <= bounds[1]):
        unit = f" {spec.item.unit}" if spec.item.unit else ""
        limits = f"it lies in {bounds[0]:g} to {bounds[1]:g}{unit}"
        raise CellError("range", f"{spec.item.label}: {comparator}{number} is impossible; {limits}")


def _number(spec: ItemSpec, text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise CellError("type", f"{spec.item.label}: '{text[:60]}' is not a number (decimal point, no thousands marks)")
    try:
        return Decimal(text)
    except InvalidOperation:
        raise CellError("type", f"{spec.item.label}: '{text[:60]}' is not a number") from None


def _read_integer(spec: ItemSpec, text: str) -> Answer:
    comparator, digits = _split_comparator(text)
    number = _number(spec, digits)
    if number != number.to_integral_value():
        raise CellError("type", f"{spec.item.label}: '{text}' is not a whole number")
    whole = int(number)
    _check_possible(spec, whole, comparator)
    if abs(whole) > 2_000_000_000:
        raise CellError("range", f"{spec.item.label}: {whole} is too large")
    return Answer(whole, comparator=comparator)


def _read_decimal(spec: ItemSpec, text: str) -> Answer:
    comparator, digits = _split_comparator(text)
    number = _number(spec, digits)
    _check_possible(spec, number, comparator)
    if abs(number) >= 10 ** (DECIMAL_DIGITS - DECIMAL_PLACES):
        raise CellError("range", f"{spec.item.label}: {digits} is too large")
    if number != round(number, DECIMAL_PLACES):
        raise CellError("precision", f"{spec.item.label}: at most {DECIMAL_PLACES} decimal places, not {digits}")
    return Answer(number, comparator=comparator)


def _read_date(spec: ItemSpec, text: str) -> Answer:
    try:
        parsed = PartialDate.parse(text)
    except ValueError as error:
        raise CellError("type", f"{spec.item.label}: {error}") from None
    if not 1900 <= parsed.value.year <= 2200:
        raise CellError("range", f"{spec.item.label}: the year {parsed.value.year} is impossible")
    allowed = spec.item.finest if spec.item.partial else DAY
    if parsed.precision not in allowed:
        need = "the exact day" if allowed == DAY else "at least the month"
        raise CellError("precision", f"{spec.item.label}: '{text}' is too coarse; {need} is required")
    return Answer(parsed.value, precision=parsed.precision if spec.item.partial else "")


def _read_boolean(spec: ItemSpec, text: str) -> Answer:
    if text not in ("Y", "N"):
        raise CellError("type", f"{spec.item.label}: write Y or N, not '{text[:60]}'")
    return Answer(text == "Y")


_READERS = {
    Kind.TEXT: _read_text,
    Kind.CODE: _read_code,
    Kind.CODES: _read_codes,
    Kind.INTEGER: _read_integer,
    Kind.DECIMAL: _read_decimal,
    Kind.DATE: _read_date,
    Kind.BOOLEAN: _read_boolean,
    Kind.REFERENCE: _read_text,
}


def plain_number(number: Decimal | float | int) -> str:
    """A number as its shortest exact decimal text, without exponent or trailing zeros."""
    text = format(Decimal(str(number)), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def write_cell(spec: ItemSpec, answer: Answer) -> str:
    """The text that `read_cell` turns back into the same answer."""
    if answer.missing:
        return answer.missing
    value = answer.value
    if value is None or value == []:
        return ""
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, date):
        return str(PartialDate(value, answer.precision or DAY))
    if isinstance(value, list | tuple):
        return ";".join(value)
    if spec.kind in (Kind.INTEGER, Kind.DECIMAL):
        return answer.comparator + plain_number(value)
    return str(value)
