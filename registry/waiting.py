"""What waits for the reader: follow-ups and consents that are due, queries, changes of data quality."""

from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Case, Count, IntegerField, QuerySet, Value, When

from registry.access import Scope
from registry.due import due_items
from registry.models import DueItem, Query, User
from registry.next_due import form_for_item
from registry.quality import RuleFigures, changes
from registry.schedule import DUE, OVERDUE
from registry.threads import InboxLine, inbox_lines, waiting_for

MOST_DUE, MOST_QUERIES, MOST_CHANGES = 8, 6, 6


@dataclass(frozen=True)
class DueLine:
    """One thing to do: its window, the days left in it, and where it is entered (if the reader may)."""

    item: DueItem
    left: int
    url: str


@dataclass(frozen=True)
class Waiting:
    """The reader's work of today."""

    overdue: int
    due: int
    items: list[DueLine]
    query_count: int
    queries: list[InboxLine]
    swept_on: date | None
    changes: list[RuleFigures]


def waiting(scope: Scope, user: User, *, now: datetime, today: date) -> Waiting:
    """Counts, and the most urgent of each; the rest stands on pages of its own."""
    counts = dict(due_items().order_by().values_list("state").annotate(Count("pk")))
    enters = scope.can("enter")
    items = [DueLine(one, (one.closes_on - today).days, form_for_item(one) if enters else "") for one in _urgent()]
    mine = waiting_for(scope)
    asked = list(_for(user, mine)) if scope.can("query") or scope.can("answer") else []
    swept_on, moved = changes(scope)
    return Waiting(counts.get(OVERDUE, 0), counts.get(DUE, 0), items, mine.count() if asked else 0,
                   inbox_lines(asked, now), swept_on, moved[:MOST_CHANGES])  # fmt: skip


def _urgent() -> list[DueItem]:
    """What can still be done in time first, by the end of its window; then the overdue, the latest first."""
    in_time = due_items(states=(DUE,))[:MOST_DUE]
    overdue = due_items(states=(OVERDUE,)).order_by("-closes_on", "patient_id", "kind")[:MOST_DUE]
    soon, late = list(in_time), list(overdue)
    half = MOST_DUE // 2
    kept = max(half, MOST_DUE - len(late))
    return soon[:kept] + late[: MOST_DUE - len(soon[:kept])]


def _for(user: User, queries: QuerySet[Query]) -> QuerySet[Query]:
    """Queries assigned to the reader first, then the oldest."""
    first = Case(When(assignee=user, then=Value(0)), default=Value(1), output_field=IntegerField())
    return queries.select_related("patient__site", "assignee").order_by(first, "opened_at", "pk")[:MOST_QUERIES]
