"""How easily a patient of an export could be singled out: the report that goes with every row-level export.

k-anonymity: the size of the smallest group of patients who share their quasi-identifiers; l-diversity: the
fewest different outcomes within such a group (RELIABILITY EXP-07).
"""

from collections import Counter, defaultdict
from typing import Any

from exports.columns import Table

QUASI = ("site", "sex_at_birth", "race", "ethnicity", "country_residence", "day0_years", "day0_date", "day0_age_years")
LEAST = 5


def risk(patients: Table, deaths: Table) -> dict[str, Any]:
    """k and l of the patients' table over the quasi-identifiers it has; the outcome is whether a death is on file."""
    used = [name for name in QUASI if name in patients.names]
    columns = [patients.values[patients.names.index(name)] for name in used]
    dead = set(deaths.values[deaths.names.index("patient")])
    who = patients.values[patients.names.index("patient")]
    outcomes: dict[tuple, set[bool]] = defaultdict(set)
    sizes: Counter[tuple] = Counter()
    for patient, *values in zip(who, *columns, strict=True):
        sizes[tuple(values)] += 1
        outcomes[tuple(values)].add(patient in dead)
    few = sum(size for size in sizes.values() if size < LEAST)
    return {
        "quasi_identifiers": used,
        "k": min(sizes.values(), default=None),
        "l": min((len(found) for found in outcomes.values()), default=None),
        "share_in_groups_below_5": round(few / len(who), 3) if who else None,
    }
