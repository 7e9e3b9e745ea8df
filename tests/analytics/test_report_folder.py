"""A report's directory holds one report: an earlier one is replaced, anything else is left alone and refused."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError

from analytics import snapshots
from analytics.freezing import Frozen
from analytics.management import report_folder
from analytics.models import Snapshot
from tests.analytics.built import render_once
from tests.analytics.test_commands import ran

CUTOFF = "2022-12-31"


def files(*names: str, **bodies: str) -> dict[str, bytes]:
    """A report of these files, with its manifest."""
    held = {name: bodies.get(name, name).encode() for name in names}
    told = {name: {"sha256": Frozen(body).sha256, "bytes": len(body)} for name, body in held.items()}
    return {**held, "manifest.json": json.dumps({"results_sha256": "0", "files": told}).encode()}


def listed(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}


FIRST = files("report.html", "figures/os_relapse.svg", "endpoints/os_relapse.csv")
SECOND = files("report.html", "figures/os_hsct.svg", **{"report.html": "another"})


def test_exactly_the_files_of_the_earlier_report_are_replaced(tmp_path: Path):
    report_folder.write_report(tmp_path / "new", FIRST)
    report_folder.write_report(tmp_path / "new", SECOND)

    assert listed(tmp_path / "new") == set(SECOND)
    assert (tmp_path / "new" / "report.html").read_bytes() == b"another"
    assert not (tmp_path / "new" / "endpoints").exists(), "no empty directory is left behind"


@pytest.mark.parametrize("strange", ["notes.txt", "figures/mine.svg", "report.pdf"])
def test_where_anything_else_lies_nothing_is_written_or_removed(tmp_path: Path, strange: str):
    report_folder.write_report(tmp_path, FIRST)
    (tmp_path / strange).write_text("mine")

    with pytest.raises(CommandError, match=rf"holds other files \({strange}\); name a new or empty one"):
        report_folder.write_report(tmp_path, SECOND)

    assert listed(tmp_path) == {*FIRST, strange}
    assert (tmp_path / "report.html").read_bytes() == b"report.html"


def test_a_report_that_somebody_wrote_on_in_is_not_overwritten(tmp_path: Path):
    report_folder.write_report(tmp_path, FIRST)
    (tmp_path / "report.html").write_text("with my remarks")

    with pytest.raises(CommandError, match="a report whose report.html was changed since"):
        report_folder.write_report(tmp_path, SECOND)

    assert (tmp_path / "report.html").read_text() == "with my remarks"


def test_a_manifest_of_something_else_does_not_make_a_directory_a_reports(tmp_path: Path):
    export = {name: body for name, body in files("patient.csv").items()}
    told = json.loads(export["manifest.json"])
    for body in (json.dumps({"files": told["files"]}), "[1]", "no JSON", json.dumps({"results_sha256": "0"})):
        (tmp_path / "patient.csv").write_bytes(export["patient.csv"])
        (tmp_path / "manifest.json").write_text(body)
        with pytest.raises(CommandError, match="holds other files"):
            report_folder.write_report(tmp_path, SECOND)
    assert listed(tmp_path) == {"patient.csv", "manifest.json"}


def test_a_manifest_reaches_no_file_outside_its_directory(tmp_path: Path):
    outside, folder = tmp_path / "outside.txt", tmp_path / "report"
    outside.write_text("mine")
    report_folder.write_report(folder, {**FIRST, "manifest.json": files("../outside.txt")["manifest.json"]})
    for path in ("report.html", "figures/os_relapse.svg", "endpoints/os_relapse.csv"):
        (folder / path).unlink()

    report_folder.write_report(folder, SECOND)

    assert outside.read_text() == "mine"


def test_a_writing_cut_short_can_be_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    report_folder.write_report(tmp_path, FIRST)
    whole = report_folder.write_folder

    def cut_short(folder: Path, given: dict[str, bytes]) -> None:
        whole(folder, dict(list(given.items())[:2]))
        raise CommandError("No space left.")

    with monkeypatch.context() as patched, pytest.raises(CommandError, match="No space"):
        patched.setattr(report_folder, "write_folder", cut_short)
        report_folder.write_report(tmp_path, SECOND)
    (tmp_path / ".report.pdf.x1y2").write_text("a draft that was left")

    report_folder.write_report(tmp_path, SECOND)
    assert listed(tmp_path) == {*SECOND, ".report.pdf.x1y2"}


@pytest.mark.django_db
@pytest.mark.xdist_group("report")
def test_the_command_refuses_before_it_computes_and_replaces_the_report_of_another_plan(
    snapshot: Snapshot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    render_once(snapshot, monkeypatch)
    folder = tmp_path / "report"
    report_folder.write_report(folder, files("report.html", "figures/os_hsct.svg"))

    ran("take_snapshot", snapshot.plan, cutoff=CUTOFF, report=str(folder), json=str(folder / "numbers.json"))
    ran("take_snapshot", snapshot.plan, cutoff=CUTOFF, report=str(folder), json=str(folder / "numbers.json"))

    found = listed(folder)
    assert "figures/os_hsct.svg" not in found
    assert found == {"manifest.json", "numbers.json", *json.loads((folder / "manifest.json").read_bytes())["files"]}
    monkeypatch.setattr(snapshots, "take", lambda *asked, **more: pytest.fail("computed for nothing"))
    with pytest.raises(CommandError, match=r"other files \(numbers.json\); name a new or empty one"):
        ran("take_snapshot", snapshot.plan, cutoff=CUTOFF, report=str(folder))
