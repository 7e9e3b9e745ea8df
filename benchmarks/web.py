"""How quick are the pages? Form, patient and filtered list on gunicorn and PostgreSQL, one user at a time and twenty.

gunicorn runs as in production (PRODUCTION=1, https told by the proxy's header). A user is a thread that opens a page,
reads it whole and at once opens the next: harder than people, who stop to read. A second reading lets them pause.
"""

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import processor
from benchmarks.ground import ROOT, Figure, Ground, environment, measured, say

USERS, SECONDS, ALONE, WARM_UP = 20, 15, 40, 6
ALONE_MS, TOGETHER_MS, MEGABYTES = 300, 600, 300
#: How long a user of the second reading looks at a page before opening the next.
PAUSE = 1
#: Each worker answers one page at a time, in the order of arrival: nobody waits long while others are served twice.
WORKERS, THREADS = 3, 1
#: Kind of page -> addresses to take in turn.
PAGES = {
    "form": (
        "/patients/{id}/infusion/new",
        "/patients/{id}/follow_up/new",
        "/patients/{id}/infusion/{pk}/edit",
        "/patients/{id}/relapse/new",
    ),
    "patient page": ("/patients/{id}/",),
    "filtered list": (
        "/patients/?standing=remission",
        "/patients/?site={site}&standing=dead&page=2",
        "/patients/?q={part}",
        "/patients/?open=findings",
    ),
}
#: Kind of page -> what a good one holds; a list without a patient is none.
HOLDS = {
    "form": b'<form class="entry"',
    "patient page": b'<ol class="timeline">',
    "filtered list": b'data-label="Registry id"',
}


@dataclass
class Seen:
    """Milliseconds of every answer by kind of page, and what went wrong."""

    took: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in PAGES})
    errors: list[str] = field(default_factory=list)

    def quantile(self, kind: str, share: float) -> float:
        ordered = sorted(self.took[kind])
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


@dataclass(frozen=True)
class Site:
    """A served registry and the people signed in to it."""

    port: int
    cookie: str
    seats: list[str]
    patients: list[tuple[str, int]]
    site: int

    def address(self, kind: str, turn: int) -> str:
        patient, pk = self.patients[turn * 7 % len(self.patients)]
        pages = PAGES[kind]
        return pages[turn % len(pages)].format(id=patient, pk=pk, site=self.site, part=patient[:5])

    def open(self, seat: int, kind: str, turn: int, seen: Seen) -> None:
        """One page, read whole; anything but a good page of a signed-in reader is an error."""
        address = self.address(kind, turn)
        headers = {"Cookie": f"{self.cookie}={self.seats[seat]}", "X-Forwarded-Proto": "https", "Host": "localhost"}
        begun = time.perf_counter()
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            connection.request("GET", address, headers=headers)
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
        except (OSError, http.client.HTTPException) as fault:
            seen.errors.append(f"{address}: {fault!r}")
            return
        seen.took[kind].append((time.perf_counter() - begun) * 1000)
        if answer.status != 200 or b"</html>" not in body or HOLDS[kind] not in body:
            seen.errors.append(f"{address}: status {answer.status}, {len(body)} bytes")


