"""What one field of the registry means: the `Item` that every clinical column carries.

An item is declared once, beside the column, and read by forms, import, checks, codebook, API schema and exports.
Source of the conventions: data dictionary, section 1 (levels, dates, missing values, privacy, units).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from registry.dictionary.chart import Chart


class Level(StrEnum):
    """How much the registry needs the field (data dictionary 1.1)."""

    CORE = "C"
    EXTENDED = "E"


class Privacy(StrEnum):
    """How much the value says about who the patient is; decided when the field is born."""

    DIRECT = "direct"  # names a person: never leaves the registry
    DATE = "date"  # a day in a person's life: days since infusion in de-identified exports
    QUASI = "quasi"  # could single somebody out together with other facts (site, country, age)
    CLINICAL = "clinical"  # a finding, a treatment, a result
    FREE_TEXT = "free_text"  # typed prose: dropped from exports
    NONE = "none"  # says nothing about a person


class Kind(StrEnum):
    """What a column holds; the Django field class decides it."""

    TEXT = "text"
    CODE = "code"
    CODES = "codes"
    INTEGER = "integer"
    DECIMAL = "decimal"
    DATE = "date"
    BOOLEAN = "boolean"
    REFERENCE = "reference"


CORE, EXTENDED = Level.CORE, Level.EXTENDED
DIRECT, DATE, QUASI, CLINICAL, FREE_TEXT, NONE = Privacy

#: Why a value is absent (data dictionary 1.4); accepted in every column, stored beside an empty value.
MISSING = {
    "UNK": "asked, not known",
    "ND": "not done / not tested",
    "NA": "does not apply",
    "PEND": "result expected",
}


@dataclass(frozen=True)
class Is:
    """The question is asked when another item holds one of these codes."""

    item: str
    codes: tuple[str, ...]

    def __init__(self, item: str, *codes: str) -> None:
        object.__setattr__(self, "item", item)
        object.__setattr__(self, "codes", codes)

    def holds(self, values: Mapping[str, Any]) -> bool:
        return values.get(self.item) in self.codes

    def as_json(self) -> dict:
        return {"is": self.item, "codes": list(self.codes)}

    def items(self) -> tuple[str, ...]:
        return (self.item,)


@dataclass(frozen=True)
class Has:
    """The question is asked when a list of codes holds this one."""

    item: str
    code: str

    def holds(self, values: Mapping[str, Any]) -> bool:
        return self.code in (values.get(self.item) or ())

    def as_json(self) -> dict:
        return {"has": self.item, "code": self.code}

    def items(self) -> tuple[str, ...]:
        return (self.item,)


@dataclass(frozen=True)
class Filled:
    """The question is asked when another item has any value."""

    item: str

    def holds(self, values: Mapping[str, Any]) -> bool:
        return values.get(self.item) not in (None, "", [], ())

    def as_json(self) -> dict:
        return {"filled": self.item}

    def items(self) -> tuple[str, ...]:
        return (self.item,)


@dataclass(frozen=True)
class And:
    """The question is asked when every condition holds."""

    conditions: tuple["Condition", ...]

    def __init__(self, *conditions: "Condition") -> None:
        object.__setattr__(self, "conditions", conditions)

    def holds(self, values: Mapping[str, Any]) -> bool:
        return all(condition.holds(values) for condition in self.conditions)

    def as_json(self) -> dict:
        return {"and": [condition.as_json() for condition in self.conditions]}

    def items(self) -> tuple[str, ...]:
        return tuple(name for condition in self.conditions for name in condition.items())


Condition = Is | Has | Filled | And


@dataclass(frozen=True)
class Item:
    """One question of the registry: its words, limits, privacy and source.

    `possible` and `plausible` are inclusive ranges in `unit`; outside `possible` the input is malformed, outside
    `plausible` it is a warning. `required` means required to be COMPLETE, never to be saved; by default every core
    item is. `partial` dates may be known to the month or year only; `month` limits them to day or month. `chart` is the
    document in which the value is usually found; by default that of the entity.
    """

    label: str
    definition: str
    privacy: Privacy
    level: Level
    source: str
    unit: str = ""
    codes: str = ""
    possible: tuple[float, float] | None = None
    plausible: tuple[float, float] | None = None
    asked_if: Condition | None = None
    required: bool | None = None
    partial: bool = False
    finest: str = "DMY"
    max_length: int = 200
    maps: tuple[tuple[str, str], ...] = ()
    chart: Chart | None = None

    def is_required(self, values: Mapping[str, Any]) -> bool:
        """Whether a complete record must answer this item, given the other answers of the row."""
        wanted = self.level is CORE if self.required is None else self.required
        return wanted and (self.asked_if is None or self.asked_if.holds(values))


@dataclass(frozen=True)
class Entity:
    """One table of the registry as its users name it.

    `dated_by` is the date that orders rows and recognises them on import; `many` false means one row per parent.
    `sections` groups the items of the form: heading -> item names. `derived` names what is computed from the rows and
    never stored (numbers, roles, groups): imports ignore such columns. `one_of` names parents: exactly one is set.
    `chart` is the document in which most of its values are found.
    """

    slug: str
    label: str
    plural: str
    dated_by: str = ""
    many: bool = True
    reference: bool = False
    natural_key: str = ""
    sections: tuple[tuple[str, tuple[str, ...]], ...] = ()
    one_of: tuple[str, ...] = ()
    derived: tuple[str, ...] = ()
    chart: Chart | None = None
