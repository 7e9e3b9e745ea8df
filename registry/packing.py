"""Small numbers of a row packed into one word each, as PostgreSQL sends them: a word costs more than its bits do.

A day takes 22 bits, an id 41, a code as many as its list is long; a word has 63. A row of eight columns then travels
as two numbers instead of eight. Nothing is cut off: the database refuses an id too large for its place,
`patient_ranges` too many patients, and days and codes always fit.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import BinaryField, Expression, F, Func, IntegerField, Value

if TYPE_CHECKING:
    import numpy as np

EPOCH = date(1970, 1, 1)
#: What stands for "no value": before every date, and no id or code.
NO_DAY, NOTHING = -(2**31), -1
ID_BITS, DAY_BITS, WORD_BITS = 41, 22, 63
MOST_PATIENTS = 2**DAY_BITS - 1  # in one range: they are counted in the bits of a day
SHORT_WORD_BITS = 31  # a word that fits four bytes travels as four bytes


@dataclass(frozen=True)
class Column:
    """One column as small whole numbers: 0 where there is no value (read as `absent`), 1 for the value `start`.

    `sql` makes that number of what stands at `path` in the database, if that is not a code.
    """

    name: str
    path: str
    bits: int
    start: int
    absent: int
    sql: str = "%(expressions)s"
    blank: bool = True  # whether it may be
    codes: tuple[str, ...] = ()
    often: str = ""  # what most rows hold of the codes and blank: compared first
    of_range: bool = False  # counted from the first patient of the range that is asked for

    def kind(self, numpy: Any) -> Any:
        """The type of its numbers in memory."""
        return numpy.int64 if self.of_range or self.bits == ID_BITS else numpy.int32

    def of(self, value: Any) -> int:
        """The number of one row's value."""
        if value is None:
            return self.absent
        if self.codes:
            return self.codes.index(value) if value in self.codes else self.absent
        return (value - EPOCH).days if isinstance(value, date) else int(value)

    def times(self, factor: int, kind: str, first: int) -> Func:
        """Its number in its place: multiplied, not shifted, so that too large an id is refused instead of cut off."""
        told = [F(self.path), Value(first)] if self.of_range else [F(self.path)]
        if self.codes:
            # Codes of our own lists are letters, digits and underscores.
            places = sorted(enumerate(("", *self.codes)), key=lambda one: one[1] != self.often)
            cases = " ".join(f"WHEN '{code}' THEN {place * factor}::{kind}" for place, code in places)
            sql = f"CASE %(expressions)s {cases} ELSE 0::{kind} END"
        else:
            sql = f"({self.sql})::{kind}" + (f" * {factor}::{kind}" if factor > 1 else "")
            sql = f"COALESCE({sql}, 0)" if self.blank else sql
        return Func(*told, template=sql, arg_joiner=" - ", output_field=IntegerField())


def identifier(name: str, path: str) -> Column:
    """A row's number: its own, or that of another row it points to."""
    return Column(name, path, ID_BITS, 1, NOTHING, blank=path != "id")


def patient(name: str, path: str) -> Column:
    """The number of a patient: the one a row is of, or the row itself."""
    return Column(name, path, DAY_BITS, 0, NOTHING, "%(expressions)s + 1", blank=False, of_range=True)


def day(name: str) -> Column:
    """A date, as days since 1970-01-01."""
    start = (date.min - EPOCH).days
    return Column(name, name, DAY_BITS, start, NO_DAY, "%(expressions)s - DATE '0001-12-31 BC'")  # the day before


def coded(name: str, codes: tuple[str, ...], often: str = "") -> Column:
    """A code, as its place in its list; `often` is what most rows hold."""
    return Column(name, name, len(codes).bit_length(), 0, NOTHING, codes=codes, often=often)


@dataclass(frozen=True)
class Word:
    """Columns side by side in one number, each with the number of bits it is shifted by; the first stands on top."""

    places: tuple[tuple[Column, int], ...]

    @property
    def short(self) -> bool:
        return sum(column.bits for column, _shift in self.places) <= SHORT_WORD_BITS

    def expression(self, first: int) -> Expression:
        """The words of all rows as one string of bytes, the high byte of each first; patients count from `first`."""
        kind, send = ("int", "int4send") if self.short else ("bigint", "int8send")
        parts = (column.times(1 << shift, kind, first) for column, shift in self.places)
        template = f"string_agg({send}(%(expressions)s), '')"
        return Func(*parts, template=template, arg_joiner=" + ", output_field=BinaryField())

    def columns(self, sent: bytes, first: int) -> "dict[str, np.ndarray]":
        """The columns of the words of very many rows, as `expression` sends them."""
        import numpy as np

        words = np.frombuffer(sent, ">i4" if self.short else ">i8").astype(np.int32 if self.short else np.int64)
        found = {}
        for place, (column, shift) in enumerate(self.places):
            stored = words >> shift if shift else words
            if place:
                stored = stored & ((1 << column.bits) - 1)
            values = stored + (column.start - 1 + (first if column.of_range else 0))
            if not stored.all():
                values[stored == 0] = column.absent
            found[column.name] = values.astype(column.kind(np), copy=False)
        return found


def packed(columns: Iterable[Column]) -> tuple[Word, ...]:
    """Columns in as few words as they fit, the widest first, so that an id stands on top of its word."""
    words: list[list[Column]] = []
    for column in sorted(columns, key=lambda one: -one.bits):
        room = (word for word in words if sum(one.bits for one in word) + column.bits <= WORD_BITS)
        if (word := next(room, None)) is None:
            words.append([column])
        else:
            word.append(column)
    return tuple(Word(_shifted(word)) for word in words)


def _shifted(columns: list[Column]) -> tuple[tuple[Column, int], ...]:
    """Each column with its shift, the first on top."""
    left = sum(column.bits for column in columns)
    places = []
    for column in columns:
        left -= column.bits
        places.append((column, left))
    return tuple(places)
