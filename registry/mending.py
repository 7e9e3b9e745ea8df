"""What becomes of queries when data change: mended data close the query of a check, a changed value answers a person's.

Called whenever the findings of patients were brought up to date, inside the transaction of the change.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from registry.dictionary.cells import Answer
from registry.entities import dictionary, model_of
from registry.models import Finding, Patient, Query, QueryMessage, QueryState, Record
from registry.models.query import ACTIVE, WAITING

SYSTEM = "system"
MENDED = "Closed by itself: the check finds nothing any more."
VOIDED = "Closed by itself: the record was voided."
CHANGED = "The value was changed."


def value_digest(record: Record, column: str) -> str:
    """A fingerprint of what stands in a field, or in the whole row when no field is named."""
    spec = dictionary()[record.entity.slug]
    if column and column not in spec.by_name:
        return hashlib.sha256(str(getattr(record, f"{column}_id")).encode()).hexdigest()
    told = [_told(record.answer(name)) for name in ([column] if column else spec.by_name)]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _told(answer: Answer) -> list[str]:
    value = "" if answer.value in (None, "", []) else str(answer.value)
    return [value, answer.precision, answer.missing, answer.comparator]


def mend(patient_ids: Iterable[int], *, now: datetime) -> None:
    """Bring the open queries of these patients in step with their rows and findings."""
    ids = list(patient_ids)
    queries = list(Query._base_manager.filter(patient_id__in=ids, state__in=ACTIVE))
    if not queries:
        return
    standing: dict[tuple, str] = {}
    for one in Finding._base_manager.filter(patient_id__in={query.patient_id for query in queries}).select_related(
        "acknowledgement"
    ):
        place = (one.patient_id, one.rule, one.entity, one.record_id, one.column)
        standing[place] = one.acknowledgement.reason if one.acknowledgement else standing.get(place, "")
    rows = _rows_of(queries)
    for query in queries:
        if query.rule:
            _by_rule(query, standing, now)
        elif query.record_id is not None:
            _by_value(query, rows.get((query.entity, query.record_id)), now)


def _by_rule(query: Query, standing: dict[tuple, str], now: datetime) -> None:
    place = (query.patient_id, query.rule, query.entity, query.record_id, query.column)
    if place not in standing:
        move(query, QueryState.CLOSED, SYSTEM, MENDED, now)
    elif standing[place] and query.state in WAITING:
        move(query, QueryState.ANSWERED, SYSTEM, f"The warning was acknowledged: {standing[place]}", now)


def _by_value(query: Query, record: Record | None, now: datetime) -> None:
    if record is None:
        move(query, QueryState.CLOSED, SYSTEM, VOIDED, now)
        return
    digest = value_digest(record, query.column)
    if digest != query.digest:
        query.digest = digest
        if query.state in WAITING:
            move(query, QueryState.ANSWERED, SYSTEM, CHANGED, now)
        else:
            query.save()


def _rows_of(queries: Iterable[Query]) -> dict[tuple[str, int], Record]:
    """The rows in force that people's questions are about: one read per table."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for query in queries:
        if not query.rule and query.record_id is not None:
            wanted[query.entity].add(query.record_id)
    found = {}
    for slug, pks in wanted.items():
        model = model_of(slug)
        rows = model._base_manager.filter(pk__in=pks, voided=False)
        for row in rows.select_related("identity") if model is Patient else rows:
            found[slug, row.pk] = row
    return found


def move(query: Query, state: str, author: str, text: str, now: datetime) -> Query:
    """Bring a query into a state, with the message that says why."""
    query.state, query.changed_at = state, now
    if state == QueryState.ANSWERED:
        query.answered_at = now
    closed = state == QueryState.CLOSED
    query.closed_at, query.closed_by = (now, author) if closed else (None, "")
    if state == QueryState.REOPENED:
        query.times_reopened += 1
    query.save()
    QueryMessage.objects.create(
        query=query, patient_id=query.patient_id, at=now, author=author, text=text.strip()[:2000], state=state
    )
    return query
