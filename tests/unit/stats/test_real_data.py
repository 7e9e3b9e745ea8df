"""A real transplant cohort through the engine: 137 patients in three groups, to the digits R gives.

Data: KMsurv `bmt`, notice in examples/data. Reference: R 4.2, survival, cmprsk (tests/data/reference).
"""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from analytics.stats.compare import gray, logrank
from analytics.stats.cox import fit_cox
from analytics.stats.curves import aalen_johansen, kaplan_meier
from analytics.stats.followup import reverse_kaplan_meier

ROOT = Path(__file__).resolve().parents[3]
NAMES = {"1": "ALL", "2": "AML_low_risk", "3": "AML_high_risk"}


@pytest.fixture(scope="module")
def bmt() -> dict[str, np.ndarray]:
    with (ROOT / "examples/data/kmsurv_bmt.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    columns = {name: np.array([int(row[name]) for row in rows]) for name in ("group", "t1", "d1", "t2", "d2", "d3")}
    cause = np.where(columns["d2"] == 1, 1, np.where(columns["d3"] == 1, 2, 0))
    return columns | {"cause": cause, "label": np.array([NAMES[row["group"]] for row in rows])}


@pytest.fixture(scope="module")
def reference() -> dict:
    return json.loads((ROOT / "tests/data/reference/kmsurv_bmt.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("key", "days", "event"), [("os_logrank", "t1", "d1"), ("dfs_logrank", "t2", "d3")])
def test_log_rank_of_three_groups(bmt: dict, reference: dict, key: str, days: str, event: str) -> None:
    test, expected = logrank(bmt[days], bmt[event], bmt["label"]), reference[key]

    assert test.statistic == pytest.approx(expected["chisq"], rel=1e-12)
    assert test.df == expected["df"]
    assert test.p == pytest.approx(expected["p"], rel=1e-11)
    for label, observed, awaited in zip(test.groups, test.observed, test.expected, strict=True):
        assert observed == expected["observed"][label]
        assert awaited == pytest.approx(expected["expected"][label], rel=1e-12)


@pytest.mark.parametrize("cause", [1, 2])
def test_gray_of_three_groups(bmt: dict, reference: dict, cause: int) -> None:
    test, expected = (
        gray(bmt["t2"], bmt["cause"], bmt["label"], cause=cause),
        reference["gray"][f"cause_{cause}"],
    )

    assert test.statistic == pytest.approx(expected["stat"], rel=1e-11)
    assert test.p == pytest.approx(expected["p"], rel=1e-10)
    assert test.df == expected["df"]


@pytest.mark.parametrize("label", NAMES.values())
def test_overall_survival_of_each_group(bmt: dict, reference: dict, label: str) -> None:
    mine = bmt["label"] == label
    expected = reference["os_by_group"][label]
    curve = kaplan_meier(bmt["t1"][mine], bmt["d1"][mine])
    read = curve.at([entry["t"] for entry in expected["at"]])

    assert (curve.n, curve.events) == (expected["n"], expected["events"])
    assert curve.median.days == expected["median"]
    for i, entry in enumerate(expected["at"]):
        assert read.n_risk[i] == entry["n_risk"]
        assert read.estimate[i] == pytest.approx(entry["S"], rel=1e-12)
        assert read.std_err[i] == pytest.approx(entry["se"], rel=1e-12)
        assert (read.lower[i], read.upper[i]) == pytest.approx(entry["ci_loglog"], rel=1e-12)


def test_incidence_of_relapse_and_death_in_remission(bmt: dict, reference: dict) -> None:
    curves = aalen_johansen(bmt["t2"], bmt["cause"])

    for cause in (1, 2):
        for entry in reference["ci_all"][f"cause_{cause}"]:
            read = curves[cause].at([entry["t"]])
            assert read.estimate[0] == pytest.approx(entry["cif"], rel=1e-12)
            # cmprsk uses another variance (Aalen 1978), about half a percent larger at this size
            assert read.std_err[0] == pytest.approx(entry["se"], rel=0.02)


def test_median_follow_up(bmt: dict, reference: dict) -> None:
    median = reverse_kaplan_meier(bmt["t1"], bmt["d1"], conf_type="log").median

    assert median.days == reference["median_followup_reverse_km"]["median"]
    assert [median.lower, median.upper] == reference["median_followup_reverse_km"]["ci_log"]


def test_hazard_ratios_of_the_groups(bmt: dict, reference: dict) -> None:
    x = {label: (bmt["label"] == label).astype(float) for label in ("AML_low_risk", "AML_high_risk")}
    fit = fit_cox(bmt["t1"], bmt["d1"], x)

    for i, label in enumerate(fit.covariates):
        expected = reference["os_cox_group"]["hr"][label]
        assert fit.hr[i] == pytest.approx(expected["hr"], rel=1e-7)
        assert (fit.hr_lower[i], fit.hr_upper[i]) == pytest.approx((expected["lower"], expected["upper"]), rel=1e-7)
        assert fit.p[i] == pytest.approx(expected["p"], rel=1e-6)
