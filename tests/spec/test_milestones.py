"""Every derived date and state on tiny patients: `milestones/*.txt`, read like charts."""

from pathlib import Path

import pytest

from analytics.study.milestones import MILESTONES
from tests.studied import Chart, charts, cohort, told

CHARTS = charts(Path(__file__).parent / "milestones")
NOT_ON_THEIR_OWN = {  # intermediate tables; what they hold is seen through the milestones read from them
    "b_cell_answers",
    "b_cell_rows",
    "b_cell_states",
    "hsct_counts",
    "hsct_rows",
    "index_responses",
    "index_toxicity",
    "mrd_negative_rows",
    "relapse_counts",
    "relapse_follows_infusion",
    "relapse_rows",
    "response_rows",
    "salvage_rows",
    "evaluations",
}


@pytest.mark.parametrize("chart", CHARTS, ids=[f"{one.subject}: {one.title}" for one in CHARTS])
def test_milestone(chart: Chart) -> None:
    assert told(chart.case, chart.subject) == chart.expected


@pytest.mark.parametrize("name", sorted(set(MILESTONES) - NOT_ON_THEIR_OWN))
def test_milestone_has_a_chart(name: str) -> None:
    assert any(one.subject == name for one in CHARTS), f"add a chart of {name} to tests/spec/milestones"


@pytest.mark.parametrize("name", sorted(MILESTONES))
def test_milestone_says_what_it_means(name: str) -> None:
    definition = MILESTONES[name].definition

    assert definition.endswith("."), f"the docstring of {name} is its definition in the codebook"


def test_unknown_milestone_is_named() -> None:
    case = cohort("infusion: patient date\n A d0").case

    with pytest.raises(KeyError, match="no milestone 'remission_date'"):
        case["remission_date"]
