"""The plans: which population, which analyses, in which order. Adding an analysis is one line here.

Source: CONTRACT of the snapshots (plans and keys), ENDPOINTS 3 and 5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from analytics.study import endpoints as e
from analytics.study import estimate, measures
from analytics.study.endpoints import Endpoint
from analytics.study.measures import Measure
from analytics.study.milestones import Case
from analytics.study.milestones.salvage import CATEGORIES
from analytics.study.population import FOUNDING, POST_INFUSION, POST_TRANSPLANT, Population
from analytics.study.strata import FROM_RELAPSE, STRATA, Stratum
from analytics.study.table1 import AT_INFUSION, AT_TRANSPLANT, Description, table1
from analytics.study.toxicity import TOXICITY, toxicity

SALVAGE_CATEGORY = Stratum(
    key="salvage_category",
    label="Salvage therapy, line 1",
    groups=lambda case, moment: case["salvage_category"],
    levels=CATEGORIES,
    known=FROM_RELAPSE[1:],
)
FOLLOW_UP = (
    "Follow-up by reverse Kaplan-Meier: the same patients and days, the event is being alive at last contact, "
    "deaths are censored."
)
TIMING = "By timing: EARLY when the relapse is at most 182 days after the index infusion, LATE from day 183."
SALVAGE_TYPE = "By the category of line 1; categories of fewer than 5 patients are pooled into OTHER."
PRIOR = "By transplant before this one: Y also when it was in remission after CART19."
CODE_LIST = "a list of codes, not compared between groups"


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """One result of a plan. answer(case, question, strata) computes it; own: its own stratifier; whole: why
    it takes none; note: what its definition adds to that of the question.
    """

    key: str
    question: Endpoint | Measure | Description
    answer: Callable[..., Any]
    own: Stratum | None = None
    whole: str = ""
    note: str = ""
    options: tuple[tuple[str, Any], ...] = ()

    @property
    def moment(self) -> str:
        return self.question.moment

    @property
    def endpoint(self) -> str:
        """What the result says it answers."""
        return self.key if self.answer is estimate.follow_up else self.question.key

    @property
    def definition(self) -> str:
        return f"{self.question.definition} {self.note}".strip()

    @property
    def refuses_all(self) -> bool:
        """It takes no strata at all."""
        return bool(self.whole or self.own)

    def compute(self, case: Case, strata: tuple[Stratum, ...]) -> Any:
        """The result, by its own stratifier where it has one."""
        if self.whole:
            return self.answer(case, self.question, **dict(self.options))
        return self.answer(case, self.question, (self.own,) if self.own else strata, **dict(self.options))

    def refuses(self, strata: tuple[Stratum, ...]) -> str:
        """Why this analysis is not done by these strata; blank if it is."""
        if not strata:
            return ""
        if self.whole:
            return self.whole
        if self.own:
            return f"has a stratifier of its own ({self.own.key})"
        late = [stratum.key for stratum in strata if self.moment not in stratum.known]
        return f"time zero comes before {', '.join(late)} is known" if late else ""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A named list of analyses on one population."""

    key: str
    label: str
    population: Population
    analyses: tuple[Analysis, ...]
    version: int = 1


def _rate(measure: Measure) -> Analysis:
    return Analysis(key=measure.key, question=measure, answer=estimate.rate)


def _summary(measure: Measure) -> Analysis:
    return Analysis(key=measure.key, question=measure, answer=estimate.summary)


def _codes(measure: Measure, whole: str = CODE_LIST) -> Analysis:
    return Analysis(key=measure.key, question=measure, answer=estimate.code_list, whole=whole)


def _curve(endpoint: Endpoint, key: str = "", **more: Any) -> Analysis:
    return Analysis(key=key or endpoint.key, question=endpoint, answer=estimate.curve, **more)


def _incidence(endpoint: Endpoint, key: str = "", **more: Any) -> Analysis:
    return Analysis(key=key or endpoint.key, question=endpoint, answer=estimate.incidence, **more)


def _follow_up(endpoint: Endpoint) -> Analysis:
    return Analysis(key="follow_up", question=endpoint, answer=estimate.follow_up, note=FOLLOW_UP)


def _table1(description: Description) -> Analysis:
    return Analysis(key="table1", question=description, answer=table1)


REMISSION_RATES = (
    _rate(measures.CR_RATE),
    _rate(measures.CR_RATE_D28),
    _rate(measures.CR_RATE_MRD_NEG),
    _rate(measures.CR_RATE_ELIANA),
)

POST_CART_RELAPSE = Plan(
    key="post_cart_relapse",
    label="Relapse after CD19 CAR T: the founding analysis",
    population=FOUNDING,
    analyses=(
        *REMISSION_RATES,
        _rate(measures.RELAPSE_RATE),
        _incidence(e.CIR, key="cir_relapse"),
        _summary(measures.TIME_TO_RELAPSE),
        _summary(measures.AGE_AT_RELAPSE),
        _rate(measures.PRIOR_HSCT_AT_RELAPSE),
        _rate(measures.PRIOR_HSCT_PRE_CART),
        _codes(measures.RELAPSE_SITE),
        _rate(measures.MARROW_INVOLVED),
        _curve(e.OS_RELAPSE),
        _follow_up(e.OS_RELAPSE),
        _curve(e.OS_RELAPSE, key="os_relapse_by_timing", own=STRATA["relapse_timing"], note=TIMING),
        _codes(measures.SALVAGE_RESPONSE, "has a stratifier of its own (salvage_category)"),
        _curve(
            e.EFS_SALVAGE, key="efs_salvage_by_type", own=SALVAGE_CATEGORY, note=SALVAGE_TYPE, options=(("pool", True),)
        ),
        _rate(measures.HSCT_AFTER_RELAPSE),
        _curve(e.OS_HSCT_POST, key="os_hsct_by_prior_hsct", own=STRATA["prior_hsct"], note=PRIOR),
        _codes(measures.HSCT_OUTCOME),
        _table1(AT_INFUSION),
    ),
)
POST_INFUSION_PLAN = Plan(
    key="post_infusion",
    label="Outcome after the index infusion",
    population=POST_INFUSION,
    analyses=(
        *REMISSION_RATES,
        _curve(e.OS_INFUSION),
        _curve(e.EFS_INFUSION),
        _curve(e.RFS),
        _incidence(e.CIR),
        _incidence(e.NRM, options=(("causes", (2, 1)),)),
        _follow_up(e.OS_INFUSION),
        _incidence(e.B_CELL_APLASIA),
        Analysis(key="toxicity", question=TOXICITY, answer=toxicity, whole=CODE_LIST),
        _table1(AT_INFUSION),
    ),
)
POST_TRANSPLANT_PLAN = Plan(
    key="post_transplant",
    label="Outcome after the first transplant",
    population=POST_TRANSPLANT,
    analyses=(
        _curve(e.OS_HSCT),
        _curve(e.RFS_HSCT),
        _incidence(e.CIR_HSCT),
        _curve(e.OS_AFTER_HSCT_RELAPSE),
        _follow_up(e.OS_HSCT),
        _table1(AT_TRANSPLANT),
    ),
)
PLANS: dict[str, Plan] = {plan.key: plan for plan in (POST_CART_RELAPSE, POST_INFUSION_PLAN, POST_TRANSPLANT_PLAN)}
