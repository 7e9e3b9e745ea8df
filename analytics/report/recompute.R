# --- how numbers are compared -------------------------------------------------------------------------------
suppressPackageStartupMessages({
  library(survival)
  library(cmprsk)
  library(jsonlite)
})

found <- 0
different <- 0
z <- qnorm(0.975)

num <- function(values) vapply(values, function(v) if (is.null(v)) NA_real_ else as.numeric(v), numeric(1))

told <- function(v) if (is.na(v)) "not estimable" else formatC(v, digits = 12, format = "g")

same <- function(ours, theirs, relative, absolute) {
  if (is.na(ours) || is.na(theirs)) return(is.na(ours) && is.na(theirs))
  abs(ours - theirs) <= max(relative * abs(ours), absolute)
}

# One number beside R's, with its mark. Tolerances: counts and read-off times exact, estimates 1e-10 of their size.
check <- function(place, ours, theirs, relative = 1e-10, absolute = 1e-12) {
  agrees <- same(ours, theirs, relative, absolute)
  found <<- found + 1
  if (!agrees) different <<- different + 1
  cat(sprintf(" %s %-58s %20s %20s\n", if (agrees) "=" else "!", place, told(ours), told(theirs)))
}

# A whole column of a step curve in one line: how many numbers, and the greatest difference.
check_all <- function(place, ours, theirs, relative = 1e-10, absolute = 1e-12) {
  if (length(ours) != length(theirs)) return(check(paste0(place, " (length)"), length(ours), length(theirs)))
  agrees <- mapply(same, ours, theirs, relative, absolute)
  found <<- found + length(ours)
  different <<- different + sum(!agrees)
  gap <- suppressWarnings(max(0, abs(ours - theirs), na.rm = TRUE))
  cat(sprintf(" %s %-58s %20s %20s\n", if (all(agrees)) "=" else "!", place,
              paste(length(ours), "numbers"), paste("gap", formatC(gap, digits = 2, format = "g"))))
}

p_tolerance <- function(p) if (!is.na(p) && p < 1e-12) 1e-6 else 1e-9

folder <- local({
  file <- sub("^--file=", "", grep("^--file=", commandArgs(FALSE), value = TRUE))
  if (length(file)) dirname(file) else "."
})
results <- fromJSON(file.path(folder, "results.json"), simplifyVector = FALSE)$results

rows_of <- function(key) {
  read.csv(file.path(folder, "endpoints", paste0(key, ".csv")), check.names = FALSE,
           colClasses = c(patient = "character"), na.strings = "", stringsAsFactors = FALSE)
}

groups_of <- function(key) results[[key]]$groups
in_group <- function(rows, label) rows[as.character(rows$group) == label, , drop = FALSE]
late <- function(rows) any(!is.na(rows$entry))
entry_of <- function(rows) ifelse(is.na(rows$entry), -1, rows$entry)
at_risk <- function(rows, day) sum(rows$days >= day & entry_of(rows) < day)

# Our estimates have no interval where nothing has happened yet or nobody is left, at 0 and at 1; R prints 1 to 1, or
# nothing. Sums of incidences reach 1 only up to rounding.
limits <- function(theirs, estimate) ifelse(estimate > 0 & estimate < 1 - 1e-12, theirs, NA)

read_at <- function(place, group, rows, value_at) {
  last <- if (nrow(rows)) max(rows$days) else -1
  for (i in seq_along(group$at)) {
    reading <- group$at[[i]]
    here <- sprintf("%s.at[%d]", place, i - 1)
    mine <- if (reading$days <= last) value_at(reading$days) else c(NA, NA, NA)
    check(paste0(here, ".estimate"), num(reading["estimate"]), mine[1])
    check(paste0(here, ".lower"), num(reading["lower"]), mine[2])
    check(paste0(here, ".upper"), num(reading["upper"]), mine[3])
  }
}

