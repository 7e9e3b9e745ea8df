"""A report as PDF, tagged for screen readers (PDF/UA-1), set by typst from the document as JSON."""

import json
from pathlib import Path
from typing import Any

from analytics.report.bound import Text, plain
from analytics.report.document import SYNTHETIC, Block, Bullets, Code, Document, Grid, Image, Paragraph
from analytics.report.figure_forms import in_dejavu, typeset

PROSE = 80  # letters; a longer cell is sentences and gets the room
MANY = 6  # columns; with more, cells break rather than widen
TEMPLATE = Path(__file__).with_name("report.typ")


def to_pdf(document: Document) -> bytes:
    """The bytes of the file: the same document, the same bytes."""
    files = {f"{image.name}.svg": in_dejavu(document.figures[f"{image.name}.svg"]) for image in document.images}
    files["document.json"] = json.dumps(_told(document), ensure_ascii=False).encode("utf-8")
    source = TEMPLATE.read_text(encoding="utf-8")
    return typeset(source, files, form="pdf", inputs={}, pdf_standards="ua-1")


def _told(document: Document) -> dict[str, Any]:
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "mark": SYNTHETIC if document.synthetic else "",
        "disclosed": document.disclosed,
        "identity": document.identity,
        "facts": [[name, plain(value)] for name, value in document.facts],
        "sections": [
            {"heading": section.heading, "level": section.level, "blocks": [_block(block) for block in section.blocks]}
            for section in document.sections
        ],
    }


def _block(block: Block) -> dict[str, Any]:
    match block:
        case Paragraph():
            return {"kind": "paragraph", "text": plain(block.text)}
        case Bullets():
            return {"kind": "bullets", "items": [plain(item) for item in block.items]}
        case Code():
            return {"kind": "code", "text": "\n".join(block.lines)}
        case Image():
            return {"kind": "image", "file": f"{block.name}.svg", "caption": plain(block.caption), "told": block.told}
        case Grid():
            return _grid(block)


def _grid(block: Grid) -> dict[str, Any]:
    rows = [[plain(cell) for cell in row] for row in block.cells]
    return {
        "kind": "table",
        "caption": block.caption,
        "columns": list(block.columns),
        "rows": rows,
        "widths": [
            width(column, [row[index] for row in rows], many=len(block.columns) > MANY)
            for index, column in enumerate(block.columns)
        ],
        "numeric": [is_numeric(block.cells, index) for index in range(len(block.columns))],
        "notes": [plain(remark) for remark in block.remarks],
    }


def width(column: str, cells: list[str], *, many: bool) -> float:
    """How wide a column wants to be beside the others, in letters; prose breaks, a bold heading runs wide."""
    longest = max((len(cell) for cell in cells), default=0)
    word = max((len(part) for text in cells for part in text.split()), default=1)
    heading = max(len(part) for part in column.split()) * 1.35
    wanted = 14 if many else 34 if longest < PROSE else 60
    return max(heading, min(word, 20), min(longest, wanted), 3.0)


def is_numeric(cells: tuple[tuple[Text, ...], ...], index: int) -> bool:
    """Whether a column holds numbers, to be set flush right."""
    told = [row[index] for row in cells]
    return index > 0 and bool(told) and all(cell and not isinstance(cell[0], str) for cell in told)
