"""Restricted mean survival: the area below each group's curve within 24 months, or the shortest follow-up.

They print the days looked at; group, patients, mean and standard error; of two groups the second's less the first's.
"""

PYTHON = """
import numpy as np
import pandas as pd
from scipy.stats import norm

MONTH, MONTHS = 30.4375, 24
BY, ORDER = <<=by>>, <<=levels>>
rows = pd.read_csv("adtte/<<endpoint>>.csv", keep_default_na=False, na_values=[""], dtype=dict.fromkeys(BY, str))
rows = rows.dropna(subset=BY)  # whose group is not known is left out
rows["event"] = (rows["CNSR"] == 0).astype(int)
rows["group"] = rows[BY[0]] if BY else "all"
rows["start"] = rows["ENTRY"].fillna(-1)  # -1: there from time zero, on day 0, too
labels = sorted(rows["group"].unique(), key=lambda label: (ORDER.index(label) if label in ORDER else len(ORDER), label))
within = min(MONTHS * MONTH, rows.groupby("group")["AVAL"].max().min())


def mean(mine):
    # the area below the Kaplan-Meier curve, and its error (Klein and Moeschberger, 4.5)
    day = np.unique(mine.loc[(mine["event"] == 1) & (mine["AVAL"] <= within), "AVAL"])
    n = np.array([((mine["start"] < one) & (mine["AVAL"] >= one)).sum() for one in day], dtype=float)
    d = np.array([((mine["AVAL"] == one) & (mine["event"] == 1)).sum() for one in day], dtype=float)
    areas = np.diff([0, *day, within]) * [1, *np.cumprod(1 - d / n)]
    later = np.cumsum(areas[::-1])[::-1][1:]
    hazard = np.divide(d, n * (n - d), out=np.zeros_like(n), where=n > d)
    return areas.sum(), np.sqrt((later**2 * hazard).sum())


print("within_days", within, sep=",")
print("group,patients,mean_days,std_err")
means = [mean(rows[rows["group"] == label]) for label in labels]
for label, (days, error) in zip(labels, means):
    print(label, (rows["group"] == label).sum(), days, error, sep=",")
if len(labels) == 2:
    gain, error = means[1][0] - means[0][0], np.hypot(means[0][1], means[1][1])
    error = error if error > 0 else np.nan  # no event within these days: no limits
    half = norm.ppf(0.975) * error
    print("second,less,gain_days,lower,upper,p")
    print(labels[1], labels[0], gain, gain - half, gain + half, 2 * norm.sf(abs(gain / error)), sep=",")
"""

R = """
library(survival)
MONTH <- 30.4375
MONTHS <- 24
by <- <<=by>>
order <- <<=levels>>
rows <- read.csv("adtte/<<endpoint>>.csv", na.strings = "", colClasses = setNames(rep("character", length(by)), by))
rows <- rows[complete.cases(rows[by]), ]  # whose group is not known is left out
rows$event <- as.integer(rows$CNSR == 0)
rows$group <- if (length(by)) rows[[by]] else rep("all", nrow(rows))
late <- any(!is.na(rows$ENTRY))
rows$start <- ifelse(is.na(rows$ENTRY), -1, rows$ENTRY)  # -1: there from time zero, on day 0, too
labels <- sort(unique(rows$group))
labels <- labels[base::order(match(labels, order))]
within <- min(MONTHS * MONTH, tapply(rows$AVAL, rows$group, max))
line <- function(...) cat(paste(..., sep = ","), "\\n", sep = "")
number <- function(x) format(x, digits = 15)

mean_of <- function(mine) {
  # the area below the Kaplan-Meier curve, and its error (Klein and Moeschberger, 4.5)
  when <- if (late) Surv(mine$start, mine$AVAL, mine$event) else Surv(mine$AVAL, mine$event)
  fit <- survfit(when ~ 1)
  keep <- fit$n.event > 0 & fit$time <= within
  n <- fit$n.risk[keep]
  d <- fit$n.event[keep]
  areas <- diff(c(0, fit$time[keep], within)) * c(1, fit$surv[keep])
  later <- rev(cumsum(rev(areas)))[-1]
  c(sum(areas), sqrt(sum(later^2 * ifelse(n > d, d / (n * (n - d)), 0))))
}

line("within_days", number(within))
line("group,patients,mean_days,std_err")
means <- lapply(labels, function(label) mean_of(rows[rows$group == label, ]))
for (i in seq_along(labels)) {
  line(labels[i], sum(rows$group == labels[i]), number(means[[i]][1]), number(means[[i]][2]))
}
if (length(labels) == 2) {
  gain <- means[[2]][1] - means[[1]][1]
  error <- sqrt(means[[1]][2]^2 + means[[2]][2]^2)
  if (error == 0) error <- NA  # no event within these days: no limits
  half <- qnorm(0.975) * error
  p <- 2 * pnorm(-abs(gain / error))
  line("second,less,gain_days,lower,upper,p")
  line(labels[2], labels[1], number(gain), number(gain - half), number(gain + half), number(p))
}
"""
