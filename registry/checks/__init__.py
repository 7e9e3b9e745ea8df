"""The edit checks: pure functions from a patient's rows to findings. Importing the package declares them."""

from registry.checks import dates, outcome, patient, relapse, response, therapy  # noqa: F401