# --- one function per kind of result ------------------------------------------------------------------------
curve <- function(key, event = function(rows) as.integer(rows$state == 1)) {
  rows <- rows_of(key)
  for (i in seq_along(groups_of(key))) {
    group <- groups_of(key)[[i]]
    place <- sprintf("%s.groups[%d]", key, i - 1)
    mine <- in_group(rows, group$label)
    check(paste0(place, ".n"), group$n, nrow(mine), absolute = 0)
    if (!nrow(mine)) next
    mine$event <- event(mine)
    check(paste0(place, ".events"), group$events, sum(mine$event), absolute = 0)
    answer <- if (late(rows)) Surv(entry_of(mine), mine$days, mine$event) else Surv(mine$days, mine$event)
    fit <- survfit(answer ~ 1, conf.type = "log-log")
    middle <- summary(fit)$table
    check(paste0(place, ".median.days"), num(group$median["days"]), middle[["median"]], 0, 1e-9)
    check(paste0(place, ".median.lower"), num(group$median["lower"]), middle[["0.95LCL"]], 0, 1e-9)
    check(paste0(place, ".median.upper"), num(group$median["upper"]), middle[["0.95UCL"]], 0, 1e-9)
    check_all(paste0(place, ".steps.days"), num(group$steps$days), fit$time, 0, 1e-9)
    check_all(paste0(place, ".steps.estimate"), num(group$steps$estimate), fit$surv)
    check_all(paste0(place, ".steps.lower"), num(group$steps$lower), limits(fit$lower, fit$surv))
    check_all(paste0(place, ".steps.upper"), num(group$steps$upper), limits(fit$upper, fit$surv))
    check_all(paste0(place, ".steps.n_risk"), num(group$steps$n_risk), fit$n.risk, 0, 0)
    read_at(place, group, mine, function(day) {
      if (day < min(fit$time)) return(c(1, NA, NA))
      s <- summary(fit, times = day)
      c(s$surv, limits(s$lower, s$surv), limits(s$upper, s$surv))
    })
  }
  found <- results[[key]]$comparison
  if (!is.null(found) && !late(rows)) {
    tested <- rows[rows$tested == 1, ]
    tested$event <- event(tested)
    test <- survdiff(Surv(days, event) ~ group, data = tested)
    check(paste0(key, ".comparison.statistic"), found$statistic, test$chisq)
    check(paste0(key, ".comparison.df"), found$df, length(test$n) - 1, 0, 0)
    check(paste0(key, ".comparison.p"), found$p, pchisq(test$chisq, length(test$n) - 1, lower.tail = FALSE),
          p_tolerance(found$p), 0)
  }
}

# Reverse Kaplan-Meier: being alive at last contact is the event.
follow_up <- function(key) curve(key, function(rows) as.integer(rows$state == 0))

