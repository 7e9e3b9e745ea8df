"""The founding table: every number of the published text beside the registry's own, with what the text leaves
open.

Marks: `agrees`, `differs`, `not built` (no result to read), `withheld` (in a disclosed answer). Tolerances:
counts exact, medians and percentages 0.1, or the text's own rounding where that is coarser; 24-month survival
and limits of intervals 1; P values by their side of .05, F15 below .0001. Source: ENDPOINTS 5; the text is the
ASPHO 2023 abstract 121.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from analytics.stats.risk import MEANING
from analytics.study import founding_readings as read
from analytics.study.founding_readings import Answer, Values

AGREES, DIFFERS, NOT_BUILT, WITHHELD = "agrees", "differs", "not built", "withheld"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A number of the text: how to read the registry's own, whether the two agree, what must be said beside
    it."""

    number: str
    text: str
    own: Callable[[Answer], Values]
    shown: Callable[..., str]
    agree: Callable[..., bool]
    ambiguity: str
    beside: Callable[[Answer], str] | None = None
    few: Callable[[Answer], bool] = lambda answer: False


def founding_table(answer: Mapping[str, Any], *, disclosed: bool = False) -> list[dict[str, str]]:
    """F1-F23 as rows {number, text, own, mark, ambiguity}, from the answer of the plan `post_cart_relapse`.

    disclosed: the answer has small cells withheld (None); a number that needs one is `withheld` too.
    """
    return [_disclosed_row(figure, answer) if disclosed else _row(figure, answer) for figure in FIGURES]


def _row(figure: Figure, answer: Answer) -> dict[str, str]:
    own, mark = "-", NOT_BUILT
    values = _values(figure, answer)
    if values is not None:
        known = all(value is not None for value in values)
        mark = AGREES if known and figure.agree(*values) else DIFFERS
        own = figure.shown(*values) if known else "not estimable"
        if known and figure.few(answer):
            own = f"{own}, {MEANING}"
        if figure.beside is not None:
            own = f"{own}; {figure.beside(answer)}"
    return {"number": figure.number, "text": figure.text, "own": own, "mark": mark} | {"ambiguity": figure.ambiguity}


def _disclosed_row(figure: Figure, answer: Answer) -> dict[str, str]:
    hidden = {"number": figure.number, "text": figure.text, "own": WITHHELD, "mark": WITHHELD}
    try:
        row = _row(figure, answer)
    except TypeError:  # arithmetic with a withheld count
        return hidden | {"ambiguity": figure.ambiguity}
    return row if row["own"].partition(";")[0] != "not estimable" else hidden | {"ambiguity": figure.ambiguity}


def _values(figure: Figure, answer: Answer) -> Values | None:
    """None when a result the figure reads is not there."""
    try:
        return figure.own(answer)
    except (KeyError, IndexError, StopIteration):
        return None


def _near(*text: tuple[float, float]) -> Callable[..., bool]:
    """Every value lies within its tolerance of the text: (value of the text, tolerance), ..."""
    return lambda *values: all(
        abs(value - said) <= within + 1e-9 for value, (said, within) in zip(values, text, strict=True)
    )


def _not_significant(p: float) -> bool:
    return p > 0.05


