"""The script beside the report: R computes the numbers again from the CSV files, and notices a wrong one."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics import reports, snapshots
from analytics.models import Snapshot
from analytics.report.recompute import as_csv, r_script
from analytics.stats.curves import aalen_johansen, kaplan_meier
from analytics.stats.gray import gray
from tests.analytics.built import built
from tests.services import needs

pytestmark = [pytest.mark.django_db, pytest.mark.xdist_group("report"), needs("r")]


def in_r(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["Rscript", str(folder / "recompute.R")], capture_output=True, text=True, check=False)


def written(files: reports.Files, folder: Path) -> Path:
    for path, body in files.items():
        if path.startswith("endpoints/") or path in ("recompute.R", "results.json"):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(body)
    return folder


def numbers(told: str) -> Iterator[tuple[str, str]]:
    """(mark, place) of every line of the comparison."""
    for line in told.splitlines():
        if line[:2] in (" =", " !"):
            mark, place = line.split()[:2]
            yield mark, place


@pytest.mark.proof
def test_r_finds_every_number_of_the_founding_report(snapshot: Snapshot, tmp_path: Path):
    ended = in_r(written(built(snapshot), tmp_path))
    compared = list(numbers(ended.stdout))

    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    assert "0 differ" in ended.stdout.splitlines()[-1]
    assert {mark for mark, _place in compared} == {"="}
    told = {place.partition(".")[0] for _mark, place in compared}
    results = json.loads(snapshot.read("results.json"))["results"]
    assert told == {key for key, result in results.items() if result["kind"] != "table" and result["groups"]}


@pytest.mark.proof
@pytest.mark.parametrize(("plan", "by"), [("post_infusion", ["sex"]), ("post_transplant", [])])
def test_r_finds_every_number_of_the_other_plans(already_frozen: None, tmp_path: Path, plan: str, by: list[str]):
    from tests.analytics.conftest import CUTOFF

    snapshot = snapshots.take(plan, cutoff=CUTOFF, by=by, taken_by="test")

    ended = in_r(written(built(snapshot), tmp_path))

    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]


@pytest.mark.proof
def test_a_wrong_number_is_named_and_ends_with_status_1(snapshot: Snapshot, tmp_path: Path):
    folder = written(built(snapshot), tmp_path)
    told = json.loads((folder / "results.json").read_text())
    told["results"]["os_relapse"]["groups"][0]["median"]["days"] += 1
    told["results"]["cr_rate"]["groups"][0]["upper"] *= 1 + 1e-6
    (folder / "results.json").write_text(json.dumps(told))

    ended = in_r(folder)

    wrong = {place for mark, place in numbers(ended.stdout) if mark == "!"}
    assert ended.returncode == 1
    assert wrong == {"os_relapse.groups[0].median.days", "cr_rate.groups[0].upper"}


WHO = {"id": 1, "plan": "post_infusion", "plan_version": "1", "cutoff": "2019-12-31", "results_sha256": "0"}


@pytest.mark.proof
@pytest.mark.parametrize("n", [1, 3, 7])
def test_where_everybody_had_the_event_neither_has_an_interval(tmp_path: Path, n: int):
    """An incidence of 1 is as certain as a survival of 0; sums of incidences reach 1 only up to rounding."""
    days, states = [200 + 10 * place for place in range(n)], [1] * n
    whole = aalen_johansen(days, states, causes=(1, 2)).as_group("all", names={1: "recovery", 2: "competing"})
    survival = kaplan_meier(days, states).as_group("all")
    results = {
        "b_cell_aplasia": {"groups": [whole.as_json()], "comparison": None},
        "os_infusion": {"groups": [survival.as_json()], "comparison": None},
    }
    rows = {"patient": list(range(n)), "group": ["all"] * n, "days": days, "state": states, "entry": [""] * n}
    files = {
        "recompute.R": r_script("post_infusion", {**WHO, "synthetic": False}, results),
        "results.json": json.dumps({"results": results}),
        **{f"endpoints/{key}.csv": as_csv({**rows, "tested": [0] * n}) for key in results},
    }

    ended = in_r(written({path: text.encode() for path, text in files.items()}, tmp_path))

    assert whole.causes[0].steps.lower[-1] is None
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]


@pytest.mark.proof
def test_a_cause_that_nobody_had_has_no_test_on_either_side(tmp_path: Path):
    days, states, groups = [200, 210, 220, 230, 240, 250], [2, 2, 0, 2, 0, 2], ["A", "A", "A", "B", "B", "B"]
    names = {1: "recovery", 2: "competing"}
    told = [
        aalen_johansen(days[at : at + 3], states[at : at + 3], causes=(1, 2)).as_group(label, names=names).as_json()
        for at, label in ((0, "A"), (3, "B"))
    ]
    test = gray(days, states, groups, cause=1)
    assert test.p is None
    tests = [{"cause": "recovery", "statistic": test.statistic, "df": test.df, "p": test.p}]
    results = {"b_cell_aplasia": {"groups": told, "comparison": tests}}
    rows = {"patient": list(range(6)), "group": groups, "days": days, "state": states, "entry": [""] * 6}
    files = {
        "recompute.R": r_script("post_infusion", {**WHO, "synthetic": False}, results),
        "results.json": json.dumps({"results": results}),
        "endpoints/b_cell_aplasia.csv": as_csv({**rows, "tested": [1] * 6}),
    }

    ended = in_r(written({path: text.encode() for path, text in files.items()}, tmp_path))

    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
