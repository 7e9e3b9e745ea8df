"""Opening a source: a folder, a .zip or an .xlsx becomes tables of text cells, or faults.

Sizes are checked before anything is parsed (RELIABILITY IMP-03); encodings and separators are told by the bytes and the
header, never guessed from the values.
"""

import codecs
import csv
import hashlib
import io
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from registry.importing.report import ERROR, Fault, Refused

MIB = 1024 * 1024
MAX_FILE, MAX_UNPACKED, MAX_RATIO, MAX_ENTRIES = 50 * MIB, 200 * MIB, 100, 1000
MAX_ROWS, MAX_COLUMNS, MAX_CELL = 1_000_000, 500, 32 * 1024
SEPARATORS = ",;\t"


@dataclass(frozen=True)
class Table:
    """One file or sheet: its header and its rows as (line, cells), the header being line 1; rows may be ragged."""

    slug: str
    file: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass
class Source:
    """What could be read of a source, the hash of its bytes, and every fault in what could not.

    `unread` names the entities whose file is there but could not be read: nothing is known of their rows.
    """

    tables: dict[str, Table] = field(default_factory=dict)
    sha256: str = ""
    faults: list[Fault] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)

    def add(self, slug: str, table: Table | None) -> None:
        if table is None:
            self.unread.add(slug)
        else:
            self.tables[slug] = table


def fault(file: str, rule: str, message: str, *, row: int | None = None, column: str = "", value: str = "") -> Fault:
    return Fault(file, row, "", column, value, rule, ERROR, message)


def open_source(path: Path, slugs: tuple[str, ...], *, encoding: str = "") -> Source:
    """Read a source as far as it can be read, with every fault of files, encodings and sizes.

    Refused when there is nothing to read at all: no source, a packed bomb, an unknown encoding.
    """
    if encoding and not _is_encoding(encoding):
        raise Refused([fault("", "encoding", f"There is no encoding '{encoding[:40]}'", value=encoding)])
    source = Source()
    if path.is_dir():
        _parse(source, _folder(source, path, slugs), encoding)
    elif path.suffix.lower() == ".xlsx" and path.is_file():
        from registry.importing.workbook import read_workbook

        read_workbook(source, path, slugs)
        source.sha256 = _sha256(path)
    elif path.is_file() and zipfile.is_zipfile(path):
        _parse(source, _zip(source, path, slugs), encoding)
    elif path.is_file():
        raise Refused(
            [fault(path.name, "file", "A source is a folder of .csv files, a .zip of them or an .xlsx workbook")]
        )
    else:
        raise Refused([fault(path.name, "file", "There is no such folder or file")])
    rows = sum(len(table.rows) for table in source.tables.values())
    if rows > MAX_ROWS and not path.is_dir():
        raise Refused([fault(path.name, "limit", f"A packed source may have {MAX_ROWS:,} rows, not {rows:,}")])
    if not (source.tables or source.faults):
        raise Refused([fault(path.name, "file", f"There is nothing to import in it; files are {' '.join(slugs)}")])
    return source


def _is_encoding(name: str) -> bool:
    try:
        return codecs.lookup(name)._is_text_encoding
    except (LookupError, ValueError):
        return False


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _slug(name: str, slugs: tuple[str, ...]) -> str | None:
    stem, dot, ending = name.rpartition(".")
    return stem if dot and ending == "csv" and stem in slugs else None


def _unknown(name: str, slugs: tuple[str, ...]) -> Fault:
    return fault(name, "file", f"Unknown file; known are {' '.join(slugs)} with the ending .csv")


def _folder(source: Source, path: Path, slugs: tuple[str, ...]) -> Iterator[tuple[str, str, bytes]]:
    for entry in sorted(path.iterdir()):
        slug = _slug(entry.name, slugs) if entry.is_file() else None
        if slug is None:
            source.faults.append(_unknown(entry.name, slugs))
            continue
        try:
            content = entry.read_bytes()
        except OSError as error:
            source.faults.append(fault(entry.name, "file", f"The file cannot be read: {error.strerror}"))
            source.unread.add(slug)
        else:
            yield slug, entry.name, content


