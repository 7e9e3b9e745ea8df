"""The mark of estimates that rest on fewer than ten patients, and the one note that says what it means.

Source: ENDPOINTS 6.5: beyond the last time with ten at risk no curve goes on and nothing is quoted without a mark.
"""

from collections.abc import Iterable

from analytics.report.bound import Place, Text
from analytics.stats.risk import FEW, MEANING, rests_on_few

__all__ = ["MARK", "MEANING", "NOTE", "below", "is_marked", "mark", "noted"]

MARK = "†"
NOTE: Text = (f"{MARK} {MEANING.capitalize()}.",)


def mark(held: Place, day: float | None, *, known: int | None = None) -> Text:
    """The mark, where what is read on a day from this curve (a group, or a cause of one) rests on few.

    known: how many are at risk then, where the reading says so itself.
    """
    if day is None:
        return ()
    few = rests_on_few(held["steps"].value, day) if known is None else known < FEW
    return (MARK,) if few else ()


def is_marked(texts: Iterable[Text]) -> bool:
    """Whether any of these texts holds the mark."""
    return any(isinstance(part, str) and MARK in part for text in texts for part in text)


def noted(texts: Iterable[Text]) -> tuple[Text, ...]:
    """The note that these texts need below them: one, or none."""
    return (NOTE,) if is_marked(texts) else ()


def below(rows: Iterable[Iterable[Text]]) -> tuple[Text, ...]:
    """The note that a table of these cells needs below it: one, or none."""
    return noted(cell for row in rows for cell in row)
