"""docs/endpoints.md says what the code does."""

from pathlib import Path

from analytics.study.catalogue import PLANS
from analytics.study.describe import document
from analytics.study.endpoints import ENDPOINTS
from analytics.study.milestones import MILESTONES
from analytics.study.strata import STRATA

FILE = Path(__file__).parents[2] / "docs" / "endpoints.md"


def test_document_is_fresh() -> None:
    assert FILE.read_text(encoding="utf-8") == document(), (
        "docs/endpoints.md is stale: python -m analytics.study.describe > docs/endpoints.md"
    )


def test_document_names_everything() -> None:
    text = document()
    results = [analysis.key for plan in PLANS.values() for analysis in plan.analyses]

    assert [name for name in (*results, *ENDPOINTS, *MILESTONES, *STRATA) if f"`{name}`" not in text] == []
