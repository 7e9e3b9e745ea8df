# make_more.R - writes further reference values: cases beside those of ../make_oracle.R, in the same form.
#
# Usage (from this folder):   Rscript make_more.R [FOLDER]
# Needs R >= 4.2 with survival and cmprsk. FOLDER (default: here) receives edge.csv, pbc.csv, ..., oracle.json.
#
# Small hand-made cohorts with everything that makes an estimator stumble (ties, zero times, nobody, one patient, no
# events, only events, late entry, levels without events, constant and dependent covariates, missing values, labels
# R writes in its own way) under every kind of case, and data sets of the package survival that ../ does not use.

args <- commandArgs(TRUE); dir <- if (length(args)) args[1] else "."
source_lines <- readLines(if (file.exists("../make_oracle.R")) "../make_oracle.R" else Sys.getenv("MAKE_ORACLE"))
source_lines <- gsub("; library(KMsurv)", "", source_lines, fixed = TRUE)
source_lines <- gsub("KMsurv = as.character(packageVersion(\"KMsurv\")),", "", source_lines, fixed = TRUE)
ORACLE_LIB_ONLY <- TRUE; eval(parse(text = source_lines))

C <- list(); ds <- list()
case <- function(id, kind, ...) C[[length(C) + 1]] <<- c(list(id = id, kind = kind), list(...))
add <- function(name, df, source) {
  names(df) <- gsub("\\.", "_", names(df)); put_csv(dir, name, df)
  ds[[name]] <<- list(file = paste0(name, ".csv"), rows = nrow(df), columns = keep1(names(df)), source = source)
}

# ---------------------------------------------------------------- hand-made cohorts
E <- function(scenario, time, cause, grp = 1, entry = -1, x1 = 0, x2 = seq_along(time), xt = NA, s = 1)
  data.frame(scenario, time, event = as.integer(cause > 0), cause, grp, entry, x1, x2, xt, s,
             lab = c("Z-arm", "a arm", "b=1", "100000")[ifelse(is.na(grp), 3, grp)], flag = grp == 1, site = grp * 1e5, id = ceiling(seq_along(time) / 2))
