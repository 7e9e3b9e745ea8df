"""The R script that computes a report's main numbers again from its CSV files, and those files.

`recompute.R` beside this file is the script's lasting part; the results of a snapshot add one line each.
"""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

TEMPLATE = Path(__file__).with_name("recompute.R")


def person_tables(study: Any, *, by: tuple[str, ...]) -> dict[str, str]:
    """Key -> CSV text, one row per patient in the result, of a study (`analytics.study.run.Study`)."""
    from analytics.study.persons import persons
    from analytics.study.run import check_strata

    strata = check_strata(study.plan.key, by)
    found = {}
    for analysis in study.plan.analyses:
        if not analysis.refuses(strata) and (columns := persons(study.cohort, analysis, strata)) is not None:
            found[analysis.key] = as_csv(columns)
    return found


def as_csv(columns: Mapping[str, list[Any]]) -> str:
    """Columns as CSV text, a header line first."""
    held = io.StringIO()
    writer = csv.writer(held, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(zip(*columns.values(), strict=True))
    return held.getvalue()


def r_script(plan: str, snapshot: Mapping[str, Any], results: Mapping[str, Any]) -> str:
    """The script for one snapshot."""
    from analytics.study.run import plan_of

    head = (
        f"# Computes the main numbers of the report on snapshot {snapshot['id']} again and compares them one by one.\n"
        f"# Plan {snapshot['plan']} version {snapshot['plan_version']}, cut-off {snapshot['cutoff']}.\n"
        f"# Results SHA-256 {snapshot['results_sha256']}\n"
        f"# Run it where it lies: Rscript recompute.R (R with survival, cmprsk and jsonlite).\n"
        f"# It reads results.json and endpoints/*.csv and ends with status 1 when a number differs.\n"
    )
    if snapshot["synthetic"]:
        head += "# SYNTHETIC DATA: invented patients, no evidence about anybody.\n"
    analyses = {analysis.key: analysis for analysis in plan_of(plan).analyses}
    calls = [call for key in results if (call := _call(analyses[key], results[key]))]
    end = (
        'cat(sprintf("%d numbers compared, %d differ\\n", found, different))\n'
        "if (different > 0) quit(status = 1)\n"
    )  # fmt: skip
    return "\n".join([head, TEMPLATE.read_text(encoding="utf-8"), *calls, "", end])


def _call(analysis: Any, result: Mapping[str, Any]) -> str:
    from analytics.study import estimate
    from analytics.study.toxicity import toxicity

    names = {
        estimate.curve: "curve",
        estimate.follow_up: "follow_up",
        estimate.rate: "rate",
        estimate.summary: "quantity",
        estimate.code_list: "code_list",
        toxicity: "severe",
    }
    if analysis.answer is estimate.incidence:
        first, second = analysis.question.causes
        return f'incidence("{analysis.key}", c({first} = 1, {second} = 2))'
    name = names.get(analysis.answer)
    return f'{name}("{analysis.key}")' if name else ""
