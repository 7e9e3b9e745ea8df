"""Proof by reference: every value of a folder computed with R beside the product's own engine."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from analytics.stats.oracle.folder import Case, read_cases
from analytics.stats.oracle.judge import Rule, Value, compare
from analytics.stats.oracle.kinds import KINDS
from analytics.stats.oracle.regressions import REGRESSIONS
from analytics.stats.oracle.spec import wrong_field
from analytics.stats.oracle.tables import TABLES

__all__ = ["STATUSES", "Case", "CaseOutcome", "judge_case", "read_cases", "run_oracle"]

PASSED, FAILED, UNSUPPORTED = STATUSES = ("passed", "failed", "unsupported")


ANSWERS = {**KINDS, **REGRESSIONS, **TABLES}


@dataclass(frozen=True, kw_only=True)
class CaseOutcome:
    """How one case went: passed, failed or unsupported; `worst` difference in units of its tolerance."""

    id: str
    kind: str
    status: str
    values: int = 0
    worst: float = 0.0
    message: str = ""

    def __str__(self) -> str:
        told = f"{self.values} values" if not self.message else self.message
        return f"{self.status:11} {self.id} ({self.kind}): {told}"


def run_oracle(directory: str | Path) -> list[CaseOutcome]:
    """Every case of DIRECTORY/oracle.json through the engine, in file order.

    A case passes when all its values agree within the tolerance of their group. A folder or file that cannot
    be read is one ValueError; a case the engine cannot answer never stops the others.
    """
    return [judge_case(case) for case in read_cases(directory)]


def judge_case(case: Case) -> CaseOutcome:
    """One case: compute, compare, tell."""
    told = {"id": case.id, "kind": case.kind}
    answer_of = ANSWERS.get(case.kind)
    if answer_of is None:
        return CaseOutcome(**told, status=UNSUPPORTED, message=f"kind {case.kind!r} is not offered")
    if wrong := wrong_field(case.spec):
        return CaseOutcome(**told, status=FAILED, message=wrong)
    try:
        return _outcome(told, list(compare(case.expected, answer_of(case), rule=_rule(case))))
    except KeyError as fault:
        return CaseOutcome(**told, status=FAILED, message=f"the spec lacks {fault}")
    except ValueError as fault:
        refused_too = set(case.expected) == {"error"}
        return CaseOutcome(**told, status=PASSED if refused_too else FAILED, message=f"refused: {fault}")
    except Exception as fault:  # one broken case must not hide the others
        return CaseOutcome(**told, status=FAILED, message=f"{type(fault).__name__}: {fault}")


def _rule(case: Case) -> Rule:
    robust = bool(case.spec.get("cluster") or case.spec.get("robust"))
    return Rule(kind=case.kind, robust=robust, delayed=bool(case.spec.get("entry")))


def _outcome(told: dict[str, str], values: list[Value]) -> CaseOutcome:
    wrong = [value for value in values if not value.agrees]
    worst = max((value.ratio for value in values), default=0.0)
    message = "" if not wrong else f"{len(wrong)} of {len(values)} values differ; first {wrong[0]}"
    status = FAILED if wrong else PASSED
    return CaseOutcome(**told, status=status, values=len(values), worst=worst, message=message)
