"""Two public transplant data sets through the plan `post_transplant`, against R (see
data/reference/NOTICE.md).

Oracle: R 4.2, survival 3, cmprsk. `cmprsk` estimates another variance of the incidence, so only its estimates
count.
"""

import csv
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from analytics.study.run import run
from tests.tables import from_rows

ROOT = Path(__file__).resolve().parents[3]


def answer(name: str, script: str, directory: Path):
    subprocess.run([sys.executable, str(ROOT / "examples" / script), str(directory)], check=True, capture_output=True)
    rows = {}
    for path in directory.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as handle:
            rows[path.stem] = list(csv.DictReader(handle))
    expected = json.loads((ROOT / "tests" / "data" / "reference" / f"{name}.json").read_text(encoding="utf-8"))
    return run("post_transplant", from_rows(rows), cutoff=date(2020, 1, 1))["results"], expected


@pytest.fixture(scope="module")
def kmsurv(tmp_path_factory):
    return answer("kmsurv_bmt", "convert_kmsurv.py", tmp_path_factory.mktemp("kmsurv"))


@pytest.fixture(scope="module")
def uci(tmp_path_factory):
    return answer("uci_bmt_children", "convert_uci.py", tmp_path_factory.mktemp("uci"))


def check_curve(result, expected):
    (group,) = result["groups"]
    assert (group["n"], group["events"]) == (expected["n"], expected["events"])
    assert group["median"]["days"] == expected["median"]
    assert [group["median"]["lower"], group["median"]["upper"]] == expected["median_ci_loglog"]
    read = {reading["days"]: reading for reading in group["at"]}
    for point in expected["at"]:
        if read.get(point["t"], {}).get("estimate") is None:
            continue
        got = read[point["t"]]
        assert got["n_risk"] == point["n_risk"]
        assert [got["estimate"], got["lower"], got["upper"]] == pytest.approx(
            [point["S"], *point["ci_loglog"]], rel=1e-10
        )


@pytest.mark.parametrize(
    ("key", "reference"),
    [("os_hsct", "os_all"), ("rfs_hsct", "dfs_all"), ("os_after_hsct_relapse", "post_relapse_survival_all")],
)
def test_kmsurv_curves_are_those_of_r(kmsurv, key, reference):
    results, expected = kmsurv

    check_curve(results[key], expected[reference])


def test_kmsurv_incidence_is_that_of_r(kmsurv):
    results, expected = kmsurv
    (group,) = results["cir_hsct"]["groups"]

    assert {cause["cause"]: cause["events"] for cause in group["causes"]} == {"relapse": 42, "nrm": 41}
    for cause, name in zip(group["causes"], ("cause_1", "cause_2"), strict=True):
        read = {reading["days"]: reading["estimate"] for reading in cause["at"]}
        for point in expected["ci_all"][name]:
            assert read[point["t"]] == pytest.approx(point["cif"], rel=1e-10)


def test_kmsurv_follow_up_is_that_of_r(kmsurv):
    results, expected = kmsurv

    assert results["follow_up"]["groups"][0]["median"]["days"] == expected["median_followup_reverse_km"]["median"]
    assert all(result["left_out"] == [] for result in results.values())


def test_uci_survival_is_that_of_r(uci):
    results, expected = uci

    check_curve(results["os_hsct"], expected["os_all"])
    assert results["follow_up"]["groups"][0]["median"]["days"] == expected["median_followup_reverse_km"]["median"]


def test_uci_relapses_without_a_date_leave_and_are_counted(uci):
    results, expected = uci
    not_malignant = expected["counts"]["disease_group"]["nonmalignant"]

    assert results["rfs_hsct"]["left_out"] == [
        {"reason": "A02", "n": 27},
        {"reason": "NON_MALIGNANT", "n": not_malignant},
    ]
    assert (
        sum(entry["n"] for entry in results["os_after_hsct_relapse"]["left_out"]) == expected["counts"]["relapse_yes"]
    )
    assert results["os_after_hsct_relapse"]["groups"][0]["n"] == 0
