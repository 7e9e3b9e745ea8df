"""From the registry's tables to finished JSON: survival after relapse by timing, beside R on the exported CSV files.

The same question on both sides: rows that count are read and merged, the founding cohort formed of consents, infusions,
protocols, births and diagnoses; the first remission and the first relapse after it derived, the last day alive, early
or late; then Kaplan-Meier and the log-rank test. R is spared what these rows do not hold: partial dates, edit checks,
stopped collections. Here by `analytics.live` from PostgreSQL, in R by data.table and survival from files. Each is one
process; starting it and importing its packages is not counted.

    python -m benchmarks.end_to_end                  answers once on the registry of DATABASE_URL, prints JSON
"""

import json
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from benchmarks.ground import KIB_PER_MB, Figure, Ground, database, environment, measured, say

SIZES, LARGE = (100_000,), (1_000_000,)
OF_R, GROWTH_MB = 0.5, 300
RUNS = 3
CUTOFF = date(2023, 1, 1)
R_SCRIPT = """
suppressMessages({library(data.table); library(survival); library(jsonlite)})
setDTthreads(0)
started <- proc.time()
begun <- started[["elapsed"]]
cutoff <- as.IDate("2023-01-01")
counting <- function(table, ...) {  # rows that are not voided, of those read the columns asked for
  fread(paste0(table, ".csv"), select = c(..., "voided"))[voided == "f"][, voided := NULL]
}
patient <- counting("patient", "id")
consent <- counting("consent", "patient_id", "status", "withdrawal_scope")
identity <- fread("identity.csv", select = c("patient_id", "birth_date"))
diagnosis <- counting("diagnosis", "patient_id", "diagnosis_date", "disease")
prior <- counting("prior_therapy", "patient_id", "prior_car")
protocol <- counting("protocol", "id", "in_founding_cohort")[in_founding_cohort == "t"]
product <- counting("product", "id", "target")[grepl("CD19", target)]
infusion <- counting("infusion", "id", "patient_id", "infusion_date", "intent", "protocol_id", "product_id")
response <- counting("response", "patient_id", "infusion_id", "assessment_date", "response")
relapse <- counting("relapse", "patient_id", "relapse_date", "level")[level != "MRD"]
contact <- counting("follow_up", "patient_id", "contact_date", "vital_status")
death <- counting("death", "patient_id", "death_date")
# The founding cohort: no wish for deletion, first primary CD19 infusion of 2012-2019 on a founding protocol,
# younger than 30, no earlier CD19 CAR T, B-ALL.
deleted <- consent[status == "WITHDRAWN" & withdrawal_scope == "DELETE", patient_id]
setorder(infusion, patient_id, infusion_date)
infusion <- infusion[infusion_date <= cutoff]
cd19 <- infusion[product_id %in% product$id]
index <- cd19[!duplicated(patient_id)]  # an earlier one with another intent makes a later one no first
index <- index[intent == "PRIMARY" & protocol_id %in% protocol$id]
index <- index[infusion_date >= as.IDate("2012-01-01") & infusion_date <= as.IDate("2019-12-31")]
index <- merge(index[patient_id %in% patient$id & !patient_id %in% deleted], identity, by = "patient_id")
index <- index[(infusion_date - birth_date) / 365.25 < 30 & !patient_id %in% prior[prior_car == "CD19", patient_id]]
setorder(diagnosis, patient_id, diagnosis_date)
disease <- diagnosis[!duplicated(patient_id)]
index <- index[patient_id %in% disease[disease == "B_ALL", patient_id], .(patient_id, infusion_id = id, infusion_date)]
cr <- merge(response[response %in% c("CR", "CRi", "MLFS")], index, by = c("patient_id", "infusion_id"))
cr <- cr[assessment_date >= infusion_date & assessment_date <= infusion_date + 100L & assessment_date <= cutoff]
cr <- cr[, .(cr_date = min(assessment_date)), by = patient_id]
first <- merge(relapse[relapse_date <= cutoff], cr, by = "patient_id")[relapse_date > cr_date]
first <- first[, .(relapse_date = min(relapse_date)), by = patient_id]
alive <- rbindlist(list(
  contact[vital_status == "ALIVE", .(patient_id, day = contact_date)],
  response[, .(patient_id, day = assessment_date)],
  relapse[, .(patient_id, day = relapse_date)],
  infusion[, .(patient_id, day = infusion_date)]))
alive <- alive[day <= cutoff, .(last = max(day)), by = patient_id]
d <- merge(merge(first, index, by = "patient_id"), alive, by = "patient_id")
d <- merge(d, death[death_date <= cutoff], by = "patient_id", all.x = TRUE)
d[, event := as.integer(!is.na(death_date))]
d[, days := as.integer(fifelse(event == 1L, death_date, last) - relapse_date)]
d[, timing := fifelse(relapse_date - infusion_date <= 182L, "EARLY", "LATE")]
read <- proc.time()[["elapsed"]] - begun
curves <- survfit(Surv(days, event) ~ timing, data = d, conf.type = "log-log")
test <- survdiff(Surv(days, event) ~ timing, data = d)
at <- summary(curves, times = c(182, 365, 730), extend = TRUE)
writeLines(toJSON(list(n = nrow(d), events = sum(d$event), chisq = test$chisq, surv = at$surv,
                       median = unname(summary(curves)$table[, "median"])), digits = NA, auto_unbox = TRUE),
           "result.json")
took <- proc.time() - started
cat(took[["elapsed"]], took[["user.self"]] + took[["sys.self"]], read, nrow(d), sum(d$event),
    format(test$chisq, digits = 12))
"""