edge <- rbind(
  E("ties", rep(c(2, 4, 4, 7), 5), rep(c(1, 0, 2, 1, 0), 4), rep(1:2, 10), x1 = rep(0:1, 10), x2 = rep(c(1, 5, 2, 2, 3), 4), xt = rep(c(1, NA, 3, 6), 5), s = rep(c(1, 1, 2), length.out = 20), entry = rep(c(0, 1, 3), length.out = 20)),
  E("zero", c(0, 0, 0, 1, 1, 2, 2, 3, 5, 5, 8, 9), c(0, 1, 2, 1, 0, 2, 1, 0, 1, 1, 2, 0), rep(1:2, 6), x1 = rep(c(0, 1, 1), 4), xt = c(0, NA, 1, 0, 1, 1, NA, 2, 3, NA, 0, 4)),
  E("nobody_left", c(3, 3, 3, 3), 1, c(1, 1, 2, 2), x1 = c(0, 1, 0, 1)),
  E("no_events", c(3, 5, 8, 8, 12, 20), 0, rep(1:2, 3), x1 = rep(0:1, 3), xt = c(1, NA, 2, NA, 4, NA)),
  E("only_events", c(1, 2, 2, 3, 7, 9, 9, 12), c(1, 1, 2, 1, 1, 2, 1, 1), rep(1:2, 4), x1 = rep(c(0, 0, 1, 1), 2), xt = c(NA, 1, NA, 2, 3, NA, 4, 5)),
  E("one_event", 5, 1), E("one_censored", 5, 0), E("one_late", 5, 1, entry = 4),
  E("two", c(4, 9), c(1, 0), 1:2, x1 = 0:1, xt = c(NA, 2)),
  E("heavy", c(1:30, 60), c(0, 0, 1, rep(0, 14), 2, rep(0, 9), 1, 0, 0, 0), rep(1:3, length.out = 31), x1 = rep(0:1, length.out = 31), xt = rep(c(NA, 5, 20, NA), length.out = 31), s = rep(1:2, length.out = 31)),
  E("one_group_no_events", c(1, 4, 6, 9, 2, 5, 7, 8), c(1, 1, 0, 1, 0, 0, 0, 0), rep(1:2, each = 4), x1 = rep(0:1, each = 4), xt = c(NA, 2, NA, 3, 1, NA, 4, 2)),
  E("split_ties", c(0.1 + 0.2, 0.3, 0.7, 0.7, 1.1, 1.5), c(1, 1, 1, 0, 1, 0), rep(1:2, 3), x1 = c(0, 1, 1, 0, 1, 0), xt = c(.2, NA, .5, .1, NA, 1)),
  E("apart", c(1, 2, 3, 10, 11, 12), 1, rep(1:2, each = 3), x1 = rep(0:1, each = 3)),
  E("lonely_group", c(2, 3, 4, 5, 6, 7, 30), c(1, 0, 1, 2, 1, 0, 1), c(1, 1, 1, 1, 1, 1, 4), x1 = c(0, 1, 0, 1, 1, 0, 1)),
  E("late", c(6, 9, 12, 15, 15, 20, 22, 25), c(1, 0, 1, 1, 0, 2, 1, 0), rep(1:2, 4), entry = c(2, 7, 9, 0, 14, 3, 21, 10), x1 = c(0, 1, 1, 0, 1, 0, 0, 1), xt = c(3, NA, 10, 5, NA, 8, 22, 12)),
  E("emptied", c(3, 8, 12, 15), c(1, 1, 1, 0), entry = c(0, 5, 9, 10), x1 = c(0, 1, 0, 1)),
  E("never_at_risk", c(4, 5, 6, 7), c(1, 1, 0, 1), c(1, 2, 1, 1), entry = c(0, 5, 2, 7), x1 = c(0, 1, 0, 1)),
  E("on_half", c(1, 2, 3, 4, 5, 6), c(1, 1, 1, 0, 0, 0)), E("third_steps", 1:9, 1, rep(1:3, 3), x1 = rep(0:1, length.out = 9)),
  E("fractions", c(0.3, 0.3, 0.7, 1.1, 1.1, 2.5, 3.25, 4.75), c(1, 2, 1, 0, 1, 1, 2, 0), rep(1:2, 4), x1 = rep(c(0, 1, 1, 0), 2), x2 = c(.5, 1.5, -2, 0, 3, .25, 1, 9), xt = c(NA, .2, .5, 1, NA, 2, 3, 1)),
  E("huge", c(1, 20, 300, 4000, 5e4, 6e5, 7e6, 8e7), c(1, 0, 1, 2, 1, 0, 1, 2), rep(1:2, each = 4), x1 = rep(0:1, 4), x2 = c(1, 2, 5, 3, 1, 4, 2, 7), xt = c(NA, 5, 100, NA, 2e4, NA, 5e6, 1e7)),
  E("constant", c(2, 4, 5, 7, 8, 11), c(1, 0, 1, 1, 2, 1), rep(1:2, 3), x1 = 1, x2 = 3),
  E("missing", c(2, 4, 5, 7, 8, 11, 12, 13), c(1, 0, 1, 1, 2, 1, 0, 1), c(1, 2, 1, NA, 2, 1, 2, 1), x1 = c(0, 1, NA, 1, 0, 1, 0, 1), x2 = c(1, NA, 3, 4, 5, 6, 2, 8), s = c(1, NA, 1, 2, 2, 1, 2, 1), xt = c(NA, 2, 1, NA, 3, NA, 5, 6)))
edge_txt <- edge; edge_txt$time <- ifelse(is.na(edge$time), "", vapply(ifelse(is.na(edge$time), 0, edge$time), num_txt, ""))
put_csv(dir, "edge", edge_txt)
ds$edge <- list(file = "edge.csv", rows = nrow(edge), columns = keep1(names(edge)), source = "hand-made")

