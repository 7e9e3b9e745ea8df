"""What forms after time zero, without immortal time: curves from landmarks, by current state, and its hazard ratio.

They print, per result, group, patients, events and median; survival with limits at fixed months; the P of the test:
log-rank from a landmark, Mantel-Byar of the curves by current state; then the hazard ratio from the day it begins.
"""

PYTHON = """
import numpy as np
import pandas as pd
from scipy.stats import chi2, norm

MONTH = 30.4375
LANDMARKS = <<=landmarks>>  # days after time zero
STATES = <<=time_dependent>>  # whether it is followed from day to day, too
rows = pd.read_csv("adtte/<<endpoint>>.csv", keep_default_na=False, na_values=[""])
rows = rows[rows["<<exposure>>_LEFT"].isna()]  # whether or when it happened cannot be told
rows = rows.assign(event=(rows["CNSR"] == 0).astype(int), start=rows["ENTRY"].fillna(0), stop=rows["AVAL"])
rows["day"] = rows["<<exposure>>_DAY"].fillna(np.inf)
rows["since"] = rows["<<exposure>>_FROM"].fillna(np.inf) if <<=remission>> else -np.inf  # in remission from this day on
rows["until"] = rows["<<exposure>>_UNTIL"].fillna(np.inf) if <<=standing>> else np.inf  # and no longer from this one


def events(mine):
    # days with events, patients at risk and events on each
    days = np.unique(mine.loc[mine["event"] == 1, "stop"])
    n = np.array([((mine["start"] < day) & (mine["stop"] >= day)).sum() for day in days], dtype=float)
    d = np.array([((mine["stop"] == day) & (mine["event"] == 1)).sum() for day in days], dtype=float)
    return days, n, d


def tell(title, mine):
    # Kaplan-Meier of both groups, limits on the log-log scale
    print("result", title, sep=",")
    curves = {label: events(mine[mine["group"] == label]) for label in ("N", "Y")}
    print("group,patients,events,median_months")
    for label, (days, n, d) in curves.items():
        alive = np.cumprod(1 - d / n)
        below, flat = days[alive < 0.5 - 1.5e-8], days[np.abs(alive - 0.5) <= 1.5e-8]
        median = below[0] if len(below) else np.inf
        if len(flat):  # on a flat piece at one half its middle, as R prints it
            median = (flat[0] + below[0]) / 2 if len(below) else flat[0]
        print(label, (mine["group"] == label).sum(), int(d.sum()), median / MONTH, sep=",")
    print("group,months,survival,lower,upper")
    for label, (days, n, d) in curves.items():
        last = mine.loc[mine["group"] == label, "stop"].max()
        for months in (6, 12, 24, 36, 60):
            if months * MONTH <= last:
                some = days <= months * MONTH
                alive = np.prod(1 - d[some] / n[some])
                if 0 < alive < 1:
                    spread = norm.ppf(0.975) * np.sqrt((d[some] / (n[some] * (n[some] - d[some]))).sum())
                    low, high = (alive ** np.exp(sign * spread / -np.log(alive)) for sign in (1, -1))
                else:
                    low = high = alive
                print(label, months, alive, low, high, sep=",")


def logrank(mine):
    days, n, d = events(mine)
    exposed = mine[mine["group"] == "Y"]
    n1 = np.array([((exposed["start"] < day) & (exposed["stop"] >= day)).sum() for day in days])
    d1 = np.array([((exposed["stop"] == day) & (exposed["event"] == 1)).sum() for day in days])
    spread = np.divide(n - d, n - 1, out=np.zeros_like(n), where=n > 1)
    variance = (d * n1 / n * (1 - n1 / n) * spread).sum()
    if variance > 0:
        print("p", chi2.sf((d1 - d * n1 / n).sum() ** 2 / variance, 1), sep=",")


def slope(mine, beta):
    # first and second derivative of Cox's partial likelihood, ties by Efron
    score = information = 0.0
    for day in np.unique(mine.loc[mine["event"] == 1, "stop"]):
        risk = mine[(mine["start"] < day) & (mine["stop"] >= day)]
        weight, exposed = np.exp(beta * risk["exposed"]), risk["exposed"] == 1
        dead = (risk["stop"] == day) & (risk["event"] == 1)
        score += (dead & exposed).sum()
        for part in np.arange(dead.sum()) / dead.sum():
            share = weight[exposed].sum() - part * weight[dead & exposed].sum()
            share /= weight.sum() - part * weight[dead].sum()
            score -= share
            information += share * (1 - share)
    return score, information


for day in LANDMARKS:
    here = rows[(rows["stop"] > day) & (rows["since"] <= day) & (rows["until"] > day)]
    here = here.assign(group=np.where(here["day"] <= day, "Y", "N"), stop=here["stop"] - day)
    here["start"] = (here["start"] - day).clip(lower=0)  # the clock restarts at the landmark
    tell(f"landmark day {day}", here)
    logrank(here)
if STATES:
    # everybody counts as N until it happens, and as Y from then on
    happens = rows["day"] < rows["stop"]
    before = rows.assign(exposed=0, stop=np.minimum(rows["stop"], rows["day"]), event=rows["event"].where(~happens, 0))
    after = rows[happens].assign(exposed=1, start=np.maximum(rows["start"], rows["day"]))
    states = pd.concat([before, after])
    states = states[states["stop"] > states["start"]]
    states["group"] = np.where(states["exposed"] == 1, "Y", "N")
    tell("by current state", states)
    score, information = slope(states, 0.0)
    if information > 0:
        print("p", chi2.sf(score**2 / information, 1), sep=",")
    beta, step = 0.0, 1.0
    for _ in range(50):
        score, information = slope(states, beta)
        if information < 1e-12 or abs(step) < 1e-12 or abs(beta) > 10:
            break
        beta += (step := score / information)
    print("hazard_ratio,lower,upper,p,patients,exposed,events")
    if abs(beta) < 9 and information > 0:
        error = 1 / np.sqrt(information)
        limits = np.exp(beta + norm.ppf([0.025, 0.975]) * error)
        exposed = states.loc[states["exposed"] == 1, "USUBJID"].nunique()
        told = (len(rows), exposed, states["event"].sum())
        print(np.exp(beta), *limits, 2 * norm.sf(abs(beta) / error), *told, sep=",")
"""

