"""The file formats: RFC 4180, no live formula, types that survive an empty table, the same bytes each time."""

import csv
import io
import json
from datetime import date

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.columns import DATE, FLOAT, INT, STRING, Column, Table
from exports.formats import FORMATS, FORMULA, csv_bytes, json_bytes, parquet_bytes

COLUMNS = tuple(Column(name, kind, name, "A value.") for name, kind in
                (("text", STRING), ("whole", INT), ("number", FLOAT), ("day", DATE)))  # fmt: skip
ROWS = [
    ('with "quotes", comma', -3, 0.1, date(2020, 2, 29)),
    ("two\nlines", None, -5.0, None),
    (None, 7, None, date(1999, 12, 31)),
]


def table(rows: list[tuple]) -> Table:
    values = tuple(list(column) for column in zip(*rows, strict=True)) if rows else ([], [], [], [])
    return Table("tables/thing", "Things", "Some things.", COLUMNS, values)


def test_csv_is_rfc_4180():
    body = csv_bytes(table(ROWS)).decode()

    assert body.startswith("text,whole,number,day\r\n")
    assert '"with ""quotes"", comma",-3,0.1,2020-02-29\r\n' in body
    read = list(csv.reader(io.StringIO(body, newline="")))
    assert read[2:] == [["two\nlines", "", "-5", ""], ["", "7", "", "1999-12-31"]]


@given(st.text(max_size=20))
def test_no_text_of_a_csv_file_is_a_formula(text: str):
    """Whatever is typed, the cell a spreadsheet reads does not begin a formula."""
    body = csv_bytes(table([(text, 1, 1.0, None)])).decode("utf-8")
    cell = list(csv.reader(io.StringIO(body, newline="")))[1][0]

    assert not cell.startswith(FORMULA)
    assert cell in (text, f"'{text}")


@pytest.mark.parametrize("payload", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\uff1d1", "\uff20x"])
def test_a_formula_is_neutralised_and_numbers_stay_numbers(payload: str):
    cells = csv_bytes(table([(payload, -1, -1.5, None)])).decode().split("\r\n", 1)[1]

    assert cells.lstrip('"').startswith("'") and ",-1,-1.5," in cells


def test_an_empty_parquet_table_keeps_its_types():
    schema = pq.read_schema(io.BytesIO(parquet_bytes(table([]))))

    assert [str(field.type) for field in schema] == ["string", "int64", "double", "date32[day]"]


def test_json_holds_one_object_per_row():
    assert json.loads(json_bytes(table(ROWS)))[1] == {"text": "two\nlines", "whole": None, "number": -5.0, "day": None}
    assert json.loads(json_bytes(table([]))) == []


@pytest.mark.parametrize("form", FORMATS.values(), ids=list(FORMATS))
def test_the_same_table_gives_the_same_bytes(form):
    assert form.write(table(ROWS)) == form.write(table(ROWS))
