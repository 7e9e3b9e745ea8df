"""What the study makes of tiny patients, in words a chart can hold (`spec/milestones/*.txt`,
`spec/endpoints/*.txt`).

A chart: `subject: title [options]`, tables of tiny patients (`tests.tables`), `=> A 28, B none`. Options: a
population, `cut-off 2015-04-10`, the name of a setting to turn on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from analytics.study.cohort import Cohort, build
from analytics.study.conventions import DEFAULT, Conventions
from analytics.study.days import day_number
from analytics.study.endpoints import ENDPOINTS, observe
from analytics.study.frames import load
from analytics.study.milestones import Case
from analytics.study.milestones.moments import When
from analytics.study.population import POPULATIONS
from tests.tables import DAY_0, frozen

LATE = date(2025, 1, 1)
TITLE = re.compile(r"(\w+): ([^\[]*)(?:\[(.*)\])?$")


@dataclass(frozen=True)
class Chart:
    """One example: what it is about, the patients, and what is expected of each."""

    subject: str
    title: str
    text: str
    expected: dict[str, str]
    population: str = "FOUNDING"
    cutoff: date = LATE
    settings: dict[str, bool] = field(default_factory=dict)

    @property
    def case(self) -> Case:
        conventions = Conventions(**self.settings)
        return cohort(self.text, self.population, cutoff=self.cutoff, conventions=conventions).case


def charts(folder: Path) -> list[Chart]:
    """Every chart of the text files of a folder."""
    found = []
    for path in sorted(folder.glob("*.txt")):
        text = re.sub(r"(?m)^#.*\n", "", path.read_text(encoding="utf-8"))
        found += [_chart(block) for block in re.split(r"\n\s*\n", text) if block.strip()]
    return found


def _chart(block: str) -> Chart:
    title, *body = block.strip("\n").splitlines()
    head = TITLE.match(title.strip())
    last = body[-1].strip()
    if head is None or not last.startswith("=>"):
        raise ValueError(f"not a chart: {title}")
    chosen: dict[str, Any] = {"settings": {}}
    for option in filter(None, (word.strip() for word in (head[3] or "").split(","))):
        if option.startswith("cut-off "):
            chosen["cutoff"] = date.fromisoformat(option.removeprefix("cut-off "))
        elif option in POPULATIONS:
            chosen["population"] = option
        else:
            chosen["settings"][option] = True
    wanted = [word.strip().split(" ", 1) for word in last[2:].split(",") if word.strip()]
    return Chart(head[1], head[2].strip(), "\n".join(body[:-1]), {who: said for who, said in wanted}, **chosen)


def cohort(
    text: str, population: str = "FOUNDING", *, cutoff: date = LATE, conventions: Conventions = DEFAULT
) -> Cohort:
    """The members of a population among tiny patients."""
    return build(POPULATIONS[population], load(frozen(text), cutoff), conventions)


def told(case: Case, name: str) -> dict[str, str]:
    """A milestone of every patient: days since 2015-01-01, a number, yes or no, a code; `none` = did not
    happen.

    `U` = it happened at a date too vague for a duration; `?` = partial dates leave open whether it did.
    """
    value = case[name]
    spoken = _moments(value) if isinstance(value, When) else _values(value, name)
    return dict(zip(case.frames.patients, spoken, strict=True))


def _moments(when: When) -> list[str]:
    out = []
    for day, unsure, vague in zip(when.day, when.unsure, when.undatable, strict=True):
        word = "?" if unsure else "U"
        out.append(word if vague else "none" if np.isnan(day) else f"{day - day_number(DAY_0):g}")
    return out


def _values(value: np.ndarray, name: str) -> list[str]:
    if value.dtype == bool:
        return ["yes" if one else "no" for one in value]
    if value.dtype == object:
        return [str(one) or "open" for one in value]
    if name.endswith("_day"):
        value = np.where(np.isinf(value), np.nan, value) - day_number(DAY_0)
    return ["none" if np.isnan(one) else f"{one:g}" for one in value]


def observed(case: Case, key: str) -> dict[str, str]:
    """What an endpoint observes: `12 event`, `30 censored`, `7 competing`, or why a patient is left out.

    Patients not asked are not listed. Delayed entry shows as `from 10`.
    """
    seen = observe(case, ENDPOINTS[key])
    out = {}
    for place, patient in enumerate(case.frames.patients):
        if not seen.ledger.asked[place]:
            continue
        state = ("censored", "event", "competing")[seen.state[place]]
        late = f" from {seen.entry[place]:g}" if seen.entry[place] >= 0 else ""
        out[patient] = seen.ledger.reasons[place] or f"{seen.days[place]:g} {state}{late}"
    return out
