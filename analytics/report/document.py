"""A report as data: sections of headings, sentences, figures and tables in reading order, for every format.

Nothing here knows HTML, PDF or Word; `to_html`, `to_pdf` and `to_docx` each turn the same object into bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from analytics.report.bound import Text

SYNTHETIC = "SYNTHETIC DATA: invented patients, no evidence about anybody"
WITHHELD_NOTE = (
    "Counts of 1 to 4 and what would give them away are withheld, curves end where fewer than 5 patients are at risk, "
    "and values of single patients are left out."
)


@dataclass(frozen=True)
class Paragraph:
    text: Text


@dataclass(frozen=True)
class Bullets:
    items: tuple[Text, ...]


@dataclass(frozen=True)
class Code:
    """Lines to be typed or compared letter by letter."""

    lines: tuple[str, ...]


@dataclass(frozen=True)
class Image:
    """A figure. name: its file in figures/ without ending; told: what it shows, for who cannot see it."""

    name: str
    caption: Text
    told: str


@dataclass(frozen=True)
class Grid:
    """A table with its caption and what has to be said below it; the first column names the row."""

    caption: str
    columns: tuple[str, ...]
    cells: tuple[tuple[Text, ...], ...]
    remarks: tuple[Text, ...] = ()


Block = Paragraph | Bullets | Code | Image | Grid


@dataclass(frozen=True)
class Section:
    """A heading of level 1 or 2 and what stands below it; `anchor` is what a link names."""

    anchor: str
    heading: str
    blocks: tuple[Block, ...]
    level: int = 1


@dataclass(frozen=True)
class Document:
    """A whole report. facts: what was asked, in pairs; marks: what stands on every page."""

    title: str
    subtitle: str
    facts: tuple[tuple[str, Text], ...]
    sections: tuple[Section, ...]
    synthetic: bool
    disclosed: bool
    identity: str
    figures: Mapping[str, bytes] = field(default_factory=dict, repr=False)

    @property
    def images(self) -> tuple[Image, ...]:
        """Every figure in reading order."""
        return tuple(block for section in self.sections for block in section.blocks if isinstance(block, Image))
