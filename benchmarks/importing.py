"""How fast is a bundle of every entity imported, with every check, version and memory on, beside plain COPY?

COPY of the same cells into text tables is the floor: no checks, no versions, no memory.
"""

import csv
import io
import json
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.ground import Figure, Ground, environment, measured, say

ROWS_PER_SECOND, MEGABYTES = 1500, 512


def take(folder: Path, database: str, instance: Path) -> tuple[float, float, float]:
    """Import a bundle: seconds of the import itself, seconds of processor and peak megabytes of its process."""
    environ = environment(DATABASE_URL=database, INSTANCE_DIR=str(instance))
    step = measured(environ, "manage.py", "import_registry", str(folder), "--json", "-")
    told = json.loads(step.out[step.out.index("{") :])
    if told["status"] != "committed":
        raise SystemExit(f"the bundle was not imported: {told['status']}")
    return told["seconds"], step.processor, step.megabytes


def copied(folder: Path, address: str) -> float:
    """Seconds of COPY of the same cells into plain text tables of PostgreSQL."""
    import psycopg

    started = time.perf_counter()
    with psycopg.connect(address.replace("postgres://", "postgresql://", 1)) as connection:
        for file in sorted(folder.glob("*.csv")):
            text = file.read_text(encoding="utf-8")
            header = next(csv.reader(io.StringIO(text)))
            columns = ", ".join(f'"{name}" text' for name in header)
            with connection.cursor() as cursor:
                cursor.execute(f'CREATE TEMP TABLE "bench_{file.stem}" ({columns})')
                with cursor.copy(f'COPY "bench_{file.stem}" FROM STDIN WITH (FORMAT csv, HEADER true)') as copy:
                    copy.write(text)
    return time.perf_counter() - started


def benchmark(ground: Ground, database: str, instance: Path, *, patients: tuple[int, int]) -> Iterator[Figure]:
    """Figures of importing these patients into PostgreSQL."""
    folder, rows = ground.bundle(*patients)
    say(f"importing {rows:,} rows of {patients[1] - patients[0] + 1:,} patients, every entity")
    seconds, processor, megabytes = take(folder, database, instance)
    floor = min(copied(folder, database) for _ in range(3))
    yield Figure(what="import, rows a second", value=rows / seconds, unit="rows/s", at_least=ROWS_PER_SECOND)
    yield Figure(what="import, rows a second of its own processor", value=rows / processor, unit="rows/s")
    yield Figure(what="plain COPY of the same cells", value=rows / floor, unit="rows/s")
    yield Figure(what="the import takes, times as long as COPY", value=seconds / floor, unit="x")
    yield Figure(what="import, peak memory", value=megabytes, unit="MB", at_most=MEGABYTES)
