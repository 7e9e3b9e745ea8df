"""The edit checks on whole cohorts: coherent charts raise no error and hardly a warning."""

from collections import Counter
from datetime import date

import pytest

from analytics.synthetic.bundle import founding_bundle
from registry.checks.engine import ERROR, WARNING, Finding, run
from tests.bundles import Bundle, cases_of

#: The day the cohorts are read on; every contact of theirs lies before it.
TODAY = date(2026, 1, 1)


def _findings(bundle: Bundle) -> list[Finding]:
    return [one for case in cases_of(bundle) for one in run(case, TODAY)]


@pytest.fixture(scope="module")
def founding() -> list[Finding]:
    return _findings(founding_bundle())


def test_founding_cohort_has_no_error(founding: list[Finding]) -> None:
    assert [one for one in founding if one.severity == ERROR] == []


def test_founding_cohort_has_few_warnings_on_rows(founding: list[Finding]) -> None:
    """Apheresis long before the infusion happens; nothing else is unusual in a chart made to be ordinary."""
    on_rows = Counter(one.rule for one in founding if one.severity == WARNING and one.record_id is not None)

    assert set(on_rows) <= {"W87"}
    assert on_rows.total() <= 10
