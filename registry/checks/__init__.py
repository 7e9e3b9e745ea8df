"""The edit checks: pure functions from a patient's rows to findings, and the values derived beside them.

Importing the package declares both.
"""

from registry.checks import (  # noqa: F401
    b_cells,
    dates,
    death,
    derived_outcome,
    derived_treatment,
    grading,
    mrd,
    outcome,
    patient,
    places,
    plausible,
    preparation,
    relapse,
    response,
    salvage,
    therapy,
    toxicity,
    transplant,
)