def once() -> dict[str, float]:
    """Answer on the registry of DATABASE_URL: seconds, growth of memory, and what was found."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    from django.db import connection

    from analytics import live
    from registry.access import scoped, system_scope

    with scoped(system_scope("benchmark")):
        next(iter(live.blocks(date(1900, 1, 1), 10)))  # imports are not part of the comparison
        connection.ensure_connection()
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        seconds = []
        for _ in range(RUNS):
            started, used = time.perf_counter(), time.process_time() + _server(connection)
            found = live.answer("os_relapse_by_timing", cutoff=CUTOFF)
            text = json.dumps(found)
            seconds.append((time.perf_counter() - started, time.process_time() + _server(connection) - used))
    growth = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / KIB_PER_MB
    groups = found["groups"]
    return {
        "seconds": min(seconds)[0],
        "processor": min(seconds)[1],
        "growth": growth,
        "bytes": len(text),
        "n": sum(group["n"] for group in groups),
        "events": sum(group["events"] for group in groups),
        "chisq": found["comparison"]["statistic"],
    }


def _server(connection: Any) -> float:
    """Seconds of processor that our process of PostgreSQL, and those that ended, have used; 0 on another machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        process = Path(f"/proc/{cursor.fetchone()[0]}/stat")
    if not process.exists():
        return 0.0
    told = process.read_text().rsplit(")", 1)[1].split()
    ended = Path(f"/proc/{told[1]}/stat").read_text().rsplit(")", 1)[1].split()[13:15]
    return sum(map(int, [*told[11:13], *ended])) / os.sysconf("SC_CLK_TCK")


def in_r(folder: Path) -> dict[str, float] | None:
    """The same in R, the best of three runs; None where Rscript or its packages are not installed."""
    program = shutil.which("Rscript")
    if program is None:
        return None
    (folder / "run.R").write_text(R_SCRIPT, encoding="utf-8")
    best: dict[str, float] | None = None
    for _ in range(RUNS):
        ended = subprocess.run([program, "run.R"], cwd=folder, capture_output=True, text=True, check=False)
        if ended.returncode:
            say(ended.stderr.strip()[-300:])
            return None
        names = ("seconds", "processor", "read", "n", "events", "chisq")
        told = dict(zip(names, map(float, ended.stdout.split()), strict=True))
        best = told if best is None or told["seconds"] < best["seconds"] else best
    return best


def benchmark(ground: Ground) -> Iterator[Figure]:
    """Figures for each size; the large one with `full` only."""
    for patients in (*SIZES, *(LARGE if ground.full else ())):
        yield from _of_size(ground, patients)
    if not ground.full:
        say("skipped: 1,000,000 relapsed patients (make bench BENCH=full)")


def _of_size(ground: Ground, patients: int) -> Iterator[Figure]:
    with database("journey") as address:
        environ = environment(DATABASE_URL=address, INSTANCE_DIR=str(ground.folder / "journey"))
        folder = ground.folder / f"exported {patients}"
        say(f"filling a registry with {patients:,} relapsed patients and exporting it")
        measured(environ, "manage.py", "migrate", "-v0")
        measured(environ, "-m", "benchmarks.filling", str(patients), str(folder))
        say(f"from its tables to JSON, {RUNS} times here and in R")
        mine = json.loads(measured(environ, "-m", "benchmarks.end_to_end").last_line)
        theirs = in_r(folder)
        shutil.rmtree(folder)
    named = f"{patients:,} relapsed patients"
    yield Figure(what=f"{named}: tables to JSON", value=mine["seconds"], unit="s")
    yield Figure(what=f"{named}: processor, with PostgreSQL's", value=mine["processor"], unit="s")
    yield Figure(what=f"{named}: growth of memory", value=mine["growth"], unit="MB", at_most=GROWTH_MB)
    if theirs is None:
        say("skipped: R (no Rscript with data.table, survival and jsonlite here)")
        return
    yield Figure(what=f"{named}: R from CSV files", value=theirs["seconds"], unit="s")
    yield Figure(what=f"{named}: of which R reads and merges", value=theirs["read"], unit="s")
    yield Figure(what=f"{named}: share of R", value=mine["seconds"] / theirs["seconds"], unit="of 1", at_most=OF_R)
    yield Figure(what=f"{named}: share of R's processor", value=mine["processor"] / theirs["processor"], unit="of 1")
    same = max(abs(mine[name] - theirs[name]) / theirs[name] for name in ("n", "events", "chisq"))
    yield Figure(what=f"{named}: n, deaths, chi-square apart", value=same, unit="relative", at_most=1e-6)


if __name__ == "__main__":
    print(json.dumps(once()))
