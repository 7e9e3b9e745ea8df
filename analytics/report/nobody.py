"""Why a result has nothing to estimate: nobody is in the population, reached its time zero, or could be analysed."""

from collections.abc import Mapping
from typing import Any

from analytics.report.naming import reason

Result = Mapping[str, Any]
NOT_ESTIMABLE = "not estimable"
NO_TIME_ZERO = "no patient has come to its time zero"
NONE_ANALYSED = "no patient could be analysed"
NO_GROUP = "no patient is in any of its groups"
NO_PATIENT = "no patient in the population at the cut-off"


def empty_population(result: Result) -> str:
    """That the population has nobody, as its results say it: a reason that left out none; blank for any other."""
    return next((reason(item["reason"]) for item in result.get("left_out", ()) if item["n"] == 0), "")


def not_estimable(result: Result) -> str:
    """`not estimable: no patient in the population at the cut-off`; blank where somebody is in the result, though
    their number may be withheld."""
    if "groups" not in result:
        return f"{NOT_ESTIMABLE}: {NO_PATIENT}" if _describes_nobody(result) else ""
    groups = result["groups"]
    if any(group["n"] != 0 for group in groups):
        return ""
    why = NONE_ANALYSED if result.get("left_out") else NO_TIME_ZERO if groups else NO_GROUP
    return f"{NOT_ESTIMABLE}: {empty_population(result) or why}"


def _describes_nobody(table: Result) -> bool:
    """Whether a table of patients (table 1) is of nobody."""
    columns = list(table["columns"])
    if not {"characteristic", "n"} <= set(columns):
        return False
    rows = [dict(zip(columns, row, strict=True)) for row in table["rows"]]
    sizes = [row["n"] for row in rows if row["characteristic"] == "patients"]
    return bool(sizes) and not any(n != 0 for n in sizes)
