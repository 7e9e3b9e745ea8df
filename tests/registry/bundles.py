"""Small import bundles for tests: the template's example with some files replaced."""

from datetime import UTC, datetime
from pathlib import Path

from registry.importing import Report, import_source
from registry.importing.template import EXAMPLE
from tests.factories import as_system

NOW = datetime(2026, 1, 15, tzinfo=UTC)
Bundle = dict[str, list[dict[str, str]]]


def bundle(**changed: list[dict[str, str]]) -> Bundle:
    """The template's example with some files replaced; None drops a file."""
    merged = {slug: [dict(row) for row in rows] for slug, rows in EXAMPLE.items()} | changed
    return {slug: rows for slug, rows in merged.items() if rows is not None}


def write(folder: Path, files: Bundle, *, separator: str = ",", end: str = "\n", encoding: str = "utf-8") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for slug, rows in files.items():
        header = list(dict.fromkeys(name for row in rows for name in row))
        lines = [separator.join(header)] + [separator.join(row.get(name, "") for name in header) for row in rows]
        (folder / f"{slug}.csv").write_bytes((end.join(lines) + end).encode(encoding))
    return folder


def take(path: Path, **options: object) -> Report:
    with as_system():
        return import_source(path, now=NOW, **options)


def problems(report: Report) -> list:
    """Findings that somebody has to look at; flags (partial dates and the like) are only counted."""
    return [fault for fault in report.findings if fault.severity != "FLAG"]


def rules(report: Report) -> set[tuple[str, str]]:
    return {(fault.file, fault.rule) for fault in report.findings}
