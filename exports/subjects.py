"""The patients of an export: their ids, their day 0, and how exactly it is known.

Day 0 is the index infusion, else the first HSCT, else the diagnosis (CONTRACT 5). A difference of two dates is
no more exact than the rougher of them, and an exact one between a rough and an exact date would give the exact
one away; so it is rounded: to 30 days where one is known to the month, to 365 where one is known to the year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from analytics.study import days
from analytics.study.conventions import DEFAULT
from analytics.study.population import primary_cd19
from exports.pseudonyms import Pseudonyms

if TYPE_CHECKING:
    from analytics.study.run import Study

EPOCH = 719163  # 1970-01-01 as an ordinal of datetime.date
ROUGHNESS = {"D": 1, "M": 30, "Y": 365}
LETTERS = {days.EXACT: "D", days.MONTH: "M", days.YEAR: "Y"}
OLDEST_YEARS = 90
DAY_ZERO = {"INFUSION": "index infusion", "HSCT": "first HSCT", "DIAGNOSIS": "diagnosis"}


@dataclass(frozen=True)
class Subject:
    """A patient as exported. site: code of the enrolling site as the registry knows it; day0: ordinal of the day,
    None where nothing dates it; precision: D, M or Y."""

    patient: str
    site: str = ""
    event: str = ""
    day0: int | None = None
    precision: str = ""
    age_years: int | None = None


def day_between(day0: int | None, day: int, *precisions: str) -> int | None:
    """Days from day 0, rounded to what the rougher date can tell; None without a day 0."""
    if day0 is None:
        return None
    step = max(ROUGHNESS.get(precision, 1) for precision in precisions)
    return step * round((day - day0) / step)


def whole_years(age_days: float | None) -> int | None:
    """Completed years; 90 stands for 90 and more (164.514(b)(2)(i)(C))."""
    return None if age_days is None or not age_days >= 0 else min(OLDEST_YEARS, int(age_days // DEFAULT.days_per_year))


def five_years(day: int | None) -> str | None:
    """The five calendar years a day lies in, as the strata of the study have them."""
    first = None if day is None else date.fromordinal(day).year // 5 * 5
    return None if first is None else f"{first}-{first + 4}"


def subjects(study: Study, sites: Mapping[str, str], ids: Pseudonyms) -> dict[str, Subject]:
    """Registry id -> the patient as exported, for these patients with their enrolling sites."""
    numbers = {patient: number for number, patient in enumerate(study.frames.patients)}
    zero = _day_zero(study)
    found = {}
    for patient, site in sites.items():
        told = zero.get(numbers.get(patient, -1), ())
        found[patient] = Subject(ids.patient(patient), site, *told)
    return found


def _day_zero(study: Study) -> dict[int, tuple[str, int, str, int | None]]:
    """Patient number -> (event, ordinal, precision, age in years) of day 0."""
    infused = primary_cd19(study.frames, study.conventions).stays
    sources = (
        ("DIAGNOSIS", "diagnosis", "diagnosis_date", None),
        ("HSCT", "hsct", "hsct_date", None),
        ("INFUSION", "infusion", "infusion_date", infused),
    )
    found: dict[int, tuple[str, int, str, int | None]] = {}
    for event, slug, name, counts in sources:  # the last that is there wins
        table = study.frames[slug]
        day, precision = table[name].to_numpy(), table[f"{name}_precision"].to_numpy()
        usable = np.isfinite(day) if counts is None else np.isfinite(day) & counts
        who, age = table["who"].to_numpy(), table["age_days"].to_numpy()
        for place in np.flatnonzero(usable)[::-1]:  # tables are in order of date: the first row is written last
            exactly = LETTERS[int(precision[place])]
            found[int(who[place])] = (event, int(day[place]) + EPOCH, exactly, whole_years(age[place]))
    return found
