"""Converted, frozen and run through the study code, the public data give R's results.

Oracle: R 4.2, packages survival and cmprsk (`tests/data/reference/*.json`, NOTICE.md there).
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from analytics.study.run import run
from tests.unit.frozen_tables import freeze

ROOT = Path(__file__).resolve().parents[3]
YEARS = (1, 2, 5)  # the readings of the reference: 365.25, 730.5 and 1826.25 days


def report(script: str, directory: Path, *, by: tuple[str, ...] = ()) -> dict[str, Any]:
    command = [sys.executable, str(ROOT / "examples" / script), str(directory)]
    subprocess.run(command, check=True, capture_output=True, timeout=60)
    bundle = {}
    for path in directory.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as handle:
            bundle[path.stem] = list(csv.DictReader(handle))
    return run("post_transplant", freeze(bundle), cutoff=date(2022, 12, 31), by=by)["results"]


@pytest.fixture(scope="module")
def kmsurv(tmp_path_factory) -> dict[str, Any]:
    return report("convert_kmsurv.py", tmp_path_factory.mktemp("kmsurv"))


@pytest.fixture(scope="module")
def uci(tmp_path_factory) -> dict[str, Any]:
    return report("convert_uci.py", tmp_path_factory.mktemp("uci"), by=("disease",))


def reference(name: str) -> dict[str, Any]:
    return json.loads((ROOT / "tests/data/reference" / f"{name}.json").read_text(encoding="utf-8"))


def readings(group: dict[str, Any]) -> list[dict[str, Any]]:
    return [entry for entry in group["at"] if entry["months"] in (12, 24, 60)]


def assert_curve(group: dict[str, Any], expected: dict[str, Any]) -> None:
    assert (group["n"], group["events"]) == (expected["n"], expected["events"])
    assert group["median"]["days"] == expected["median"]
    assert [group["median"]["lower"], group["median"]["upper"]] == expected["median_ci_loglog"]
    for found, wanted in zip(readings(group), expected["at"], strict=True):
        assert found["estimate"] == pytest.approx(wanted["S"], abs=1e-9)
        assert [found["lower"], found["upper"]] == pytest.approx(wanted["ci_loglog"], abs=1e-9)


@pytest.mark.parametrize(("key", "name"), [("os_hsct", "os_all"), ("rfs_hsct", "dfs_all")])
def test_kmsurv_curve_equals_r(kmsurv, key, name):
    assert_curve(kmsurv[key]["groups"][0], reference("kmsurv_bmt")[name])


def test_kmsurv_incidence_equals_r(kmsurv):
    causes = {cause["cause"]: cause for cause in kmsurv["cir_hsct"]["groups"][0]["causes"]}
    expected = reference("kmsurv_bmt")["ci_all"]

    for cause, name in (("relapse", "cause_1"), ("nrm", "cause_2")):
        found = [entry["estimate"] for entry in readings(causes[cause])]
        assert found == pytest.approx([entry["cif"] for entry in expected[name]], abs=1e-9)


def test_kmsurv_survival_after_relapse_equals_r(kmsurv):
    found = kmsurv["os_after_hsct_relapse"]["groups"][0]
    expected = reference("kmsurv_bmt")["post_relapse_survival_all"]

    assert (found["n"], found["events"], found["median"]["days"]) == (
        expected["n"],
        expected["events"],
        expected["median"],
    )
    assert found["at"][0]["estimate"] == pytest.approx(expected["at"][0]["S"], abs=1e-9)


def test_kmsurv_follow_up_equals_r(kmsurv):
    found = kmsurv["follow_up"]["groups"][0]["median"]["days"]

    assert found == reference("kmsurv_bmt")["median_followup_reverse_km"]["median"]


def test_uci_survival_of_all_equals_r(uci):
    found = next(entry for entry in uci["os_hsct"]["groups"] if entry["label"] == "ALL_NOS")

    assert_curve(found, reference("uci_bmt_children")["os_ALL"])


def test_uci_survival_of_everybody_equals_r(tmp_path):
    found = report("convert_uci.py", tmp_path)
    expected = reference("uci_bmt_children")

    assert_curve(found["os_hsct"]["groups"][0], expected["os_all"])
    assert found["follow_up"]["groups"][0]["median"]["days"] == expected["median_followup_reverse_km"]["median"]
