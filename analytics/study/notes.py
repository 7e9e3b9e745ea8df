"""Counts a report prints beside the results: rough dates, drafts, findings, and who is counted apart.

`notes`: [{code, text, n, results}]. n: patients of the population, each counted once; results: how many of
them in each result, where that can be told. A code is a rule of the data dictionary or a word in capitals; a
note of nobody is left out. Source: ENDPOINTS 3.4, 3.15, 6.4, DATA_DICTIONARY 1.2, 1.3.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from analytics.study.catalogue import Analysis, Plan
from analytics.study.cohort import Cohort
from analytics.study.days import Flags
from analytics.study.measures import Measure, answers, month_only
from analytics.study.milestones import Case
from analytics.study.milestones.case import codes
from analytics.study.observation import Endpoint, Ledger, observe
from analytics.study.schema import UNDATED

BOUNDARY_DAYS = (178, 187)  # relapses so near to half a year are counted (ENDPOINTS 3.4)
RULES = ("A02", "A10", "A12", "A13")
RULE_TEXTS = {
    "A01": "a date known to the month only is used",
    "A02": "left out: a date known to the year, or not at all",
    "A10": "left out: no response to salvage on file",
    "A12": "left out: no disease evaluation since time zero",
    "A13": "left out: death of unknown disease state and cause",
}


@dataclass(frozen=True)
class Apart:
    """A group of patients counted apart; in which plans, by a flag of the case."""

    code: str
    text: str
    plans: tuple[str, ...]
    of: Callable[[Case], Flags]


@dataclass(frozen=True, eq=False)
class Used:
    """Who is in a result, who is left out of it and why, and whose answer rests on a month-only date."""

    key: str
    ledger: Ledger
    month_only: Flags
    reads: tuple[str, ...]


def used(case: Case, analysis: Analysis) -> Used | None:
    """Who is in a result; None for table 1, which asks nobody."""
    question = analysis.question
    if isinstance(question, Endpoint):
        seen = observe(case, question)
        return Used(analysis.key, seen.ledger, seen.month_only & seen.ledger.stays, question.reads)
    if isinstance(question, Measure):
        _, ledger = answers(case, question)
        return Used(analysis.key, ledger, month_only(case, question) & ledger.stays, question.reads)
    return None


def notes(plan: Plan, cohort: Cohort) -> list[dict[str, Any]]:
    """The counts of a plan, in a fixed order; of the unstratified results."""
    case = cohort.case
    results = [one for analysis in plan.analyses if (one := used(case, analysis)) is not None]
    told = [*_by_result(case, results), *_findings(results), *_apart(plan, case)]
    return [note for note in told if note["n"]]


def _note(code: str, text: str, who: dict[str, Flags]) -> dict[str, Any]:
    anywhere = np.logical_or.reduce(list(who.values())) if who else np.zeros(0, dtype=bool)
    counts = {key: int(flags.sum()) for key, flags in who.items() if flags.any()}
    return {"code": code, "text": text, "n": int(anywhere.sum()), "results": counts}


def _by_result(case: Case, results: list[Used]) -> Iterator[dict[str, Any]]:
    yield _note("A01", RULE_TEXTS["A01"], {one.key: one.month_only for one in results})
    for rule in RULES:
        yield _note(rule, RULE_TEXTS[rule], {one.key: one.ledger.reasons == rule for one in results})
    drafts = _drafts(case)
    in_use = {one.key: one.ledger.stays & _any(case.size, drafts, one.reads) for one in results}
    yield _note("DRAFT", "a row not yet complete is read", in_use)


def _drafts(case: Case) -> dict[str, Flags]:
    """Patients with draft rows, by table."""
    found = {}
    for slug, table in case.frames.tables.items():
        if slug not in UNDATED and table["draft"].any():
            found[slug] = np.zeros(case.size, dtype=bool)
            found[slug][table["who"].to_numpy()[table["draft"].to_numpy()]] = True
    return found


def _any(size: int, drafts: dict[str, Flags], reads: tuple[str, ...]) -> Flags:
    out = np.zeros(size, dtype=bool)
    for slug in {column.split(".")[0] for column in reads}:
        out |= drafts.get(slug, False)
    return out


def _findings(results: list[Used]) -> Iterator[dict[str, Any]]:
    """Patients left out for an open ERROR finding, under the rule of the check."""
    rules = sorted({rule for one in results for rule in set(one.ledger.reasons) if _is_check(rule)})
    for rule in rules:
        who = {one.key: one.ledger.reasons == rule for one in results}
        yield _note(rule, f"left out: an open error of check {rule}", who)


def _is_check(reason: str) -> bool:
    return reason[:1] in "HW" and reason[1:].isdigit()


def _apart(plan: Plan, case: Case) -> Iterator[dict[str, Any]]:
    for apart in APART:
        if plan.key in apart.plans:
            n = int((case.members & apart.of(case)).sum())
            yield {"code": apart.code, "text": apart.text, "n": n, "results": {}}


def _autografted(case: Case) -> Flags:
    return _has(case, "hsct", codes(case.frames["hsct"]["hsct_type"], "AUTO"))


def _has(case: Case, slug: str, rows: Flags) -> Flags:
    out = np.zeros(case.size, dtype=bool)
    out[case.frames[slug]["who"].to_numpy()[rows]] = True
    return out


def _stale(case: Case) -> Flags:
    """Alive, last seen in remission, and not evaluated for more than a year before the cut-off (W73)."""
    alive = ~(case["death"].happened | case["death"].unsure)
    since = case.frames.cutoff - case["last_evaluated_day"]
    return alive & (case["state_last_evaluated"] == 0) & (since > case.conventions.stale_disease_days)


def _near_boundary(case: Case) -> Flags:
    low, high = BOUNDARY_DAYS
    return (case["days_to_relapse"] >= low) & (case["days_to_relapse"] <= high)


def _mrd_unknown(case: Case) -> Flags:
    """In remission, and no assessment of the index infusion that shows one tells the MRD."""
    rows = case["response_rows"]
    remission = case["index_responses"] & codes(rows.frame["response"], *case.conventions.cr_set)
    told = codes(rows.frame["mrd_status"], "NEG", "POS", "INDET")
    return case["cr_date"].happened & ~_has(case, "response", remission & told)


def _combined_line(case: Case) -> Flags:
    parts = case["salvage1"].at(case.frames["salvage"]["components"]).astype(str)
    return np.char.find(parts, ";") >= 0


INFUSED = ("post_cart_relapse", "post_infusion")
ALL_PLANS = (*INFUSED, "post_transplant")
APART = (
    Apart("AUTOGRAFT", "has an autologous transplant, which counts as no transplant", ALL_PLANS, _autografted),
    Apart("STALE", "alive in remission, last evaluated more than a year before the cut-off", ALL_PLANS, _stale),
    Apart("A11", "in remission of unknown MRD, not counted as MRD-negative", INFUSED, _mrd_unknown),
    Apart("NEAR_182", "relapsed 178 to 187 days after the infusion", ("post_cart_relapse",), _near_boundary),
    Apart("COMBINED_LINE", "salvage line 1 of several components", ("post_cart_relapse",), _combined_line),
    Apart(
        "UNGRADED",
        "CRS, ICANS or IEC-HS without grade or grading system, in no row",
        ("post_infusion",),
        lambda case: case["toxicity_not_graded"],
    ),
)
