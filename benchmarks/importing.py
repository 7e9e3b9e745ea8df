"""How fast a bundle is imported, with every check, version and memory, beside plain COPY of the same rows.

On PostgreSQL when BENCH_POSTGRES_URL or the default server answers, else on SQLite alone. Figures of one run: rows per
second and their ratio to COPY (the floor: no checks, no versions, no memory).
"""

import csv
import io
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
POSTGRES = os.environ.get("BENCH_POSTGRES_URL", "postgres://postgres@127.0.0.1:5432/postgres")
PATIENTS = int(os.environ.get("BENCH_PATIENTS", "2000"))


def bundle(folder: Path) -> int:
    """A synthetic bundle; how many rows it has."""
    from analytics.synthetic import cohort_bundle, write_bundle

    made = cohort_bundle(PATIENTS)
    write_bundle(made, folder)
    return sum(len(rows) for rows in made.values())


def imported(folder: Path, database: str, instance: Path) -> tuple[float, float]:
    """Seconds of the import itself and peak memory (MB) of its process."""
    environ = os.environ | {"INSTANCE_DIR": str(instance), "DATABASE_URL": database}
    manage = [sys.executable, str(ROOT / "manage.py")]
    subprocess.run([*manage, "migrate", "-v0"], check=True, env=environ, cwd=ROOT)
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    done = subprocess.run(
        [*manage, "import_registry", str(folder), "--json", "-"],
        check=True,
        env=environ,
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    import json

    peak = max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024
    return json.loads(done.stdout)["seconds"], peak


def copied(folder: Path) -> float:
    """Seconds of COPY of the same cells into plain text tables of PostgreSQL."""
    import psycopg

    url = POSTGRES.replace("postgres://", "postgresql://", 1)
    started = time.perf_counter()
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for file in sorted(folder.glob("*.csv")):
            text = file.read_text(encoding="utf-8")
            header = next(csv.reader(io.StringIO(text)))
            columns = ", ".join(f'"{name}" text' for name in header)
            cursor.execute(f'CREATE TEMP TABLE "bench_{file.stem}" ({columns})')
            with cursor.copy(f'COPY "bench_{file.stem}" FROM STDIN WITH (FORMAT csv, HEADER true)') as copy:
                copy.write(text)
    return time.perf_counter() - started


def main() -> None:
    import psycopg

    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "bundle"
        rows = bundle(folder)
        print(f"{PATIENTS} synthetic patients, {rows} rows")
        sqlite = Path(scratch) / "sqlite"
        seconds, peak = imported(folder, f"sqlite:///{sqlite}/registry.sqlite3", sqlite)
        print(f"  import, SQLite      {rows / seconds:10,.0f} rows/s  {seconds:7.1f} s  peak {peak:,.0f} MB")
        try:
            url = POSTGRES.replace("postgres://", "postgresql://", 1)
            with psycopg.connect(url, connect_timeout=3, autocommit=True) as server:
                server.execute("DROP DATABASE IF EXISTS bench_importing")
                server.execute("CREATE DATABASE bench_importing")
        except psycopg.OperationalError:
            print("  PostgreSQL does not answer; import and COPY there were not measured")
            return
        try:
            database = POSTGRES.rsplit("/", 1)[0] + "/bench_importing"
            seconds, peak = imported(folder, database, Path(scratch) / "postgres")
            floor = copied(folder)
            print(f"  import, PostgreSQL  {rows / seconds:10,.0f} rows/s  {seconds:7.1f} s  peak {peak:,.0f} MB")
            print(f"  COPY, PostgreSQL    {rows / floor:10,.0f} rows/s  {floor:7.1f} s")
            print(f"  the import takes {seconds / floor:,.0f} times as long as COPY")
        finally:
            with psycopg.connect(url, autocommit=True) as server:
                server.execute("DROP DATABASE IF EXISTS bench_importing WITH (FORCE)")


if __name__ == "__main__":
    main()