R = """
library(survival)
MONTH <- 30.4375
landmarks <- <<=landmarks>>  # days after time zero
states <- <<=time_dependent>>  # whether it is followed from day to day, too
rows <- read.csv("adtte/<<endpoint>>.csv", na.strings = "")
rows <- rows[is.na(rows$<<exposure>>_LEFT), ]  # whether or when it happened cannot be told
never <- function(days) ifelse(is.na(days), Inf, days)
rows$event <- as.integer(rows$CNSR == 0)
rows$start <- ifelse(is.na(rows$ENTRY), 0, rows$ENTRY)
rows$stop <- rows$AVAL
rows$day <- never(rows$<<exposure>>_DAY)
rows$since <- if (<<=remission>>) never(rows$<<exposure>>_FROM) else -Inf  # in remission from this day on
rows$until <- if (<<=standing>>) never(rows$<<exposure>>_UNTIL) else Inf  # and no longer from this one
line <- function(...) cat(paste(..., sep = ","), "\\n", sep = "")
number <- function(x) format(x, digits = 15)

tell <- function(title, mine) {
  line("result", title)
  mine <- mine[mine$stop > mine$start, ]
  fits <- lapply(c("N", "Y"), function(label) {
    some <- mine[mine$group == label, ]
    if (nrow(some)) survfit(Surv(start, stop, event) ~ 1, data = some, conf.type = "log-log")
  })
  line("group,patients,events,median_months")
  for (i in 1:2) {
    some <- mine[mine$group == c("N", "Y")[i], ]
    median <- if (nrow(some)) unname(summary(fits[[i]])$table["median"]) / MONTH else NA
    line(c("N", "Y")[i], nrow(some), sum(some$event), number(median))
  }
  line("group,months,survival,lower,upper")
  for (i in 1:2) {
    some <- mine[mine$group == c("N", "Y")[i], ]
    months <- c(6, 12, 24, 36, 60)
    months <- months[months * MONTH <= max(some$stop, 0)]
    if (length(months) == 0) next
    at <- summary(fits[[i]], times = months * MONTH, extend = TRUE)
    for (k in seq_along(months)) {
      line(c("N", "Y")[i], months[k], number(at$surv[k]), number(at$lower[k]), number(at$upper[k]))
    }
  }
}

logrank <- function(mine) {
  mine <- mine[mine$stop > mine$start, ]
  difference <- variance <- 0
  for (day in sort(unique(mine$stop[mine$event == 1]))) {
    risk <- mine[mine$start < day & mine$stop >= day, ]
    n <- nrow(risk)
    share <- mean(risk$group == "Y")
    dead <- risk$stop == day & risk$event == 1
    difference <- difference + sum(dead & risk$group == "Y") - sum(dead) * share
    if (n > 1) variance <- variance + sum(dead) * share * (1 - share) * (n - sum(dead)) / (n - 1)
  }
  if (variance > 0) line("p", number(pchisq(difference^2 / variance, 1, lower.tail = FALSE)))
}

for (day in landmarks) {
  here <- rows[rows$stop > day & rows$since <= day & rows$until > day, ]
  here$group <- ifelse(here$day <= day, "Y", "N")
  here$stop <- here$stop - day
  here$start <- pmax(here$start - day, 0)  # the clock restarts at the landmark
  tell(paste("landmark day", day), here)
  logrank(here)
}
if (states) {
  # everybody counts as N until it happens, and as Y from then on
  happens <- rows$day < rows$stop
  before <- transform(rows, stop = pmin(stop, day), event = ifelse(happens, 0, event))
  after <- transform(rows[happens, ], start = pmax(start, day))
  both <- rbind(before, after)
  both$exposed <- rep(0:1, c(nrow(before), nrow(after)))
  both <- both[both$stop > both$start, ]
  both$group <- ifelse(both$exposed == 1, "Y", "N")
  tell("by current state", both)
  fit <- if (sum(both$event)) suppressWarnings(coxph(Surv(start, stop, event) ~ exposed, data = both))
  if (!is.null(fit) && !is.na(coef(fit))) {
    line("p", number(pchisq(fit$score, 1, lower.tail = FALSE)))
    line("hazard_ratio,lower,upper,p,patients,exposed,events")
    if (abs(coef(fit)) < 9) {
      told <- summary(fit)
      line(number(told$conf.int[1]), number(told$conf.int[3]), number(told$conf.int[4]), number(told$coefficients[5]),
        nrow(rows), length(unique(both$USUBJID[both$exposed == 1])), sum(both$event))
    }
  }
}
"""