def _zip(source: Source, path: Path, slugs: tuple[str, ...]) -> Iterator[tuple[str, str, bytes]]:
    """The files of a packed folder; the folder itself may be packed with them."""
    if path.stat().st_size > MAX_FILE:
        raise Refused([fault(path.name, "limit", "A packed source may be at most 50 MB")])
    try:
        with zipfile.ZipFile(path) as packed:
            entries = [entry for entry in packed.infolist() if not entry.is_dir()]
            check_unpacked(path.name, entries)
            inside = _common_folder(entry.filename for entry in entries)
            for name, times in Counter(entry.filename for entry in entries).items():
                if times > 1:
                    source.faults.append(fault(name[:100], "file", f"The file stands {times} times in the source"))
            for entry in entries:
                slug = _slug(entry.filename.removeprefix(inside), slugs)
                if slug is None:
                    source.faults.append(_unknown(entry.filename[:100], slugs))
                elif (content := _unpack(source, packed, entry)) is None:
                    source.unread.add(slug)
                else:
                    yield slug, entry.filename.removeprefix(inside), content
    except zipfile.BadZipFile:
        raise Refused([fault(path.name, "file", "The packed file is damaged")]) from None


def _common_folder(names: Iterator[str]) -> str:
    """The one folder in which every file lies, with its stroke; empty when they lie at the top or in several."""
    folders = {name.rpartition("/")[0] for name in names}
    return f"{folders.pop()}/" if len(folders) == 1 and "" not in folders else ""


def _unpack(source: Source, packed: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes | None:
    if entry.flag_bits & 0x1:
        source.faults.append(fault(entry.filename, "file", "The file is encrypted; unpack it first"))
        return None
    try:
        return packed.read(entry)
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError, zlib.error):
        source.faults.append(fault(entry.filename, "file", "The packed file is damaged"))
        return None


def check_unpacked(name: str, entries: list[zipfile.ZipInfo]) -> None:
    """Refuse a packed file that would unpack to too much, before unpacking any of it."""
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or unpacked / packed > MAX_RATIO:
        limits = f"at most {MAX_ENTRIES} files, 200 MB unpacked, {MAX_RATIO} times the packed size"
        raise Refused([fault(name, "limit", f"The packed file is too large inside: {limits}")])


def _parse(source: Source, named: Iterator[tuple[str, str, bytes]], encoding: str) -> None:
    whole = hashlib.sha256()
    for slug, file, content in named:
        whole.update(f"{slug}\0{hashlib.sha256(content).hexdigest()}\0".encode())
        source.add(slug, parse_csv(slug, file, content, source.faults, encoding=encoding))
    source.sha256 = whole.hexdigest()


def _decode(file: str, content: bytes, encoding: str, faults: list[Fault]) -> str:
    """The text of a file; bytes that are none become U+FFFD, which the reading of the cells then refuses one by one."""
    boms = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
    told = next((name for bom, name in boms if content.startswith(bom)), encoding or "utf-8")
    try:
        return content.decode(told)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        way_out = "save it as UTF-8, or name its encoding with --encoding"
        faults.append(fault(file, "encoding", f"The file is not {told}: {way_out}", row=line))
        return content.decode(told, "replace")


def parse_csv(slug: str, file: str, content: bytes, faults: list[Fault], *, encoding: str = "") -> Table | None:
    """One CSV file as a table, None when it cannot be read; broken quoting and limits are named by line."""
    text = _decode(file, content, encoding, faults)
    first = text.split("\n", 1)[0]
    if "\0" in first:
        faults.append(fault(file, "encoding", "The file is no text, or UTF-16 without its byte order mark", row=1))
        return None
    separator = max(SEPARATORS, key=first.count)
    csv.field_size_limit(MAX_CELL * 4)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header: tuple[str, ...] | None = None
    held: dict[str, str] = {}  # each text once: columns repeat codes and names of patients
    rows: list[tuple[int, tuple[str, ...]]] = []
    try:
        for line, cells in _numbered(reader):
            if header is None:
                header = tuple(cell.strip() for cell in cells)
                if len(header) > MAX_COLUMNS:
                    faults.append(fault(file, "limit", f"At most {MAX_COLUMNS} columns, not {len(header)}", row=1))
                    return None
            else:
                rows.append((line, tuple(held.setdefault(cell, cell) for cell in cells)))
    except csv.Error as error:
        what = "a cell holds more than 32 KiB" if "field limit" in str(error) else f"broken quoting ({error})"
        rule = "limit" if "field limit" in str(error) else "file"
        faults.append(fault(file, rule, f"The file cannot be read: {what}", row=reader.line_num))
        return None
    if header is None:
        faults.append(fault(file, "file", "The file is empty; it needs at least its header line"))
        return None
    return Table(slug, file, header, tuple(rows))


def _numbered(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line each begins on; rows without a single filled cell are passed over."""
    last = 0
    for cells in reader:
        line, last = last + 1, reader.line_num
        if any(cell.strip() for cell in cells):
            yield line, cells
