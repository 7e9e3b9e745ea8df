"""Choosing strata and forming groups; a group that is not known at time zero is refused with the way out.

A group that forms after time zero compares patients who had to live long enough to enter it (immortal time).
Source: ENDPOINTS 3.14, 6.1, 6.2.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from analytics.study.frames import Ints
from analytics.study.milestones import Case
from analytics.study.strata import STRATA, Stratum

NOT_KNOWN = ("", "UNK", "ND", "NA", "PEND")
FORMED_LATER = {  # what people ask for and time zero does not know: when it forms, and what to do instead
    "response": ("the assessment after infusion", "landmark at day 28 (or 42)"),
    "mrd_status": ("the assessment after infusion", "landmark at day 28 (or 42)"),
    "best_response": ("the assessments after infusion", "landmark at day 28 (or 42)"),
    "relapse": (
        "the relapse",
        "start the clock at the relapse, or take relapse as a time-dependent exposure",
    ),
    "hsct_after_relapse": (
        "the transplant",
        "transplant as a time-dependent exposure, or landmarks at 3, 6 and 9 months after relapse",
    ),
    "hsct_post": (
        "the transplant",
        "transplant as a time-dependent exposure, or landmarks at 3, 6 and 9 months after relapse",
    ),
    "hsct": ("the transplant", "transplant as a time-dependent exposure, or a landmark"),
    "hsct_consol": ("the transplant", "transplant as a time-dependent exposure, or a landmark"),
    "hsct_outcome": ("the follow-up after transplant", "cumulative incidence from transplant"),
    "reinfusion": ("the second infusion", "reinfusion as a time-dependent exposure, or a landmark"),
    "salvage_type": ("the start of salvage", "efs_salvage_by_type, whose clock starts with the line"),
    "salvage_category": ("the start of salvage", "efs_salvage_by_type, whose clock starts with the line"),
    "salvage": ("the start of salvage", "efs_salvage_by_type, whose clock starts with the line"),
    "salvage_response": ("the assessment of the line", "a landmark at the end of the line"),
    "crs_grade": ("the toxicity", "landmark at day 28"),
    "icans_grade": ("the toxicity", "landmark at day 28"),
    "toxicity": ("the toxicity", "landmark at day 28"),
    "gvhd": ("the graft-versus-host disease", "a time-dependent exposure, or a landmark"),
    "b_cell_recovery": (
        "the B-cell recovery",
        "landmark at 182 days among those alive, in remission, without HSCT",
    ),
    "b_cell_aplasia": (
        "the B-cell samples",
        "landmark at 182 days among those alive, in remission, without HSCT",
    ),
}


def chosen(by: Iterable[str], moments: Iterable[str]) -> tuple[Stratum, ...]:
    """The strata asked for; a ValueError for one unknown, or known at no time zero of the plan."""
    moments = tuple(moments)
    return tuple(_allowed(key, moments) for key in dict.fromkeys(by))


def _allowed(key: str, moments: tuple[str, ...]) -> Stratum:
    if key in FORMED_LATER:
        formed, instead = FORMED_LATER[key]
        raise ValueError(refusal(key, formed, instead))
    if key not in STRATA:
        usable = [name for name, stratum in STRATA.items() if set(stratum.known) & set(moments)]
        raise ValueError(
            f"{key!r} is not a stratum. Strata of this plan, known at time zero: {', '.join(usable)}. "
            "A group that forms after time zero needs a landmark or a time-dependent exposure instead"
        )
    stratum = STRATA[key]
    if not set(stratum.known) & set(moments):
        raise ValueError(refusal(key, stratum.after, stratum.instead))
    return stratum


def refusal(key: str, formed: str, instead: str) -> str:
    return (
        f"cannot compare by {key!r}: it is not known at time zero (it forms with {formed}), so its groups "
        f"would have immortal time. Instead: {instead}"
    )


def crossed(case: Case, strata: tuple[Stratum, ...], moment: str) -> tuple[np.ndarray, list[str]]:
    """One label per patient (several strata joined by " / ", blank when one is unknown), and the labels in
    order."""
    place, texts = _placed(strata[0].groups(case, moment))
    for stratum in strata[1:]:
        other, more = _placed(stratum.groups(case, moment))
        texts = ["", *(f"{one} / {two}" for one in texts[1:] for two in more[1:])]
        place = np.where((place > 0) & (other > 0), (place - 1) * (len(more) - 1) + other, 0)
    present = {texts[one] for one in np.flatnonzero(np.bincount(place, minlength=1)).tolist() if one}
    return np.array(texts, dtype=object)[place], in_order(present, strata)


def _placed(labels: np.ndarray) -> tuple[Ints, list[str]]:
    """The place of each label in a list of the known ones; the first is blank, and stands for what is not known."""
    place, found = pd.factorize(labels)
    texts = [str(label) for label in found]
    known = sorted({text for text in texts if text not in NOT_KNOWN})
    number = {text: at for at, text in enumerate(known, start=1)}
    return np.array([number.get(text, 0) for text in texts] + [0])[place], ["", *known]


def in_order(labels: Iterable[str], strata: tuple[Stratum, ...]) -> list[str]:
    """Labels in the order of the levels of their strata."""
    return sorted(labels, key=lambda text: _rank(text, strata))


def _rank(label: str, strata: tuple[Stratum, ...]) -> tuple[tuple[int, str], ...]:
    parts = label.split(" / ") if len(strata) > 1 else [label]
    ranks = []
    for part, stratum in zip(parts, strata, strict=False):
        known = stratum.levels.index(part) if part in stratum.levels else len(stratum.levels)
        ranks.append((known, part))
    return tuple(ranks)
