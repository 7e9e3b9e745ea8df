"""A figure's SVG as PNG and PDF: the same picture with the same letters, and the same bytes every time.

The letters are DejaVu Sans as matplotlib ships it; fonts of the machine are never looked at.
"""

import re
from functools import cache
from html import unescape
from pathlib import Path
from typing import Any

FORMS = ("svg", "png", "pdf")
PIXELS_PER_INCH = 200
_PAGE = '#set page(width: auto, height: auto, margin: 0pt, fill: white)\n#image("figure.svg", alt: sys.inputs.told)\n'
_TITLE = '#set document(title: sys.inputs.title)\n#set text(lang: "en")\n'


@cache
def fonts() -> Any:
    """The fonts of figures and reports: those the packages bring, none of the machine."""
    import matplotlib
    import typst

    folder = Path(matplotlib.__file__).parent / "mpl-data" / "fonts" / "ttf"
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[str(folder)])


def typeset(source: str, files: dict[str, bytes], *, form: str, inputs: dict[str, str], **more: Any) -> bytes:
    """Bytes of a typst source; files are given, nothing is read from the disk, no clock is asked."""
    import typst

    given = {"main": source.encode("utf-8"), **files}
    return typst.compile(given, font_paths=fonts(), format=form, sys_inputs=inputs, timestamp=0, **more)


def in_form(svg: bytes, form: str) -> bytes:
    """The figure in another form: png at 200 pixels per inch, pdf with selectable text and a description."""
    if form == "svg":
        return svg
    figure = {"figure.svg": in_dejavu(svg)}
    inputs = {"title": told_in(svg, "title"), "told": told_in(svg, "desc")}
    if form == "png":
        return typeset(_PAGE, figure, form="png", inputs=inputs, ppi=PIXELS_PER_INCH)
    return typeset(_TITLE + _PAGE, figure, form="pdf", inputs=inputs, pdf_standards="ua-1")


def in_dejavu(svg: bytes) -> bytes:
    """The SVG with the one font whose widths it was drawn for."""
    return re.sub(rb'font-family="[^"]*"', b'font-family="DejaVu Sans"', svg)


def told_in(svg: bytes, tag: str) -> str:
    """What the figure says of itself: its `title`, or its `desc`ription."""
    found = re.search(rf"<{tag}[^>]*>(.*?)</{tag}>".encode(), svg, re.DOTALL)
    return unescape(found.group(1).decode("utf-8")) if found else ""
