"""The further reference cases of more/: hand-made cohorts that make estimators stumble, more public data."""

import subprocess
from pathlib import Path

import pytest

from analytics.stats.oracle import judge_case, read_cases, run_oracle
from tests.services import needs

MORE = Path(__file__).parent / "more"
CASES = read_cases(MORE)


@pytest.mark.parametrize("kind", sorted({case.kind for case in CASES}))
def test_engine_gives_the_further_reference_values(kind: str) -> None:
    outcomes = [judge_case(case) for case in CASES if case.kind == kind]

    assert [str(one) for one in outcomes if one.status != "passed"] == []
    assert sum(one.values for one in outcomes) > 0


@pytest.mark.proof
@needs("r")
def test_reference_values_made_anew_are_still_given(tmp_path: Path) -> None:
    subprocess.run(["Rscript", "make_more.R", str(tmp_path)], cwd=MORE, check=True, capture_output=True)
    outcomes = run_oracle(tmp_path)

    assert [one.id for one in outcomes] == [case.id for case in CASES]
    assert [str(one) for one in outcomes if one.status != "passed"] == []
