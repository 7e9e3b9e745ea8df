"""A report as a Word document: real headings, captions and tables, figures as pictures with a description."""

import io
import re
import zipfile
from datetime import datetime
from typing import Any

from analytics.report.bound import Text, plain
from analytics.report.document import SYNTHETIC, Block, Bullets, Code, Document, Grid, Image, Paragraph
from analytics.report.to_pdf import is_numeric

STAMP = (1980, 1, 1, 0, 0, 0)
TEXT_WIDTH_MM, FIGURE_WIDTH_MM = 170, 145
PADDING = 3  # letters: what Word leaves free in a cell
PROSE = 80  # letters; a longer cell is sentences and gets the room
MANY = 6  # columns; with more, cells break rather than widen
INK, MUTED, ACCENT, WARNING = "1D2733", "566272", "00568A", "8A2600"

STYLES = (  # name, size in points, colour
    ("Normal", 10.5, INK),
    ("Title", 22, INK),
    ("Subtitle", 12.5, MUTED),
    ("Heading 1", 15, ACCENT),
    ("Heading 2", 12, INK),
    ("Caption", 9, MUTED),
)


def to_docx(document: Document) -> bytes:
    """The bytes of the file: the same document, the same bytes."""
    return _steady(_Writer(document).written())


class _Writer:
    """Writes one document from top to bottom."""

    def __init__(self, document: Document) -> None:
        import docx

        self.document = document
        self.word = docx.Document()
        self.counts = {"Figure": 0, "Table": 0}
        self._styles()

    def written(self) -> bytes:
        document = self.document
        self.word.add_heading(document.title, 0)
        self.word.add_paragraph(document.subtitle, style="Subtitle")
        if document.synthetic:
            self._run(self.word.add_paragraph(), SYNTHETIC, bold=True, colour=WARNING)
        for name, value in document.facts:
            line = self.word.add_paragraph()
            self._close(line)
            self._run(line, f"{name}: ", colour=MUTED)
            self._run(line, plain(value), bold=True)
        for section in document.sections:
            self.word.add_heading(section.heading, section.level)
            for block in section.blocks:
                self._block(block)
        held = io.BytesIO()
        self.word.save(held)
        return held.getvalue()

    def _block(self, block: Block) -> None:
        match block:
            case Paragraph():
                self.word.add_paragraph(plain(block.text))
            case Bullets():
                for item in block.items:
                    self.word.add_paragraph(plain(item), style="List Bullet")
            case Code():
                for line in block.lines:
                    self._run(self._close(self.word.add_paragraph()), line, font="Courier New")
            case Image():
                self._image(block)
            case Grid():
                self._grid(block)

    def _image(self, block: Image) -> None:
        from docx.shared import Mm

        picture = self.word.add_picture(
            io.BytesIO(self.document.figures[f"{block.name}.png"]), width=Mm(FIGURE_WIDTH_MM)
        )
        self.word.paragraphs[-1].paragraph_format.keep_with_next = True
        described = picture._inline.docPr
        described.set("descr", block.told)
        described.set("title", plain(block.caption))
        self._caption("Figure", block.caption)

    def _grid(self, block: Grid) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.shared import Mm, Pt

        self._caption("Table", (block.caption,)).paragraph_format.keep_with_next = True
        texts = [list(block.columns), *([plain(cell) for cell in row] for row in block.cells)]
        table = self.word.add_table(rows=len(texts), cols=len(block.columns), style="Light Shading")
        table.autofit = False
        many = len(block.columns) > MANY
        wanted = [_width(column, [row[i] for row in texts[1:]], many=many) for i, column in enumerate(block.columns)]
        wanted = [letters + PADDING for letters in wanted]
        numeric = [is_numeric(block.cells, i) for i in range(len(block.columns))]
        for column, share in zip(table.columns, wanted, strict=True):
            column.width = Mm(TEXT_WIDTH_MM * share / sum(wanted))
        for row, told in zip(table.rows, texts, strict=True):
            for index, cell in enumerate(row.cells):
                cell.width = Mm(TEXT_WIDTH_MM * wanted[index] / sum(wanted))
                line = self._close(cell.paragraphs[0])
                self._run(line, told[index], size=Pt(8 if many else 9))
                if numeric[index]:
                    line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        self._repeat_header(table)
        for remark in block.remarks:
            self._run(self._close(self.word.add_paragraph()), plain(remark), colour=MUTED, size=Pt(9))
        self.word.add_paragraph()

    def _repeat_header(self, table: Any) -> None:
        """The first row stands on every page, no row is torn, nothing but the first row is bold or tinted."""
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        look = table._tbl.tblPr.find(qn("w:tblLook"))
        for name, value in (("firstColumn", "0"), ("noHBand", "1"), ("val", "0620")):
            look.set(qn(f"w:{name}"), value)

        for index, row in enumerate(table.rows):
            properties = row._tr.get_or_add_trPr()
            properties.append(OxmlElement("w:cantSplit"))
            if index == 0:
                properties.append(OxmlElement("w:tblHeader"))

    def _caption(self, kind: str, text: Text) -> Any:
        self.counts[kind] += 1
        line = self.word.add_paragraph(style="Caption")
        line.add_run(f"{kind} {self.counts[kind]}. {plain(text)}")
        return line

    def _close(self, line: Any) -> Any:
        from docx.shared import Pt

        line.paragraph_format.space_after = Pt(1)
        return line

    def _run(self, line: Any, text: str, *, bold: bool = False, colour: str = "", font: str = "", size: Any = None):
        from docx.shared import RGBColor

        run = line.add_run(text)
        run.bold = bold or None
        if colour:
            run.font.color.rgb = RGBColor.from_string(colour)
        if font:
            run.font.name = font
        if size is not None:
            run.font.size = size
        return run

    def _styles(self) -> None:
        """A4, our letters and colours, header and footer on every page, title and language for readers."""
        from docx.shared import Mm, Pt, RGBColor

        page = self.word.sections[0]
        page.page_width, page.page_height = Mm(210), Mm(297)
        page.left_margin = page.right_margin = Mm(20)
        page.top_margin = page.bottom_margin = Mm(22)
        for name, size, colour in STYLES:
            style = self.word.styles[name]
            style.font.size, style.font.color.rgb, style.font.italic = Pt(size), RGBColor.from_string(colour), False
        head, foot = page.header.paragraphs[0], page.footer.paragraphs[0]
        self._run(head, f"{self.document.title}, {self.document.subtitle}   ", colour=MUTED, size=Pt(8))
        if self.document.synthetic:
            self._run(head, "SYNTHETIC DATA", bold=True, colour=WARNING, size=Pt(8))
        if self.document.disclosed:
            self._run(head, "   Small cells withheld", colour=MUTED, size=Pt(8))
        self._run(foot, f"{self.document.identity}   Page ", colour=MUTED, size=Pt(8))
        self._page_number(foot)
        told = self.word.core_properties
        told.title = f"{self.document.title}: {self.document.subtitle}"
        told.author, told.language = "CART19 Registry", "en"
        told.created = told.modified = datetime(*STAMP)

    def _page_number(self, line: Any) -> None:
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn

        field = OxmlElement("w:fldSimple")
        field.set(qn("w:instr"), "PAGE")
        line._p.append(field)


def _width(column: str, cells: list[str], *, many: bool) -> float:
    """How wide a column wants to be beside the others, in letters; prose breaks, a bold heading runs wide."""
    longest = max((len(cell) for cell in cells), default=0)
    word = max((len(part) for text in cells for part in text.split()), default=1)
    heading = max(len(part) for part in column.split()) * 1.35
    wanted = 14 if many else 34 if longest < PROSE else 60
    return max(heading, min(word, 20), min(longest, wanted), 3.0)


def _steady(body: bytes) -> bytes:
    """The same archive with one fixed time stamp, so that the same report is the same bytes."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(body)) as before, zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as after:
        for name in before.namelist():
            content = before.read(name)
            if name == "docProps/core.xml":
                content = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", b"1980-01-01T00:00:00Z", content)
            entry = zipfile.ZipInfo(name, STAMP)
            entry.compress_type = zipfile.ZIP_DEFLATED
            after.writestr(entry, content)
    return held.getvalue()
