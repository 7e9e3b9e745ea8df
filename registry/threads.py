"""Queries as screens show them: threads beside a record, rows of the inbox, what the reader may do with each."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet

from registry.access import ROLES, Scope
from registry.dictionary.compiled import EntitySpec
from registry.entities import dictionary, model_of
from registry.inbox import age_days
from registry.models import CareSite, Patient, Query, QueryMessage, QueryState, Record, User
from registry.models.query import ACTIVE, WAITING
from registry.places import Place, Role, patient_url
from registry.rows import visible
from registry.shown import Shown, row_title, shown_answer
from registry.submissions import new_token

ABOUT_ROW = "The record as a whole"


@dataclass(frozen=True)
class Thread:
    """One query with its messages and what this reader may do with it."""

    query: Query
    field: str
    messages: list[QueryMessage]
    may_answer: bool
    may_close: bool
    may_reopen: bool
    token: str = field(default_factory=new_token)

    @property
    def acts(self) -> bool:
        return self.may_answer or self.may_close or self.may_reopen


@dataclass(frozen=True)
class InboxLine:
    """One query in the inbox."""

    query: Query
    age: int
    entity: str
    field: str


def field_words(query: Query) -> str:
    """The label of the field that a query asks about."""
    if query.entity not in dictionary():
        return query.column.replace("_", " ")
    spec = dictionary()[query.entity]
    if query.column in spec.by_name:
        return spec.by_name[query.column].item.label
    return query.column.replace("_", " ").capitalize() or ABOUT_ROW


def entity_words(query: Query) -> str:
    return dictionary()[query.entity].entity.label if query.entity in dictionary() else "Chart"


def thread_of(query: Query, may: frozenset[str]) -> Thread:
    active = query.state in ACTIVE
    return Thread(
        query,
        field_words(query),
        list(query.messages.all()),
        may_answer="answer" in may and query.state in WAITING,
        may_close="query" in may and active,
        may_reopen="query" in may and query.state in (QueryState.ANSWERED, QueryState.CLOSED),
    )


def threads_on(place: Place, record: Record) -> list[Thread]:
    """Every query on this record: those still open first, then the newest."""
    mine = Query.objects.filter(patient=place.patient, entity=place.spec.slug, record_id=record.pk)
    found = mine.select_related("assignee").prefetch_related("messages")
    ordered = sorted(found, key=lambda query: (query.state not in ACTIVE, -query.pk))
    return [thread_of(query, place.may) for query in ordered]


def active_of(patient: Patient) -> list[InboxLine]:
    """The open queries of one patient, oldest first."""
    return inbox_lines(Query.objects.filter(patient=patient, state__in=ACTIVE).order_by("opened_at", "pk"), None)


def inbox_lines(queries: Iterable[Query], now: datetime | None) -> list[InboxLine]:
    return [InboxLine(one, age_days(one, now) if now else 0, entity_words(one), field_words(one)) for one in queries]


def record_of(query: Query) -> Record | None:
    """The row a query asks about, voided or not; None when it asks about the chart."""
    if query.entity not in dictionary() or query.record_id is None:
        return None
    return model_of(query.entity).objects.filter(pk=query.record_id).first()


def address_of(query: Query, place: Place, record: Record | None) -> str:
    """Where the field stands that a query asks about; `place` is the patient's."""
    if record is None or query.entity == "patient":
        return patient_url(place.patient)
    there = Place(dictionary()[query.entity], place.patient, place.may)
    return there.url(Role.DETAIL, record)


def value_now(query: Query, place: Place, record: Record | None) -> Shown | None:
    """What stands in the field today; None for a whole row, and for a field the reader may not see."""
    spec = dictionary()[query.entity] if record is not None else place.spec
    item = spec.by_name.get(query.column)
    if record is None or item is None or not visible(place, item):
        return None
    return shown_answer(item, record.answer(item.name), record)


def title_of(query: Query, place: Place, record: Record | None) -> str:
    if record is None or query.entity == "patient":
        return place.patient.registry_id
    return row_title(dictionary()[query.entity], record)


def fields_to_ask(place: Place, spec: EntitySpec) -> list[tuple[str, str]]:
    """(column, label) of what a query can be about, in the order of the form."""
    return [
        (item.name, item.item.label) for _heading, items in spec.sections() for item in items if visible(place, item)
    ]


def waiting_for(scope: Scope) -> QuerySet[Query]:
    """Queries this reader has to do something about: answer what waits, look at what was answered."""
    states = [*(WAITING if scope.can("answer") else ()), *((QueryState.ANSWERED,) if scope.can("query") else ())]
    return Query.objects.filter(state__in=states)


def people_who_answer(patient: Patient) -> list[User]:
    """Active people whose role answers queries at a site that cares for the patient, or at every site."""
    roles = [key for key, role in ROLES.items() if "answer" in role.permissions]
    sites = CareSite.objects.filter(patient=patient).values("site_id")
    here = User.objects.filter(is_active=True, memberships__role__in=roles, memberships__site_id__in=sites)
    all_over = User.objects.filter(is_active=True, memberships__role__in=roles, memberships__all_sites=True)
    return list(User.objects.filter(pk__in=here.union(all_over).values("pk")).order_by("username"))
