"""The commands of snapshots: what they print, and one clear sentence for everything that cannot be done."""

import io
import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from analytics.management.commands import list_snapshots, take_snapshot, verify_snapshot
from analytics.models import Snapshot

pytestmark = pytest.mark.django_db


def ran(name: str, *arguments: str, **options: object) -> str:
    told = io.StringIO()
    call_command(name, *arguments, stdout=told, stderr=io.StringIO(), **options)
    return told.getvalue()


def test_take_snapshot_prints_a_summary_and_writes_the_json(already_frozen: None, tmp_path: Path):
    file = tmp_path / "results.json"

    told = ran("take_snapshot", "post_cart_relapse", cutoff="2022-12-31", json=str(file))

    assert told.startswith("Snapshot 1: post_cart_relapse, cut-off 2022-12-31  SYNTHETIC DATA") or "SYNTHETIC" in told
    assert "Complete remission rate:" in told
    assert "taken in" in told
    assert json.loads(file.read_text())["results"]["os_relapse"]["kind"] == "curve"
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def test_take_snapshot_says_that_nothing_has_changed(snapshot: Snapshot):
    told = ran("take_snapshot", "post_cart_relapse", cutoff="2022-12-31")

    assert f"Snapshot {snapshot.pk}:" in told
    assert "nothing has changed" in told


def test_the_report_folder_holds_results_and_figures(already_frozen: None, tmp_path: Path):
    ran("take_snapshot", "post_cart_relapse", cutoff="2022-12-31", report=str(tmp_path / "new" / "report"))

    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert {"new/report/results.json", "new/report/figures/os_relapse.svg"} <= found


@pytest.mark.parametrize(
    ("arguments", "options", "told"),
    [
        (["nonsense"], {}, "no plan 'nonsense'"),
        (["post_transplant"], {"by": ["nonsense"]}, "not a stratum"),
        (["post_transplant"], {"by": ["relapse_timing"]}, "not known at time zero"),
        (["post_transplant"], {"cutoff": "31.12.2022"}, "write YYYY-MM-DD"),
        (["post_transplant"], {"cutoff": "2022-02-30"}, "not a date"),
        (["post_transplant"], {"cutoff": "20221231"}, "not a date"),
        (["post_transplant"], {"json": "/nowhere/at/all.json"}, "does not exist"),
        (["post_transplant"], {"json": "/"}, "is a directory"),
        (["post_transplant"], {"report": "/proc/nothing"}, "Cannot make the directory"),
    ],
)
def test_take_snapshot_refuses_in_one_sentence(arguments: list[str], options: dict, told: str):
    with pytest.raises(CommandError, match=told):
        ran("take_snapshot", *arguments, **options)

    assert not Snapshot.objects.exists()


def test_a_cut_off_in_the_future_is_taken_and_noted(already_frozen: None):
    noted = io.StringIO()
    call_command("take_snapshot", "post_transplant", cutoff="2999-01-01", stdout=io.StringIO(), stderr=noted)

    assert "lies in the future" in noted.getvalue()


def test_verify_snapshot_verifies_one_and_all(snapshot: Snapshot):
    assert f"Snapshot {snapshot.pk} post_cart_relapse 2022-12-31: verified" in ran("verify_snapshot", str(snapshot.pk))
    assert "snapshots=1 verified=1 different=0" in ran("verify_snapshot", "all")


def test_verify_snapshot_exits_1_on_a_difference(snapshot: Snapshot, monkeypatch: pytest.MonkeyPatch):
    from analytics import verification

    monkeypatch.setattr(verification, "compute", lambda *arguments, **more: {"attrition": [], "results": {}})

    with pytest.raises(SystemExit) as ended:
        ran("verify_snapshot", "all")
    assert ended.value.code == 1


@pytest.mark.parametrize("name", ["0", "-1", "none", "9" * 40, "1; DROP TABLE"])
def test_verify_snapshot_refuses_an_unknown_snapshot(db: object, name: str):
    with pytest.raises(CommandError, match="There is no snapshot"):
        ran("verify_snapshot", "--", name)


def test_json_for_the_output_stands_there_alone(snapshot: Snapshot, capsys: pytest.CaptureFixture):
    call_command("take_snapshot", snapshot.plan, cutoff=f"{snapshot.cutoff}", json="-")
    told = capsys.readouterr()
    assert json.loads(told.out)["snapshot"]["id"] == snapshot.pk
    assert "nothing has changed" in told.err


def test_list_snapshots_refuses_a_plan_that_does_not_exist(snapshot: Snapshot):
    with pytest.raises(CommandError, match="post_transplant"):
        call_command("list_snapshots", plan="nosuch")


def test_list_snapshots_lists_them(snapshot: Snapshot):
    assert ran("list_snapshots").splitlines()[1].split()[:3] == [str(snapshot.pk), "post_cart_relapse", "2022-12-31"]
    assert "no snapshots" in ran("list_snapshots", plan="post_infusion")


@pytest.mark.parametrize("module", [take_snapshot, verify_snapshot, list_snapshots])
def test_help_says_what_a_command_does_with_an_example(module: object):
    assert "Example: manage.py" in module.Command.help


def test_a_database_without_tables_ends_in_a_sentence(instance):
    ended = instance.manage("list_snapshots")

    assert ended.returncode == 1
    assert "migrate" in ended.stderr
    assert "Traceback" not in ended.stderr
