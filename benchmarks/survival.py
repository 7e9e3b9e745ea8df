"""How fast are Kaplan-Meier and the log-rank test? A million patients in memory, beside lifelines and R.

    python -m benchmarks.survival [ROWS]

Seconds are the best of some runs in one process (R: of its own; reading the file is not counted). The cost against n
is printed with its exponent: the slope of log seconds over log n.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from analytics.stats.compare import compare_survival
from analytics.stats.curves import aalen_johansen
from benchmarks.ground import Figure, environment, measured, say

GROUPS = ("EARLY", "LATE", "NONE")
RUNS = 3
SIZES = (10_000, 100_000, 1_000_000)
OF_LIFELINES, OF_R = 1 / 20, 1 / 50
R_SCRIPT = """
library(survival)
d <- read.csv("rows.csv")
once <- function() {
  begun <- proc.time()[["elapsed"]]
  curves <- survfit(Surv(days, event) ~ group, data = d)
  test <- survdiff(Surv(days, event) ~ group, data = d)
  c(proc.time()[["elapsed"]] - begun, test$chisq)
}
runs <- replicate(3, once())
cat(min(runs[1, ]), format(runs[2, 1], digits = 12))
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


def timed(rows: int) -> dict[str, float | None]:
    """Seconds of each program on so many rows, and how far the chi-squares lie apart."""
    warnings.simplefilter("ignore")
    days, event, cause, group = made_up_rows(rows)
    theirs(days[:1000], event[:1000], group[:1000])  # imports are not part of the comparison
    costs = {size: seconds_of(lambda n=size: ours(days[:n], event[:n], group[:n]), times=5)[0] for size in SIZES}
    mine, answer = seconds_of(lambda: ours(days, event, group), times=RUNS)
    other, same = seconds_of(lambda: theirs(days, event, group), times=RUNS)
    incidence, _ = seconds_of(lambda: float(aalen_johansen(days, cause).n), times=RUNS)
    found = in_r(days, event, group)
    return {
        "ours": mine,
        "lifelines": other,
        "r": found and found[0],
        "apart": max(abs(told / answer - 1) for told in (same, found[1] if found else same)),
        "incidence": incidence,
        "costs": costs,
    }


def exponent(costs: dict[str, float]) -> float:
    """By which power of n the cost grows: the slope of a straight line through the logarithms."""
    sizes = np.log([float(size) for size in costs])
    return float(np.polyfit(sizes, np.log(list(costs.values())), 1)[0])


def benchmark(rows: int = 1_000_000) -> Iterator[Figure]:
    """Figures of one run, in a process of its own."""
    say(f"Kaplan-Meier of 3 groups and log-rank on {rows:,} rows: here, lifelines, R")
    told = json.loads(measured(environment(), "-m", "benchmarks.survival", str(rows)).last_line)
    yield Figure(what="Kaplan-Meier and log-rank, this registry", value=told["ours"] * 1000, unit="ms")
    yield Figure(what="the same, lifelines", value=told["lifelines"] * 1000, unit="ms")
    share = told["ours"] / told["lifelines"]
    yield Figure(what="share of lifelines' time", value=share, unit="of 1", at_most=OF_LIFELINES)
    if told["r"] is None:
        say("skipped: R (no Rscript with survival here)")
    else:
        yield Figure(what="the same, R survfit and survdiff", value=told["r"] * 1000, unit="ms")
        yield Figure(what="share of R's time", value=told["ours"] / told["r"], unit="of 1", at_most=OF_R)
    yield Figure(what="chi-squares apart", value=told["apart"], unit="relative", at_most=1e-6)
    yield Figure(what="Aalen-Johansen with 2 causes", value=told["incidence"] * 1000, unit="ms")
    for size, seconds in told["costs"].items():
        yield Figure(what=f"cost at n = {int(size):>9,}", value=seconds * 1000, unit="ms")
    yield Figure(what="exponent of the cost in n", value=exponent(told["costs"]), unit="")


if __name__ == "__main__":
    print(json.dumps(timed(int(sys.argv[1].replace(",", "")) if len(sys.argv) > 1 else 1_000_000)))
