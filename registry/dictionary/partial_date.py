"""Dates as charts hold them: known to the day, the month or the year.

Source: data dictionary 1.3. The stored value of a partial date is a stand-in (15th of the month, 1 July of the year);
the interval of possible true dates follows from value and precision and is never stored.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta

DAY, MONTH, YEAR, UNKNOWN = "D", "M", "Y", "U"
_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


@dataclass(frozen=True, order=False)
class PartialDate:
    """A date with what is known of it: `value` is the exact day or the stand-in, `precision` D, M or Y."""

    value: date
    precision: str = DAY

    @classmethod
    def parse(cls, text: str) -> "PartialDate":
        """Read `2015-03-09`, `2015-03` or `2015`; ValueError says what is wrong with anything else."""
        match = _ISO.fullmatch(text.strip())
        if not match:
            raise ValueError(f"'{text}' is not a date: write YYYY-MM-DD, YYYY-MM or YYYY")
        year, month, day = (int(part) if part else None for part in match.groups())
        try:
            if day:
                return cls(date(year, month, day), DAY)
            if month:
                return cls(date(year, month, 15), MONTH)
            if match.group(2) or match.group(3):
                raise ValueError
            return cls(date(year, 7, 1), YEAR)
        except ValueError:
            raise ValueError(f"'{text}' is not a day of the calendar") from None

    def coarsened(self, precision: str) -> "PartialDate":
        """The same date known less precisely, with the stand-in of that precision."""
        if precision == MONTH and self.precision == DAY:
            return PartialDate(self.value.replace(day=15), MONTH)
        if precision == YEAR and self.precision in (DAY, MONTH):
            return PartialDate(date(self.value.year, 7, 1), YEAR)
        return self

    @property
    def earliest(self) -> date:
        if self.precision == MONTH:
            return self.value.replace(day=1)
        if self.precision == YEAR:
            return date(self.value.year, 1, 1)
        return self.value

    @property
    def latest(self) -> date:
        if self.precision == MONTH:
            return self.value.replace(day=calendar.monthrange(self.value.year, self.value.month)[1])
        if self.precision == YEAR:
            return date(self.value.year, 12, 31)
        return self.value

    @property
    def exact(self) -> bool:
        return self.precision == DAY

    def surely_after(self, other: "PartialDate") -> bool:
        """No possible pair of true dates has self on or before other."""
        return self.earliest > other.latest

    def surely_not_after(self, other: "PartialDate") -> bool:
        """Every possible pair of true dates has self on or before other."""
        return self.latest <= other.earliest

    def shifted(self, days: int) -> "PartialDate":
        """The whole interval moved by days: an exact pair of bounds, kept as a `Span`."""
        return Span(
            self.value + timedelta(days), self.precision, self.earliest + timedelta(days), self.latest + timedelta(days)
        )

    def __str__(self) -> str:
        if self.precision == MONTH:
            return f"{self.value:%Y-%m}"
        if self.precision == YEAR:
            return f"{self.value:%Y}"
        return self.value.isoformat()


@dataclass(frozen=True)
class Span(PartialDate):
    """A partial date moved by whole days: its bounds no longer coincide with calendar months."""

    first: date | None = None
    last: date | None = None

    @property
    def earliest(self) -> date:
        return self.first

    @property
    def latest(self) -> date:
        return self.last
