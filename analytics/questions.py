"""What can be asked: plans, questions, strata and groupings by name, for web processes, which do not load the study.

The study decides and writes `questions.json` (`python -m analytics.study.offered`); a test keeps the file fresh.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_OFFERED: dict[str, Any] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))

#: Plan -> label.
PLANS: dict[str, str] = {key: plan["label"] for key, plan in _OFFERED["plans"].items()}
#: Plan -> result -> {label, version, definition, survival, own, strata, later, terms}.
QUESTIONS: dict[str, dict[str, Any]] = {key: plan["questions"] for key, plan in _OFFERED["plans"].items()}
#: Plan -> {key, label, version, definition} of its population.
POPULATIONS: dict[str, dict[str, Any]] = {key: plan["population"] for key, plan in _OFFERED["plans"].items()}
#: Stratum -> label; a plan refuses those that are not known at its time zero, and says why.
STRATA: dict[str, str] = _OFFERED["strata"]
#: Stratum -> its levels in their order; none where they are names.
LEVELS: dict[str, list[str]] = _OFFERED["levels"]
#: A grouping that forms after time zero -> {label, forms, instead, landmarks, time_dependent, remission, standing}.
LATER: dict[str, dict[str, Any]] = _OFFERED["later"]
#: A characteristic of a regression -> its levels, that of comparison first; none: the largest group, or a quantity.
TERMS: dict[str, list[str]] = _OFFERED["terms"]
#: Strata that no analysis of the plan knows at its time zero.
NOT_KNOWN = {key: frozenset(plan["refused"]) for key, plan in _OFFERED["plans"].items()}
#: How a question is answered.
METHODS = {
    "groups": "The result, by group where groups are chosen",
    "regression": "Cox regression on as many characteristics as the events allow",
    "restricted": "Mean event-free time within 24 months",
}


def not_known(plan: str, by: Iterable[str]) -> list[str]:
    """Which of these strata the plan cannot use."""
    return [stratum for stratum in by if stratum in NOT_KNOWN[plan]]


def offered(asked: dict[str, Any]) -> bool:
    """Whether this version of the study still has the question; it may have been asked of an earlier one."""
    return asked["key"] in QUESTIONS.get(asked["plan"], {})
