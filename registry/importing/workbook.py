"""Reading an .xlsx workbook: one sheet per entity, cells as the text a CSV would hold.

Read-only mode after the sizes were checked; formulas, encrypted and macro workbooks are refused.
"""

import zipfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

from registry.dictionary.cells import plain_number
from registry.importing import source
from registry.importing.report import Fault, Refused

#: How much of a part is looked at for definitions of its own; they stand before its first element.
HEAD_BYTES = 8192


def read_workbook(into: source.Source, path: Path, slugs: tuple[str, ...]) -> None:
    """Read the sheets of a workbook; Refused when it is none, faults for unknown sheets, formulas and limits."""
    if path.stat().st_size > source.MAX_FILE:
        raise Refused([source.fault(path.name, "limit", "A workbook may be at most 50 MB")])
    if not zipfile.is_zipfile(path):
        raise Refused([source.fault(path.name, "file", "The workbook cannot be read: damaged or encrypted")])
    with zipfile.ZipFile(path) as packed:
        source.check_unpacked(path.name, packed.infolist())
        if why := _unwanted(packed):
            raise Refused([source.fault(path.name, "file", f"{why}; save the values alone as .xlsx")])
    from openpyxl import load_workbook

    try:
        book = load_workbook(path, read_only=True, data_only=False, keep_links=False)
        found = [(sheet.title, [list(row) for row in sheet.iter_rows(values_only=True)]) for sheet in book.worksheets]
    except Exception:  # openpyxl raises many kinds on damaged files; all mean the same to the user
        raise Refused([source.fault(path.name, "file", "The workbook cannot be read: damaged or encrypted")]) from None
    for title, rows in found:
        if title in slugs:
            into.add(title, _table(title, rows, into.faults))
        else:
            into.faults.append(source.fault(title, "file", f"Unknown sheet; known are {' '.join(slugs)}"))


def _unwanted(packed: zipfile.ZipFile) -> str:
    """What a workbook of values never holds: programs, references to other files, definitions of its own markup."""
    for entry in packed.infolist():
        if "vbaProject" in entry.filename:
            return "Workbooks with macros are refused"
        if entry.filename.startswith("xl/externalLinks/"):
            return "Workbooks that refer to other files are refused"
        if entry.filename.endswith((".xml", ".rels")):
            with packed.open(entry) as part:
                if b"<!DOCTYPE" in part.read(HEAD_BYTES).upper():
                    return "Workbooks that define markup of their own are refused"
    return ""


def _table(title: str, rows: list[list[Any]], faults: list[Fault]) -> source.Table | None:
    while rows and all(value is None for value in rows[-1]):
        rows.pop()
    if not rows:
        faults.append(source.fault(title, "file", "The sheet is empty; it needs at least its header line"))
        return None
    header = [str(value or "").strip() for value in rows[0]]
    while header and not header[-1]:
        header.pop()
    if len(header) > source.MAX_COLUMNS:
        faults.append(source.fault(title, "limit", f"At most {source.MAX_COLUMNS} columns", row=1))
        return None
    body = []
    for line, values in enumerate(rows[1:], start=2):
        cells = [_text(value) for value in values]
        if any(cells[len(header) :]):
            faults.append(source.fault(title, "column", "Cells beyond the last column of the header", row=line))
        cells = (cells + [""] * len(header))[: len(header)]
        for place, (name, cell) in enumerate(zip(header, cells, strict=True)):
            if cell.startswith("="):
                faults.append(
                    source.fault(title, "type", "Formulas are refused; paste the values", row=line, column=name,
                                 value=cell)
                )  # fmt: skip
                cells[place] = ""
        if any(cell.strip() for cell in cells):
            body.append((line, tuple(cells)))
    return source.Table(title, title, tuple(header), tuple(body))


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "Y" if value else "N"
    if isinstance(value, datetime | date):
        return value.strftime("%Y-%m-%d")
    if isinstance(value, int | float):
        return plain_number(value)
    return str(value)
