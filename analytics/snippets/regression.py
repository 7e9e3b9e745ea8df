"""Cox regression on as many characteristics known at time zero as the events allow: ten per coefficient.

They print term, hazard ratio with limits and P, patients and events; the last line is the likelihood ratio test of all
together. In R also the test of proportional hazards, in which lifelines follows an earlier definition.
"""

NOTE = """\
# Ages in an export are whole years (exact ones at T3, a site's own patients); the registry takes them unrounded. Where
# age is among the terms, its hazard ratio, and slightly the others', differ from the registry's by that.
"""

PYTHON = """
import pandas as pd
from lifelines import CoxPHFitter

EVENTS_PER_COEFFICIENT = 10
# characteristic: its levels, that of comparison first; none: the largest group
TERMS = <<=terms>>
texts = dict.fromkeys([name for name in TERMS if name != "AGE"], str)
rows = pd.read_csv("adtte/<<endpoint>>.csv", keep_default_na=False, na_values=[""], dtype=texts)
rows["event"] = (rows["CNSR"] == 0).astype(int)
late = rows["ENTRY"].notna().any()


def columns(name):
    if name == "AGE":
        return {"age per 10 years": rows["AGE"] / 10}
    sizes = rows[name].value_counts()
    largest_first = sorted(sizes.index, key=lambda level: (-sizes[level], level))
    reference, *others = [level for level in TERMS[name] if level in sizes] or largest_first or [""]
    column = {level: (rows[name] == level).astype(float).where(rows[name].notna()) for level in others}
    return {f"{name.lower()} {level} v {reference}": values for level, values in column.items()}


def complete(names):
    # the patients of whom everything is known, and what differs between them
    found = pd.DataFrame({label: column for name in names for label, column in columns(name).items()}, index=rows.index)
    found = found.dropna()
    return found.loc[:, found.nunique() > 1]


chosen, design = [], None
for name in TERMS:
    more = complete([*chosen, name])
    enough = rows.loc[more.index, "event"].sum() >= EVENTS_PER_COEFFICIENT * more.shape[1]
    if enough and more.shape[1] > (0 if design is None else design.shape[1]):
        chosen, design = [*chosen, name], more
print("term,hazard_ratio,lower,upper,p,patients,events")
if design is None:
    print("too few events for any")
else:
    frame = design.join(rows[["AVAL", "event"]])
    if late:
        frame["entry"] = rows["ENTRY"].fillna(0)
        frame = frame[frame["AVAL"] > frame["entry"]]
    exact = {"precision": 1e-12}
    fit = CoxPHFitter().fit(frame, "AVAL", "event", entry_col="entry" if late else None, fit_options=exact)
    told = fit.summary
    for term, line in told.iterrows():
        limits = line["exp(coef) lower 95%"], line["exp(coef) upper 95%"]
        print(term, line["exp(coef)"], *limits, line["p"], len(frame), frame["event"].sum(), sep=",")
    print("GLOBAL", "", "", "", fit.log_likelihood_ratio_test().p_value, len(frame), frame["event"].sum(), sep=",")
"""

R = """
library(survival)
EVENTS_PER_COEFFICIENT <- 10
# characteristic: its levels, that of comparison first; none: the largest group
terms <- <<=terms>>
texts <- setdiff(names(terms), "AGE")
kinds <- setNames(rep("character", length(texts)), texts)
rows <- read.csv("adtte/<<endpoint>>.csv", na.strings = "", colClasses = kinds)
rows$event <- as.integer(rows$CNSR == 0)
late <- any(!is.na(rows$ENTRY))
rows$start <- ifelse(is.na(rows$ENTRY), 0, rows$ENTRY)
line <- function(...) cat(paste(..., sep = ","), "\\n", sep = "")
number <- function(x) format(x, digits = 15)

columns <- function(name) {
  if (name == "AGE") return(list("age per 10 years" = rows$AGE / 10))
  sizes <- sort(table(rows[[name]]), decreasing = TRUE)
  levels <- intersect(terms[[name]], names(sizes))
  if (length(levels) == 0) levels <- names(sizes)[order(-sizes, names(sizes))]
  found <- lapply(levels[-1], function(level) as.numeric(rows[[name]] == level))
  if (length(found)) setNames(found, paste(tolower(name), levels[-1], "v", levels[1])) else list()
}

complete <- function(names) {
  # the patients of whom everything is known, and what differs between them
  found <- do.call(cbind, do.call(c, lapply(names, columns)))
  if (is.null(found)) return(matrix(0, 0, 0))
  rownames(found) <- seq_len(nrow(rows))
  found <- found[complete.cases(found), , drop = FALSE]
  found[, apply(found, 2, function(one) length(unique(one)) > 1), drop = FALSE]
}

chosen <- c()
design <- NULL
for (name in names(terms)) {
  more <- complete(c(chosen, name))
  enough <- sum(rows$event[as.integer(rownames(more))]) >= EVENTS_PER_COEFFICIENT * ncol(more)
  if (enough && ncol(more) > (if (is.null(design)) 0 else ncol(design))) {
    chosen <- c(chosen, name)
    design <- more
  }
}
line("term,hazard_ratio,lower,upper,p,patients,events,ph_chisq,ph_p")
if (is.null(design)) {
  line("too few events for any")
} else {
  mine <- rows[as.integer(rownames(design)), ]
  when <- if (late) Surv(mine$start, mine$AVAL, mine$event) else Surv(mine$AVAL, mine$event)
  fit <- coxph(when ~ design)
  told <- summary(fit)
  ph <- cox.zph(fit, transform = "km", terms = FALSE)$table
  for (i in seq_len(ncol(design))) {
    line(colnames(design)[i], number(told$conf.int[i, 1]), number(told$conf.int[i, 3]), number(told$conf.int[i, 4]),
      number(told$coefficients[i, 5]), fit$n, fit$nevent, number(ph[i, 1]), number(ph[i, 3]))
  }
  p <- number(told$logtest[["pvalue"]])
  line("GLOBAL", "", "", "", p, fit$n, fit$nevent, number(ph[nrow(ph), 1]), number(ph[nrow(ph), 3]))
}
"""
