"""Columns of very many rows as arrays, for counting on the registry as it stands: the door beside `registry.extract`.

PostgreSQL packs them into words (`registry.packing`) and sends these in its binary form, which NumPy reads without
touching a row; SQLite's rows are read one by one.
Nothing leaves but numbers: ids, days since 1970-01-01, places in a code list. The scope in force holds here, too.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import Max, Min, QuerySet, TextField
from django.db.models.functions import Cast

from registry import packing
from registry.canonical import Known
from registry.dictionary.codelists import code_list
from registry.dictionary.compiled import EntitySpec
from registry.dictionary.items import Kind
from registry.entities import dictionary, model_of
from registry.models import Finding, Patient, SubjectIdentity
from registry.moment import same_moment
from registry.packing import Column

if TYPE_CHECKING:
    import numpy as np

PRECISIONS = ("D", "M", "Y", "U")
#: The first and the last database id of a block of patients.
Range = tuple[int, int]


def columns_of(spec: EntitySpec, names: Iterable[str]) -> list[Column]:
    """The columns of an entity by the names that frozen tables give them; a date brings its precision."""
    if spec.of_patient:
        found = [packing.identifier("id", "id"), packing.patient("patient", "patient_id")]
    else:
        found = [packing.patient("id", "id")]
    parents = dict(spec.parents)
    for name in names:
        item = spec.by_name.get(name)
        if name in parents or (item is not None and item.kind is Kind.REFERENCE):
            found.append(packing.identifier(name, f"{name}_id"))
        elif item.kind is Kind.DATE:
            found.append(packing.day(name))
            if item.item.partial:
                found.append(packing.coded(f"{name}_precision", PRECISIONS, often="D"))
        else:
            found.append(packing.coded(name, code_list(item.item.codes).keys()))
    return found


def patient_ranges(size: int) -> Iterator[Range]:
    """Ranges of patients' database ids, about so many patients each; one range when there is nobody.

    ValueError for more patients than a word has room for.
    """
    if size > packing.MOST_PATIENTS:
        raise ValueError(f"at most {packing.MOST_PATIENTS:,} patients in one block")
    ends = Patient.objects.aggregate(first=Min("pk"), last=Max("pk"))
    for first in range(ends["first"] or 0, (ends["last"] or 0) + 1, size):
        yield first, first + size - 1


@dataclass(frozen=True)
class Question:
    """Which columns of which rows are asked for, of one block of patients after the other; `whose` names their id."""

    columns: tuple[Column, ...]
    rows: QuerySet
    whose: str

    @cached_property
    def words(self) -> tuple[packing.Word, ...]:
        return packing.packed(self.columns)

    def packed(self, patients: Range) -> QuerySet:
        """One row: the words of the patients in a range of ids, a string of bytes of each."""
        return _within(self, patients).values_list(*(word.expression(patients[0]) for word in self.words))

    def sent(self, cursor: Any) -> list[bytes | None]:
        """The strings as PostgreSQL sent them."""
        return [cursor.pgresult.get_value(0, place) for place in range(cursor.pgresult.nfields)]

    def read(self, sent: list[bytes | None], patients: Range) -> "Numbers":
        """The columns of one block; nothing was sent where there are no rows."""
        found: Numbers = {}
        for word, bytes_ in zip(self.words, sent, strict=True):
            found |= word.columns(bytes_ or b"", patients[0])
        return found

    def fetched(self, patients: Range) -> "Numbers":
        """The same from rows read one by one."""
        import numpy as np

        known = [Known(column.of) for column in self.columns]
        rows = _within(self, patients).values_list(*(column.path for column in self.columns))
        cells = list(zip(*rows, strict=True)) or [()] * len(self.columns)
        return {
            column.name: np.array([number[value] for value in values], column.kind(np))
            for column, number, values in zip(self.columns, known, cells, strict=True)
        }


@dataclass(frozen=True)
class Texts:
    """Few rows that come as they are, each column as text, of one block of patients after the other."""

    columns: tuple[str, ...]
    rows: QuerySet
    whose: str

    def packed(self, patients: Range) -> QuerySet:
        return _within(self, patients).values_list(*(Cast(name, TextField()) for name in self.columns))

    def sent(self, cursor: Any) -> list[tuple]:
        return cursor.fetchall()

    def read(self, rows: list[tuple], patients: Range) -> list[tuple]:
        return rows

    def fetched(self, patients: Range) -> list[tuple]:
        return list(self.packed(patients))


#: What is asked for, by any names; and what was sent of one block: columns as numbers, or rows of texts.
Asked = Mapping[str, Question | Texts]
Numbers = dict[str, "np.ndarray"]
Sent = dict[str, Any]


def _within(asked: Question | Texts, patients: Range) -> QuerySet:
    """The rows of the patients in a range of ids."""
    first, last = patients
    return asked.rows.filter(**{f"{asked.whose}__gte": first, f"{asked.whose}__lte": last}).order_by()


def rows_of(slug: str, names: Iterable[str], **only: Any) -> Question:
    """The rows of an entity that count, and of these `only` some; a patient names no patient beside the own `id`."""
    spec = dictionary()[slug]
    counting = {"voided": False} if spec.of_patient else {"voided": False, "merged_into": None}
    rows = model_of(slug).objects.filter(**counting, **only)
    return Question(tuple(columns_of(spec, names)), rows, "patient_id" if spec.of_patient else "pk")


def births() -> Question:
    """The birth date of every patient, from which ages are counted: `patient`, `birth_date`."""
    columns = (packing.patient("patient", "patient_id"), packing.day("birth_date"))
    return Question(columns, SubjectIdentity.objects.all(), "patient_id")


def findings(columns: tuple[str, ...]) -> Texts:
    """The open errors of the edit checks; lists as JSON."""
    return Texts(columns, Finding.objects.filter(severity="ERROR"), "patient_id")


def read(asked: Asked, ranges: Iterable[Range]) -> Iterator[tuple[Range, Sent]]:
    """What the database holds of block after block; PostgreSQL works on the next ones while the caller works on one."""
    if connection.vendor != "postgresql":
        for patients in ranges:
            yield patients, {name: question.fetched(patients) for name, question in asked.items()}
        return
    statements = {name: _Statement(question) for name, question in asked.items()}
    with same_moment(connection) as held, ThreadPoolExecutor(max_workers=len(held)) as ahead:
        free: SimpleQueue = SimpleQueue()
        for one in held:
            free.put(one)
        waiting: deque[tuple[Range, Future]] = deque()

        def first() -> tuple[Range, Sent]:
            patients, sent = waiting.popleft()
            return patients, {name: asked[name].read(told, patients) for name, told in sent.result().items()}

        for patients in ranges:
            waiting.append((patients, ahead.submit(_sent, free, statements, patients)))
            if len(waiting) > len(held):
                yield first()
        while waiting:
            yield first()


class _Statement:
    """A question in SQL: written once, asked of any range of patients."""

    ANY: Range = (-(2**40), -(2**40) - 1)  # no patient has these ids; they mark where the range stands

    def __init__(self, question: Question | Texts) -> None:
        self.question = question
        self._sql, self._parameters = question.packed(self.ANY).query.sql_with_params()

    def of(self, patients: Range) -> tuple[str, tuple]:
        ends = dict(zip(self.ANY, patients, strict=True))
        return self._sql, tuple(ends.get(one, one) for one in self._parameters)


def _sent(free: SimpleQueue, statements: Mapping[str, _Statement], patients: Range) -> dict[str, Any]:
    """What PostgreSQL sends of one block: of many numbers one string of bytes instead of very many rows."""
    import psycopg

    found, held = {}, free.get()
    try:
        with psycopg.Cursor(held) as cursor:
            for name, statement in statements.items():
                cursor.execute(*statement.of(patients), binary=True)
                found[name] = statement.question.sent(cursor)
    finally:
        free.put(held)
    return found
