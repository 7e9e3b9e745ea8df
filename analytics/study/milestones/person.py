"""What is known of a patient whatever the treatment: sex, disease, age."""

from __future__ import annotations

import numpy as np

from analytics.study.days import Flags, Floats
from analytics.study.frames import Frames
from analytics.study.milestones.case import Case, milestone


def of_patient(frames: Frames, slug: str, column: str) -> np.ndarray:
    """A code from the patient's first row in a table; blank where there is none."""
    frame = frames[slug]
    out = np.full(frames.size, "", dtype=object)
    out[frame["who"].to_numpy()[::-1]] = np.asarray(frame[column], dtype=object)[::-1]
    return out


@milestone()
def sex(case: Case) -> np.ndarray:
    """Sex at birth (M, F, X); blank when not known. Source: DATA_DICTIONARY 4.1."""
    return of_patient(case.frames, "patient", "sex_at_birth")


@milestone()
def disease(case: Case) -> np.ndarray:
    """The disease diagnosed, as coded; blank when not known. Source: DATA_DICTIONARY 4.4."""
    return of_patient(case.frames, "diagnosis", "disease")


@milestone()
def non_malignant(case: Case) -> Flags:
    """The disease is not malignant, so that it cannot relapse. Source: ENDPOINTS 3.13."""
    return case["disease"] == "NON_MALIGNANT"


@milestone()
def birth_day(case: Case) -> Floats:
    """Day of birth implied by the ages stored beside dated rows; unknown where no age is.

    No birth date is in a frozen table. Source: DATA_DICTIONARY 1.5.
    """
    out = np.full(case.size, -np.inf)
    for slug in ("infusion", "hsct", "relapse", "diagnosis"):
        rows = case.table(slug)
        born = rows.day - rows.frame["age_days"].to_numpy()
        first_known = np.isfinite(born) & ~np.isfinite(out[rows.who])
        np.maximum.at(out, rows.who[first_known], born[first_known])
    return np.where(np.isfinite(out), out, np.nan)


def age_years(case: Case, day: Floats) -> Floats:
    """Age in unrounded years (days / 365.25) on a day. Source: ENDPOINTS 2.5b, 3.15.2."""
    return (day - case["birth_day"]) / case.conventions.days_per_year
