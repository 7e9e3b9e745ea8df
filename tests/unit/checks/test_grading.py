"""The grading tables: no gap, no overlap, equal to the cited source (ASTCT 2019; Lee et al., BBMT 2019;25:625)."""

from itertools import product

import pytest

from registry.checks.grading import (
    CRS_BY_OXYGEN,
    CRS_BY_PRESSORS,
    ICANS_BY_CAPD,
    ICANS_BY_EDEMA,
    ICANS_BY_ICE,
    ICANS_BY_SEIZURE,
    WORST,
    Suggestion,
    suggest_crs,
    suggest_icans,
)
from registry.checks.therapy import WEIGHTS, ordinary_weight
from registry.dictionary.codelists import code_list

#: The published tables in the words of the code lists: grade -> what belongs to it.
PUBLISHED_CRS = {
    "pressors": {"ONE": 3, "SEVERAL": 4},
    "max_oxygen": {"LOW_FLOW": 2, "HIGH_FLOW": 3, "POSITIVE_PRESSURE": 4},
}
PUBLISHED_ICE = {1: range(7, 10), 2: range(3, 7), 3: range(0, 3), 4: range(0, 1)}
PUBLISHED_CAPD = {1: range(1, 9), 2: range(1, 9), 3: range(9, 33)}


@pytest.mark.parametrize(("steps", "last"), [(ICANS_BY_ICE, 10), (ICANS_BY_CAPD, 32)], ids=["ICE", "CAPD"])
def test_scores_are_partitioned(steps: tuple, last: int) -> None:
    covered = [score for least, most, _grades in steps for score in range(least, most + 1)]

    assert covered == list(range(last + 1))
    assert all(least <= most and grades[0] <= grades[1] <= WORST for least, most, grades in steps)


@pytest.mark.parametrize(
    ("table", "codes"),
    [
        (CRS_BY_PRESSORS, "pressors"),
        (CRS_BY_OXYGEN, "max_oxygen"),
        (ICANS_BY_SEIZURE, "yes_no"),
        (ICANS_BY_EDEMA, "yes_no"),
    ],
)
def test_every_code_has_its_grades(table: dict, codes: str) -> None:
    assert set(table) == set(code_list(codes).keys())
    assert all(least <= most <= WORST for least, most in table.values())


@pytest.mark.parametrize("score", range(11))
def test_ice_grades_are_those_published(score: int) -> None:
    grades = [grade for grade, scores in PUBLISHED_ICE.items() if score in scores] or [0]

    assert suggest_icans(ice=score, seizure="N", cerebral_edema="N") == Suggestion(min(grades), max(grades))


@pytest.mark.parametrize("score", range(1, 33))
def test_capd_grades_are_those_published(score: int) -> None:
    grades = [grade for grade, scores in PUBLISHED_CAPD.items() if score in scores]

    assert suggest_icans(capd=score, seizure="N", cerebral_edema="N") == Suggestion(min(grades), max(grades))


def test_crs_grades_are_those_published() -> None:
    """Every pair of pressors and oxygen: the worse decides; neither is 1, or 2 for hypotension without pressor."""
    for pressors, oxygen in product(CRS_BY_PRESSORS, CRS_BY_OXYGEN):
        published = [PUBLISHED_CRS["pressors"].get(pressors, 1), PUBLISHED_CRS["max_oxygen"].get(oxygen, 1)]
        open_to = 2 if pressors == "NONE" else 1

        assert suggest_crs(pressors=pressors, max_oxygen=oxygen) == Suggestion(max(published), max(*published, open_to))


def test_unanswered_criterion_never_narrows_the_suggestion() -> None:
    """What is suggested with a criterion answered lies within what is suggested without it."""
    for pressors, oxygen in product(CRS_BY_PRESSORS, CRS_BY_OXYGEN):
        full = suggest_crs(pressors=pressors, max_oxygen=oxygen)
        for less in (suggest_crs(pressors=None, max_oxygen=oxygen), suggest_crs(pressors=pressors, max_oxygen=None)):
            assert less is None or less.least <= full.least <= full.most <= less.most
    for ice, seizure in product(range(11), ICANS_BY_SEIZURE):
        full = suggest_icans(ice=ice, seizure=seizure, cerebral_edema="N")
        less = suggest_icans(ice=ice, seizure=seizure)
        assert less is None or less.least <= full.least <= full.most <= less.most


def test_nothing_answered_suggests_nothing() -> None:
    assert suggest_crs(pressors=None, max_oxygen=None) is None
    assert suggest_icans() is None
    assert suggest_icans(seizure="N", cerebral_edema="N") is None


def test_a_range_is_written_as_one() -> None:
    assert (str(Suggestion(3, 3)), str(Suggestion(1, 2))) == ("3", "1-2")
    assert Suggestion(1, 2).holds(2) and not Suggestion(1, 2).holds(3)


def test_weights_rise_with_age_and_leave_no_gap() -> None:
    starts = [start for start, _bounds in WEIGHTS]
    bounds = [ordinary_weight(age / 12) for age in range(12 * 41)]

    assert starts[0] == 0 and starts == sorted(set(starts))
    assert bounds == sorted(bounds)
    assert all(light < heavy for light, heavy in bounds)
