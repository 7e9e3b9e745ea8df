"""How long does a snapshot of a large registry take? Ten thousand synthetic patients, each plan once.

    python benchmarks/snapshot.py [PATIENTS]

Everything runs as an operator would: a fresh SQLite instance, the import command, `take_snapshot` in processes of their
own. Prints seconds and peak memory of each step. Budget for 10,000 patients: 10 s and 800 MB a snapshot.
"""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PLANS = ("post_cart_relapse", "post_infusion", "post_transplant")
SECONDS, MEGABYTES = 10.0, 800.0
MEASURED = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


@dataclass(frozen=True)
class Step:
    """A command that ran: how long, how much memory, what it said last."""

    name: str
    seconds: float
    megabytes: float
    told: str


def measured(name: str, environ: dict[str, str], *command: str) -> Step:
    """Run a command in a process of its own, with the peak of that process alone."""
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
        sys.exit(f"{name} ended with code {ended.returncode}:\n{ended.stderr[-2000:]}")
    unit = 1024 * 1024 if sys.platform == "darwin" else 1024
    peak = float(ended.stderr.rsplit("peak ", 1)[1]) / unit
    return Step(name, seconds, peak, ended.stdout.strip().splitlines()[-1].strip() if ended.stdout.strip() else "")


def main(patients: int) -> None:
    """Print the table; exit 1 when a snapshot is over its budget."""
    sys.path.insert(0, str(ROOT))
    from analytics.synthetic import cohort_bundle, write_bundle

    with tempfile.TemporaryDirectory(prefix="registry-bench-") as folder:
        environ = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "BROKER_URL")}
        environ["INSTANCE_DIR"] = str(Path(folder, "instance"))
        print(f"making {patients:,} synthetic patients ...", flush=True)
        rows = sum(write_bundle(cohort_bundle(patients, seed=1), Path(folder, "bundle")).values())
        steps = [measured("migrate", environ, "manage.py", "migrate", "-v0")]
        print(f"importing {rows:,} rows ...", flush=True)
        steps.append(measured("import_registry", environ, "manage.py", "import_registry", str(Path(folder, "bundle"))))
        for plan in PLANS:
            print(f"taking {plan} ...", flush=True)
            steps.append(measured(f"take_snapshot {plan}", environ, "manage.py", "take_snapshot", plan))
        steps.append(measured("the same again", environ, "manage.py", "take_snapshot", PLANS[0]))
        steps.append(measured("verify_snapshot 1", environ, "manage.py", "verify_snapshot", "1"))
    print(f"\n{'step':<34}{'seconds':>9}{'MB':>8}   last line")
    for step in steps:
        print(f"{step.name:<34}{step.seconds:>9.1f}{step.megabytes:>8.0f}   {step.told[:60]}")
    taken = [step for step in steps if step.name.startswith("take_snapshot")]
    seconds, megabytes = max(step.seconds for step in taken), max(step.megabytes for step in taken)
    print(f"slowest snapshot {seconds:.1f} s (budget {SECONDS:.0f} s)")
    print(f"largest snapshot {megabytes:.0f} MB (budget {MEGABYTES:.0f} MB)")
    if patients <= 10_000 and (seconds > SECONDS or megabytes > MEGABYTES):
        sys.exit("a snapshot is over its budget")


if __name__ == "__main__":
    main(int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else 10_000)
