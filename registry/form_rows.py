"""A form as its template draws it: fields with their words and faults, under headings that say how far they are."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from registry.dictionary.compiled import ItemSpec
from registry.dictionary.items import MISSING, Kind
from registry.form_fields import Option


@dataclass(frozen=True)
class FieldRow:
    """A field as the template draws it: words, current text, choices, errors, and where they are.

    `asked` is false where the other answers make the question pointless; what it holds is then kept, or left out
    where it is `unread`. `chart` is the document of the chart in which the answer is usually found."""

    name: str
    id: str
    kind: str
    label: str
    hint: str
    text: str
    options: list[Option] = field(default_factory=list)
    groups: list[tuple[str, list[Option]]] = field(default_factory=list)
    reasons: list[Option] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    notes: list[Any] = field(default_factory=list)
    unit: str = ""
    limits: str = ""
    source: str = ""
    chart: str = ""
    placeholder: str = ""
    finest: str = ""
    core: bool = False
    must: bool = False
    asked: bool = True
    unread: bool = False
    asked_if: str = ""
    companion: "FieldRow | None" = None

    @property
    def described_by(self) -> str:
        """Ids of the texts that explain the field and its faults."""
        parts = [f"{self.id}_hint"] if self.hint or self.placeholder or self.limits or self.chart else []
        parts += [f"{self.id}_error"] if self.errors else []
        parts += [f"{self.id}_notes"] if self.notes else []
        return " ".join(parts)

    @property
    def several(self) -> bool:
        return self.kind == Kind.CODES.value

    @property
    def answered(self) -> bool:
        """Whether anything stands in the box; a reason for no value is an answer."""
        return bool(self.text.strip())

    @property
    def kept(self) -> bool:
        """Not asked, and there is something in the box: it stays in sight."""
        return not self.asked and (self.answered or (self.companion is not None and self.companion.answered))


@dataclass(frozen=True)
class Section:
    """A heading of the form with its fields; `source` says where they are defined."""

    heading: str
    rows: list[FieldRow]

    @property
    def source(self) -> str:
        return ", ".join(dict.fromkeys(row.source for row in self.rows if row.source))

    @property
    def answered(self) -> int:
        """How many of the questions asked have an answer."""
        return sum(row.asked and row.answered for row in self.rows)

    @property
    def asked(self) -> int:
        return sum(row.asked for row in self.rows)

    @property
    def done(self) -> bool:
        return 0 < self.asked == self.answered

    @property
    def progress(self) -> str:
        """How far the section is, in the words that static/entry.js keeps current while somebody types."""
        return f"{self.answered} of {self.asked} answered" if self.asked else "not asked"


def typed_values(specs: Iterable[ItemSpec], texts: Mapping[str, str]) -> dict[str, Any]:
    """What stands in the boxes as the conditions of the dictionary read it; static/asked-if.js reads the same.

    A reason for no value is no value here: what depends on it is not asked."""
    values: dict[str, Any] = {}
    for spec in specs:
        text = texts.get(spec.name, "").strip()
        told = [part for part in (text.split(";") if spec.kind is Kind.CODES else [text]) if part not in ("", *MISSING)]
        values[spec.name] = told if spec.kind is Kind.CODES else "".join(told)
    return values


def is_asked(spec: ItemSpec, values: Mapping[str, Any]) -> bool:
    """Whether the question is asked, given the answers beside it."""
    return spec.item.asked_if is None or spec.item.asked_if.holds(values)
