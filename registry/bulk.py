"""Columns of very many rows as arrays, for counting on the registry as it stands: the door beside `registry.extract`.

PostgreSQL sends them in its binary form, which NumPy reads without touching a row; SQLite's rows are read one by one.
Nothing leaves but numbers: ids, days since 1970-01-01, places in a code list. The scope in force holds here, too.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.db.models import F, Func, IntegerField, Max, Min, QuerySet

from registry.canonical import Known
from registry.dictionary.codelists import code_list
from registry.dictionary.compiled import EntitySpec
from registry.dictionary.items import Kind
from registry.entities import dictionary, model_of
from registry.models import Patient, SubjectIdentity

if TYPE_CHECKING:
    import numpy as np

EPOCH = date(1970, 1, 1)
#: What stands for "no value": before every date, and no id, code or number.
NO_DAY, NOTHING = -(2**31), -1
PRECISIONS = ("D", "M", "Y", "U")
#: The first and the last database id of a block of patients.
Range = tuple[int, int]
#: Bytes before the first value of an array of one dimension in PostgreSQL's binary form.
ARRAY_HEAD = 20


@dataclass(frozen=True)
class Column:
    """One column as numbers: where it stands in the database, the SQL that makes a number of it, what is absent."""

    name: str
    path: str
    sql: str
    absent: int
    codes: tuple[str, ...] = ()
    wide: bool = False

    def of(self, value: Any) -> int:
        """The number of one row's value, as the SQL makes it."""
        if value is None:
            return self.absent
        if self.codes:
            return self.codes.index(value) if value in self.codes else self.absent
        return (value - EPOCH).days if isinstance(value, date) else int(value)

    @property
    def cells(self) -> list[tuple[str, str]]:
        """How a value stands in an array of PostgreSQL: its bytes, then itself, the high byte first."""
        return [("bytes", ">i4"), ("value", ">i8" if self.wide else ">i4")]

    @property
    def expression(self) -> Func:
        """The numbers of all rows as one array of PostgreSQL."""
        kind = "bigint" if self.wide else "int"
        return Func(
            F(self.path),
            template=f"array_agg(COALESCE({self.sql}, {self.absent})::{kind})",
            output_field=IntegerField(),
        )


def _id(name: str, path: str) -> Column:
    return Column(name, path, "%(expressions)s", NOTHING, wide=True)


def _codes(name: str, codes: tuple[str, ...]) -> Column:
    listed = ", ".join(f"'{code}'" for code in codes)  # codes of our own lists: letters, digits, underscores
    return Column(name, name, f"array_position(ARRAY[{listed}]::varchar[], %(expressions)s) - 1", NOTHING, codes)


def columns_of(spec: EntitySpec, names: Iterable[str]) -> list[Column]:
    """The columns of an entity by the names that frozen tables give them; a date brings its precision."""
    found = [_id("id", "id"), _id("patient", "patient_id" if spec.of_patient else "id")]
    parents = dict(spec.parents)
    for name in names:
        item = spec.by_name.get(name)
        if name in parents or (item is not None and item.kind is Kind.REFERENCE):
            found.append(_id(name, f"{name}_id"))
        elif item.kind is Kind.DATE:
            found.append(Column(name, name, f"%(expressions)s - DATE '{EPOCH}'", NO_DAY))
            if item.item.partial:
                found.append(_codes(f"{name}_precision", PRECISIONS))
        elif item.kind is Kind.CODE:
            found.append(_codes(name, code_list(item.item.codes).keys()))
        else:
            found.append(Column(name, name, "%(expressions)s", NO_DAY))
    return found


def patient_ranges(size: int) -> Iterator[Range]:
    """Ranges of patients' database ids, about so many patients each; one range when there is nobody."""
    ends = Patient.objects.aggregate(first=Min("pk"), last=Max("pk"))
    for first in range(ends["first"] or 0, (ends["last"] or 0) + 1, size):
        yield first, first + size - 1


