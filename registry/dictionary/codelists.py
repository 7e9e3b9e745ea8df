"""Code lists as data: one CSV file each, reviewable by people who do not program.

Columns: code, label, system, system_code, since, until, definition. Codes are never deleted, only ended by `until`.
Missing-value codes (UNK, ND, NA, PEND) stand in no list: they are reasons, not values (data dictionary 1.4).
"""

import csv
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

from registry.dictionary.items import MISSING

FOLDER = Path(__file__).parent / "codelists"
COLUMNS = ["code", "label", "system", "system_code", "since", "until", "definition"]


@dataclass(frozen=True)
class Code:
    """One answer of a list, with the standard code it corresponds to where the dictionary gives one."""

    code: str
    label: str
    system: str = ""
    system_code: str = ""
    since: str = ""
    until: str = ""
    definition: str = ""


@dataclass(frozen=True)
class CodeList:
    """An ordered list of codes; the order is the order of display and of strata."""

    name: str
    codes: tuple[Code, ...]

    @cached_property
    def _known(self) -> frozenset[str]:
        return frozenset(entry.code for entry in self.codes)

    def __contains__(self, code: str) -> bool:
        return code in self._known

    def label(self, code: str) -> str:
        return next((entry.label for entry in self.codes if entry.code == code), code)

    def keys(self) -> tuple[str, ...]:
        return tuple(entry.code for entry in self.codes)


def read(path: Path) -> CodeList:
    """Load one list; ValueError names the file and line of a duplicate, empty or reserved code."""
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        if reader.fieldnames != COLUMNS:
            raise ValueError(f"{path.name}: header must be {','.join(COLUMNS)}")
        entries: dict[str, Code] = {}
        for number, row in enumerate(reader, start=2):
            code = row["code"]
            if not code or code in entries or code in MISSING:
                raise ValueError(f"{path.name} line {number}: code '{code}' is empty, repeated or a missing-value code")
            entries[code] = Code(**row)
    return CodeList(path.stem, tuple(entries.values()))


@cache
def code_list(name: str) -> CodeList:
    """The list of that name; ValueError when there is no such file."""
    path = FOLDER / f"{name}.csv"
    if not path.is_file():
        raise ValueError(f"There is no code list '{name}' ({path.name} is missing)")
    return read(path)


def all_lists() -> dict[str, CodeList]:
    return {path.stem: code_list(path.stem) for path in sorted(FOLDER.glob("*.csv"))}
