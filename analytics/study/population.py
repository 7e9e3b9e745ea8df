"""Populations as data: a name, a version, and the conditions an infusion or transplant must meet.

A step looks at rows (infusions or transplants) and says, row by row, why one cannot be the index.
Source: ENDPOINTS 2.2, 3.13, 5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from analytics.study.conventions import Conventions
from analytics.study.days import day_number
from analytics.study.frames import Frames
from analytics.study.milestones.case import codes
from analytics.study.milestones.person import of_patient
from analytics.study.products import cd19_infusions

Reasons = np.ndarray  # one text per row or patient, "" = stays

AGE_LIMIT_YEARS = 30


@dataclass(frozen=True)
class Step:
    """One condition of a population; `why_not` gives each row the reason it fails, or nothing."""

    label: str
    why_not: Callable[[Frames, Conventions], Reasons]


@dataclass(frozen=True, kw_only=True)
class Population:
    """A cohort by name and version. anchor: the table whose first remaining row is each patient's index."""

    key: str
    label: str
    version: int
    anchor: str
    definition: str
    steps: tuple[Step, ...]


def _failing(size: int, *conditions: tuple[Any, str]) -> Reasons:
    """The first condition that holds names the reason."""
    return np.select([np.asarray(c) for c, _ in conditions], [r for _, r in conditions], np.full(size, "")).astype(
        object
    )


def primary_cd19(frames: Frames, conventions: Conventions) -> Reasons:
    rows = frames["infusion"]
    return _failing(
        len(rows),
        (~cd19_infusions(frames), "product without CD19 target"),
        (~codes(rows["intent"], "PRIMARY"), "intent not PRIMARY"),
        (np.isnan(rows["infusion_date"]), "infusion date unknown"),
    )


def founding_protocol(frames: Frames, conventions: Conventions) -> Reasons:
    protocols = frames["protocol"]
    named = protocols["short_code"][codes(protocols["in_founding_cohort"], "Y")].astype(str)
    rows = frames["infusion"]
    return _failing(len(rows), (~codes(rows["protocol"], *named), "protocol not of the founding cohort"))


def infused_between(first: date, last: date) -> Callable[[Frames, Conventions], Reasons]:
    def why_not(frames: Frames, conventions: Conventions) -> Reasons:
        day = frames["infusion"]["infusion_date"].to_numpy()
        return _failing(
            len(day), (day < day_number(first), f"before {first}"), (day > day_number(last), f"after {last}")
        )

    return why_not


def younger_than(limit: int) -> Callable[[Frames, Conventions], Reasons]:
    def why_not(frames: Frames, conventions: Conventions) -> Reasons:
        age = frames["infusion"]["age_days"].to_numpy() / conventions.days_per_year
        return _failing(len(age), (np.isnan(age), "age unknown"), (age >= limit, f"{limit} years or older"))

    return why_not


def naive_to_cd19_car(frames: Frames, conventions: Conventions) -> Reasons:
    """Rows are in order of date, so an earlier CD19 infusion is an earlier CD19 row of the same patient."""
    rows, cd19 = frames["infusion"], cd19_infusions(frames)
    who = rows["who"].to_numpy()
    count = np.cumsum(cd19)
    before_patient = np.zeros(frames.size, dtype=np.int64)
    starts = np.flatnonzero(np.r_[True, who[1:] != who[:-1]]) if who.size else np.zeros(0, dtype=np.int64)
    before_patient[who[starts]] = count[starts] - cd19[starts]
    earlier = (count - cd19 - before_patient[who]) > 0
    prior = frames["prior_therapy"]
    told = np.zeros(frames.size, dtype=bool)
    told[prior["who"].to_numpy()[codes(prior["prior_car"], "CD19")]] = True
    return _failing(len(rows), (earlier | told[who], "earlier CD19 CAR T"))


def of_disease(frames: Frames, conventions: Conventions) -> Reasons:
    disease = of_patient(frames, "diagnosis", "disease")
    mine = disease[frames["infusion"]["who"].to_numpy()].astype(str)
    other = ~np.isin(mine, conventions.founding_diseases)
    return _failing(len(mine), (mine == "", "disease UNK"), (other, "another disease"))


def counting_transplant(frames: Frames, conventions: Conventions) -> Reasons:
    rows = frames["hsct"]
    return _failing(len(rows), (~codes(rows["hsct_type"], *conventions.hsct_types), "autologous or of unknown type"))


PRIMARY = Step("first infusion is PRIMARY CD19 CAR T", primary_cd19)

FOUNDING = Population(
    key="FOUNDING",
    label="founding cohort",
    version=1,
    anchor="infusion",
    definition="First PRIMARY CD19 CAR T infusion on one of the five founding protocols, 2012-01-01 to "
    "2019-12-31, age at infusion under 30 years, no earlier CD19 CAR T, disease B_ALL. Infused patients.",
    steps=(
        PRIMARY,
        Step("infused on a founding protocol", founding_protocol),
        Step("infused 2012 through 2019", infused_between(date(2012, 1, 1), date(2019, 12, 31))),
        Step("younger than 30 years at infusion", younger_than(AGE_LIMIT_YEARS)),
        Step("no earlier CD19 CAR T", naive_to_cd19_car),
        Step("B-ALL", of_disease),
    ),
)
POST_INFUSION = Population(
    key="POST_INFUSION",
    label="all infused patients",
    version=1,
    anchor="infusion",
    definition="First PRIMARY CD19 CAR T infusion of every patient, any disease, protocol, date and age.",
    steps=(PRIMARY,),
)
POST_TRANSPLANT = Population(
    key="POST_TRANSPLANT",
    label="first allogeneic or syngeneic transplant",
    version=1,
    anchor="hsct",
    definition="First allogeneic or syngeneic transplant of every patient, with or without CAR T, any "
    "disease. Patients whose transplant precedes their index infusion are left out unless relapses between "
    "the two are rows; those enter at the infusion.",
    steps=(Step("allogeneic or syngeneic transplant", counting_transplant),),
)
POPULATIONS = {population.key: population for population in (FOUNDING, POST_INFUSION, POST_TRANSPLANT)}
