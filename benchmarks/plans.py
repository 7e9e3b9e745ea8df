"""How long do all three plans compute on frozen tables? On 200 patients and on 20,000; Cox regression apart.

    python -m benchmarks.plans freeze FILE           the frozen tables of the registry of DATABASE_URL
    python -m benchmarks.plans compute FILE PATIENTS their figures as JSON, of so many patients

The 20,000 are the 10,000 of the registry and their doubles under other ids.
"""

import csv
import io
import json
import os
import pickle
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from benchmarks.ground import KIB_PER_MB, Figure, Ground, environment, measured, say

PLANS = ("post_cart_relapse", "post_infusion", "post_transplant")
CUTOFF = date(2023, 1, 1)
LIMITS = {200: (2.0, None), 20_000: (30.0, 1024.0)}
DOUBLE_IDS = 10**8


def benchmark(ground: Ground, database: str, instance: Path) -> Iterator[Figure]:
    """Figures of computing; the tables come from a registry that is filled already."""
    environ = environment(DATABASE_URL=database, INSTANCE_DIR=str(instance))
    file = ground.folder / "tables.pickle"
    say("freezing the tables")
    measured(environ, "-m", "benchmarks.plans", "freeze", str(file))
    for patients, (seconds, megabytes) in LIMITS.items():
        say(f"computing all three plans on {patients:,} patients")
        told = json.loads(measured(environ, "-m", "benchmarks.plans", "compute", str(file), str(patients)).last_line)
        named = f"three plans on {told['patients']:,} patients"
        yield Figure(what=named, value=told["plans"], unit="s", at_most=seconds)
        yield Figure(what=f"{named}: processor", value=told["processor"], unit="s")
        yield Figure(what=f"{named}: Cox apart", value=told["cox"], unit="s")
        yield Figure(what=f"{named}: peak memory", value=told["megabytes"], unit="MB", at_most=megabytes)


def freeze(file: Path) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from analytics.snapshots import freeze as frozen

    file.write_bytes(pickle.dumps(frozen("benchmark")[0]))


def resized(tables: Mapping[str, str], patients: int) -> dict[str, str]:
    """The tables of the first so many patients; when there are fewer, with doubles of them."""
    ids = [row["patient"] for row in csv.DictReader(io.StringIO(tables["patient"]))]
    kept, doubled = set(ids[:patients]), set(ids[: max(0, patients - len(ids))])
    return {slug: _resized(text, kept, doubled) for slug, text in tables.items()}


def _resized(text: str, kept: set[str], doubled: set[str]) -> str:
    reader = csv.reader(io.StringIO(text))
    header = next(reader)
    at = header.index("patient") if "patient" in header else None
    own = [place for place, name in enumerate(header) if name in ("id", "infusion", "salvage", "hsct", "response",
                                                                  "relapse", "cart_infusion")]  # fmt: skip
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    for row in reader:
        if at is None or not row[at] or row[at] in kept:
            writer.writerow(row)
        if at is not None and row[at] in doubled:
            row[at] += "B"
            for place in own:
                if row[place].isdigit():
                    row[place] = str(int(row[place]) + DOUBLE_IDS)
            writer.writerow(row)
    return buffer.getvalue()


def compute(file: Path, patients: int) -> None:
    """Print what was measured; imports of the packages are not computation."""
    # Written by `freeze` a moment ago, in our own scratch folder.
    tables = resized(pickle.loads(file.read_bytes()), patients)  # noqa: S301
    from analytics.study.multivariable import multivariable
    from analytics.study.run import run, study_of

    few = resized(tables, 20)
    for plan in PLANS:
        run(plan, few, cutoff=CUTOFF)
    started, used = time.perf_counter(), time.process_time()
    for plan in PLANS:
        run(plan, tables, cutoff=CUTOFF)
    plans, processor = time.perf_counter() - started, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / KIB_PER_MB
    study = study_of("post_cart_relapse", tables, CUTOFF)
    started = time.perf_counter()
    multivariable(study)
    cox = time.perf_counter() - started
    size = tables["patient"].count("\n") - 1
    told = {"patients": size, "plans": plans, "processor": processor, "cox": cox, "megabytes": peak}
    print(json.dumps(told))


if __name__ == "__main__":
    if sys.argv[1] == "freeze":
        freeze(Path(sys.argv[2]))
    else:
        compute(Path(sys.argv[2]), int(sys.argv[3]))
