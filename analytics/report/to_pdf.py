"""A report as PDF, tagged for screen readers (PDF/UA-1), set by typst from the document as JSON."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from analytics.report.bound import Text, plain, unbroken
from analytics.report.document import SYNTHETIC, Block, Bullets, Code, Document, Grid, Image, Paragraph
from analytics.report.figure_forms import in_dejavu, typeset
from analytics.report.wording import DASH

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
    numeric = [is_numeric(block.cells, at) for at in range(len(block.columns))]
    rows = [[unbroken(cell) for cell in row] for row in block.cells]
    return {
        "kind": "table",
        "caption": block.caption,
        "columns": list(block.columns),
        "rows": rows,
        "words": [longest(word for row in rows for word in row[at].split(" ")) for at in range(len(block.columns))],
        "cells": [longest(row[at] for row in rows) for at in range(len(block.columns))],
        "numeric": numeric,
        "notes": [plain(remark) for remark in block.remarks],
    }


def longest(texts: Iterable[str]) -> str:
    """The text of most letters, of which a column takes its width."""
    return max(texts, key=len, default="")


def is_numeric(cells: tuple[tuple[Text, ...], ...], index: int) -> bool:
    """Whether a column holds numbers, to be set flush right; a dash in their place is none against it."""
    told = [row[index] for row in cells if row[index] != (DASH,)]
    return index > 0 and bool(told) and all(cell and not isinstance(cell[0], str) for cell in told)
