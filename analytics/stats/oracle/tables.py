"""The engine's answers in the shape of the reference: tables of counts, table 1."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from analytics.stats.crosstab import chi_square, fisher_exact, odds_ratio
from analytics.stats.describe import describe
from analytics.stats.oracle.folder import Case
from analytics.stats.oracle.kinds import Answer, in_order, names
from analytics.stats.samples import Samples, compare_samples


def table(case: Case) -> Answer:
    """Exact and chi-square tests of a table of counts; odds ratio of a 2 x 2 table."""
    counts = case.spec["counts"]
    fisher, pearson = fisher_exact(counts), chi_square(counts)
    answer: Answer = {
        "fisher_p": fisher.p,
        "chisq": pearson.statistic,
        "df": pearson.df,
        "chisq_p": pearson.p,
        "min_expected": pearson.min_expected,
    }
    if len(counts) == 2 and all(len(row) == 2 for row in counts):
        ratio, yates = odds_ratio(counts), chi_square(counts, yates=True)
        answer |= {
            "fisher_or_cond_mle": ratio.estimate,
            "fisher_or_lower": ratio.lower,
            "fisher_or_upper": ratio.upper,
            "chisq_yates": yates.statistic,
            "chisq_yates_p": yates.p,
        }
    return answer


def table1(case: Case) -> Answer:
    """Description and comparison of measured quantities by group."""
    frame = case.frame.complete([case.spec["group"]])
    answer: Answer = {}
    for name in names(case.spec["continuous"]):
        wanted = case.expected.get(name, {}).get("summary", {})
        labels, group = in_order(frame, case.spec["group"], [label for label in wanted if label != "all"])
        answer[name] = _samples(compare_samples(frame.numbers(name), group), labels)
        answer[name]["summary"]["all"] = asdict(describe(case.frame.numbers(name)))
    return answer


def _samples(found: Samples, labels: list[str]) -> Answer:
    answer: Answer = {
        "summary": {label: asdict(it) for label, it in zip(labels, found.each, strict=True)},
        "kruskal": found.kruskal,
        "kruskal_df": found.kruskal_df,
        "kruskal_p": found.kruskal_p,
    }
    if found.two is not None:
        two = asdict(found.two)
        answer |= {"wilcoxon_W": two["wilcoxon"], "wilcoxon_p_cc": two["wilcoxon_p"]}
        answer |= {"wilcoxon_p_nocc": two["wilcoxon_p_uncorrected"]}
        answer |= {key: two[key] for key in ("welch_t", "welch_df", "welch_p", "smd")}
    return answer


TABLES: dict[str, Callable[[Case], Answer]] = {"table": table, "table1": table1}
