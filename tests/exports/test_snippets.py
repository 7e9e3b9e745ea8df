"""The programs the analysis page offers, run as processes on a real export: the numbers of the snapshot, both ways."""

import io
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from analytics import snapshots, snippets
from analytics.questions import QUESTIONS
from analytics.snapshots import answer_of
from analytics.study.strata import STRATA
from analytics.synthetic import cohort_bundle, write_bundle
from exports.endpoints import CALENDAR, NAMING
from registry.access import scoped, system_scope
from registry.importing import import_source
from tests.exports.conftest import agreement
from tests.services import needs

CUTOFF = date(2022, 12, 31)
PATIENTS = 120
MONTH = 30.4375
#: Plan -> strata its snapshot is compared by; those of a question with a grouping of its own are not.
ASKED = {
    "post_cart_relapse": (),
    "post_infusion": ("prior_hsct",),
    "post_transplant": ("sex", "year_group"),
}
COMMANDS = {"py": [sys.executable], "R": ["Rscript", "--vanilla"]}
WRITERS = {"py": snippets.python, "R": snippets.r}
Table = dict[tuple[str, ...], list[float]]


def asked(key: str, by: tuple[str, ...]) -> dict[str, Any]:
    return {"key": key, "by": by, "exposure": "", "method": "groups", "cutoff": CUTOFF.isoformat()}


def test_groups_without_a_program_are_those_that_exports_do_not_hold():
    own = {question["own"] for plan in QUESTIONS.values() for question in plan.values() if question["own"]}

    assert set(NAMING) | (own - set(STRATA)) == snippets.NOT_EXPORTED
    assert set(CALENDAR) == snippets.ONLY_T2
    survival = QUESTIONS["post_cart_relapse"]
    assert not snippets.written(asked("os_relapse", ("site",)), survival["os_relapse"])
    assert not snippets.written(asked("efs_salvage_by_type", ()), survival["efs_salvage_by_type"])
    assert not snippets.written(asked("cr_rate", ()), survival["cr_rate"])
    assert not snippets.written({**asked("os_relapse", ()), "method": "regression"}, survival["os_relapse"])


def test_a_program_groups_as_the_question_does_and_names_the_tier_that_holds_the_groups():
    timing = QUESTIONS["post_cart_relapse"]["os_relapse_by_timing"]

    assert "BY = ['RELAPSE_TIMING']" in snippets.python(asked("os_relapse_by_timing", ()), timing, words="Timing")
    years = snippets.r(asked("os_relapse", ("year_group",)), {**timing, "own": ""}, words="By years")
    assert 'c("YEAR_GROUP")' in years and "--tier T2" in years


@pytest.fixture(scope="module")
def cohort(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle whose patients all may be exported."""
    bundle = {slug: [dict(row) for row in rows] for slug, rows in cohort_bundle(PATIENTS, seed=3).items()}
    for row in bundle["consent"]:
        row["status"] = "GIVEN"
    folder = tmp_path_factory.mktemp("cohort")
    write_bundle(bundle, folder)
    return folder


def told(output: str) -> Table:
    """The printed lines: group -> patients, events, median; group, months -> survival and limits; logrank_p -> P."""
    found: Table = {}
    wide = False
    for line in output.splitlines():
        cells = line.split(",")
        if cells[0] == "group":
            wide = cells[1] == "months"
        elif cells[0] == "logrank_p":
            found["logrank_p",] = [float(cells[1])]
        else:
            keys, numbers = ((cells[0], cells[1]), cells[2:]) if wide else ((cells[0],), cells[1:])
            found[keys] = [float("inf") if text in ("NA", "inf") else float(text) for text in numbers]
    return found


def expected(result: dict[str, Any]) -> Iterator[tuple[tuple[str, ...], list[float | None]]]:
    for group in result["groups"]:
        median = group["median"]["days"]
        yield (group["label"],), [group["n"], group["events"], float("inf") if median is None else median / MONTH]
        for at in group["at"]:
            if at["estimate"] is not None:
                yield (group["label"], f"{at['months']:g}"), [at["estimate"], at["lower"], at["upper"]]
    if result["comparison"] and result["comparison"]["p"] is not None:
        yield ("logrank_p",), [result["comparison"]["p"]]


@pytest.mark.slow
@needs("r")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("plan", ASKED)
@pytest.mark.parametrize("language", COMMANDS)
def test_an_export_gives_the_numbers_of_its_snapshot(plan: str, language: str, cohort: Path, tmp_path: Path):
    with scoped(system_scope("tests")):
        assert import_source(cohort, now=timezone.now()).status == "committed"
    by = ASKED[plan]
    snapshot = snapshots.take(plan, cutoff=CUTOFF, by=by, taken_by="test")
    tier = "T2" if snippets.ONLY_T2.intersection(by) else "T1"
    agreement(tier, "PAPER-1")
    call_command("export_snapshot", str(snapshot.pk), "--tier", tier, "--format", "csv", "--agreement", "PAPER-1",
                 "--out", str(tmp_path), stdout=io.StringIO())  # fmt: skip
    results, compared = answer_of(snapshot)["results"], 0

    for key, question in QUESTIONS[plan].items():
        stratified = not question["own"] and set(by) <= set(question["strata"])
        one = asked(key, by if stratified else ())
        if key not in results or not snippets.written(one, question):
            continue
        program = tmp_path / f"{key}.{language}"
        program.write_text(WRITERS[language](one, question, words=key), encoding="utf-8")
        ended = subprocess.run([*COMMANDS[language], program.name], cwd=tmp_path, capture_output=True, text=True,
                               check=False)  # fmt: skip
        assert ended.returncode == 0, ended.stderr[-2000:]
        printed = told(ended.stdout)
        for place, numbers in expected(results[key]):
            for mine, theirs in zip(numbers, printed[place], strict=True):
                assert mine is None or mine == pytest.approx(theirs, rel=1e-9), (key, place)
            compared += 1
    assert compared > 10
    shutil.rmtree(tmp_path)