@dataclass(frozen=True)
class Question:
    """Which columns of which rows are asked for, of one block of patients after the other; `whose` names their id."""

    columns: tuple[Column, ...]
    rows: QuerySet
    whose: str

    def of(self, patients: Range) -> QuerySet:
        """The rows of the patients in a range of ids."""
        first, last = patients
        return self.rows.filter(**{f"{self.whose}__gte": first, f"{self.whose}__lte": last}).order_by()


#: What is asked for, by any names; and what was sent of one block: column -> numbers.
Asked = Mapping[str, Question]
Sent = dict[str, "dict[str, np.ndarray]"]


def rows_of(slug: str, names: Iterable[str]) -> Question:
    """The rows of an entity that count."""
    spec = dictionary()[slug]
    counting = {"voided": False} if spec.of_patient else {"voided": False, "merged_into": None}
    rows = model_of(slug).objects.filter(**counting)
    return Question(tuple(columns_of(spec, names)), rows, "patient_id" if spec.of_patient else "pk")


def births() -> Question:
    """The birth date of every patient, from which ages are counted: `patient`, `birth_date`."""
    born = Column("birth_date", "birth_date", f"%(expressions)s - DATE '{EPOCH}'", NO_DAY)
    return Question((_id("patient", "patient_id"), born), SubjectIdentity.objects.all(), "patient_id")


def read(asked: Asked, ranges: Iterable[Range]) -> Iterator[Sent]:
    """What the database holds of block after block; PostgreSQL works on the next while the caller works on one."""
    if connection.vendor != "postgresql":
        for patients in ranges:
            yield {name: _fetched(question, patients) for name, question in asked.items()}
        return
    connection.ensure_connection()
    statements = {name: _Statement(question) for name, question in asked.items()}
    with ThreadPoolExecutor(max_workers=1) as ahead:
        waiting: deque[Future] = deque()
        for patients in ranges:
            told = {name: statement.of(patients) for name, statement in statements.items()}
            waiting.append(ahead.submit(_arrays, connection.connection, told))
            if len(waiting) > 1:
                yield _numbers(asked, waiting.popleft())
        while waiting:
            yield _numbers(asked, waiting.popleft())


class _Statement:
    """A question in SQL: written once, asked of any range of patients."""

    ANY: Range = (-(2**40), -(2**40) - 1)  # no patient has these ids; they mark where the range stands

    def __init__(self, question: Question) -> None:
        asked = question.of(self.ANY).values_list(*(column.expression for column in question.columns))
        self._sql, self._parameters = asked.query.sql_with_params()

    def of(self, patients: Range) -> tuple[str, tuple]:
        ends = dict(zip(self.ANY, patients, strict=True))
        return self._sql, tuple(ends.get(one, one) for one in self._parameters)


def _arrays(held: Any, told: Mapping[str, tuple[str, tuple]]) -> dict[str, list[bytes | None]]:
    """One array per column, made by PostgreSQL: a row of arrays instead of very many rows."""
    import psycopg

    found = {}
    with psycopg.Cursor(held) as cursor:
        for name, (sql, parameters) in told.items():
            cursor.execute(sql, parameters, binary=True)
            found[name] = [cursor.pgresult.get_value(0, place) for place in range(cursor.pgresult.nfields)]
    return found


def _numbers(asked: Asked, sent: Future) -> Sent:
    import numpy as np

    found: Sent = {}
    for name, arrays in sent.result().items():
        found[name] = {}
        for column, array in zip(asked[name].columns, arrays, strict=True):
            cells = np.frombuffer(array or b"", dtype=column.cells, offset=ARRAY_HEAD if array else 0)
            found[name][column.name] = cells["value"].astype(np.int64 if column.wide else np.int32)
    return found


def _fetched(question: Question, patients: Range) -> "dict[str, np.ndarray]":
    """The same from rows read one by one."""
    import numpy as np

    columns = question.columns
    known = [Known(column.of) for column in columns]
    rows = question.of(patients).values_list(*(column.path for column in columns))
    cells = list(zip(*rows, strict=True)) or [()] * len(columns)
    return {
        column.name: np.array([number[value] for value in values], np.int64 if column.wide else np.int32)
        for column, number, values in zip(columns, known, cells, strict=True)
    }
