"""The programs the analysis page offers, run as processes on a real export: the numbers of the snapshot, both ways."""

import io
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from functools import reduce
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from analytics import snapshots, snippets, thawing
from analytics.questions import LATER, QUESTIONS
from analytics.study import multivariable
from analytics.study.exposures import EXPOSURES
from analytics.study.guard import SIMON_MAKUCH
from analytics.study.look import Question, looked
from analytics.study.strata import STRATA
from analytics.synthetic import cohort_bundle, write_bundle
from exports.endpoints import CALENDAR
from exports.pseudonyms import Pseudonyms
from registry.access import scoped, system_scope
from registry.importing import import_source
from tests.exports.conftest import agreement
from tests.services import needs

CUTOFF = date(2022, 12, 31)
PATIENTS = 120
MONTH = 30.4375
#: Plan -> strata its results are compared by; those of a question with a grouping of its own are not.
ASKED = {
    "post_cart_relapse": (),
    "post_infusion": ("prior_hsct",),
    "post_transplant": ("sex", "year_group"),
}
#: Runs programs one after the other: loading the packages takes longer than any of them.
DRIVERS = {
    "py": [sys.executable, "-c",
           "import runpy, sys\nfor name in sys.argv[1:]: print('PROGRAM', name); runpy.run_path(name)"],
    "R": ["Rscript", "--vanilla", "-e",
          "for (name in commandArgs(TRUE)) { cat('PROGRAM', name, '\\n'); sys.source(name, new.env()) }"],
}  # fmt: skip
WRITERS = {"py": snippets.python, "R": snippets.r}
#: What a line of numbers belongs to, by the heading above it: how many of its cells name the place.
HEADINGS = {
    "group,patients,events,median_months": 1,
    "group,months,survival,lower,upper": 2,
    "group,patients,mean_days,std_err": 1,
    "second,less,gain_days,lower,upper,p": 2,
    "hazard_ratio,lower,upper,p,patients,exposed,events": 0,
    "term,hazard_ratio,lower,upper,p,patients,events": 1,
    "term,hazard_ratio,lower,upper,p,patients,events,ph_chisq,ph_p": 1,
}
Table = dict[tuple[str, ...], list[float]]


def asked(key: str, by: tuple[str, ...] = (), *, exposure: str = "", method: str = "groups") -> dict[str, Any]:
    return {"key": key, "by": by, "exposure": exposure, "method": method, "cutoff": CUTOFF.isoformat()}


def test_groups_without_a_program_are_those_that_exports_do_not_hold():
    own = {question["own"] for plan in QUESTIONS.values() for question in plan.values() if question["own"]}

    assert own - set(STRATA) == snippets.NOT_EXPORTED
    assert set(CALENDAR) == snippets.ONLY_T2
    survival = QUESTIONS["post_cart_relapse"]
    assert snippets.written(asked("os_relapse", ("site",)), survival["os_relapse"])
    assert not snippets.written(asked("efs_salvage_by_type"), survival["efs_salvage_by_type"])
    assert not snippets.written(asked("efs_salvage_by_type", method="restricted"), survival["efs_salvage_by_type"])
    assert snippets.written(asked("efs_salvage_by_type", method="regression"), survival["efs_salvage_by_type"])
    assert not snippets.written(asked("cr_rate"), survival["cr_rate"])
    assert not snippets.written(asked("os_relapse", exposure="gone"), survival["os_relapse"])
    assert not snippets.written(asked("os_relapse", ("gone",)), survival["os_relapse"])


def test_every_way_of_asking_for_a_survival_curve_has_its_program_in_both_languages():
    question = QUESTIONS["post_cart_relapse"]["os_relapse"]
    ways = [asked("os_relapse"), asked("os_relapse", method="regression"), asked("os_relapse", method="restricted"),
            *(asked("os_relapse", exposure=name) for name in question["later"])]  # fmt: skip

    for one in ways:
        for write in WRITERS.values():
            program = write(one, question, words="Survival")
            assert "<<" not in program and "os_relapse.csv" in program
    assert set(LATER) == set(EXPOSURES)


def test_a_program_groups_as_the_question_does_and_names_the_tier_that_holds_the_groups():
    timing = QUESTIONS["post_cart_relapse"]["os_relapse_by_timing"]

    assert 'BY = ["RELAPSE_TIMING"]' in snippets.python(asked("os_relapse_by_timing"), timing, words="Timing")
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
    """The printed numbers by what they belong to: result, group or term, months."""
    found: Table = {}
    result, names = "", 0
    for line in output.splitlines():
        cells = line.split(",")
        if line in HEADINGS:
            names = HEADINGS[line]
            kind = cells[0] if names == 0 or cells[0] == "second" else ""
        elif cells[0] == "result":
            result = cells[1]
        elif cells[0] in ("p", "logrank_p", "within_days"):
            found[result, cells[0].removeprefix("logrank_")] = [number(cells[1])]
        elif kind:
            found[result, kind] = [number(cell) for cell in cells[names:]]
        elif len(cells) > names:
            found[(result, *cells[:names])] = [number(cell) for cell in cells[names:]]
    return found


def number(cell: str) -> float:
    return float("inf") if cell in ("NA", "inf", "Inf", "") else float(cell)


Numbers = Iterator[tuple[tuple[str, ...], list[float | None]]]