FIGURES = (
    Figure(
        number="F1",
        text="below 30 years",
        own=read.age_span,
        shown=lambda low, high: f"{read.decimals(low)} to {read.decimals(high)} years",
        agree=lambda low, high: high < 30,
        ambiguity="at infusion, not at diagnosis",
    ),
    Figure(
        number="F2",
        text="5 clinical trials",
        own=read.protocols,
        shown=read.whole,
        agree=_near((5, 0)),
        ambiguity="trials not named in the text",
    ),
    Figure(
        number="F3",
        text="2012 through 2019",
        own=read.year_span,
        shown=lambda first, last: f"{int(first)}-{int(last)}",
        agree=_near((2012, 0), (2019, 0)),
        ambiguity="enrollment or infusion year",
    ),
    Figure(
        number="F4",
        text="about 50 % relapse",
        own=read.share("relapse_rate"),
        shown=read.percent,
        agree=_near((50, 5)),
        ambiguity="literature, not cohort data",
        beside=read.incidence_at_24,
    ),
    Figure(
        number="F5",
        text="195 patients",
        own=read.cohort_size,
        shown=read.whole,
        agree=_near((195, 0)),
        ambiguity="infused, or enrolled",
    ),
    Figure(
        number="F6",
        text="185 reached CR",
        own=read.count("cr_rate"),
        shown=read.whole,
        agree=_near((185, 0)),
        ambiguity="CR definition and window",
        beside=read.of("cr_rate"),
    ),
    Figure(
        number="F7",
        text="85 relapsed",
        own=read.count("relapse_rate"),
        shown=read.whole,
        agree=_near((85, 0)),
        ambiguity="MRD relapse counted or not",
        beside=read.of("relapse_rate"),
    ),
    Figure(
        number="F8",
        text="relapse at median 8.8 months",
        own=read.median_months_to_relapse,
        shown=lambda months: f"{read.decimals(months)} months",
        agree=_near((8.8, 0.1)),
        ambiguity="T0 could be CR; not Kaplan-Meier",
    ),
    Figure(
        number="F9",
        text="median age 10.6 years at relapse",
        own=read.median_age_at_relapse,
        shown=lambda years: f"{read.decimals(years)} years",
        agree=_near((10.6, 0.1)),
        ambiguity="",
    ),
    Figure(
        number="F10",
        text="55.3 % had prior HSCT",
        own=read.share("prior_hsct_at_relapse"),
        shown=read.percent,
        agree=_near((55.3, 0.1)),
        ambiguity="before infusion, or also consolidative HSCT before relapse",
        beside=lambda answer: f"before infusion {read.of('prior_hsct_pre_cart')(answer)}",
    ),
    Figure(
        number="F11",
        text="bone marrow 79 %",
        own=read.share("marrow_involved"),
        shown=read.percent,
        agree=_near((79, 0.5)),
        ambiguity="the text does not say isolated or any",
        beside=read.sites,
    ),
    Figure(
        number="F12",
        text="median OS 15.3 months (95 % CI 9-27)",
        own=read.median_months("os_relapse"),
        shown=read.months_with_limits,
        agree=_near((15.3, 0.1), (9, 1), (27, 1)),
        few=read.few("os_relapse"),
        ambiguity="T0 is relapse",
    ),
    Figure(
        number="F13",
        text="median follow-up 51 months after relapse",
        own=lambda answer: read.median_months("follow_up")(answer)[:1],
        shown=lambda months: f"{read.decimals(months)} months (reverse Kaplan-Meier)",
        agree=_near((51, 0.5)),
        few=read.few("follow_up"),
        ambiguity="reverse Kaplan-Meier, or survivors only",
        beside=read.survivors_follow_up,
    ),
    Figure(
        number="F14",
        text="OS at 24 months 43 % (32-53)",
        own=read.survival_at_24,
        shown=lambda s, low, high: f"{read.percent(s)} ({read.decimals(low)}-{read.decimals(high)})",
        agree=_near((43, 1), (32, 1), (53, 1)),
        few=read.few("os_relapse", 24),
        ambiguity="log(-log) interval fits the text, the plain one would round to 32-54",
    ),
    Figure(
        number="F15",
        text="OS worse if relapse within first 6 months, P < .0001",
        own=read.p("os_relapse_by_timing"),
        shown=read.p_text,
        agree=lambda p: p < 1e-4,
        ambiguity='"within 6 months" boundary; group sizes not given',
        beside=read.sizes("os_relapse_by_timing"),
    ),
    Figure(
        number="F16",
        text="EFS by type of salvage therapy, P = .116",
        own=read.p("efs_salvage_by_type"),
        shown=read.p_text,
        agree=_not_significant,
        ambiguity="categories, T0, event list and number of groups not given",
        beside=read.sizes("efs_salvage_by_type"),
    ),
    Figure(
        number="F17",
        text="37 had HSCT after relapse",
        own=read.count("hsct_after_relapse"),
        shown=read.whole,
        agree=_near((37, 0)),
        ambiguity="",
        beside=read.of("hsct_after_relapse"),
    ),
    Figure(
        number="F18",
        text="OS after HSCT, prior HSCT v naive, P = .160",
        own=read.p("os_hsct_by_prior_hsct"),
        shown=read.p_text,
        agree=_not_significant,
        ambiguity="prior = before CART or before this HSCT",
        beside=read.sizes("os_hsct_by_prior_hsct"),
    ),
    Figure(
        number="F19",
        text="43.2 % alive in remission",
        own=read.outcome("ALIVE_CR"),
        shown=read.percent,
        agree=_near((43.2, 0.1)),
        ambiguity="date of status",
        beside=read.outcome_count("ALIVE_CR"),
    ),
    Figure(
        number="F20",
        text="46.0 % subsequent relapse",
        own=read.outcome("RELAPSE", "PERSISTENT"),
        shown=read.percent,
        agree=_near((46.0, 0.1)),
        ambiguity="17/37 rounds to 45.9; the text's 46.0 makes the three total 100.0",
        beside=read.outcome_count("RELAPSE", "PERSISTENT"),
    ),
    Figure(
        number="F21",
        text="10.8 %, 4 patients, died of transplant complications",
        own=read.outcome("NRM"),
        shown=read.percent,
        agree=_near((10.8, 0.1)),
        ambiguity="death without relapse, or attributed only",
        beside=read.outcome_count("NRM"),
    ),
    Figure(
        number="F22",
        text="16 + 17 + 4 = 37",
        own=read.outcomes_add_up,
        shown=lambda total, transplanted, unknown: f"{int(total)} of {int(transplanted)}",
        agree=lambda total, transplanted, unknown: total == transplanted and unknown == 0,
        ambiguity="so no patient was ALIVE_UNKNOWN",
    ),
    Figure(
        number="F23",
        text="P values printed as <.0001, .116, .160",
        own=read.all_p,
        shown=lambda *values: ", ".join(read.p_text(value) for value in values),
        agree=lambda *values: True,
        ambiguity="",
    ),
)
