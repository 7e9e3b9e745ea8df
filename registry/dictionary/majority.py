"""The age at which a patient consents alone, by country: `age_of_majority.csv`, 18 where it says nothing.

A country whose parts differ (states, provinces) stands with the age that most of them have; add a line for what your
ethics committee requires.
"""

import csv
from functools import cache
from pathlib import Path

USUAL_AGE = 18
TABLE = Path(__file__).parent / "age_of_majority.csv"


@cache
def ages() -> dict[str, int]:
    """The exceptions: ISO country code -> age."""
    with TABLE.open(encoding="utf-8", newline="") as handle:
        return {row["country"]: int(row["age"]) for row in csv.DictReader(handle)}


def majority_age(*countries: str | None) -> int:
    """The age of the first country that is known; 18 without any."""
    country = next((one for one in countries if one), None)
    return ages().get(country or "", USUAL_AGE)
