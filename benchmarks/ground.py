"""What every benchmark stands on: measured processes, throw-away databases, figures with their limits.

A figure is what was measured beside what must hold. A process is measured apart from its parent: wall-clock seconds,
seconds of processor (which a busy machine disturbs less) and peak memory.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
POSTGRES = os.environ.get("BENCH_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
MEASURED = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print("\\nmeasured", used.ru_utime + used.ru_stime, used.ru_maxrss, file=sys.stderr)
sys.exit(code)
"""
KIB_PER_MB = 1024 * 1024 if sys.platform == "darwin" else 1024


class Skipped(Exception):
    """A benchmark cannot run here; the message says what is missing."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured number, and the most (or least) it may be; without a limit it only informs."""

    what: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None

    @property
    def mark(self) -> str:
        """`ok`, `OVER`, or nothing where nothing is promised."""
        if self.at_most is None and self.at_least is None:
            return ""
        over = self.at_most is not None and self.value > self.at_most
        under = self.at_least is not None and self.value < self.at_least
        return "OVER" if over or under else "ok"

    @property
    def limit(self) -> str:
        if self.at_most is not None:
            return f"<= {self.at_most:,g}"
        return f">= {self.at_least:,g}" if self.at_least is not None else ""


@dataclass(frozen=True)
class Step:
    """A command that ran: how long, how much processor and memory, what it printed."""

    seconds: float
    processor: float
    megabytes: float
    out: str

    @property
    def last_line(self) -> str:
        return self.out.strip().splitlines()[-1].strip() if self.out.strip() else ""


def say(text: str) -> None:
    print(f"    {text}", flush=True)


def measured(environ: dict[str, str], *command: str) -> Step:
    """Run Python on a command in a process of its own, with the peak of that process alone."""
    start = time.perf_counter()
    ended = subprocess.run(
        [sys.executable, "-c", MEASURED, sys.executable, *command],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.perf_counter() - start
    if ended.returncode:
        sys.exit(f"{' '.join(command)} ended with code {ended.returncode}:\n{ended.stderr[-3000:]}")
    processor, peak = ended.stderr.rsplit("measured ", 1)[1].split()
    return Step(seconds, float(processor), float(peak) / KIB_PER_MB, ended.stdout)


def environment(**more: str) -> dict[str, str]:
    """The environment without what points at somebody's own instance."""
    own = ("DATABASE_URL", "BROKER_URL", "INSTANCE_DIR", "PRODUCTION", "DJANGO_SETTINGS_MODULE")
    return {name: value for name, value in os.environ.items() if name not in own} | more


def _server(*statements: str) -> None:
    import psycopg

    url = POSTGRES.replace("postgres://", "postgresql://", 1)
    with psycopg.connect(url, connect_timeout=3, autocommit=True) as server:
        for statement in statements:
            server.execute(statement)


@contextmanager
def database(name: str) -> Iterator[str]:
    """The address of an empty PostgreSQL database that is dropped at the end; Skipped when no server answers."""
    import psycopg

    own = f"bench_{name}_{os.getpid()}"
    try:
        _server(f"CREATE DATABASE {own}")
    except psycopg.OperationalError:
        raise Skipped("PostgreSQL does not answer (BENCH_POSTGRES_URL names another server)") from None
    try:
        yield POSTGRES.rsplit("/", 1)[0] + f"/{own}"
    finally:
        _server(f"DROP DATABASE IF EXISTS {own} WITH (FORCE)")


class Ground:
    """The scratch folder of one run of the benchmarks, and the made-up bundles they share."""

    def __init__(self, *, full: bool = False) -> None:
        self.full = full
        self._scratch = tempfile.TemporaryDirectory(prefix="registry bench ")  # a space: paths may have one
        self.folder = Path(self._scratch.name)

    def __enter__(self) -> "Ground":
        return self

    def __exit__(self, *fault: object) -> None:
        self._scratch.cleanup()

    @cached_property
    def rows(self) -> dict[str, list[dict[str, str]]]:
        """Ten thousand invented patients with every entity."""
        from benchmarks.whole_line import whole_line

        say("making 10,000 synthetic patients with every entity")
        return whole_line(10_000)

    def bundle(self, first: int, last: int) -> tuple[Path, int]:
        """The folder of the patients of these numbers as an import bundle, and how many rows it has."""
        from analytics.synthetic import write_bundle

        kept = {
            slug: [row for row in rows if "patient" not in row or first <= int(row["patient"][3:]) <= last]
            for slug, rows in self.rows.items()
        }
        folder = self.folder / f"patients {first}-{last}"
        return folder, sum(write_bundle(kept, folder).values())
