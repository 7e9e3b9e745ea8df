"""How each figure of the founding table is read from the results, and how it prints.

A reading returns its values, None where not estimable; a result that is not there raises KeyError or
StopIteration. Source: ENDPOINTS 5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

from analytics.stats.risk import MEANING, rests_on_few
from analytics.stats.wording import number_text, percent_number
from analytics.study.conventions import DEFAULT

Answer = Mapping[str, Any]
Values = tuple[float | None, ...]
Reading = Callable[[Answer], Values]
OUTCOMES = ("ALIVE_CR", "RELAPSE", "PERSISTENT", "NRM", "ALIVE_UNKNOWN")
COMPARED = ("os_relapse_by_timing", "efs_salvage_by_type", "os_hsct_by_prior_hsct")


def decimals(value: float, places: int = 1) -> str:
    """Rounded half up from the shortest text of the number."""
    return number_text(value, places=places)


def percent(value: float) -> str:
    """A percentage with one decimal."""
    return f"{decimals(value)} %"


def whole(value: float) -> str:
    """A count."""
    return str(int(value))


def p_text(p: float) -> str:
    """A P value as the text prints it: <.0001 below 1e-4, else three decimals. Source: ENDPOINTS 5, F23."""
    return "<.0001" if p < 1e-4 else decimals(p, 3).removeprefix("0")


def months_with_limits(value: float, lower: float, upper: float) -> str:
    """A median in months with its interval."""
    return f"{decimals(value)} months (95 % CI {decimals(lower)}-{decimals(upper)})"


def group(answer: Answer, key: str, label: str = "all") -> Mapping[str, Any]:
    """One group of a result."""
    return next(found for found in answer["results"][key]["groups"] if found["label"] == label)


def _months(days: float | None) -> float | None:
    return None if days is None else days / DEFAULT.days_per_month


def _table1(answer: Answer, characteristic: str) -> list[dict[str, Any]]:
    table = answer["results"]["table1"]
    rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
    return [row for row in rows if row["characteristic"] == characteristic]


def age_span(answer: Answer) -> Values:
    """Youngest and oldest age at the index infusion."""
    row = _table1(answer, "age_years")[0]
    return row["min"], row["max"]


def protocols(answer: Answer) -> Values:
    """Number of distinct protocols."""
    return (float(sum(1 for row in _table1(answer, "protocol") if row["level"] is not None)),)


def year_span(answer: Answer) -> Values:
    """First and last year of an index infusion."""
    row = _table1(answer, "year")[0]
    return row["min"], row["max"]


def cohort_size(answer: Answer) -> Values:
    """Patients left after the last step of the attrition."""
    return (float(answer["attrition"][-1]["n"]),)


def count(key: str) -> Reading:
    """x of a rate."""
    return lambda answer: (float(group(answer, key)["x"]),)


def share(key: str) -> Reading:
    """A rate as a percentage."""
    return lambda answer: (percent_number(group(answer, key)["x"], group(answer, key)["n"]),)


def of(key: str, label: str = "all") -> Callable[[Answer], str]:
    """x/n (percentage) of a rate."""

    def text(answer: Answer) -> str:
        found = group(answer, key, label)
        value = percent_number(found["x"], found["n"])
        return f"{found['x']}/{found['n']}" + ("" if value is None else f" ({percent(value)})")

    return text


def median_months_to_relapse(answer: Answer) -> Values:
    """Ordinary median among those who relapsed."""
    return (_months(group(answer, "time_to_relapse")["median"]),)


def median_age_at_relapse(answer: Answer) -> Values:
    """Ordinary median in years."""
    return (group(answer, "age_at_relapse")["median"],)


def sites(answer: Answer) -> str:
    """Marrow alone first, then every other group of sites."""
    shown = [f"{found['label']} {found['x']}" for found in answer["results"]["relapse_site"]["groups"]]
    return f"isolated {of('relapse_site', 'BM_ISO')(answer)}; " + ", ".join(shown)


def median_months(key: str) -> Reading:
    """Median of a curve and its limits, in months."""

    def values(answer: Answer) -> Values:
        found = group(answer, key)["median"]
        return tuple(_months(found[name]) for name in ("days", "lower", "upper"))

    return values


def survivors_follow_up(answer: Answer) -> str:
    """Plain median of the observed times of those alive, from the steps of the reverse Kaplan-Meier curve."""
    steps = group(answer, "follow_up")["steps"]
    times, before = [], 1.0
    for day, estimate, at_risk in zip(steps["days"], steps["estimate"], steps["n_risk"], strict=True):
        leaving = round(at_risk * (1 - estimate / before)) if before else 0
        times += [day] * leaving
        before = estimate
    return f"survivors only {decimals(_months(median(times)))} months" if times else "no survivors"


def survival_at_24(answer: Answer) -> Values:
    """Survival at 24 months with its limits, in percent."""
    found = next(at for at in group(answer, "os_relapse")["at"] if at["months"] == 24)
    shown = (found[name] for name in ("estimate", "lower", "upper"))
    return tuple(None if value is None else 100 * value for value in shown)


def incidence_at_24(answer: Answer) -> str:
    """Cumulative incidence of relapse at 24 months from remission."""
    relapse = group(answer, "cir_relapse")["causes"][0]
    value = next(at for at in relapse["at"] if at["months"] == 24)["estimate"]
    few = rests_on_few(relapse["steps"], 24 * DEFAULT.days_per_month)
    told = "not estimable" if value is None else percent(100 * value) + (f" ({MEANING})" if few else "")
    return f"cumulative incidence at 24 months from remission {told}"


def few(key: str, months: float | None = None) -> Callable[[Answer], bool]:
    """Whether a curve at that month, or at its median, rests on few. Source: ENDPOINTS 6.5."""

    def told(answer: Answer) -> bool:
        curve = group(answer, key)
        day = curve["median"]["days"] if months is None else months * DEFAULT.days_per_month
        return rests_on_few(curve["steps"], day)

    return told


def p(key: str) -> Reading:
    """The P value of a comparison; None when it was not made."""

    def values(answer: Answer) -> Values:
        comparison = answer["results"][key]["comparison"]
        return (None if comparison is None else comparison["p"],)

    return values


def all_p(answer: Answer) -> Values:
    """The three P values of the text, in its order."""
    return tuple(p(key)(answer)[0] for key in COMPARED)


def sizes(key: str) -> Callable[[Answer], str]:
    """The groups compared and their sizes."""
    return lambda answer: ", ".join(f"{found['label']} {found['n']}" for found in answer["results"][key]["groups"])


def outcome(*labels: str) -> Reading:
    """Share of the outcomes named, of all transplanted."""

    def values(answer: Answer) -> Values:
        found = [group(answer, "hsct_outcome", label) for label in labels]
        return (percent_number(sum(one["x"] for one in found), found[0]["n"]),)

    return values


def outcome_count(*labels: str) -> Callable[[Answer], str]:
    """Number with the outcomes named."""
    return lambda answer: f"n = {sum(group(answer, 'hsct_outcome', label)['x'] for label in labels)}"


def outcomes_add_up(answer: Answer) -> Values:
    """Sum of all outcomes, number transplanted, number of unknown status."""
    found = [group(answer, "hsct_outcome", label) for label in OUTCOMES]
    transplanted = group(answer, "hsct_after_relapse")["x"]
    return float(sum(one["x"] for one in found)), float(transplanted), float(found[-1]["x"])
