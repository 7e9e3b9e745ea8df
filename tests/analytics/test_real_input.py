"""Public data through the whole product - convert, import, snapshot - against the values R gave for the same source."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import call_command

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]


def _run(script: str, *arguments: str) -> str:
    """Run an example as its reader would; its output, after a good end."""
    command = [sys.executable, str(ROOT / "examples" / script), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


def _imported(script: str, folder: Path) -> None:
    _run(script, str(folder))
    told = io.StringIO()
    call_command("import_registry", str(folder), stdout=told)
    assert "committed" in told.getvalue()


def _snapshot(path: Path, **options: object) -> str:
    call_command("take_snapshot", "post_transplant", json=str(path), stdout=io.StringIO(), **options)
    return str(path)


def test_137_adult_transplants_give_the_values_of_r(tmp_path: Path):
    _imported("convert_kmsurv.py", tmp_path / "kmsurv")
    taken = _snapshot(tmp_path / "all.json")

    assert "54 numbers compared with R, 54 equal" in _run("compare_with_r.py", "kmsurv", taken)


def test_187_children_transplanted_give_the_values_of_r(tmp_path: Path):
    _imported("convert_uci.py", tmp_path / "uci")
    taken, by_disease = _snapshot(tmp_path / "all.json"), _snapshot(tmp_path / "by.json", by=["disease"])

    assert "35 numbers compared with R, 35 equal" in _run("compare_with_r.py", "uci", taken, by_disease)


def test_undated_relapses_stay_undated_and_are_counted(tmp_path: Path):
    _imported("convert_uci.py", tmp_path / "uci")
    results = json.loads(Path(_snapshot(tmp_path / "all.json")).read_text())["results"]

    assert any(left["reason"].startswith("A02") for left in results["cir_hsct"]["left_out"])
