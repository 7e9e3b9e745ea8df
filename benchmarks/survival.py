"""How fast are Kaplan-Meier and the log-rank test? A million patients, beside lifelines and R.

    python benchmarks/survival.py [ROWS]

Prints seconds (the best of some runs; R once) and how many times longer the others take on the same rows.
"""

import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from analytics.stats.compare import compare_survival, logrank
from analytics.stats.curves import aalen_johansen, kaplan_meier

GROUPS = ("EARLY", "LATE", "NONE")
RUNS = 3
R_SCRIPT = """
library(survival)
d <- read.csv("rows.csv")
begun <- proc.time()[["elapsed"]]
curves <- survfit(Surv(days, event) ~ group, data = d)
test <- survdiff(Surv(days, event) ~ group, data = d)
cat(proc.time()[["elapsed"]] - begun, test$chisq)
"""

Arrays = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


def made_up_rows(rows: int) -> Arrays:
    """Durations in whole days, event flags, causes and group labels; the same every time."""
    draw = np.random.default_rng(20120101)
    group = draw.integers(0, 3, rows)
    death = draw.exponential(np.array([700.0, 1100.0, 1500.0])[group])
    censoring = draw.uniform(0, 3650, rows)
    days = np.floor(np.minimum(death, censoring)).astype(np.int64)
    event = (death <= censoring).astype(np.int64)
    return days, event, event * (1 + draw.integers(0, 2, rows)), np.array(GROUPS)[group]


def ours(days: np.ndarray, event: np.ndarray, group: np.ndarray) -> float:
    """Kaplan-Meier of every group with limits and median, and the log-rank test."""
    curves, comparison = compare_survival(days, event, group)
    for curve in curves.values():
        _ = curve.median
    return comparison.statistic or 0.0


def ours_apart(days: np.ndarray, event: np.ndarray, group: np.ndarray) -> float:
    """The same by separate calls, each group picked out and counted on its own."""
    for label in GROUPS:
        mine = group == label
        _ = kaplan_meier(days[mine], event[mine]).median
    return logrank(days, event, group).statistic or 0.0


def theirs(days: np.ndarray, event: np.ndarray, group: np.ndarray) -> float:
    """The same with lifelines."""
    from lifelines import KaplanMeierFitter
    from lifelines.statistics import multivariate_logrank_test

    for label in GROUPS:
        mine = group == label
        _ = KaplanMeierFitter().fit(days[mine], event[mine]).median_survival_time_
    return float(multivariate_logrank_test(days, group, event).test_statistic)


def in_r(days: np.ndarray, event: np.ndarray, group: np.ndarray) -> tuple[float, float] | None:
    """Seconds and chi-square of R's survival, when Rscript is installed."""
    program = shutil.which("Rscript")
    if program is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        table = "".join(f"{d},{e},{g}\n" for d, e, g in zip(days.tolist(), event.tolist(), group, strict=True))
        Path(folder, "rows.csv").write_text("days,event,group\n" + table, encoding="utf-8")
        Path(folder, "run.R").write_text(R_SCRIPT, encoding="utf-8")
        told = subprocess.run([program, "run.R"], cwd=folder, capture_output=True, text=True, check=False)
    if told.returncode:
        return None
    seconds, chisq = told.stdout.split()
    return float(seconds), float(chisq)


def seconds_of(work: Callable[[], float], *, times: int) -> tuple[float, float]:
    """The shortest time of several runs, and the answer."""
    best, answer = float("inf"), 0.0
    for _ in range(times):
        start = time.perf_counter()
        answer = work()
        best = min(best, time.perf_counter() - start)
    return best, answer


def main(rows: int) -> None:
    """Print the table."""
    warnings.simplefilter("ignore")
    days, event, cause, group = made_up_rows(rows)
    theirs(days[:1000], event[:1000], group[:1000])  # imports are not part of the comparison
    print(f"Kaplan-Meier of 3 groups and log-rank, {rows:,} rows")
    lines = []
    for name, work in (("this registry", ours), ("  in separate calls", ours_apart), ("lifelines", theirs)):
        print(f"  running {name.strip()} ...", flush=True)
        lines.append((name, *seconds_of(lambda work=work: work(days, event, group), times=RUNS)))
    mine, other = lines[0][1], lines[2][1]
    found = in_r(days, event, group)
    if found is not None:
        lines.append(("R survival", *found))
    print(f"\n{'program':<22}{'seconds':>10}{'times':>9}{'chi-square':>16}")
    for name, seconds, answer in lines:
        print(f"{name:<22}{seconds:>10.3f}{seconds / mine:>8.1f}x{answer:>16.6f}")
    if found is None:
        print("R survival            not installed here (no working Rscript)")
    incidence, _ = seconds_of(lambda: float(aalen_johansen(days, cause).n), times=3)
    print(f"\nAalen-Johansen with 2 causes, same rows: {incidence:.3f} s")
    share = mine / other
    print(f"this registry takes {share:.4f} of the time of lifelines (budget: 0.05)")


if __name__ == "__main__":
    main(int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else 1_000_000)
