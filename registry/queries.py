"""Data queries: somebody asks about a value, the site answers, somebody closes - or the mended data do.

Those with the right `query` (data managers, monitors) raise, close, reopen and assign; those with the right `answer`
(coordinators, investigators) answer. What happens when data change stands in registry.mending.
"""

from datetime import datetime, timedelta

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from registry.access import current_scope
from registry.checks import engine
from registry.entities import dictionary, model_of
from registry.memory import acting
from registry.mending import SYSTEM, move, value_digest
from registry.models import CareSite, Finding, Patient, Query, QueryMessage, QueryState, Record, User
from registry.models.query import ACTIVE

LONGEST = 2000
BATCH = 500


def raise_query(
    record: Record, column: str, text: str, *, rule: str = "", assignee: User | None = None, now: datetime | None = None
) -> Query:
    """Ask about one field of a row (or, with a blank column, about the row)."""
    spec = dictionary()[record.entity.slug]
    if spec.entity.reference:
        raise ValidationError("Queries are raised on patients' records.")
    if column and column not in spec.by_name and column not in dict(spec.parents):
        raise ValidationError({"column": "There is no such field."})
    patient = record.pk if isinstance(record, Patient) else record.patient_id
    asked = Query(patient_id=patient, entity=spec.slug, record_id=record.pk, column=column, rule=rule,
                  assignee=assignee, digest=value_digest(record, column))  # fmt: skip
    return _raise(asked, text, now or timezone.now())


def raise_from_finding(
    finding: Finding, text: str = "", *, assignee: User | None = None, now: datetime | None = None
) -> Query:
    """Ask about a finding; without own words, in the words of the check."""
    asked = Query(patient_id=finding.patient_id, entity=finding.entity, record_id=finding.record_id, assignee=assignee,
                  column=finding.column, rule=finding.rule, digest=_digest_of(finding))  # fmt: skip
    return _raise(asked, text.strip() or finding.message, now or timezone.now())


def _digest_of(finding: Finding) -> str:
    record = model_of(finding.entity).objects.filter(pk=finding.record_id).first() if finding.record_id else None
    return value_digest(record, finding.column) if record else ""


def _raise(query: Query, text: str, now: datetime) -> Query:
    scope = current_scope()
    _require("query", query)
    text = _words(text, "Say what is asked.")
    place = {name: getattr(query, name) for name in ("patient_id", "entity", "record_id", "column", "rule")}
    if Query.objects.filter(**place, state__in=ACTIVE).exists():
        raise ValidationError("This has been asked already and is not closed; add to that query.")
    query.opened_at = query.changed_at = now
    query.opened_by = scope.actor
    with acting(scope, f"query: {text}"):
        query.save()
        QueryMessage.objects.create(
            query=query, patient_id=query.patient_id, at=now, author=scope.actor, text=text, state=query.state
        )
    return query


def answer(query: Query, text: str, *, now: datetime | None = None) -> Query:
    """Answer a query; whoever raised it closes or reopens it."""
    return _step(query, "answer", QueryState.ANSWERED, ACTIVE, text, now, "Write the answer.")


def close(query: Query, text: str = "", *, now: datetime | None = None) -> Query:
    """Settle a query."""
    return _step(query, "query", QueryState.CLOSED, ACTIVE, text or "Closed.", now)


def reopen(query: Query, text: str, *, now: datetime | None = None) -> Query:
    """Ask again: the answer does not settle the question."""
    before = (QueryState.ANSWERED, QueryState.CLOSED)
    return _step(query, "query", QueryState.REOPENED, before, text, now, "Say what is still open.")


def assign(query: Query, user: User | None, *, now: datetime | None = None) -> Query:
    """Say who is to answer."""
    _require("query", query)
    with acting(current_scope(), "query assigned"):
        held = _held(query)
        held.assignee, held.changed_at = user, now or timezone.now()
        held.save()
    return held


def _step(
    query: Query, permission: str, state: str, before: tuple, text: str, now: datetime | None, ask: str = ""
) -> Query:
    scope = current_scope()
    _require(permission, query)
    text = _words(text, ask)
    with acting(scope, f"query: {text}"):
        held = _held(query)
        if held.state not in before:
            raise ValidationError(f"The query is {held.get_state_display().lower()}; load it again.")
        return move(held, state, scope.actor, text, now or timezone.now())


def _held(query: Query) -> Query:
    """The query as it stands now, held until the transaction ends."""
    return Query._base_manager.select_for_update().get(pk=query.pk)


def _words(text: str, ask: str) -> str:
    text = text.strip()
    if not text:
        raise ValidationError({"text": ask})
    if len(text) > LONGEST:
        raise ValidationError({"text": f"At most {LONGEST} characters."})
    return text


def _require(permission: str, query: Query) -> None:
    scope = current_scope()
    sites = CareSite.objects.filter(patient_id=query.patient_id).values_list("site_id", flat=True)
    if not any(scope.can(permission, site) for site in sites):
        words = "raise or close" if permission == "query" else "answer"
        raise PermissionDenied(f"You may not {words} queries of this patient.")


def open_for_old_errors(*, now: datetime, after_days: int) -> int:
    """Raise queries for errors that nobody mended within this many days (0: never); returns how many were raised.

    A finding whose query a person closed is left alone.
    """
    if not after_days:
        return 0
    old = Finding._base_manager.filter(severity=engine.ERROR, since__lte=now - timedelta(days=after_days))
    places = ("patient_id", "entity", "record_id", "column", "rule")
    asked = set(Query._base_manager.exclude(closed_by=SYSTEM).values_list(*places))
    new: dict[tuple, tuple[Query, str]] = {}
    for one in old.order_by("pk").iterator(chunk_size=2000):
        place = tuple(getattr(one, name) for name in places)
        if place not in asked and place not in new:
            query = Query(**dict(zip(places, place, strict=True)), by_check=True, opened_at=now, changed_at=now,
                          opened_by=SYSTEM)  # fmt: skip
            new[place] = (query, one.message)
    with acting(current_scope(), f"errors older than {after_days} days"):
        made = Query._base_manager.bulk_create([query for query, _text in new.values()], batch_size=BATCH)
        QueryMessage._base_manager.bulk_create(
            [
                QueryMessage(
                    query=query, patient_id=query.patient_id, at=now, author=SYSTEM, text=text, state=query.state
                )
                for query, (_same, text) in zip(made, new.values(), strict=True)
            ],
            batch_size=BATCH,
        )
    return len(new)
