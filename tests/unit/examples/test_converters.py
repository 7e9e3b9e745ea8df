"""The example converters: shape of the bundles; the sources' durations recomputed from the bundles' dates.

Oracle: R 4.2, survival 3 (`tests/data/reference/*.json`, see NOTICE.md there).
"""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "examples"
REFERENCE = ROOT / "tests" / "data" / "reference"
Tables = dict[str, list[dict[str, str]]]


def converted(script: str, directory: Path) -> tuple[Tables, str]:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / script), str(directory)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    tables = {}
    for path in directory.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as handle:
            tables[path.stem] = list(csv.DictReader(handle))
    return tables, done.stderr


@pytest.fixture(scope="module")
def kmsurv(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tables, str]:
    return converted("convert_kmsurv.py", tmp_path_factory.mktemp("kmsurv bundle"))


@pytest.fixture(scope="module")
def uci(tmp_path_factory: pytest.TempPathFactory) -> tuple[Tables, str]:
    return converted("convert_uci.py", tmp_path_factory.mktemp("uci bundle"))


def reference(name: str) -> dict:
    return json.loads((REFERENCE / f"{name}.json").read_text(encoding="utf-8"))


def dates(tables: Tables, slug: str, column: str) -> dict[str, date]:
    return {row["patient"]: date.fromisoformat(row[column]) for row in tables[slug] if row[column][:1].isdigit()}


def overall_survival(tables: Tables) -> list[tuple[int, int]]:
    """(days from HSCT, dead) of every patient, by ENDPOINTS 3.13: death, else last contact alive."""
    start = dates(tables, "hsct", "hsct_date")
    death = dates(tables, "death", "death_date")
    contact = dates(tables, "follow_up", "contact_date")
    return [((death.get(who) or contact[who]) - day, who in death) for who, day in start.items()]


def relapse_free_survival(tables: Tables) -> list[tuple[int, int]]:
    """(days from HSCT, 0 censored / 1 relapse / 2 death without relapse), censored at the last evaluation."""
    start = dates(tables, "hsct", "hsct_date")
    relapse, death = dates(tables, "relapse", "relapse_date"), dates(tables, "death", "death_date")
    evaluated = dates(tables, "follow_up", "disease_evaluated_on")
    rows = []
    for who, day in start.items():
        cause = 1 if who in relapse else 2 if who in death else 0
        end = relapse.get(who) or death.get(who) or evaluated[who]
        rows.append(((end - day).days, cause))
    return rows


def survival_at(rows: list[tuple[int, int]], time: float) -> float:
    """Kaplan-Meier estimate, written out literally."""
    estimate = 1.0
    for day in sorted({days for days, event in rows if event and days <= time}):
        at_risk = sum(days >= day for days, _ in rows)
        estimate *= 1 - sum(days == day for days, event in rows if event) / at_risk
    return estimate


def incidence_at(rows: list[tuple[int, int]], cause: int, time: float) -> float:
    """Aalen-Johansen estimate, written out literally."""
    free, total = 1.0, 0.0
    for day in sorted({days for days, event in rows if event and days <= time}):
        at_risk = sum(days >= day for days, _ in rows)
        total += free * sum(days == day and event == cause for days, event in rows) / at_risk
        free *= 1 - sum(days == day and event > 0 for days, event in rows) / at_risk
    return total


def test_kmsurv_bundle_holds_every_patient_once(kmsurv):
    tables, _ = kmsurv

    counts = {slug: len(rows) for slug, rows in tables.items()}

    assert [counts[slug] for slug in ("site", "patient", "diagnosis", "hsct")] == [4, 137, 137, 137]
    assert [counts[slug] for slug in ("gvhd", "relapse", "follow_up", "death")] == [87, 42, 57, 81]
    assert {row["disease"] for row in tables["diagnosis"]} == {"ALL_NOS", "AML"}
    assert sum(row["disease"] == "ALL_NOS" for row in tables["diagnosis"]) == 38
    assert "infusion" not in tables


def test_kmsurv_source_times_come_back_to_the_day(kmsurv):
    tables, _ = kmsurv
    with (EXAMPLES / "data" / "kmsurv_bmt.csv").open(encoding="utf-8", newline="") as handle:
        source = [{name: int(cell) for name, cell in row.items()} for row in csv.DictReader(handle)]

    survival = [(days.days, int(dead)) for days, dead in overall_survival(tables)]
    free = relapse_free_survival(tables)

    assert survival == [(row["t1"], row["d1"]) for row in source]
    differ = [number for number, row in enumerate(source, start=1) if free[number - 1][0] != row["t2"]]
    assert differ == [38]
    assert [cause for _, cause in free] == [1 if row["d2"] else 2 if row["d3"] else 0 for row in source]


