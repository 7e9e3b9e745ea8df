"""The case of a study: every patient at once, with derived dates and states computed when asked for.

A milestone is one small function from the case to one value per patient; its docstring is the definition the
codebook prints, `reads` the columns of the data dictionary its date comes from. Each is computed once per
case.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from analytics.study.conventions import Conventions
from analytics.study.days import Flags, Floats
from analytics.study.frames import Frames, Ints
from analytics.study.milestones.moments import Rows, rows_of
from analytics.study.schema import LAYOUTS


@dataclass(frozen=True)
class Milestone:
    """A derived date or state: its name, how it is computed, which columns its date comes from."""

    name: str
    of: Callable[[Case], Any]
    reads: tuple[str, ...]

    @property
    def definition(self) -> str:
        return " ".join((self.of.__doc__ or "").split())


MILESTONES: dict[str, Milestone] = {}


def milestone(*reads: str) -> Callable[[Callable[[Case], Any]], Callable[[Case], Any]]:
    """Register a function of the case as a milestone under its own name."""

    def register(of: Callable[[Case], Any]) -> Callable[[Case], Any]:
        MILESTONES[of.__name__] = Milestone(of.__name__, of, reads)
        return of

    return register


@dataclass(frozen=True, eq=False)
class Case:
    """All patients of the frames, of whom `members` belong to the population.

    index_row: row of the index infusion in the infusion table, -1 = none; transplant_row: row of the
    transplant followed; entry_day: the day a patient came under observation, NaN = from the start.
    """

    frames: Frames
    conventions: Conventions
    members: Flags
    index_row: Ints
    transplant_row: Ints
    entry_day: Floats
    known: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def size(self) -> int:
        return self.frames.size

    def __getitem__(self, name: str) -> Any:
        if name not in self.known:
            if name not in MILESTONES:
                raise KeyError(f"there is no milestone {name!r}; known: {', '.join(sorted(MILESTONES))}")
            self.known[name] = MILESTONES[name].of(self)
        return self.known[name]

    def table(self, slug: str) -> Rows:
        """A table as dated rows, by the date it is dated by, before any clamping."""
        key = f"table:{slug}"
        if key not in self.known:
            self.known[key] = rows_of(self.frames[slug], LAYOUTS[slug].dated_by)
        return self.known[key]

    def parent_rows(self, slug: str, parent: str, of: str | None = None) -> Ints:
        """For each row of a table, the row of the parent it names (-1: none, or not there at the cut-off)."""
        key = f"parent:{slug}:{parent}"
        if key not in self.known:
            ids = self.frames[of or parent]["id"].to_numpy()
            named = self.frames[slug][parent].to_numpy()
            order = np.argsort(ids, kind="stable")
            place = np.searchsorted(ids[order], named)
            place = np.minimum(place, max(len(ids) - 1, 0))
            found = np.full(named.shape, -1, dtype=np.int64)
            if len(ids):
                found = np.where(ids[order][place] == named, order[place], -1)
            self.known[key] = found
        return self.known[key]


def spread(values: np.ndarray, rows: Ints, *, blank: Any) -> np.ndarray:
    """Values of other rows, or of patients, brought to the rows that name them; `blank` where none is
    named."""
    out = np.full(rows.shape, blank, dtype=np.asarray(values).dtype if len(values) else None)
    named = rows >= 0
    if named.any():
        out[named] = np.asarray(values)[rows[named]]
    return out


def worded(conditions: Sequence[Any], words: Sequence[str], otherwise: str = "") -> np.ndarray:
    """The word of the first condition that holds, or `otherwise`, for each patient or row."""
    place = np.select(conditions, [np.int8(place) for place in range(1, len(words) + 1)], np.int8(0))
    return np.array([otherwise, *words], dtype=object)[place]


def codes(values: Any, *wanted: str) -> Flags:
    """Which rows of a coded column hold one of the codes; looked up once for each code, not for each row."""
    if not isinstance(values.dtype, pd.CategoricalDtype):
        return values.isin(wanted).to_numpy()
    held = np.append(np.isin(values.cat.categories.to_numpy(object), wanted), False)  # the last is that of no code
    return held[values.cat.codes.to_numpy()]
