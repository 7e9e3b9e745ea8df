"""Every reference case of R (survival 3.5-3, cmprsk 2.2-11), by name, through the product's own engine."""

from pathlib import Path

import pytest

from analytics.stats.oracle import Case, judge_case, read_cases

CASES = read_cases(Path(__file__).parent)


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_engine_gives_the_reference_values(case: Case) -> None:
    outcome = judge_case(case)

    assert outcome.status == "passed", str(outcome)
    assert outcome.values > 0
