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
from analytics.study.days import Codes, Flags, day_number
from analytics.study.frames import Frames
from analytics.study.milestones.case import codes
from analytics.study.milestones.person import of_patient
from analytics.study.products import cd19_infusions

AGE_LIMIT_YEARS = 30


@dataclass(frozen=True, eq=False)
class Reasons:
    """Why a row cannot be the index, or a patient leaves: its place in `texts` for each, 0 = stays."""

    place: Codes
    texts: tuple[str, ...]

    @property
    def stays(self) -> Flags:
        return self.place == 0


@dataclass(frozen=True)
class Step:
    """One condition of a population; `why_not` gives each row the reason it fails, if it does."""

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


def failing(*conditions: tuple[Any, str]) -> Reasons:
    """The first condition that holds names the reason."""
    place = np.zeros(np.shape(conditions[0][0]), dtype=np.int8)
    for number in range(len(conditions), 0, -1):
        place[np.asarray(conditions[number - 1][0])] = number
    return Reasons(place, ("", *(reason for _, reason in conditions)))


def primary_cd19(frames: Frames, conventions: Conventions) -> Reasons:
    rows = frames["infusion"]
    return failing(
        (~cd19_infusions(frames), "product without CD19 target"),
        (~codes(rows["intent"], "PRIMARY"), "intent not PRIMARY"),
        (np.isnan(rows["infusion_date"]), "infusion date unknown"),
    )


def founding_protocol(frames: Frames, conventions: Conventions) -> Reasons:
    protocols = frames["protocol"]
    named = protocols["short_code"][codes(protocols["in_founding_cohort"], "Y")].astype(str)
    rows = frames["infusion"]
    return failing((~codes(rows["protocol"], *named), "protocol not of the founding cohort"))


def infused_between(first: date, last: date) -> Callable[[Frames, Conventions], Reasons]:
    def why_not(frames: Frames, conventions: Conventions) -> Reasons:
        day = frames["infusion"]["infusion_date"].to_numpy()
        return failing((day < day_number(first), f"before {first}"), (day > day_number(last), f"after {last}"))

    return why_not


def younger_than(limit: int) -> Callable[[Frames, Conventions], Reasons]:
    def why_not(frames: Frames, conventions: Conventions) -> Reasons:
        age = frames["infusion"]["age_days"].to_numpy() / conventions.days_per_year
        return failing((np.isnan(age), "age unknown"), (age >= limit, f"{limit} years or older"))

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
    return failing((earlier | told[who], "earlier CD19 CAR T"))


def of_disease(frames: Frames, conventions: Conventions) -> Reasons:
    disease = of_patient(frames, "diagnosis", "disease")
    mine = disease[frames["infusion"]["who"].to_numpy()]
    founding = np.logical_or.reduce([mine == one for one in conventions.founding_diseases])
    return failing((mine == "", "disease UNK"), (~founding, "another disease"))


def counting_transplant(frames: Frames, conventions: Conventions) -> Reasons:
    rows = frames["hsct"]
    return failing((~codes(rows["hsct_type"], *conventions.hsct_types), "autologous or of unknown type"))


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
