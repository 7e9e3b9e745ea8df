"""Queries asked on every page with other ids: their SQL is written once, then asked again.

Writing the SQL of a query over every kind of record costs more than the database needs to answer it. What is kept is
text, never an answer: one text for each set of sites a reader may see, made by the scoped managers like any other.
"""

import copy
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection, connections
from django.db.models import BigAutoField, ForeignKey, Lookup, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from registry.access import current_scope

#: Stands in a query for the ids that are known only when it is asked: `objects.of_patients(IDS)`.
IDS = type("IDS", (), {"__repr__": lambda self: "the ids asked for"})()


@BigAutoField.register_lookup
@ForeignKey.register_lookup
class Among(Lookup):
    """One of many ids, given as one value, so that the text of the query is the same however many there are."""

    lookup_name = "among"

    def get_prep_lookup(self) -> Any:
        return self.rhs

    def as_sql(self, compiler: SQLCompiler, connection: Any) -> tuple[str, list]:
        left, params = self.process_lhs(compiler, connection)
        many = "= ANY(%s::bigint[])" if connection.vendor == "postgresql" else "IN (SELECT value FROM json_each(%s))"
        return f"{left} {many}", [*params, self.rhs]


@dataclass(frozen=True)
class _Written:
    """A query as the database reads it, and what makes objects of the answer."""

    rows: QuerySet
    compiler: SQLCompiler
    sql: str
    params: tuple
    converters: dict

    def ask(self, ids: list[int]) -> list:
        told = json.dumps(ids)  # as text: turned into it once, however often the query names them
        given = f"{{{told[1:-1]}}}" if connection.vendor == "postgresql" else told
        params = tuple(given if one is IDS else one for one in self.params)
        compiler, rows = copy.copy(self.compiler), self.rows.all()
        compiler.connection = connections[rows.db]
        compiler.as_sql = lambda *_args, **_kept: (self.sql, params)
        compiler.get_converters = lambda _columns: self.converters
        rows.query.get_compiler = lambda *_args, **_kept: compiler
        return list(rows)


def ask(build: Callable[..., QuerySet], *of: Any, ids: Iterable[int]) -> list:
    """The rows of the query that `build(*of)` makes, for these ids, in the scope in force.

    `build` depends on nothing but `of` and the scope's sites: its query is kept for both.
    """
    written, wanted = _written(build, of, current_scope().sites("read"), connection.vendor), list(ids)
    return written.ask(wanted) if written is not None and wanted else []


@lru_cache(maxsize=1024)
def _written(build: Callable[..., QuerySet], of: tuple, sites: tuple[int, ...] | None, vendor: str) -> _Written | None:
    """The query of this scope; None where nobody can be seen."""
    rows = build(*of)
    compiler = rows.query.get_compiler(connection=connections[rows.db])
    try:
        sql, params = compiler.as_sql()
    except EmptyResultSet:
        return None
    converters = compiler.get_converters([column for column, _sql, _alias in compiler.select])
    compiler.connection = None  # each thread asks through its own
    return _Written(rows, compiler, sql, tuple(params), converters)
