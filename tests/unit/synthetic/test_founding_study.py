"""The study code computes the published figures from the synthetic founding cohort (ENDPOINTS 5, F1-F23)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analytics.study.run import run
from analytics.synthetic import CUTOFF, founding_bundle
from tests.unit.frozen_tables import freeze

MONTH = 30.4375
TARGETS = json.loads((Path(__file__).parents[3] / "analytics/synthetic/targets.json").read_text("utf-8"))
COUNTS = TARGETS["counts_exact"]


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return run("post_cart_relapse", freeze(founding_bundle()), cutoff=CUTOFF)


@pytest.fixture(scope="module")
def results(report) -> dict[str, Any]:
    return report["results"]


def target(name: str) -> Any:
    found = next(entry for entry in TARGETS["targets"] if entry["id"] == name)
    return pytest.approx(found["value"], abs=found["tolerance"])


def group(result: dict[str, Any], label: str = "all") -> dict[str, Any]:
    return next(entry for entry in result["groups"] if entry["label"] == label)


def test_nobody_is_lost_on_the_way_into_the_cohort(report):
    assert [step["n"] for step in report["attrition"]] == [COUNTS["infused"]] * len(report["attrition"])


@pytest.mark.parametrize(
    ("key", "x", "n"),
    [
        ("cr_rate", COUNTS["complete_remission"], COUNTS["infused"]),
        ("relapse_rate", COUNTS["relapsed"], COUNTS["complete_remission"]),
        ("prior_hsct_at_relapse", COUNTS["prior_hsct"]["x"], COUNTS["relapsed"]),
        ("marrow_involved", COUNTS["marrow_relapse"]["x"], COUNTS["relapsed"]),
        ("hsct_after_relapse", COUNTS["hsct_after_relapse"], COUNTS["relapsed"]),
    ],
)
def test_rate_is_exact(results, key, x, n):
    found = group(results[key])

    assert (found["x"], found["n"]) == (x, n)


def test_medians_among_the_relapsed(results):
    assert group(results["time_to_relapse"])["median"] / MONTH == target("relapse_median")
    assert group(results["age_at_relapse"])["median"] == target("age_median")


def test_survival_after_relapse(results):
    found = group(results["os_relapse"])
    at_24 = next(reading for reading in found["at"] if reading["months"] == 24)

    assert found["median"]["days"] / MONTH == target("os_median")
    assert found["median"]["lower"] / MONTH == target("os_median_lower")
    assert found["median"]["upper"] / MONTH == target("os_median_upper")
    assert at_24["estimate"] == target("os_24")
    assert at_24["lower"] == target("os_24_lower")
    assert at_24["upper"] == target("os_24_upper")


def test_follow_up(results):
    assert group(results["follow_up"])["median"]["days"] / MONTH == target("follow_up_median")


def test_early_relapse_does_worse(results):
    found = results["os_relapse_by_timing"]

    assert 1e-7 < found["comparison"]["p"] < 1e-4
    assert group(found, "EARLY")["median"]["days"] < group(found, "LATE")["median"]["days"]


def test_salvage_categories(results):
    found = results["efs_salvage_by_type"]

    assert found["comparison"]["p"] == target("p_efs_by_salvage_type")
    assert found["comparison"]["df"] == 5
    assert sum(entry["n"] for entry in found["groups"]) == 76


def test_prior_transplant_among_the_transplanted(results):
    found = results["os_hsct_by_prior_hsct"]

    assert found["comparison"]["p"] == target("p_os_after_hsct_by_prior_hsct")
    assert [entry["n"] for entry in found["groups"]] == [18, 19]


def test_outcome_after_transplant(results):
    found = {entry["label"]: entry["x"] for entry in results["hsct_outcome"]["groups"]}

    assert found["ALIVE_CR"] == COUNTS["hsct_alive_in_remission"]["x"]
    assert found["RELAPSE"] == COUNTS["hsct_subsequent_relapse"]["x"]
    assert found["NRM"] == COUNTS["hsct_transplant_related_death"]["x"]
    assert found["PERSISTENT"] == found["ALIVE_UNKNOWN"] == 0


def test_nobody_is_left_out_but_the_palliative(results):
    left = {key: entry for key, found in results.items() for entry in found.get("left_out", [])}

    assert all("palliative" in entry["reason"] for entry in left.values()), left