ask <- function(sc, kind, name, ...) case(paste(sc, name, sep = "_"), kind, data = "edge", filter = list(scenario = sc), time = "time", ...)
for (sc in c(unique(edge$scenario), "nobody")) {
  d <- get_csv(dir, "edge"); d <- d[d$scenario == sc, ]
  last <- if (nrow(d)) max(d$time, na.rm = TRUE) else 5; at <- unique(c(0, d$time[1], round(last / 2), last, 2 * last)); at <- sort(at); groups <- length(unique(na.omit(d$grp)))
  for (ct in c("log-log", "log", "plain")) ask(sc, "km", paste0("km_", ct), event = "event", conf_type = ct, times = at, curve = ct == "log-log")
  ask(sc, "km", "km_grp", event = "event", group = "lab", conf_type = "log-log", times = at, level = .9)
  ask(sc, "km", "km_late", event = "event", entry = "entry", group = "grp", conf_type = "log-log", times = at, curve = TRUE)
  ask(sc, "km", "reverse", event = "event", group = "site", reverse = TRUE, conf_type = "log-log", times = at)
  ask(sc, "logrank", "lr", event = "event", group = "lab", pairwise = groups > 1)
  ask(sc, "logrank", "lr_strata_rho", event = "event", group = "flag", strata = "s", rho = 1)
  ask(sc, "cox", "cox", event = "event", covariates = "x1", zph = TRUE)
  ask(sc, "cox", "cox_two", event = "event", covariates = c("x1", "x2"), strata = "s", ties = "breslow")
  ask(sc, "cox", "cox_late", event = "event", entry = "entry", covariates = c("x1", "x2"))
  ask(sc, "cox", "cox_cluster", event = "event", covariates = "x2", cluster = "id")
  ask(sc, "tvc", "tvc", event = "event", exposure_time = "xt", covariates = "x1", times = at)
  ask(sc, "landmark", "landmark", event = "event", exposure_time = "xt", landmark = 2, conf_type = "log-log", times = at)
  if (sc == "split_ties") next                    # cuminc and kruskal.test see 0.3 and 0.1 + 0.2 as two times
  ask(sc, "cif", "cif", event = "cause", times = at, conf_type = "log-log")
  ask(sc, "cif", "cif_grp", event = "cause", group = "grp", strata = "s", times = at)
  ask(sc, "finegray", "fg", event = "cause", covariates = "x1", failcode = 1, predict = list(1), times = at)
  ask(sc, "rmst_diff", "rmst", event = "event", group = "lab", tau = signif(last * .8, 4))
  ask(sc, "table1", "t1", group = "lab", continuous = c("time", "x1", "x2"))
}

