"""Groups to compare: what they are made of, their levels, and from which time zero on they are known.

A group that forms after time zero compares patients who had to live long enough to enter it; it is refused
with the way out (landmark or time-dependent exposure). Source: ENDPOINTS 3.14, 3.15.15, 6.1, 6.2.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from analytics.study.days import Floats, years
from analytics.study.milestones import Case
from analytics.study.milestones.case import worded
from analytics.study.milestones.moments import When
from analytics.study.milestones.person import age_years
from analytics.study.milestones.relapse import cd19_at
from analytics.study.milestones.transplant import prior_hsct

MOMENTS = {  # time zero of a question: the milestone that dates it, the treatment whose attributes it takes
    "infusion": ("index_infusion", "infusion"),
    "cr": ("cr_date", "infusion"),
    "relapse": ("relapse1", "infusion"),
    "salvage": ("salvage1", "infusion"),
    "hsct": ("hsct_post", "hsct"),
    "transplant": ("transplant", "hsct"),
    "transplant_relapse": ("relapse_after_transplant", "hsct"),
}
FROM_INFUSION = ("infusion", "cr", "relapse", "salvage", "hsct")
FROM_RELAPSE = ("relapse", "salvage", "hsct")
FROM_TRANSPLANT = ("hsct", "transplant", "transplant_relapse")
ALWAYS = tuple(MOMENTS)
UNKNOWN_GROUP = "UNK"

AGE_GROUPS = ((1, "<1"), (10, "1-9"), (18, "10-17"), (30, "18-29"), (np.inf, ">=30"))


@dataclass(frozen=True, kw_only=True)
class Stratum:
    """One way to group patients. groups(case, moment): a label per patient, blank = unknown; known: at which
    time zeros."""

    key: str
    label: str
    groups: Callable[[Case, str], np.ndarray]
    levels: tuple[str, ...] = ()
    known: tuple[str, ...] = ALWAYS
    after: str = ""
    instead: str = "compare from a landmark, or take it as a time-dependent exposure"


def time_zero(case: Case, moment: str) -> When:
    """Time zero of a question. Source: ENDPOINTS 3.14."""
    return case[MOMENTS[moment][0]]


def _of_treatment(column: str) -> Callable[[Case, str], np.ndarray]:
    """An attribute of the treatment at time zero: the index infusion, or the transplant."""

    def groups(case: Case, moment: str) -> np.ndarray:
        table = MOMENTS[moment][1]
        when = case["index_infusion"] if table == "infusion" else case[_transplant_of(moment)]
        return when.at(case.frames[table][column])

    return groups


def _transplant_of(moment: str) -> str:
    return "hsct_post" if moment == "hsct" else "transplant"


def _of_infusion(column: str) -> Callable[[Case, str], np.ndarray]:
    return lambda case, moment: case["index_infusion"].at(case.frames["infusion"][column])


def _milestone(name: str) -> Callable[[Case, str], np.ndarray]:
    return lambda case, moment: case[name]


def age_at(case: Case, moment: str) -> Floats:
    """Age in unrounded years at time zero; where the birth date is unknown, from the age recorded at
    transplant."""
    age = age_years(case, time_zero(case, moment).day)
    if MOMENTS[moment][1] == "hsct":
        when = case[_transplant_of(moment)]
        told = when.at(case.frames["hsct"]["age_at_hsct"], blank=np.nan)
        since = (time_zero(case, moment).day - when.day) / case.conventions.days_per_year
        age = np.where(np.isnan(age), told + since, age)
    return age


def _age_group(case: Case, moment: str) -> np.ndarray:
    """Completed years at time zero."""
    return _banded(age_at(case, moment))


def _banded(age: Floats) -> np.ndarray:
    whole = np.floor(age)
    return worded([whole < limit for limit, _ in AGE_GROUPS], [name for _, name in AGE_GROUPS])


def _year_group(case: Case, moment: str) -> np.ndarray:
    """Five calendar years by time zero: 2005-2009, 2010-2014, ..."""
    year = years(time_zero(case, moment).day)
    out = np.full(year.shape, "", dtype=object)
    for first in np.unique(year[np.isfinite(year)] // 5 * 5).astype(int).tolist():
        out[(year >= first) & (year < first + 5)] = f"{first}-{first + 4}"
    return out


def _prior_hsct(case: Case, moment: str) -> np.ndarray:
    """Any transplant before time zero. From a relapse after the first transplant on, that of time zero of the
    plan; read as `infusion` (a sensitivity run), before the index infusion."""
    when = case["transplant"] if moment.startswith("transplant") else time_zero(case, moment)
    if case.conventions.prior_hsct_reading == "infusion" and not moment.startswith("transplant"):
        when = case["index_infusion"]
    before = prior_hsct(case, when)
    return worded([before == 1, before == 0], ["Y", "N"])


def _cd19_status(case: Case, moment: str) -> np.ndarray:
    return cd19_at(case, case["relapse_after_transplant" if moment == "transplant_relapse" else "relapse1"])


STRATA: dict[str, Stratum] = {
    stratum.key: stratum
    for stratum in (
        Stratum(key="sex", label="Sex at birth", groups=_milestone("sex"), levels=("M", "F", "X")),
        Stratum(key="age_group", label="Age", groups=_age_group, levels=tuple(name for _, name in AGE_GROUPS)),
        Stratum(key="site", label="Site of treatment", groups=_of_treatment("site")),
        Stratum(
            key="disease",
            label="Disease",
            groups=_milestone("disease"),
            levels=(
                "B_ALL",
                "B_LLY",
                "MPAL_B",
                "BURKITT_L",
                "T_ALL",
                "ALL_NOS",
                "AML",
                "MDS",
                "CML",
                "LYMPHOMA",
                "NON_MALIGNANT",
                "OTHER",
            ),
        ),
        Stratum(
            key="protocol",
            label="Protocol",
            groups=_of_infusion("protocol"),
            known=FROM_INFUSION,
            after="the infusion",
        ),
        Stratum(
            key="product",
            label="CAR T product",
            groups=_of_infusion("product"),
            known=FROM_INFUSION,
            after="the infusion",
            levels=(
                "CTL019",
                "TISA",
                "HUCART19",
                "BREXU",
                "OBE",
                "AXI",
                "CD19_28Z",
                "CD19_OTH",
                "CD22",
                "CD19_22",
                "OTHER",
            ),
        ),
        Stratum(
            key="relapse_timing",
            label="Timing of relapse",
            groups=_milestone("relapse_timing"),
            levels=("EARLY", "LATE"),
            known=FROM_RELAPSE,
            after="the relapse",
            instead="start the clock at the relapse (os_relapse), or take relapse as a time-dependent exposure",
        ),
        Stratum(
            key="cd19_status",
            label="CD19 at relapse",
            groups=_cd19_status,
            levels=("POS", "NEG", "SWITCH"),
            known=(*FROM_RELAPSE, "transplant_relapse"),
            after="the relapse",
            instead="start the clock at the relapse (os_relapse)",
        ),
        Stratum(key="prior_hsct", label="Prior transplant", groups=_prior_hsct, levels=("Y", "N")),
        Stratum(
            key="hsct_status",
            label="Status at transplant",
            groups=_of_treatment("status_at_hsct"),
            levels=("CR_MRDNEG", "CR_MRDPOS", "CR_MRDUNK", "ACTIVE"),
            known=FROM_TRANSPLANT,
            after="the transplant",
        ),
        Stratum(
            key="cr_number",
            label="Number of the remission",
            groups=_of_treatment("cr_number"),
            levels=tuple("123456"),
            known=FROM_TRANSPLANT,
            after="the transplant",
        ),
        Stratum(
            key="donor",
            label="Donor",
            groups=_of_treatment("donor"),
            levels=("MSD", "MRD_FAM", "HAPLO", "MUD", "MMUD", "CORD", "AUTO"),
            known=FROM_TRANSPLANT,
            after="the transplant",
        ),
        Stratum(
            key="graft",
            label="Graft",
            groups=_of_treatment("graft"),
            levels=("BM", "PBSC", "CB", "COMBO"),
            known=FROM_TRANSPLANT,
            after="the transplant",
        ),
        Stratum(
            key="conditioning",
            label="Conditioning",
            groups=_of_treatment("conditioning"),
            levels=("MAC", "RIC", "NMA", "NONE"),
            known=FROM_TRANSPLANT,
            after="the transplant",
        ),
        Stratum(key="year_group", label="Calendar years", groups=_year_group),
    )
}
