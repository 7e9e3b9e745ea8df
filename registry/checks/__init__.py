"""The edit checks: pure functions from a patient's rows to findings. Importing the package declares them."""

from registry.checks import (  # noqa: F401
    dates,
    death,
    outcome,
    patient,
    plausible,
    relapse,
    response,
    salvage,
    therapy,
    transplant,
)