def expected(one: dict[str, Any], results: list[dict[str, Any]]) -> Numbers:
    """The numbers of an answer of the registry, by what they belong to."""
    for place, result in enumerate(results):
        if result["kind"] == "curve":
            yield from _of_curves(_title(one, result, place), result)
        elif one["method"] == "restricted":
            yield from _of_means(result)
        elif one["method"] == "regression":
            yield from ((("", row[0]), [*row[1:5], *row[7:9], *row[5:7]]) for row in result["rows"])
        elif result["rows"][0][1] is not None:
            yield ("by current state", "hazard_ratio"), result["rows"][0][1:]


def _title(one: dict[str, Any], result: dict[str, Any], place: int) -> str:
    if not one["exposure"]:
        return ""
    if result["label"] == SIMON_MAKUCH:
        return "by current state"
    return f"landmark day {LATER[one['exposure']]['landmarks'][place]}"


def _of_curves(title: str, result: dict[str, Any]) -> Numbers:
    for group in result["groups"]:
        median = group["median"]["days"]
        yield (title, group["label"]), [group["n"], group["events"], float("inf") if median is None else median / MONTH]
        for at in group["at"]:
            if at["estimate"] is not None:
                yield (title, group["label"], f"{at['months']:g}"), [at["estimate"], at["lower"], at["upper"]]
    if result["comparison"] and result["comparison"]["p"] is not None:
        yield (title, "p"), [result["comparison"]["p"]]


def _of_means(result: dict[str, Any]) -> Numbers:
    if result["days"] is not None:
        yield ("", "within_days"), [result["days"]]
    for row in result["rows"]:
        yield ("", row[0]), row[1:4]
        if row[4] is not None:
            yield ("", "second"), row[4:8]


def ways(plan: str) -> Iterator[dict[str, Any]]:
    """Every way of asking for a survival curve of the plan of which there is a program; what forms later once."""
    followed: set[str] = set()
    for key, question in QUESTIONS[plan].items():
        by = ASKED[plan] if not question["own"] and set(ASKED[plan]) <= set(question["strata"]) else ()
        one = [asked(key, by), asked(key, by, method="restricted"), asked(key, method="regression")]
        one += [asked(key, exposure=name) for name in question["later"] if name not in followed]
        followed.update(question["later"])
        yield from (each for each in one if snippets.written(each, question))


@pytest.mark.slow
@needs("r")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("plan", ASKED)
@pytest.mark.parametrize("language", DRIVERS)
def test_an_export_gives_the_numbers_of_the_registry(
    plan: str, language: str, cohort: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    with scoped(system_scope("tests")):
        assert import_source(cohort, now=timezone.now()).status == "committed"
    snapshot = snapshots.take(plan, cutoff=CUTOFF, taken_by="test")
    tier = "T2" if snippets.ONLY_T2.intersection(ASKED[plan]) else "T1"
    agreement(tier, "PAPER-1")
    call_command("export_snapshot", str(snapshot.pk), "--tier", tier, "--format", "csv", "--agreement", "PAPER-1",
                 "--out", str(tmp_path), stdout=io.StringIO())  # fmt: skip
    study, compared = thawing.study_of(snapshot), dict.fromkeys(("groups", "restricted", "regression", "later"), 0)
    exact = multivariable.age_at
    # as exports have ages
    monkeypatch.setattr(multivariable, "age_at", lambda case, moment: np.floor(exact(case, moment)))
    ids = Pseudonyms.under("PAPER-1", field_key=settings.FIELD_KEY)
    sites = {ids.place("site", name): name for name in sorted(set(study.frames["infusion"]["site"].astype(str)))}

    asked_all = {f"{one['key']}-{one['exposure'] or one['method']}.{language}": one for one in ways(plan)}
    for name, one in asked_all.items():
        program = WRITERS[language](one, QUESTIONS[plan][one["key"]], words=name)
        (tmp_path / name).write_text(program, encoding="utf-8")
    printed = ran(language, list(asked_all), tmp_path)
    for name, one in asked_all.items():
        table = told(reduce(lambda text, code: text.replace(code, sites[code]), sites, printed[name]))
        question = Question(key=one["key"], by=one["by"], exposure=one["exposure"], method=one["method"])
        results = looked(study, question)["results"]
        if one["method"] == "regression":
            assert ("too few events" in printed[name]) == (not results[0]["rows"]), name
        for place, numbers in expected(one, results):
            for mine, theirs in zip(numbers, table[place], strict=False):
                assert mine is None or mine == pytest.approx(theirs, rel=1e-7), (name, place)
            compared["later" if one["exposure"] else one["method"]] += 1
    few = {way for way, n in compared.items() if n < 3}
    assert few <= ({"regression"} if plan == "post_transplant" else set()), compared


def ran(language: str, programs: list[str], folder: Path) -> dict[str, str]:
    """What each program prints, one after the other in one process, each with names of its own."""
    ended = subprocess.run([*DRIVERS[language], *programs], cwd=folder, capture_output=True, text=True, check=False)
    parts = [part.partition("\n") for part in ended.stdout.split("PROGRAM ")[1:]]
    assert ended.returncode == 0, (parts[-1][0], ended.stderr[-2000:])
    return {name.strip(): output for name, _end, output in parts}
