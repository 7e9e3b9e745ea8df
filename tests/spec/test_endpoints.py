"""Every endpoint on tiny patients: `endpoints/*.txt`, read like charts."""

from pathlib import Path

import pytest

from analytics.study.endpoints import ENDPOINTS
from analytics.study.milestones import MILESTONES
from tests.studied import Chart, charts, observed

CHARTS = charts(Path(__file__).parent / "endpoints")


@pytest.mark.parametrize("chart", CHARTS, ids=[f"{one.subject}: {one.title}" for one in CHARTS])
def test_endpoint(chart: Chart) -> None:
    assert observed(chart.case, chart.subject) == chart.expected


@pytest.mark.parametrize("key", ENDPOINTS)
def test_endpoint_has_a_chart(key: str) -> None:
    assert any(one.subject == key for one in CHARTS), f"add a chart of {key} to tests/spec/endpoints"


@pytest.mark.parametrize("endpoint", ENDPOINTS.values(), ids=list(ENDPOINTS))
def test_endpoint_names_milestones_that_say_what_they_read(endpoint) -> None:
    named = [endpoint.start, *endpoint.event, *endpoint.competing, endpoint.censor]

    assert all(MILESTONES[name].reads for name in named)
    assert endpoint.as_json()["reads"] == list(endpoint.reads)