# ---------------------------------------------------------------- public data sets that ../ does not use
p <- survival::pbc; p$sex <- as.character(p$sex); p$death <- as.integer(p$status == 2); p$cause <- p$status
add("pbc", p[, c("id", "time", "death", "cause", "trt", "age", "sex", "edema", "bili", "chol", "albumin", "copper", "protime", "stage")], "survival::pbc")
y <- survival::transplant; add("transplant", data.frame(age = y$age, sex = as.character(y$sex), abo = as.character(y$abo), year = y$year, futime = y$futime, cause = as.integer(y$event) - 1L, ev = as.integer(y$event == "ltx")), "survival::transplant")
y <- survival::myeloid; add("myeloid", data.frame(id = y$id, trt = as.character(y$trt), female = as.integer(y$sex == "f"), futime = y$futime, death = y$death, txtime = y$txtime, crtime = y$crtime, rltime = y$rltime), "survival::myeloid")
y <- survival::retinopathy; add("retinopathy", data.frame(id = y$id, laser = as.character(y$laser), type = as.character(y$type), trt = y$trt, age = y$age, risk = y$risk, futime = y$futime, status = y$status), "survival::retinopathy")
y <- survival::cgd; add("cgd", data.frame(id = y$id, age = y$age, steroids = y$steroids, treat = as.character(y$treat), tstart = y$tstart, tstop = y$tstop, status = y$status), "survival::cgd")
y <- survival::rats; add("rats", data.frame(litter = y$litter, rx = y$rx, time = y$time, status = y$status, sex = as.character(y$sex)), "survival::rats")
add("stanford2", survival::stanford2[, c("time", "status", "age", "t5")], "survival::stanford2")
yr <- c(0, 100, 365, 1000, 2000, 4000, 9000)
for (ct in c("log-log", "log", "plain", "logit", "arcsin")) case(paste0("pbc_km_", ct), "km", data = "pbc", time = "time", event = "death", group = "stage", conf_type = ct, times = yr, tau = 2000)
case("pbc_km_filter", "km", data = "pbc", filter = list(sex = "m", stage = c(3, 4)), time = "time", event = "death", group = "edema", conf_type = "log-log", times = yr)
case("pbc_lr", "logrank", data = "pbc", time = "time", event = "death", group = "stage", pairwise = TRUE)
for (rho in c(0, 1)) case(paste0("pbc_lr_strata_", rho), "logrank", data = "pbc", time = "time", event = "death", group = "stage", strata = c("sex", "edema"), rho = rho, pairwise = TRUE)
for (ti in c("efron", "breslow")) case(paste0("pbc_cox_", ti), "cox", data = "pbc", time = "time", event = "death", covariates = c("age", "bili", "albumin", "protime", "edema"), ties = ti, zph = TRUE)
case("pbc_cox_missing", "cox", data = "pbc", time = "time", event = "death", covariates = c("trt", "chol", "copper"), strata = "stage", zph = TRUE)
case("pbc_cox_text", "cox", data = "pbc", time = "time", event = "death", covariates = c("sex", "age"), zph = TRUE); case("tr_cox_text", "cox", data = "transplant", filter = list(year = 1990:1994), time = "futime", event = "ev", covariates = c("abo", "sex"), zph = TRUE)
case("pbc_cox_robust", "cox", data = "pbc", time = "time", event = "death", covariates = c("age", "bili"), robust = TRUE)
case("pbc_cif", "cif", data = "pbc", time = "time", event = "cause", group = "sex", strata = "edema", times = yr, conf_type = "log-log")
for (k in 1:2) case(paste0("pbc_fg_", k), "finegray", data = "pbc", time = "time", event = "cause", covariates = c("age", "bili", "edema"), failcode = k, predict = list(c(50, 1, 0)), times = yr)
case("pbc_rmst", "rmst_diff", data = "pbc", time = "time", event = "death", group = "sex", tau = 2000); case("pbc_t1", "table1", data = "pbc", group = "sex", continuous = c("age", "bili", "chol", "copper")); case("pbc_t1_stage", "table1", data = "pbc", group = "stage", continuous = c("age", "chol"))
case("tr_cif", "cif", data = "transplant", time = "futime", event = "cause", group = "abo", times = c(0, 1, 30, 90, 365, 3000), conf_type = "log-log"); case("tr_cif_strata", "cif", data = "transplant", time = "futime", event = "cause", group = "sex", strata = "abo", times = c(0, 30, 365))
for (k in c(1, 3)) case(paste0("tr_fg_", k), "finegray", data = "transplant", time = "futime", event = "cause", covariates = c("age", "year"), failcode = k)
for (x in c("txtime", "crtime", "rltime")) case(paste0("mye_tvc_", x), "tvc", data = "myeloid", time = "futime", event = "death", exposure_time = x, covariates = "female", times = c(30, 365, 1000))
for (L in c(30, 200, 2400)) case(paste0("mye_landmark_", L), "landmark", data = "myeloid", time = "futime", event = "death", exposure_time = "txtime", landmark = L, conf_type = "log-log", times = c(0, 365, 1000))
case("mye_landmark_group", "landmark", data = "myeloid", time = "futime", event = "death", group = "trt", landmark = 100, conf_type = "log", times = c(0, 365))
case("ret_cluster", "cox", data = "retinopathy", time = "futime", event = "status", covariates = c("trt", "age", "risk"), cluster = "id", zph = TRUE); case("ret_lr", "logrank", data = "retinopathy", time = "futime", event = "status", group = "laser", strata = "type", pairwise = TRUE)
case("cgd_late", "cox", data = "cgd", entry = "tstart", time = "tstop", event = "status", covariates = c("age", "steroids"), zph = TRUE); case("cgd_km", "km", data = "cgd", entry = "tstart", time = "tstop", event = "status", group = "treat", conf_type = "log-log", times = c(0, 100, 300), curve = TRUE)
case("rats_cluster", "cox", data = "rats", time = "time", event = "status", covariates = "rx", cluster = "litter"); case("rats_lr", "logrank", data = "rats", time = "time", event = "status", group = "rx", strata = "sex")
case("st2_cox", "cox", data = "stanford2", time = "time", event = "status", covariates = c("age", "t5"), zph = TRUE); case("st2_km", "km", data = "stanford2", time = "time", event = "status", conf_type = "log-log", times = c(0, 1, 100, 4000))
for (b in list(c(0, 1), c(1, 1), c(0, 85), c(85, 85), c(3, 1000), c(499, 1000), c(1, 2))) case(sprintf("binom_%d_%d", b[1], b[2]), "binom", x = b[1], n = b[2])
tables <- list(list(c(0, 0), c(3, 4)), list(c(0, 5), c(0, 7)), list(c(5, 0), c(0, 7)), list(c(1, 0), c(0, 0)), list(c(300, 20), c(250, 31)), list(c(2, 3, 4), c(0, 5, 1)), list(c(0, 0, 0), c(1, 2, 3)), list(c(7, 0, 1), c(2, 2, 2), c(0, 5, 0), c(1, 1, 3)), list(c(10, 4, 3, 2), c(3, 8, 1, 0)))
for (i in seq_along(tables)) case(paste0("table_", i), "table", counts = tables[[i]])

run_cases(dir, C, ds, "further reference values")