def test_kmsurv_estimates_equal_r(kmsurv):
    tables, _ = kmsurv
    expected = reference("kmsurv_bmt")
    survival = [(days.days, int(dead)) for days, dead in overall_survival(tables)]
    free = relapse_free_survival(tables)

    got = [
        [survival_at(survival, row["t"]) for row in expected["os_all"]["at"]],
        [survival_at(free, row["t"]) for row in expected["dfs_all"]["at"]],
        [incidence_at(free, 1, row["t"]) for row in expected["ci_all"]["cause_1"]],
        [incidence_at(free, 2, row["t"]) for row in expected["ci_all"]["cause_2"]],
    ]

    assert got[0] == pytest.approx([row["S"] for row in expected["os_all"]["at"]], abs=1e-12)
    assert got[1] == pytest.approx([row["S"] for row in expected["dfs_all"]["at"]], abs=1e-12)
    assert got[2] == pytest.approx([row["cif"] for row in expected["ci_all"]["cause_1"]], abs=1e-12)
    assert got[3] == pytest.approx([row["cif"] for row in expected["ci_all"]["cause_2"]], abs=1e-12)


def test_kmsurv_survival_after_relapse_equals_r(kmsurv):
    tables, _ = kmsurv
    expected = reference("kmsurv_bmt")["post_relapse_survival_all"]
    relapse, death = dates(tables, "relapse", "relapse_date"), dates(tables, "death", "death_date")
    contact = dates(tables, "follow_up", "contact_date")

    rows = [(((death.get(who) or contact[who]) - day).days, who in death) for who, day in relapse.items()]

    assert len(rows) == expected["n"]
    assert [survival_at(rows, row["t"]) for row in expected["at"]] == pytest.approx(
        [row["S"] for row in expected["at"]]
    )


def test_death_without_relapse_is_a_death_in_remission(kmsurv):
    tables, _ = kmsurv
    relapsed = {row["patient"] for row in tables["relapse"]}

    status = {row["patient"]: row["disease_status_at_death"] for row in tables["death"]}

    assert {status[who] for who in status if who not in relapsed} == {"REMISSION"}
    assert {status[who] for who in status if who in relapsed} == {"UNK"}


def test_kmsurv_contradiction_is_told(kmsurv):
    _, stderr = kmsurv

    assert "source row 38: disease-free time 332" in stderr


def test_uci_bundle_holds_every_patient_once(uci):
    tables, _ = uci
    expected = reference("uci_bmt_children")["counts"]

    diseases = [row["disease"] for row in tables["diagnosis"]]

    assert len(tables["patient"]) == len(tables["hsct"]) == 187
    assert len(tables["death"]) == expected["deaths"] == 85
    assert len(tables["relapse"]) == expected["relapse_yes"] == 28
    assert {row["relapse_date"] for row in tables["relapse"]} == {"UNK"}
    assert diseases.count("ALL_NOS") == expected["disease"]["ALL"]
    assert diseases.count("NON_MALIGNANT") == expected["disease"]["nonmalignant"]


def test_uci_survival_equals_r(uci):
    tables, _ = uci
    expected = reference("uci_bmt_children")
    all_patients = {row["patient"] for row in tables["diagnosis"] if row["disease"] == "ALL_NOS"}
    order = [row["patient"] for row in tables["hsct"]]

    survival = [(days.days, int(dead)) for days, dead in overall_survival(tables)]
    of_all = [row for who, row in zip(order, survival, strict=True) if who in all_patients]

    assert [survival_at(survival, row["t"]) for row in expected["os_all"]["at"]] == pytest.approx(
        [row["S"] for row in expected["os_all"]["at"]], abs=1e-12
    )
    assert [survival_at(of_all, row["t"]) for row in expected["os_ALL"]["at"]] == pytest.approx(
        [row["S"] for row in expected["os_ALL"]["at"]], abs=1e-12
    )


@pytest.mark.parametrize("name", ["kmsurv", "uci"])
def test_no_clinical_date_lies_after_the_death(name, request):
    tables, _ = request.getfixturevalue(name)
    death = dates(tables, "death", "death_date")

    late = [
        (slug, row["patient"], column)
        for slug, rows in tables.items()
        for row in rows
        for column, cell in row.items()
        if cell[:2] in {"19", "20"} and cell[4:5] == "-" and "patient" in row and row["patient"] in death
        if date.fromisoformat(cell) > death[row["patient"]]
    ]

    assert late == []


@pytest.mark.parametrize("name", ["kmsurv", "uci"])
def test_keys_are_unique_and_parents_exist(name, request):
    tables, _ = request.getfixturevalue(name)
    transplants = {row["key"] for row in tables["hsct"]}

    assert len(transplants) == len(tables["hsct"])
    assert {row["hsct"] for row in tables["gvhd"]} <= transplants
    assert len({row["key"] for row in tables["gvhd"]}) == len(tables["gvhd"])


def test_no_argument_is_refused_with_the_usage():
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / "convert_uci.py")], capture_output=True, text=True, timeout=60
    )

    assert done.returncode == 2
    assert done.stderr.startswith("usage: python examples/convert_uci.py OUTDIR")
