"""Opening a source: a folder, a .zip or an .xlsx becomes tables of text cells, or faults.

Sizes are checked before anything is parsed (RELIABILITY IMP-03); encodings and separators are told by the bytes and the
header, never guessed from the values.
"""

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from registry.importing.report import ERROR, Fault, Refused

MIB = 1024 * 1024
MAX_FILE, MAX_UNPACKED, MAX_RATIO, MAX_ENTRIES = 50 * MIB, 200 * MIB, 100, 1000
MAX_COLUMNS, MAX_CELL = 500, 32 * 1024
SEPARATORS = ",;\t"


@dataclass(frozen=True)
class Table:
    """One file or sheet: its header and its rows as (line, cells), the header being line 1."""

    slug: str
    file: str
    header: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


@dataclass(frozen=True)
class Source:
    """All tables of a source and the hash of its bytes."""

    tables: dict[str, Table]
    sha256: str


def fault(file: str, rule: str, message: str, *, row: int | None = None, column: str = "", value: str = "") -> Fault:
    return Fault(file, row, "", column, value, rule, ERROR, message)


def open_source(path: Path, slugs: tuple[str, ...], *, encoding: str = "") -> Source:
    """Read a source whole; Refused carries every fault of files, encodings and sizes."""
    if path.is_dir():
        named = _folder(path, slugs)
    elif path.suffix.lower() == ".xlsx" and path.is_file():
        from registry.importing.workbook import read_workbook

        return Source(read_workbook(path, slugs), _sha256(path))
    elif path.is_file() and zipfile.is_zipfile(path):
        named = _zip(path, slugs)
    elif path.is_file():
        raise Refused(
            [fault(path.name, "file", "A source is a folder of .csv files, a .zip of them or an .xlsx workbook")]
        )
    else:
        raise Refused([fault(path.name, "file", "There is no such folder or file")])
    return _parse(named, encoding)


def _sha256(path: Path) -> str:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _slug(name: str, slugs: tuple[str, ...]) -> str | None:
    stem, dot, ending = name.rpartition(".")
    return stem if dot and ending == "csv" and stem in slugs else None


def _unknown(name: str, slugs: tuple[str, ...]) -> Fault:
    return fault(name, "file", f"Unknown file; known are {' '.join(slugs)} with the ending .csv")


def _folder(path: Path, slugs: tuple[str, ...]) -> list[tuple[str, str, bytes]]:
    named, faults = [], []
    for entry in sorted(path.iterdir()):
        slug = _slug(entry.name, slugs) if entry.is_file() else None
        if slug is None:
            faults.append(_unknown(entry.name, slugs))
        else:
            named.append((slug, entry.name, entry.read_bytes()))
    if faults:
        raise Refused(faults)
    return named


def _zip(path: Path, slugs: tuple[str, ...]) -> list[tuple[str, str, bytes]]:
    if path.stat().st_size > MAX_FILE:
        raise Refused([fault(path.name, "limit", "A packed source may be at most 50 MB")])
    named, faults = [], []
    with zipfile.ZipFile(path) as packed:
        entries = [entry for entry in packed.infolist() if not entry.is_dir()]
        check_unpacked(path.name, entries)
        for entry in entries:
            slug = _slug(entry.filename, slugs)
            if slug is None:
                faults.append(_unknown(entry.filename[:100], slugs))
            elif entry.flag_bits & 0x1:
                faults.append(fault(entry.filename, "file", "The file is encrypted; unpack it first"))
            else:
                named.append((slug, entry.filename, _unpack(packed, entry)))
    if faults:
        raise Refused(faults)
    return named


def _unpack(packed: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bytes:
    try:
        return packed.read(entry)
    except (zipfile.BadZipFile, NotImplementedError, OSError, EOFError, ValueError):
        raise Refused([fault(entry.filename, "file", "The packed file is damaged")]) from None


def check_unpacked(name: str, entries: list[zipfile.ZipInfo]) -> None:
    """Refuse a packed file that would unpack to too much, before unpacking any of it."""
    unpacked = sum(entry.file_size for entry in entries)
    packed = max(1, sum(entry.compress_size for entry in entries))
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or unpacked / packed > MAX_RATIO:
        limits = f"at most {MAX_ENTRIES} files, 200 MB unpacked, {MAX_RATIO} times the packed size"
        raise Refused([fault(name, "limit", f"The packed file is too large inside: {limits}")])


def _parse(named: list[tuple[str, str, bytes]], encoding: str) -> Source:
    tables: dict[str, Table] = {}
    faults: list[Fault] = []
    whole = hashlib.sha256()
    for slug, file, content in named:
        whole.update(f"{slug}\0{hashlib.sha256(content).hexdigest()}\0".encode())
        try:
            tables[slug] = parse_csv(slug, file, content, encoding)
        except Refused as refused:
            faults += refused.faults
    if faults:
        raise Refused(faults)
    return Source(tables, whole.hexdigest())


def _decode(file: str, content: bytes, encoding: str) -> str:
    boms = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
    told = next((name for bom, name in boms if content.startswith(bom)), encoding or "utf-8")
    try:
        return content.decode(told)
    except LookupError:
        raise Refused([fault(file, "encoding", f"There is no encoding '{encoding}'")]) from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        way_out = "save it as UTF-8, or name its encoding with --encoding"
        raise Refused([fault(file, "encoding", f"The file is not {told}: {way_out}", row=line)]) from None


def parse_csv(slug: str, file: str, content: bytes, encoding: str = "") -> Table:
    """One CSV file as a table; Refused names broken quoting, ragged rows and limits by line."""
    text = _decode(file, content, encoding)
    first = text.split("\n", 1)[0]
    separator = max(SEPARATORS, key=first.count)
    csv.field_size_limit(MAX_CELL * 4)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    faults: list[Fault] = []
    header: tuple[str, ...] | None = None
    rows: list[tuple[int, tuple[str, ...]]] = []
    try:
        for line, cells in _numbered(reader):
            if header is None:
                header = tuple(cell.strip() for cell in cells)
                if len(header) > MAX_COLUMNS:
                    raise Refused([fault(file, "limit", f"At most {MAX_COLUMNS} columns, not {len(header)}", row=1)])
            elif len(cells) != len(header):
                faults.append(fault(file, "column", f"{len(cells)} cells where the header has {len(header)}", row=line))
            else:
                rows.append((line, tuple(cells)))
    except csv.Error as error:
        what = "a cell holds more than 32 KiB" if "field limit" in str(error) else f"broken quoting ({error})"
        rule = "limit" if "field limit" in str(error) else "file"
        raise Refused([*faults, fault(file, rule, f"The file cannot be read: {what}", row=reader.line_num)]) from None
    if header is None:
        raise Refused([fault(file, "file", "The file is empty; it needs at least its header line")])
    if faults:
        raise Refused(faults)
    return Table(slug, file, header, tuple(rows))


def _numbered(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line each begins on; blank lines are passed over."""
    last = 0
    for cells in reader:
        line, last = last + 1, reader.line_num
        if cells and not (len(cells) == 1 and not cells[0].strip()):
            yield line, cells
