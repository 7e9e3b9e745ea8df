"""Numbers that know where they come from: a printed number carries the place of its value in the results.

`Place` walks through a result and remembers the way; `shown` prints what stands there. Pages read the text,
documents keep the place too, so that every printed number can be looked up in results.json and checked.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

INSIDE = re.compile(r" (?!\()")  # a space, but not that before a parenthesis


@dataclass(frozen=True)
class Number:
    """A number as printed, the places of the values it was printed from, and these values."""

    text: str
    places: tuple[str, ...]
    values: tuple[Any, ...]


Part = str | Number
Text = tuple[Part, ...]


@dataclass(frozen=True)
class Place:
    """A value in the results and the way to it, for example `os_relapse.groups[0].at[2].estimate`."""

    value: Any
    path: str = ""

    def __getitem__(self, name: str | int) -> "Place":
        if isinstance(name, int):
            return Place(self.value[name], f"{self.path}[{name}]")
        return Place(self.value[name], f"{self.path}.{name}" if self.path else name)

    def __iter__(self) -> Iterator["Place"]:
        return (self[index] for index in range(len(self.value)))

    def get(self, name: str) -> "Place":
        """The value of a name that may be absent; then an empty list, which iterates over nothing."""
        return self[name] if self.value.get(name) else Place((), f"{self.path}.{name}")


def shown(printed: Callable[..., str], *places: Place) -> Number:
    """The values at these places, as this function prints them."""
    values = tuple(place.value for place in places)
    return Number(printed(*values), tuple(place.path for place in places), values)


def plain(text: Text) -> str:
    """The text without the places."""
    return "".join(part if isinstance(part, str) else part.text for part in text)


def unbroken(text: Text) -> str:
    """The text without the places; an estimate breaks before its limits, never inside one of them."""
    told = plain(text)
    return INSIDE.sub("\u00a0", told) if text and isinstance(text[0], Number) else told


def find(root: Any, path: str) -> Any:
    """The value at a place; KeyError or IndexError when there is none."""
    for step in path.replace("[", ".[").split("."):
        root = root[int(step[1:-1])] if step.startswith("[") else root[step]
    return root
