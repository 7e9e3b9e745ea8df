"""What can be asked, as data for pages that do not load the study: `python -m analytics.study.offered >
analytics/questions.json`; a test compares the file with what this prints."""

from __future__ import annotations

import json
import sys
from typing import Any

from analytics.study import estimate
from analytics.study.catalogue import PLANS, Analysis
from analytics.study.exposures import EXPOSURES, Exposure
from analytics.study.guard import formation
from analytics.study.multivariable import TERMS, preferred, terms_of
from analytics.study.run import check_strata
from analytics.study.strata import STRATA
from analytics.study.table1 import Description


def offered() -> dict[str, Any]:
    """Plans with their questions, strata, and the groupings that form after time zero."""
    return {
        "plans": {key: _plan(key) for key in PLANS},
        "strata": {key: stratum.label for key, stratum in STRATA.items()},
        "levels": {key: list(stratum.levels) for key, stratum in STRATA.items()},
        "later": {key: {"label": one.label} | _formed(key, one) for key, one in EXPOSURES.items()},
        "terms": {key: preferred(key) for key in TERMS},
    }


def _formed(key: str, exposure: Exposure) -> dict[str, Any]:
    """In words, and what a program needs to follow it: landmarks in days, and what must hold there."""
    forms, instead = formation(key)
    return {
        "forms": forms,
        "instead": instead,
        "landmarks": [mark.days for mark in exposure.landmarks],
        "time_dependent": exposure.time_dependent,
        "remission": exposure.remission,
        "standing": bool(exposure.standing),
    }


def _plan(key: str) -> dict[str, Any]:
    plan = PLANS[key]
    return {
        "label": plan.label,
        "version": plan.version,
        "population": {"key": plan.population.key, "version": plan.population.version}
        | {"label": plan.population.label, "definition": plan.population.definition},
        "refused": [stratum for stratum in STRATA if not _allowed(key, stratum)],
        "questions": {one.key: _question(one) for one in plan.analyses},
    }


def _allowed(plan: str, stratum: str) -> bool:
    try:
        return bool(check_strata(plan, (stratum,)))
    except ValueError:
        return False


def _question(analysis: Analysis) -> dict[str, Any]:
    """survival: a curve, which alone can be followed from landmarks or by a regression."""
    question = analysis.question
    survival = analysis.answer is estimate.curve
    strata = [] if analysis.refuses_all else [key for key, one in STRATA.items() if analysis.moment in one.known]
    later = [key for key, one in EXPOSURES.items() if analysis.moment in one.moments]
    table = isinstance(question, Description)
    return {
        "label": getattr(question, "label", "Characteristics at time zero"),
        "version": getattr(question, "version", 1),
        "definition": analysis.definition,
        "endpoint": question.key,
        "survival": survival,
        "own": analysis.own.key if analysis.own else "",
        "strata": strata,
        "later": later if survival and not table else [],
        "terms": terms_of(analysis) if survival else [],
    }


def document() -> str:
    return json.dumps(offered(), ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    sys.stdout.write(document())
