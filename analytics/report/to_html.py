"""A report as one HTML file: no script, no outside address, figures inside, readable in the dark and on paper.

A number is a `data` element: its text, its exact value, and in `data-result` the place of the value.
"""

import json
import re
from collections.abc import Callable
from functools import cache
from html import escape
from pathlib import Path

from analytics.report.bound import Number, Text, plain
from analytics.report.document import SYNTHETIC, Block, Bullets, Code, Document, Grid, Image, Paragraph, Section

CSS = Path(__file__).with_name("report.css")


@cache
def style() -> str:
    """The one style sheet of the report."""
    return CSS.read_text(encoding="utf-8")


def to_html(document: Document) -> bytes:
    """The whole file."""
    mark = f'<p class="synthetic">{escape(SYNTHETIC)}</p>' if document.synthetic else ""
    kept = '<p class="withheld">Small cells withheld</p>' if document.disclosed else ""
    facts = "".join(f"<div><dt>{escape(name)}</dt><dd>{_text(value)}</dd></div>" for name, value in document.facts)
    contents = "".join(
        f'<li><a href="#{section.anchor}">{escape(section.heading)}</a></li>'
        for section in document.sections
        if section.level == 1
    )
    body = "".join(_section(section, document) for section in document.sections)
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(_title(document))}</title>\n<style>{style()}</style>\n</head>\n<body>\n"
        f"{mark}<header><h1>{escape(document.title)}</h1>"
        f'<p class="subtitle">{escape(document.subtitle)}</p>{kept}<dl class="facts">{facts}</dl></header>\n'
        f'<nav aria-label="Contents"><h2>Contents</h2><ol>{contents}</ol></nav>\n<main>\n{body}</main>\n'
        f"<footer><p>{escape(document.identity)}</p></footer>\n</body>\n</html>\n"
    ).encode()


def _title(document: Document) -> str:
    return f"{document.title}: {document.subtitle}{' (synthetic data)' if document.synthetic else ''}"


def _section(section: Section, document: Document) -> str:
    tag = f"h{section.level + 1}"
    blocks = "".join(RENDERERS[type(block)](block, document) for block in section.blocks)
    return f'<section id="{section.anchor}"><{tag}>{escape(section.heading)}</{tag}>\n{blocks}</section>\n'


def _text(text: Text) -> str:
    return "".join(escape(part) if isinstance(part, str) else _number(part) for part in text)


def _number(number: Number) -> str:
    places = escape(" ".join(number.places))
    values = number.values[0] if len(number.values) == 1 else list(number.values)
    value = escape(json.dumps(values, ensure_ascii=False))
    return f'<data data-result="{places}" value="{value}">{escape(number.text)}</data>'


def _paragraph(block: Paragraph, document: Document) -> str:
    return f"<p>{_text(block.text)}</p>\n"


def _bullets(block: Bullets, document: Document) -> str:
    return "<ul>" + "".join(f"<li>{_text(item)}</li>" for item in block.items) + "</ul>\n"


def _code(block: Code, document: Document) -> str:
    lines = escape("\n".join(block.lines))
    return f"<pre><code>{lines}</code></pre>\n"


def _image(block: Image, document: Document) -> str:
    svg = _own_ids(document.figures[f"{block.name}.svg"].decode("utf-8"), block.name)
    return f"<figure>{svg}<figcaption>{_text(block.caption)}</figcaption></figure>\n"


def _own_ids(svg: str, name: str) -> str:
    """Ids made unique in the page; matplotlib gives every figure the same ones."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r'\bid="([^"]+)"', rf'id="{name}-\1"', svg)
    svg = re.sub(r'(xlink:href|href)="#([^"]+)"', rf'\1="#{name}-\2"', svg)
    svg = re.sub(r"url\(#([^)]+)\)", rf"url(#{name}-\1)", svg)
    return re.sub(
        r'aria-labelledby="([^"]+)"',
        lambda found: 'aria-labelledby="' + " ".join(f"{name}-{one}" for one in found.group(1).split()) + '"',
        svg,
    )


def _grid(block: Grid, document: Document) -> str:
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in block.columns)
    rows = "".join(
        "<tr>" + f'<th scope="row">{_text(row[0])}</th>' + "".join(_cell(cell) for cell in row[1:]) + "</tr>"
        for row in block.cells
    )
    notes = "".join(f"<li>{_text(remark)}</li>" for remark in block.remarks)
    below = f'<ul class="notes">{notes}</ul>' if notes else ""
    return (
        f'<div class="table" role="region" tabindex="0" aria-label="{escape(block.caption)}"><table>'
        f"<caption>{escape(block.caption)}</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"
        f"</div>{below}\n"
    )


def _cell(cell: Text) -> str:
    numeric = not isinstance(cell[0], str) if cell else False
    kind = ' class="words"' if not numeric and len(plain(cell)) > 24 else ""
    return f"<td{kind}>{_text(cell)}</td>"


RENDERERS: dict[type, Callable[[Block, Document], str]] = {
    Paragraph: _paragraph,
    Bullets: _bullets,
    Code: _code,
    Image: _image,
    Grid: _grid,
}
