"""What a finding says is a sentence, also where a value that it would name is missing."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

import registry.checks  # noqa: F401 - declares the checks
from registry.checks.case import Case
from registry.checks.engine import run
from tests.cases import TODAY, Example, examples

EXAMPLES = examples(Path(__file__).parent / "checks")


def blanked(case: Case) -> Iterator[Case]:
    """The chart with each of its values left out in turn; rows that lose their date come last."""
    for entity, rows in case.rows.items():
        dated_by = case.dated_by.get(entity, "")
        for row in rows:
            for name in (name for name, value in row.values.items() if value is not None):
                left = dataclasses.replace(row, values={**row.values, name: None})
                changed = sorted(
                    (left if one is row else one for one in rows), key=lambda one: not one.values.get(dated_by)
                )
                yield dataclasses.replace(case, rows={**case.rows, entity: tuple(changed)})


@pytest.mark.parametrize("rule", sorted({one.rule for one in EXAMPLES}))
def test_no_finding_names_a_value_that_is_not_there(rule: str):
    charts = [chart for one in _of(rule) for chart in (one.case, *blanked(one.case))]

    told = {finding.message for chart in charts for finding in run(chart, TODAY)}

    assert not [message for message in told if "None" in message], "say it with registry/checks/said.py"


def _of(rule: str) -> list[Example]:
    return [one for one in EXAMPLES if one.rule == rule]
