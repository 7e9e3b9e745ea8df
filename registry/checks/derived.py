"""What is computed from a chart and shown beside its fields, never stored: one small function each.

A function takes the case and a row of its entity and gives a code, a number, or None where the chart leaves it open;
its docstring is the definition. Screens call `derived` or `derived_words`. The functions stand in `derived_treatment`
and `derived_outcome`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from registry.checks.case import Case, Row

Value = str | int | float | None


@dataclass(frozen=True)
class Derivation:
    """A derived value: its name in the dictionary, its label on screens, its codes in words, its function."""

    entity: str
    name: str
    label: str
    of: Callable[[Case, Row], Value]
    words: Mapping[str, str] = field(default_factory=dict)

    @property
    def definition(self) -> str:
        return " ".join((self.of.__doc__ or "").split())


#: entity -> name -> how it is derived, in the order of the screens.
DERIVATIONS: dict[str, dict[str, Derivation]] = {}


def derivation(entity: str, name: str, label: str, *, words: Mapping[str, str] | None = None) -> Callable:
    """Declare a derived value of an entity."""

    def declare(function: Callable[[Case, Row], Value]) -> Callable[[Case, Row], Value]:
        held = DERIVATIONS.setdefault(entity, {})
        if name in held:
            raise ValueError(f"{entity}.{name} is derived twice")
        held[name] = Derivation(entity, name, label, function, words or {})
        return function

    return declare


def derived(case: Case, row: Row) -> dict[str, Value]:
    """Label -> value of everything derived for a row; None where the chart leaves it open."""
    return {one.label: one.of(case, row) for one in DERIVATIONS.get(row.entity, {}).values()}


def derived_words(case: Case, row: Row) -> dict[str, str]:
    """The same in words: codes by their label, an open value as an empty text."""
    told: dict[str, Any] = {
        one.label: (one.of(case, row), one.words) for one in DERIVATIONS.get(row.entity, {}).values()
    }
    return {label: "" if value is None else str(words.get(value, value)) for label, (value, words) in told.items()}
