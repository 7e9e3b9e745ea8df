"""A typed table as it leaves: columns with their words, values column by column.

Types are those every reader has: string, int, float, date. A value that is absent is None.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

STRING, INT, FLOAT, DATE = "string", "int", "float", "date"


@dataclass(frozen=True)
class Column:
    """One column: its name, type and words. `treatment` says what was done to the value before it left."""

    name: str
    type: str
    label: str
    definition: str
    treatment: str = ""
    unit: str = ""
    codes: tuple[tuple[str, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        told = {
            "name": self.name,
            "type": self.type,
            "label": self.label,
            "definition": self.definition,
            "unit": self.unit,
            "treatment": self.treatment,
            "codes": dict(self.codes),
        }
        return {key: value for key, value in told.items() if value}


@dataclass(frozen=True, eq=False)
class Table:
    """A table of an export; `values` holds one list per column, all of one length."""

    path: str
    label: str
    definition: str
    columns: tuple[Column, ...]
    values: tuple[Sequence[Any], ...]

    @property
    def rows(self) -> int:
        return len(self.values[0]) if self.values else 0

    @property
    def names(self) -> list[str]:
        return [column.name for column in self.columns]

    def sorted_by(self, *names: str) -> "Table":
        """The rows in the order of these columns, absent values last: the order in the registry tells nothing."""
        keys = [
            [(value is None, 0 if value is None else value) for value in self.values[self.names.index(name)]]
            for name in names
        ]
        order = sorted(range(self.rows), key=lambda row: [key[row] for key in keys])
        values = tuple([column[row] for row in order] for column in self.values)
        return Table(self.path, self.label, self.definition, self.columns, values)

    def as_json(self) -> dict[str, Any]:
        """How `dictionary.json` describes the table."""
        return {
            "table": self.path,
            "label": self.label,
            "definition": self.definition,
            "columns": [column.as_json() for column in self.columns],
        }
