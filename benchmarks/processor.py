"""Seconds of processor that the server, its database and this load have used so far: what a busy machine disturbs less.

Read from /proc; elsewhere, or with the database on another machine, nothing is told of them.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Used:
    """Seconds of processor since each of the processes began."""

    web: float
    database: float
    load: float

    def since(self, before: "Used") -> "Used":
        return Used(self.web - before.web, self.database - before.database, self.load - before.load)


def used(master: int, database: str) -> Used:
    """By the processes under gunicorn's master, and by PostgreSQL's processes that serve this database."""
    ticks = os.sysconf("SC_CLK_TCK")
    web = of_database = 0.0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = (folder / "stat").read_text().rsplit(")", 1)[1].split()
            named = (folder / "cmdline").read_text()
        except OSError:  # it has ended
            continue
        seconds = (int(told[11]) + int(told[12])) / ticks  # user and system
        if int(told[1]) == master:
            web += seconds
        elif database in named and named.startswith("postgres:"):
            of_database += seconds
    return Used(web, of_database, time.process_time())