incidence <- function(key, states) {
  rows <- rows_of(key)
  for (i in seq_along(groups_of(key))) {
    group <- groups_of(key)[[i]]
    place <- sprintf("%s.groups[%d]", key, i - 1)
    mine <- in_group(rows, group$label)
    check(paste0(place, ".n"), group$n, nrow(mine), absolute = 0)
    if (!nrow(mine)) next
    mine$what <- factor(mine$state, 0:2, c("censored", "1", "2"))
    fit <- if (late(rows)) {
      survfit(Surv(entry_of(mine), mine$days, mine$what) ~ 1, id = seq_len(nrow(mine)))
    } else {
      survfit(Surv(days, what) ~ 1, data = mine)
    }
    for (j in seq_along(group$causes)) {
      cause <- group$causes[[j]]
      here <- sprintf("%s.causes[%d]", place, j - 1)
      state <- states[[cause$cause]]
      column <- match(as.character(state), fit$states)
      f <- fit$pstate[, column]
      se <- fit$std.err[, column]
      width <- z * se / (f * log(f))
      lower <- limits(f^exp(-width), f)
      upper <- limits(f^exp(width), f)
      check(paste0(here, ".events"), cause$events, sum(mine$state == state), absolute = 0)
      check_all(paste0(here, ".steps.days"), num(cause$steps$days), fit$time, 0, 1e-9)
      check_all(paste0(here, ".steps.estimate"), num(cause$steps$estimate), f)
      check_all(paste0(here, ".steps.lower"), num(cause$steps$lower), pmin(lower, upper))
      check_all(paste0(here, ".steps.upper"), num(cause$steps$upper), pmax(lower, upper))
      read_at(here, cause, mine, function(day) {
        if (day < min(fit$time)) return(c(0, NA, NA))
        k <- findInterval(day, fit$time)
        c(f[k], pmin(lower, upper)[k], pmax(lower, upper)[k])
      })
    }
  }
  tests <- results[[key]]$comparison
  if (!is.null(tests)) {
    tested <- rows[rows$tested == 1, ]
    gray <- cuminc(tested$days, tested$state, tested$group)$Tests
    for (i in seq_along(tests)) {
      state <- as.character(states[[tests[[i]]$cause]])
      here <- sprintf("%s.comparison[%d]", key, i - 1)
      if (!state %in% rownames(gray)) { # nobody had this event: there is nothing to test
        check(paste0(here, ".statistic"), num(tests[[i]]["statistic"]), NA_real_)
        check(paste0(here, ".p"), num(tests[[i]]["p"]), NA_real_)
        next
      }
      row <- gray[state, ]
      check(paste0(here, ".statistic"), tests[[i]]$statistic, row[["stat"]], 1e-8)
      check(paste0(here, ".df"), tests[[i]]$df, row[["df"]], 0, 0)
      check(paste0(here, ".p"), tests[[i]]$p, pchisq(row[["stat"]], row[["df"]], lower.tail = FALSE), 1e-8, 0)
    }
  }
}

share <- function(place, group, x, n) {
  check(paste0(place, ".x"), group$x, x, absolute = 0)
  check(paste0(place, ".n"), group$n, n, absolute = 0)
  if (n == 0) return(invisible())
  test <- binom.test(x, n)
  check(paste0(place, ".estimate"), num(group["estimate"]), x / n)
  check(paste0(place, ".lower"), num(group["lower"]), test$conf.int[1], 1e-8)
  check(paste0(place, ".upper"), num(group["upper"]), test$conf.int[2], 1e-8)
}

each_group <- function(key, counted) {
  rows <- rows_of(key)
  for (i in seq_along(groups_of(key))) {
    group <- groups_of(key)[[i]]
    xn <- counted(rows, group$label)
    share(sprintf("%s.groups[%d]", key, i - 1), group, xn[1], xn[2])
  }
}

rate <- function(key) each_group(key, function(rows, label) {
  mine <- in_group(rows, label)
  c(sum(mine$yes), nrow(mine))
})

code_list <- function(key) each_group(key, function(rows, label) {
  mine <- rows$code == label
  if ("hit" %in% names(rows)) c(sum(rows$hit[mine]), sum(mine)) else c(sum(mine), nrow(rows))
})

severe <- function(key) each_group(key, function(rows, label) c(sum(rows[[label]]), nrow(rows)))

quantity <- function(key) {
  rows <- rows_of(key)
  for (i in seq_along(groups_of(key))) {
    group <- groups_of(key)[[i]]
    place <- sprintf("%s.groups[%d]", key, i - 1)
    value <- in_group(rows, group$label)$value
    check(paste0(place, ".n"), group$n, length(value), absolute = 0)
    if (!length(value)) next
    q <- quantile(value, c(0.5, 0.25, 0.75, 0, 1), type = 7, names = FALSE)
    for (k in 1:5) {
      name <- c("median", "q1", "q3", "min", "max")[k]
      check(paste0(place, ".", name), num(group[name]), q[k], 1e-10, 1e-9)
    }
  }
}

# --- the results of this snapshot ---------------------------------------------------------------------------
cat(sprintf("   %-58s %20s %20s\n", "result", "this report", "R"))
