"""Short programs that compute an answer again from an exported endpoint file (docs/exports.md), in Python and R."""

from collections.abc import Mapping
from typing import Any

HEAD = """# {question}
# Computed again from an export: python manage.py export_snapshot ID --tier T1 --format csv --agreement CODE --out DIR
# AVAL: days from time zero; CNSR: 0 the event came, 1 censored, 2 a competing event came; ENTRY: delayed entry.
# A snapshot's tables freeze what this page read live: take one at cut-off {cutoff} for the same numbers.
"""

PYTHON = """
import pandas as pd
from lifelines import KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test

rows = pd.read_csv("adtte/{endpoint}.csv")
rows["event"] = (rows["CNSR"] == 0).astype(int)
groups = rows[{by}].astype(str).agg(" / ".join, axis=1) if {by} else pd.Series("all", index=rows.index)
for label, mine in rows.groupby(groups):
    curve = KaplanMeierFitter().fit(mine["AVAL"], mine["event"], entry=mine["ENTRY"].fillna(0), label=label)
    print(label, len(mine), int(mine["event"].sum()), curve.median_survival_time_ / 30.4375)
if groups.nunique() > 1:
    print(multivariate_logrank_test(rows["AVAL"], groups, rows["event"]).p_value)
"""

R = """
library(survival)
rows <- read.csv("adtte/{endpoint}.csv")
rows$event <- as.integer(rows$CNSR == 0)
rows$group <- {by}
fit <- survfit(Surv(AVAL, event) ~ group, data = rows, conf.type = "log-log")
print(fit)
print(summary(fit, times = c(6, 12, 24, 36, 60) * 30.4375, extend = FALSE))
if (length(unique(rows$group)) > 1) print(survdiff(Surv(AVAL, event) ~ group, data = rows))
"""


def python(asked: Mapping[str, Any], *, endpoint: str, question: str) -> str:
    """The answer in Python with lifelines."""
    by = [name.upper() for name in asked["by"]]
    return HEAD.format(question=question, cutoff=asked["cutoff"]) + PYTHON.format(endpoint=endpoint, by=by)


def r(asked: Mapping[str, Any], *, endpoint: str, question: str) -> str:
    """The answer in R with the survival package."""
    columns = ", ".join(f"rows${name.upper()}" for name in asked["by"])
    by = f'paste({columns}, sep = " / ")' if columns else '"all"'
    return HEAD.format(question=question, cutoff=asked["cutoff"]) + R.format(endpoint=endpoint, by=by)