@contextmanager
def served(environ: dict[str, str], folder: Path) -> Iterator[tuple[int, int]]:
    """gunicorn on a free port: (port, process id of its master)."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", int(os.environ.get("BENCH_PORT", "0"))))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{port}"]
    command += ["--workers", str(WORKERS), "--threads", str(THREADS), "--log-level", "warning", "--no-control-socket"]
    with (folder / "gunicorn.log").open("wb") as log:
        web = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
    try:
        _wait(port, web, folder)
        yield port, web.pid
    finally:
        web.send_signal(signal.SIGTERM)
        web.wait(timeout=30)


def _wait(port: int, web: subprocess.Popen, folder: Path) -> None:
    for _try in range(300):
        if web.poll() is not None:
            sys.exit(f"gunicorn ended:\n{(folder / 'gunicorn.log').read_text()[-2000:]}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("gunicorn did not answer within 30 s")


def largest_worker(master: int) -> float:
    """Megabytes of the largest process of gunicorn."""
    told = subprocess.run(["ps", "-A", "-o", "ppid=,rss="], capture_output=True, text=True, check=True).stdout
    rows = [line.split() for line in told.splitlines()]
    return max(float(rss) / 1024 for parent, rss in rows if parent == str(master))


def alone(site: Site) -> Seen:
    """One user, one page after the other."""
    seen = Seen()
    for turn in range(WARM_UP * WORKERS):
        for kind in PAGES:
            site.open(0, kind, turn, Seen())
    for turn in range(ALONE):
        for kind in PAGES:
            site.open(turn % len(site.seats), kind, turn, seen)
    return seen


def together(site: Site, pause: float = 0) -> Seen:
    """Twenty users for some seconds, each opening the kinds in turn, with a pause or none between two pages."""
    parts, until = [Seen() for _ in site.seats], time.perf_counter() + SECONDS

    def use(seat: int) -> None:
        turn = seat * 31
        while time.perf_counter() < until:
            site.open(seat, list(PAGES)[turn % len(PAGES)], turn // len(PAGES), parts[seat])
            turn += 1
            time.sleep(pause)

    users = [threading.Thread(target=use, args=(seat,)) for seat in range(len(site.seats))]
    for user in users:
        user.start()
    for user in users:
        user.join()
    whole = Seen()
    for part in parts:
        whole.errors += part.errors
        for kind, took in part.took.items():
            whole.took[kind] += took
    return whole


def production(database: str, folder: Path) -> dict[str, str]:
    """The environment of a production server, with keys made for this run."""
    instance = folder / "web instance"
    instance.mkdir(mode=0o700, exist_ok=True)
    return environment(
        PRODUCTION="1", BEHIND_TLS_PROXY="1", ALLOWED_HOSTS="localhost", DATABASE_URL=database,
        INSTANCE_DIR=str(instance), SECRET_KEY=secrets.token_urlsafe(60), FIELD_KEY=secrets.token_urlsafe(48),
    )  # fmt: skip


def benchmark(ground: Ground, database: str) -> Iterator[Figure]:
    """Figures of the pages of a registry that is filled already."""
    environ = production(database, ground.folder)
    measured(environ, "manage.py", "collectstatic", "--noinput", "-v0")
    told = json.loads(measured(environ, "-m", "benchmarks.seats", str(USERS)).last_line)
    say(f"gunicorn, {WORKERS} workers, {THREADS} page each at a time; one user, then {USERS} users for {SECONDS} s")
    with served(environ, ground.folder) as (port, master):
        site = Site(port, told["cookie"], told["seats"], told["patients"], told["site"])
        one = alone(site)
        before = _used(master, database)
        many = together(site)
        after = _used(master, database)
        say(f"the same {USERS} users once more, each looking at a page for {PAUSE} s before opening the next")
        reading = together(site, PAUSE)
        megabytes = largest_worker(master)
    yield from quick("one user", one, ALONE_MS)
    yield from quick(f"{USERS} users", many, TOGETHER_MS)
    pages = sum(map(len, many.took.values()))
    yield Figure(what=f"pages answered to {USERS} users", value=pages / SECONDS, unit="pages/s")
    if before and after:
        spent = after.since(before)
        for what, seconds in (("web", spent.web), ("database", spent.database), ("the load itself", spent.load)):
            yield Figure(what=f"processor time of a page: {what}", value=seconds / pages * 1000, unit="ms")
        cores = (spent.web + spent.database + spent.load) / SECONDS  # the rest went to other work on the machine
        yield Figure(what=f"processors these three had, of {os.cpu_count()}", value=cores, unit="")
    yield from quick(f"{USERS} users, {PAUSE} s pause", reading, None)
    errors = [*one.errors, *many.errors, *reading.errors]
    for error in errors[:5]:
        say(error)
    yield Figure(what="pages that failed", value=len(errors), unit="pages", at_most=0)
    yield Figure(what="largest web process", value=megabytes, unit="MB", at_most=MEGABYTES)


def quick(users: str, seen: Seen, limit: int | None) -> Iterator[Figure]:
    for kind in PAGES:
        yield Figure(what=f"{kind}, {users}: p50", value=seen.quantile(kind, 0.5), unit="ms")
        yield Figure(what=f"{kind}, {users}: p95", value=seen.quantile(kind, 0.95), unit="ms", at_most=limit)


def _used(master: int, database: str) -> processor.Used | None:
    return processor.used(master, database.rsplit("/", 1)[1]) if Path("/proc/self/stat").exists() else None
