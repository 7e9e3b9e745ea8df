"""Dates as people write them at a desk, put into the form that files use: `03/2015`, `~2015-03`, `9 Mar 2015`.

Never guesses: `03/04/2015` is read only where the order of day and month is known to be DMY or MDY (the instance's
setting for the site); elsewhere it is refused with both days it may mean. Source: UX 4.1.6.
"""

import re
from datetime import date

DAY_FIRST, MONTH_FIRST = "DMY", "MDY"
ORDERS = (DAY_FIRST, MONTH_FIRST)
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December")  # fmt: skip
_ISO = re.compile(r"\d{4}(-\d{2}){0,2}", re.ASCII)
_WORDS = re.compile(r"\d{1,4}|[a-z]{3,9}", re.IGNORECASE | re.ASCII)
_SHAPE = re.compile(r"~?\s*\w+(?:[\s/.,-]+\w+){0,2}\.?", re.ASCII)


def as_iso(text: str, order: str = "") -> str:
    """The date in ISO form, as exact as it was written; text that is no date of this kind comes back as it is.

    ValueError says what is wrong with a date that could be read in two ways or is none."""
    text = text.strip()
    about = text.startswith("~")
    if _ISO.fullmatch(text) or len(text) > 40 or not _SHAPE.fullmatch(text):
        return text
    parts = [_part(word) for word in _WORDS.findall(text)]
    if None in parts or "".join(_WORDS.findall(text)) != re.sub(r"[\W_]", "", text):
        return text
    read = _arranged(text, parts, order)
    if about and read.count("-") == 2:
        raise ValueError(f"'{text}': ~ goes with a month or a year, such as ~{read[:7]}")
    return read


def _part(word: str) -> tuple[str, int] | None:
    """(kind, number) of one word: year, month by name, or a number that is a day or a month."""
    if word.isdigit():
        return ("year" if len(word) == 4 else "number", int(word))
    found = [number for number, name in enumerate(MONTHS, 1) if name.lower().startswith(word.lower())]
    return ("month", found[0]) if len(found) == 1 else ("month", 9) if word.lower() == "sept" else None


def _arranged(text: str, parts: list[tuple[str, int]], order: str) -> str:
    kinds = [kind for kind, _number in parts]
    numbers = [number for _kind, number in parts]
    match kinds:
        case ["year"]:
            return f"{numbers[0]:04d}"
        case ["year", "number" | "month"]:
            return _written(text, numbers[0], numbers[1])
        case ["number" | "month", "year"]:
            return _written(text, numbers[1], numbers[0])
        case ["year", "number" | "month", "number"]:
            return _written(text, *numbers)
        case ["number", "month", "year"]:
            return _written(text, numbers[2], numbers[1], numbers[0])
        case ["month", "number", "year"]:
            return _written(text, numbers[2], numbers[0], numbers[1])
        case ["number", "number", "year"]:
            return _ordered(text, *numbers, order)
    if kinds.count("number") >= 2 or "month" in kinds:
        raise ValueError(f"'{text}' has no year of four digits: write it as in 2015-03-09")
    return text


def _ordered(text: str, first: int, second: int, year: int, order: str) -> str:
    """Day and month from two numbers: by the only calendar day they fit, else by the order of the site."""
    readings = {
        _iso(year, month, day)
        for day, month in ((first, second), (second, first))
        if 1 <= month <= len(MONTHS) and _is_day(year, month, day)
    }
    if len(readings) == 1:
        return readings.pop()
    if not readings:
        raise ValueError(f"'{text}' is not a day of the calendar")
    if order:
        day, month = (first, second) if order == DAY_FIRST else (second, first)
        return _iso(year, month, day)
    both = " or ".join(f"{day} {MONTHS[month - 1]}" for day, month in ((first, second), (second, first)))
    raise ValueError(
        f"'{text}' may be {both}: write {_iso(year, second, first)} or {first} {MONTHS[second - 1][:3]} {year}"
    )


def _written(text: str, year: int, month: int, day: int | None = None) -> str:
    if not 1 <= month <= len(MONTHS) or (day is not None and not _is_day(year, month, day)):
        raise ValueError(f"'{text}' is not a day of the calendar")
    return _iso(year, month, day) if day is not None else f"{year:04d}-{month:02d}"


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


def _iso(year: int, month: int, day: int) -> str:
    return f"{year:04d}-{month:02d}-{day:02d}"
