"""Short programs that compute an answer again from an exported endpoint file (docs/exports.md), in Python and R.

Both print the same lines: group, patients, events and median; survival with limits at fixed months; the log-rank P.
"""

from collections.abc import Mapping
from typing import Any

#: Groupings that no export holds: codes stand in for places and trials, and categories of a line may be pooled.
NOT_EXPORTED = frozenset({"site", "protocol", "salvage_category"})
#: Groupings that only a limited data set holds: calendar years.
ONLY_T2 = frozenset({"year_group"})

HEAD = """# {question}
# Computed again from an export: manage.py export_snapshot ID --tier {tier} --format csv --agreement CODE --out DIR
# Run it in DIR. AVAL: days from time zero; CNSR: 0 the event came, 1 censored, 2 a competing event came; ENTRY: day of
# delayed entry.
# The same numbers come from a snapshot at cut-off {cutoff} in which every patient may be exported. At tier T1, days
# behind a date that is known to the month only are rounded to 30; T2 has them as they are.
"""

PYTHON = """
import pandas as pd
from lifelines import KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test

MONTH = 30.4375
BY = {by}
rows = pd.read_csv("adtte/{endpoint}.csv", keep_default_na=False, na_values=[""], dtype=dict.fromkeys(BY, str))
rows = rows.dropna(subset=BY)  # whose group is not known is left out
rows["event"] = (rows["CNSR"] == 0).astype(int)
rows["group"] = rows[BY].agg(" / ".join, axis=1) if BY else "all"
late = rows["ENTRY"].notna().any()


def median(curve):
    # on a flat piece at one half its middle, as R prints it
    survival = curve.survival_function_.iloc[:, 0]
    below = survival.index[survival < 0.5 - 1.5e-8]
    flat = survival.index[(survival - 0.5).abs() <= 1.5e-8]
    if len(flat):
        return (flat[0] + below[0]) / 2 if len(below) else flat[0]
    return below[0] if len(below) else float("inf")


curves = {{}}
print("group,patients,events,median_months")
for label, mine in rows.groupby("group"):
    entry = mine["ENTRY"].fillna(0) if late else None
    curves[label] = curve = KaplanMeierFitter().fit(mine["AVAL"], mine["event"], entry=entry)
    print(label, len(mine), mine["event"].sum(), median(curve) / MONTH, sep=",")
print("group,months,survival,lower,upper")
for label, curve in curves.items():
    for months in (6, 12, 24, 36, 60):
        if months * MONTH <= rows.loc[rows["group"] == label, "AVAL"].max():
            low, high = curve.confidence_interval_.loc[: months * MONTH].iloc[-1]
            print(label, months, curve.predict(months * MONTH), low, high, sep=",")
if len(curves) > 1 and not late:
    print("logrank_p", multivariate_logrank_test(rows["AVAL"], rows["group"], rows["event"]).p_value, sep=",")
"""

R = """
library(survival)
MONTH <- 30.4375
by <- c({by})
rows <- read.csv("adtte/{endpoint}.csv", na.strings = "", colClasses = setNames(rep("character", length(by)), by))
rows <- rows[complete.cases(rows[by]), ]  # whose group is not known is left out
rows$event <- as.integer(rows$CNSR == 0)
rows$group <- if (length(by)) do.call(paste, c(unname(rows[by]), sep = " / ")) else rep("all", nrow(rows))
late <- any(!is.na(rows$ENTRY))
rows$start <- ifelse(is.na(rows$ENTRY), 0, rows$ENTRY)
line <- function(...) cat(paste(..., sep = ","), "\\n", sep = "")
number <- function(x) format(x, digits = 15)
labels <- sort(unique(rows$group))
fits <- lapply(labels, function(label) {{
  mine <- rows[rows$group == label, ]
  when <- if (late) Surv(mine$start, mine$AVAL, mine$event) else Surv(mine$AVAL, mine$event)
  survfit(when ~ 1, conf.type = "log-log")
}})
line("group,patients,events,median_months")
for (i in seq_along(labels)) {{
  mine <- rows[rows$group == labels[i], ]
  line(labels[i], nrow(mine), sum(mine$event), number(unname(summary(fits[[i]])$table["median"]) / MONTH))
}}
line("group,months,survival,lower,upper")
for (i in seq_along(labels)) {{
  months <- c(6, 12, 24, 36, 60)
  months <- months[months * MONTH <= max(rows$AVAL[rows$group == labels[i]])]
  if (length(months) == 0) next
  at <- summary(fits[[i]], times = months * MONTH)
  for (k in seq_along(months)) line(labels[i], months[k], number(at$surv[k]), number(at$lower[k]), number(at$upper[k]))
}}
if (length(labels) > 1 && !late) {{
  test <- survdiff(Surv(AVAL, event) ~ group, data = rows)
  line("logrank_p", number(pchisq(test$chisq, length(test$n) - 1, lower.tail = FALSE)))
}}
"""


def groups_of(asked: Mapping[str, Any], question: Mapping[str, Any]) -> list[str]:
    """What the answer is grouped by: what was asked for, or the grouping the question has of its own."""
    return [question["own"]] if question["own"] else list(asked["by"])


def written(asked: Mapping[str, Any], question: Mapping[str, Any]) -> bool:
    """Whether there is such a program: a survival curve by groups that an export holds."""
    plain = question["survival"] and not asked["exposure"] and asked["method"] == "groups"
    return plain and not NOT_EXPORTED.intersection(groups_of(asked, question))


def python(asked: Mapping[str, Any], question: Mapping[str, Any], *, words: str) -> str:
    """The answer in Python with lifelines."""
    by = [name.upper() for name in groups_of(asked, question)]
    return _head(asked, question, words) + PYTHON.format(endpoint=question["endpoint"], by=by)


def r(asked: Mapping[str, Any], question: Mapping[str, Any], *, words: str) -> str:
    """The answer in R with the survival package."""
    by = ", ".join(f'"{name.upper()}"' for name in groups_of(asked, question))
    return _head(asked, question, words) + R.format(endpoint=question["endpoint"], by=by)


def _head(asked: Mapping[str, Any], question: Mapping[str, Any], words: str) -> str:
    tier = "T2" if ONLY_T2.intersection(groups_of(asked, question)) else "T1"
    return HEAD.format(question=words, cutoff=asked["cutoff"], tier=tier)
