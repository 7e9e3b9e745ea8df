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
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
POSTGRES = os.environ.get("TEST_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
WORKERS = os.environ.get("TEST_WORKERS", "2")
PARALLEL = ("-n", WORKERS, "--dist", "loadgroup")
QUICK = "not proof and not slow"
NOTHING_COLLECTED = 5

#: The live server answers the browser from other threads, on a database that they can share.
IN_BROWSER = {"DJANGO_ALLOW_ASYNC_UNSAFE": "true", "TEST_DATABASE_ON_DISK": "1"}


@dataclass(frozen=True)
class Lane:
    """One pytest process: which tests, how, and with which variables."""

    label: str
    marks: str
    options: tuple[str, ...] = ()
    environ: dict[str, str] = field(default_factory=dict)


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
        Lane("browser", f"browser and {QUICK}", ("-p", "no:xdist"), IN_BROWSER),
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


def run(lane: Lane, report: Path, extra: list[str]) -> int:
    """Runs one lane to its end and returns pytest's exit code."""
    print(f"--- {lane.label}", flush=True)
    command = [sys.executable, "-m", "pytest", "-q", *lane.options, "-m", lane.marks]
    command += [f"--junitxml={report}", *extra]
    environ = {name: value for name, value in os.environ.items() if name != "TEST_DATABASE_URL"}
    return subprocess.run(command, cwd=ROOT, env=environ | lane.environ, check=False).returncode


def _note(counts: Counts) -> None:
    """Leaves the sum for a caller that adds up several runs (.ci/run)."""
    if file := os.environ.get("TEST_COUNTS"):
        with open(file, "a", encoding="ascii") as notes:
            notes.write(f"{counts.passed} {counts.failed} {counts.skipped}\n")


def main(kind: str, extra: list[str]) -> int:
    """Runs every lane of a kind, also after a failure, and prints the sum."""
    counts, broken, start = Counts(), [], time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for number, lane in enumerate(LANES[kind]):
            report = Path(folder) / f"{number}.xml"
            code = run(lane, report, extra)
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
    print(f"--- {kind} took {time.monotonic() - start:.0f} s", flush=True)
    print(f"{kind}: {counts}" if counts.total else f"{kind}: nothing to run", flush=True)
    _note(counts)
    return 1 if counts.failed or broken else 0


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in LANES:
        sys.exit(f"usage: python tests/lanes.py {'|'.join(LANES)} [pytest options]")
    sys.exit(main(sys.argv[1], sys.argv[2:]))
