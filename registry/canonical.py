"""The canonical form of frozen tables: values as text, the same on every database, and CSV text of them.

Columns are written one by one; equal values are worked out once, as a column holds few values very many times.
"""

import csv
import io
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from registry.dictionary.cells import plain_number
from registry.dictionary.compiled import ItemSpec
from registry.dictionary.items import Kind


class Known(dict):
    """What was worked out of a value, worked out once: columns hold few values very many times."""

    def __init__(self, work: Callable[[Any], Any]) -> None:
        self._work = work

    def __missing__(self, value: Any) -> Any:
        self[value] = found = self._work(value)
        return found


def ages(moments: Iterable[date | None], owners: Iterable[int], births: dict[int, date | None]) -> list[str]:
    """The age in days on the day of each row; blank where the day or the birth is not known."""
    both = zip(moments, map(births.get, owners), strict=True)
    return [str((moment - birth).days) if moment and birth else "" for moment, birth in both]


def texts(column: Iterable[Any], item: ItemSpec | None, codes: dict[str, dict[int, str]]) -> list[str]:
    """The cells of a column; equal values are written once."""
    if item is not None and item.kind is Kind.CODES:
        return [";".join(value or ()) for value in column]
    known = Known(_formatter(item, codes) if item else _plain)
    return [known[value] for value in column]


def _plain(value: Any) -> str:
    return "" if value is None else str(value)


def _formatter(item: ItemSpec, codes: dict[str, dict[int, str]]) -> Callable[[Any], str]:
    if item.kind is Kind.DATE:
        return lambda value: value.isoformat() if value else ""
    if item.kind is Kind.BOOLEAN:
        return lambda value: "Y" if value else "N"
    if item.kind is Kind.DECIMAL:
        return lambda value: "" if value is None else plain_number(value)
    if item.kind is Kind.REFERENCE and item.target in codes:
        known = codes[item.target]
        return lambda value: known.get(value, "") if value is not None else ""
    return _plain


def pairs(mapping: dict | None) -> str:
    """Why items have no value, or how they compare: `item=code`, joined by semicolons."""
    return ";".join(f"{key}={value}" for key, value in sorted((mapping or {}).items()))


def csv_text(header: list[str], rows: Iterable[Iterable[str]]) -> str:
    """Canonical CSV: RFC 4180 quoting, LF line ends, header always there."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()
