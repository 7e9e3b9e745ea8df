"""Survival by groups known at time zero, with the log-rank test.

They print group, patients, events and median; survival with limits at fixed months; the log-rank P.
"""

PYTHON = """
import pandas as pd
from lifelines import KaplanMeierFitter
from lifelines.statistics import multivariate_logrank_test

MONTH = 30.4375
BY = <<=by>>
rows = pd.read_csv("adtte/<<endpoint>>.csv", keep_default_na=False, na_values=[""], dtype=dict.fromkeys(BY, str))
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


curves = {}
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
by <- <<=by>>
rows <- read.csv("adtte/<<endpoint>>.csv", na.strings = "", colClasses = setNames(rep("character", length(by)), by))
rows <- rows[complete.cases(rows[by]), ]  # whose group is not known is left out
rows$event <- as.integer(rows$CNSR == 0)
rows$group <- if (length(by)) do.call(paste, c(unname(rows[by]), sep = " / ")) else rep("all", nrow(rows))
late <- any(!is.na(rows$ENTRY))
rows$start <- ifelse(is.na(rows$ENTRY), 0, rows$ENTRY)
line <- function(...) cat(paste(..., sep = ","), "\\n", sep = "")
number <- function(x) format(x, digits = 15)
labels <- sort(unique(rows$group))
fits <- lapply(labels, function(label) {
  mine <- rows[rows$group == label, ]
  when <- if (late) Surv(mine$start, mine$AVAL, mine$event) else Surv(mine$AVAL, mine$event)
  survfit(when ~ 1, conf.type = "log-log")
})
line("group,patients,events,median_months")
for (i in seq_along(labels)) {
  mine <- rows[rows$group == labels[i], ]
  line(labels[i], nrow(mine), sum(mine$event), number(unname(summary(fits[[i]])$table["median"]) / MONTH))
}
line("group,months,survival,lower,upper")
for (i in seq_along(labels)) {
  months <- c(6, 12, 24, 36, 60)
  months <- months[months * MONTH <= max(rows$AVAL[rows$group == labels[i]])]
  if (length(months) == 0) next
  at <- summary(fits[[i]], times = months * MONTH)
  for (k in seq_along(months)) line(labels[i], months[k], number(at$surv[k]), number(at$lower[k]), number(at$upper[k]))
}
if (length(labels) > 1 && !late) {
  test <- survdiff(Surv(AVAL, event) ~ group, data = rows)
  line("logrank_p", number(pchisq(test$chisq, length(test$n) - 1, lower.tail = FALSE)))
}
"""
