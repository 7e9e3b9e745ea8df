"""The edit checks on tiny charts: `checks/*.txt` holds what passes and what fails, in words of the clinic."""

from pathlib import Path

import pytest

import registry.checks  # noqa: F401 - declares the checks
from registry.checks.describe import document
from registry.checks.engine import CHECKS, UNDECIDED_RULE, Finding, run
from tests.cases import TODAY, Example, examples

FOLDER = Path(__file__).parent / "checks"
EXAMPLES = examples(FOLDER)


def _of(verdict: str) -> pytest.MarkDecorator:
    chosen = [one for one in EXAMPLES if one.verdict == verdict]
    return pytest.mark.parametrize("example", chosen, ids=[f"{one.rule} {one.title}" for one in chosen])


def _found(example: Example) -> list[Finding]:
    return [one for one in run(example.case, TODAY) if one.rule == example.rule]


def _undecided(example: Example) -> list[Finding]:
    findings = run(example.case, TODAY)
    return [one for one in findings if one.rule == UNDECIDED_RULE and f"({example.rule}:" in one.message]


@_of("passes")
def test_check_stays_silent(example: Example) -> None:
    assert _found(example) == []
    assert _undecided(example) == []


@_of("fails")
def test_check_finds(example: Example) -> None:
    found = _found(example)

    assert found, f"{example.rule} does not fire"
    assert {one.severity for one in found} == {CHECKS[example.rule].severity}
    if example.reads:
        assert example.reads in [one.columns for one in found]
    if example.place:
        assert example.place in [f"{one.entity}:{one.record_id} {one.column}".strip() for one in found]


@_of("undecided")
def test_partial_dates_leave_open(example: Example) -> None:
    assert _found(example) == []
    assert _undecided(example), f"{example.rule} is silent; the flag {UNDECIDED_RULE} was expected"


@pytest.mark.parametrize("rule", CHECKS)
def test_check_has_examples(rule: str) -> None:
    held = {one.verdict for one in EXAMPLES if one.rule == rule}

    missing = {"passes", "fails"} - held
    assert not missing, f"Add to tests/spec/checks: {rule} with a chart that {' and one that '.join(sorted(missing))}"


@pytest.mark.parametrize("rule", CHECKS)
def test_failing_example_states_what_is_read(rule: str) -> None:
    stated = [one for one in EXAMPLES if one.rule == rule and one.verdict == "fails" and one.reads]

    assert stated, f"Add a line 'reads entity.column ...' to a failing chart of {rule} in tests/spec/checks"


def test_examples_name_declared_checks() -> None:
    unknown = {one.rule for one in EXAMPLES} - set(CHECKS)

    assert not unknown, f"No such check: {', '.join(sorted(unknown))}; declare it or correct the example"


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{one.rule} {one.title}" for one in EXAMPLES])
def test_findings_name_columns_that_exist(example: Example) -> None:
    """A column that is misspelled would touch no endpoint."""
    from registry.entities import dictionary

    known = {f"{spec.slug}.{name}" for spec in dictionary() for name in [*spec.by_name, *dict(spec.parents)]}

    for one in run(example.case, TODAY):
        assert set(one.columns) <= known
        assert len(one.message) <= 500


def test_page_of_the_checks_is_fresh() -> None:
    page = Path(__file__).parents[2] / "docs" / "checks.md"

    assert page.read_text(encoding="utf-8") == document(), (
        "docs/checks.md is stale: python -m registry.checks.describe > docs/checks.md"
    )
