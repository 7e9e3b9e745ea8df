"""The edit checks: pure functions from a patient's rows to findings. Importing the package declares them."""

from registry.checks import (  # noqa: F401
    b_cells,
    dates,
    death,
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
