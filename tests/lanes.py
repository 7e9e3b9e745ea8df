"""Runs the tests in their lanes and ends in one line: `python tests/lanes.py test` or `proof`.

A lane is one pytest process. PostgreSQL needs one of its own because a session has one database; the browser
because Playwright leaves an event loop running. TEST_WORKERS is the number of parallel workers (default 2).
"""

import os
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parents[1]
POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
WORKERS = os.environ.get("TEST_WORKERS", "2")
PARALLEL = ("-n", WORKERS, "--dist", "loadgroup")
QUICK = "not proof and not slow"
NOTHING_COLLECTED = 5

#: A lane names its own database; and without compiled tests every worker and every command would compile them anew.
NOT_PASSED_ON = ("TEST_DATABASE_URL", "PYTHONDONTWRITEBYTECODE")

#: The live server answers the browser from other threads, on a database that they can share.
IN_BROWSER = {"DJANGO_ALLOW_ASYNC_UNSAFE": "true", "TEST_DATABASE_ON_DISK": "1"}


@dataclass(frozen=True)
class Lane:
    """One pytest process: which tests, how, and with which variables."""

    label: str
    marks: str
    options: tuple[str, ...] = ()
    environ: dict[str, str] = field(default_factory=dict)
    beside: bool = False  # runs beside the others, because it mostly waits; its output is shown at the end


@dataclass
class Counts:
    """How many tests ended how; an error counts as a failure."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def add(self, report: Path) -> None:
        """Adds the counts of one JUnit report."""
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):  # noqa: S314 - written by pytest
            failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            skipped = int(suite.get("skipped", 0))
            self.failed += failed
            self.skipped += skipped
            self.passed += int(suite.get("tests", 0)) - failed - skipped

    @property
    def total(self) -> int:
        return self.passed + self.failed + self.skipped

    def __str__(self) -> str:
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


LANES = {
    "test": (
        Lane("SQLite, and all that needs no database", f"not postgres and not browser and {QUICK}", PARALLEL),
        Lane(
            "PostgreSQL",
            f"(postgres or both_databases) and not browser and {QUICK}",
            PARALLEL,
            {"TEST_DATABASE_URL": POSTGRES},
        ),
        Lane("browser", f"browser and {QUICK}", ("-p", "no:xdist"), IN_BROWSER, beside=True),
    ),
    "proof": (
        Lane("drills", "(proof or slow) and not postgres and not browser", ("-v", "-p", "no:xdist")),
        Lane(
            "drills on PostgreSQL",
            "(proof or slow) and (postgres or both_databases) and not browser",
            ("-v", "-p", "no:xdist"),
            {"TEST_DATABASE_URL": POSTGRES},
        ),
        Lane(
            "drills in the browser",
            "(proof or slow) and browser",
            ("-v", "-p", "no:xdist"),
            IN_BROWSER,
        ),
    ),
}


def start(lane: Lane, report: Path, extra: list[str], output: IO[bytes] | None) -> subprocess.Popen:
    """Starts one lane; its output goes to the terminal, or to a file when it runs beside others."""
    command = [sys.executable, "-m", "pytest", "-q", *lane.options, "-m", lane.marks]
    command += [f"--junitxml={report}", *extra]
    environ = {name: value for name, value in os.environ.items() if name not in NOT_PASSED_ON}
    return subprocess.Popen(command, cwd=ROOT, env=environ | lane.environ, stdout=output, stderr=output)


def run_all(lanes: tuple[Lane, ...], folder: Path, extra: list[str]) -> Iterator[tuple[Lane, Path, int]]:
    """Runs every lane to its end: (lane, report, pytest's exit code), those beside the others last."""
    beside = []
    for number, lane in enumerate(lanes):
        if lane.beside:
            output = (folder / f"{number}.log").open("w+b")
            beside.append(
                (lane, folder / f"{number}.xml", start(lane, folder / f"{number}.xml", extra, output), output)
            )
    for number, lane in enumerate(lanes):
        if not lane.beside:
            print(f"--- {lane.label}", flush=True)
            yield lane, folder / f"{number}.xml", start(lane, folder / f"{number}.xml", extra, None).wait()
    for lane, report, process, output in beside:
        code = process.wait()
        print(f"--- {lane.label}", flush=True)
        output.seek(0)
        sys.stdout.buffer.write(output.read())
        sys.stdout.flush()
        output.close()
        yield lane, report, code


def _note(counts: Counts) -> None:
    """Leaves the sum for a caller that adds up several runs (.ci/run)."""
    if file := os.environ.get("TEST_COUNTS"):
        with open(file, "a", encoding="ascii") as notes:
            notes.write(f"{counts.passed} {counts.failed} {counts.skipped}\n")


def main(kind: str, extra: list[str]) -> int:
    """Runs every lane of a kind, also after a failure, and prints the sum."""
    counts, broken, started = Counts(), [], time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for lane, report, code in run_all(LANES[kind], Path(folder), extra):
            if report.exists():
                counts.add(report)
            if code not in (0, 1, NOTHING_COLLECTED):
                broken.append(f"{lane.label} ended with code {code}")
            elif code == 1 and not counts.failed:
                broken.append(f"{lane.label} failed without a failed test")
    for reason in broken:
        print(f"error: {reason}", file=sys.stderr)
    if kind == "test" and not counts.passed:
        print("error: no test passed", file=sys.stderr)
        broken.append("no test")
    print(f"--- {kind} took {time.monotonic() - started:.0f} s", flush=True)
    print(f"{kind}: {counts}" if counts.total else f"{kind}: nothing to run", flush=True)
    _note(counts)
    return 1 if counts.failed or broken else 0


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in LANES:
        sys.exit(f"usage: python tests/lanes.py {'|'.join(LANES)} [pytest options]")
    sys.exit(main(sys.argv[1], sys.argv[2:]))
