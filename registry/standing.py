"""Where a patient stands now, in one word that lists are narrowed and sorted by; kept in step like what is due.

Dead, lost, not infused, and after the first infusion: transplanted, relapsed, in remission - by the latest of these
dates as they are stored (the stand-in of a partial date). For finding patients; endpoints stand in `analytics.study`.
"""

from collections.abc import Iterable
from datetime import date

from django.db.models import QuerySet, Value
from django.db.models.functions import Coalesce

from registry.checks.case import Case, Row

NOT_INFUSED = "not_infused"
#: Key -> (words, tone of the badge), in the order of the chooser.
STANDINGS = {
    "remission": ("In remission", "complete"),
    "relapsed": ("Relapsed", "bad"),
    "transplanted": ("After HSCT", "answered"),
    "no_remission": ("No remission yet", "warn"),
    NOT_INFUSED: ("Not infused", "draft"),
    "lost": ("Lost to follow-up", "draft"),
    "dead": ("Dead", "dead"),
}


def with_standing(patients: QuerySet) -> QuerySet:
    """The patients with `standing`, one of STANDINGS: as of the last change of a row of theirs."""
    return patients.annotate(standing=Coalesce("follow_up_state__standing", Value(NOT_INFUSED)))


def standing_of(case: Case) -> str:
    """Where the patient of these rows stands."""
    said = max(_dated(case.of("follow_up"), "contact_date"), key=lambda one: (one[0], one[1].id), default=None)
    word = said[1].vital_status if said else ""
    if case.of("death") or word == "DEAD":
        return "dead"
    return "lost" if word == "LTFU" else _after_infusion(case)


def _after_infusion(case: Case) -> str:
    infused = min((day for day, _row in _dated(case.of("infusion"), "infusion_date")), default=None)
    if infused is None:
        return NOT_INFUSED
    relapsed = _last(case.of("relapse"), "relapse_date", since=infused)
    transplanted = _last(case.of("hsct"), "hsct_date", since=infused)
    if transplanted > date.min and transplanted >= relapsed:
        return "transplanted"
    remitted = _last(case.remissions, "assessment_date")
    if relapsed > date.min and relapsed >= remitted:
        return "relapsed"
    return "remission" if remitted > date.min else "no_remission"


def _dated(rows: Iterable[Row], column: str) -> list[tuple[date, Row]]:
    return [(on.value, row) for row in rows if (on := row.values.get(column)) is not None]


def _last(rows: Iterable[Row], column: str, *, since: date = date.min) -> date:
    """The latest of these dates from a day on; the first day there is, when there is none."""
    return max((day for day, _row in _dated(rows, column) if day >= since), default=date.min)
