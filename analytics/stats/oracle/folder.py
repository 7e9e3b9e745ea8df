"""Reading an oracle: a folder with `oracle.json` (reference cases) and the CSV files they were computed from.

Whatever is wrong with the folder is one ValueError that says which file, case or column and why.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MISSING = ("", "NA")
LOGICAL = {"TRUE": "1", "FALSE": "0"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Frame:
    """A CSV file as columns of text; blank and NA are missing (None)."""

    name: str
    columns: Mapping[str, tuple[str | None, ...]]
    rows: int

    def column(self, name: str) -> tuple[str | None, ...]:
        """The cells of one column."""
        if name not in self.columns:
            raise ValueError(f"{self.name} has no column {name!r}; it has {', '.join(self.columns)}")
        return self.columns[name]

    def numbers(self, name: str) -> NDArray[np.float64]:
        """One column as numbers; missing is NaN, TRUE and FALSE are 1 and 0."""
        return np.array([self._number(name, cell) for cell in self.column(name)], dtype=np.float64)

    def _number(self, name: str, cell: str | None) -> float:
        if cell is None:
            return np.nan
        try:
            return float(LOGICAL.get(cell, cell))
        except ValueError:
            raise ValueError(f"{self.name}, column {name}: {cell!r} is not a number") from None

    def labels(self, name: str) -> NDArray[Any]:
        """One column as group labels: numbers when every cell is one, else text; missing is None."""
        cells = self.column(name)
        numeric = all(cell is None or is_number(cell) for cell in cells)
        read = [None if cell is None else float(cell) if numeric else cell.strip() for cell in cells]
        out = np.empty(len(read), dtype=object)
        out[:] = read
        return out

    def where(self, keep: Iterable[bool]) -> Frame:
        """Only the rows for which `keep` is true."""
        return self.at(np.flatnonzero(np.asarray(list(keep), dtype=bool)))

    def at(self, chosen: NDArray[np.int64]) -> Frame:
        """Only the rows at the given places, in that order."""
        columns = {name: tuple(cells[i] for i in chosen) for name, cells in self.columns.items()}
        return Frame(name=self.name, columns=columns, rows=chosen.size)

    def filtered(self, rules: Mapping[str, Any]) -> Frame:
        """Only the rows whose columns hold one of the allowed values."""
        frame = self
        for name, allowed in rules.items():
            wanted = {canonical(value) for value in (allowed if isinstance(allowed, list) else [allowed])}
            frame = frame.where(cell is not None and canonical(cell) in wanted for cell in frame.column(name))
        return frame

    def complete(self, names: Iterable[str]) -> Frame:
        """Only the rows without a missing value in the given columns."""
        columns = [self.column(name) for name in names]
        return self.where(all(column[i] is not None for column in columns) for i in range(self.rows))


def is_number(text: str) -> bool:
    """Does R read this text as a number?"""
    if "_" in text:  # Python reads 1_2 as 12, nobody else does
        return False
    try:
        float(text)
    except ValueError:
        return False
    return True


def canonical(value: Any) -> str:
    """One spelling of every value that R takes for the same: 1, 1.0 and TRUE; 100000 and 1e+05."""
    return _spelled(str(value).strip())


@lru_cache(maxsize=1 << 16)
def _spelled(text: str) -> str:
    text = LOGICAL.get(text.upper(), text)
    return f"{float(text):.15g}" if is_number(text) else text


@dataclass(frozen=True, kw_only=True, eq=False)
class Case:
    """One reference case: what to compute (`kind`, `spec` without null fields) and what R answered
    (`expected`)."""

    id: str
    kind: str
    spec: Mapping[str, Any]
    expected: Mapping[str, Any]
    data: Frame | None

    @cached_property
    def frame(self) -> Frame:
        """The rows the filter lets through."""
        if self.data is None:
            raise ValueError("the spec names no data")
        return self.data.filtered(self.spec.get("filter", {}))


def read_cases(directory: str | Path) -> list[Case]:
    """All cases of DIRECTORY/oracle.json with their data."""
    folder = Path(directory)
    payload = _payload(folder)
    data_sets = payload.get("datasets", {})
    cases = payload.get("cases")
    if not isinstance(cases, list) or not isinstance(data_sets, dict):
        raise ValueError(f"{folder / 'oracle.json'}: expected an object with a list `cases` and an object `datasets`")
    if not cases:
        raise ValueError(f"{folder / 'oracle.json'} holds no cases")
    frames: dict[str, Frame] = {}
    found = [_case(entry, place, folder, data_sets, frames) for place, entry in enumerate(cases)]
    ids = [case.id for case in found]
    twice = next((name for name in ids if ids.count(name) > 1), None)
    if twice is not None:
        raise ValueError(f"{folder / 'oracle.json'}: case id {twice!r} occurs more than once")
    return found


def _payload(folder: Path) -> dict[str, Any]:
    path = folder / "oracle.json"
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder")
    if not path.is_file():
        raise ValueError(f"{folder} holds no oracle.json")
    try:
        payload = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError, RecursionError) as fault:
        raise ValueError(f"{path} is not readable JSON: {fault}") from None
    if not isinstance(payload, dict):
        raise ValueError(f"{path}: expected an object, found {type(payload).__name__}")
    return payload


def _case(entry: Any, place: int, folder: Path, data_sets: Mapping[str, Any], frames: dict[str, Frame]) -> Case:
    where = f"{folder / 'oracle.json'}, case {place + 1}"
    if not isinstance(entry, dict):
        raise ValueError(f"{where}: expected an object, found {type(entry).__name__}")
    for key, kind in (("id", str), ("kind", str), ("spec", dict), ("expected", dict)):
        if not isinstance(entry.get(key), kind):
            raise ValueError(f"{where}: `{key}` is missing or not of type {kind.__name__}")
    spec = {field: value for field, value in entry["spec"].items() if value is not None}
    name = spec.get("data")
    if isinstance(name, str) and name not in frames:
        frames[name] = _frame(folder, name, data_sets.get(name, {}))
    data = frames[name] if isinstance(name, str) else None
    return Case(id=entry["id"], kind=entry["kind"], spec=spec, expected=entry["expected"], data=data)


def _frame(folder: Path, name: Any, about: Mapping[str, Any]) -> Frame:
    file = about.get("file", f"{name}.csv") if isinstance(about, dict) else f"{name}.csv"
    path = folder / str(file)
    if not path.is_file() or path.resolve().parent != folder.resolve():
        raise ValueError(f"{folder} holds no data file {file}")
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            lines = [line for line in csv.reader(stream, strict=True) if line]
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise ValueError(f"{path} is not a readable CSV file: {fault}") from None
    if not lines:
        raise ValueError(f"{path} is empty")
    header, body = lines[0], lines[1:]
    for number, line in enumerate(body, start=2):
        if len(line) != len(header):
            raise ValueError(f"{path}, row {number}: {len(line)} cells, the header has {len(header)}")
    columns = {
        name: tuple(None if line[i].strip() in MISSING else line[i] for line in body) for i, name in enumerate(header)
    }
    return Frame(name=path.name, columns=columns, rows=len(body))
