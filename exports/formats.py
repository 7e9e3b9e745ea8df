"""The file formats of an export: one writer each, the same table gives the same bytes.

CSV follows RFC 4180 (UTF-8, CRLF, quotes doubled). A text that a spreadsheet would run as a formula gets an
apostrophe in front; numbers stay numbers (RELIABILITY EXP-08).
"""

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from exports.columns import DATE, FLOAT, INT, STRING, Table

#: What a spreadsheet may take for the start of a formula, full-width forms included.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def neutral(text: str) -> str:
    """A text that no spreadsheet runs."""
    return f"'{text}" if text.startswith(FORMULA) else text


def number_text(value: float) -> str:
    """The shortest exact text of a number, whole ones without a decimal point."""
    return str(int(value)) if value == int(value) else repr(value)


_CELLS: dict[str, Callable[[Any], str]] = {
    STRING: neutral,
    INT: str,
    FLOAT: number_text,
    DATE: date.isoformat,
}


def _texts(values: Sequence[Any], kind: str) -> list[str]:
    form = _CELLS[kind]
    return ["" if value is None else form(value) for value in values]


def csv_bytes(table: Table) -> bytes:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(table.names)
    texts = [_texts(values, column.type) for column, values in zip(table.columns, table.values, strict=True)]
    writer.writerows(zip(*texts, strict=True))
    return buffer.getvalue().encode("utf-8")


def json_bytes(table: Table) -> bytes:
    """An array of objects, one row a line; an absent value is null."""
    columns = [[value.isoformat() if isinstance(value, date) else value for value in values] for values in table.values]
    rows = [
        json.dumps(dict(zip(table.names, row, strict=True)), ensure_ascii=False, allow_nan=False)
        for row in zip(*columns, strict=True)
    ]
    return ("[\n" + ",\n".join(rows) + ("\n]\n" if rows else "]\n")).encode("utf-8")


def parquet_bytes(table: Table) -> bytes:
    """Typed columns, with their types when there is no row, too; label and unit travel as field metadata."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    types = {STRING: pa.string(), INT: pa.int64(), FLOAT: pa.float64(), DATE: pa.date32()}
    fields = [
        pa.field(column.name, types[column.type], metadata={"label": column.label, "unit": column.unit})
        for column in table.columns
    ]
    arrays = [
        pa.array(values, type=types[column.type]) for column, values in zip(table.columns, table.values, strict=True)
    ]
    sink = io.BytesIO()
    schema = pa.schema(fields, metadata={"label": table.label})
    pq.write_table(pa.Table.from_arrays(arrays, schema=schema), sink, compression="zstd")
    return sink.getvalue()


@dataclass(frozen=True)
class Format:
    """A file format: its key, the ending of its files, what it is sent as, how a table is written."""

    key: str
    label: str
    media_type: str
    write: Callable[[Table], bytes]


FORMATS = {
    each.key: each
    for each in (
        Format("csv", "CSV", "text/csv; charset=utf-8", csv_bytes),
        Format("parquet", "Parquet", "application/vnd.apache.parquet", parquet_bytes),
        Format("json", "JSON", "application/json", json_bytes),
    )
}
