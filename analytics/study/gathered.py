"""A survival question counted block by block: patients are observed apart, the curves are drawn of all of them.

Derived dates belong to one patient each, so any block of patients may be observed by itself; only the counting needs
everybody, and it needs little: days, event, group. The result is that of the whole registry at once, to the last digit.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from analytics.stats.results import LeftOut
from analytics.study import estimate
from analytics.study.catalogue import Analysis
from analytics.study.conventions import Conventions
from analytics.study.days import Floats
from analytics.study.estimate import Grouping
from analytics.study.frames import Ints
from analytics.study.observation import Ledger, Observed, observe
from analytics.study.run import Study, told
from analytics.study.stratify import in_order


@dataclass(eq=False)
class Gathered:
    """What was observed so far; `add` takes a block of patients, `result` draws the curves."""

    analysis: Analysis
    conventions: Conventions
    members: int = 0
    _blocks: list[tuple[Floats, np.ndarray, Floats, Ints]] = field(default_factory=list)
    _levels: list[str] = field(default_factory=list)
    _left: Counter = field(default_factory=Counter)

    def __post_init__(self) -> None:
        if self.analysis.answer is not estimate.curve or self.analysis.options:
            raise ValueError(f"{self.analysis.key} is not a survival curve that can be counted block by block")

    def add(self, study: Study) -> None:
        """Observe one block of patients."""
        case, endpoint = study.case, self.analysis.question
        seen = observe(case, endpoint)
        groups = estimate.grouped(case, endpoint.moment, self._strata, seen.ledger)
        stays = seen.ledger.stays
        place = np.zeros(case.size, dtype=np.int8)
        for level, who in groups:
            if level not in self._levels:
                self._levels.append(level)
            place[who] = self._levels.index(level)
        self.members += int(case.members.sum())
        self._left.update({one["reason"]: one["n"] for one in seen.ledger.left_out()})
        self._blocks.append((seen.days[stays], seen.state[stays].astype(np.int8), seen.entry[stays], place[stays]))

    @property
    def _strata(self) -> tuple[Any, ...]:
        return (self.analysis.own,) if self.analysis.own else ()

    def result(self) -> dict[str, Any]:
        """The result in JSON types, as the plan would give it."""
        days, state, entry, place = (np.concatenate(parts) for parts in zip(*self._blocks, strict=True))
        self._blocks.clear()
        size = days.size
        nothing = np.zeros(size, dtype=bool)
        seen = Observed(days, state, entry, place, nothing, Ledger(~nothing))
        levels = tuple(in_order(self._levels, self._strata)) if self._strata else (estimate.ALL,)
        label = np.array([*self._levels, ""])[place] if self._levels else np.zeros(0, dtype=str)
        groups = Grouping(label, levels, levels if self._strata else ())
        out = tuple(LeftOut(reason=reason, n=self._left[reason]) for reason in sorted(self._left))
        out = out if self.members else estimate.NOBODY
        return told(self.analysis, estimate.drawn(self.analysis.question, seen, groups, self.conventions, out))
