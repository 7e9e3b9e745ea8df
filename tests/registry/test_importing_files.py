"""Import: folders, packed files, workbooks, encodings; broken ones are faults, never exceptions."""

import io
import json
import zipfile
from pathlib import Path

import pytest
from django.core.management import call_command
from openpyxl import Workbook

from registry.importing.template import EXAMPLE, write_templates
from registry.models import Site
from tests.factories import as_system
from tests.registry.bundles import bundle, problems, rules, take, write

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.mark.parametrize(
    "how",
    [
        {"encoding": "utf-8-sig"},
        {"encoding": "utf-16"},
        {"separator": ";"},
        {"separator": "\t"},
        {"end": "\r\n"},
    ],
    ids=str,
)
def test_encodings_separators_and_line_ends_are_told_by_the_file(tmp_path: Path, how: dict):
    files = bundle(salvage=[dict(EXAMPLE["salvage"][0], components="CHEMO")])
    report = take(write(tmp_path / "b", files, **how))

    assert report.status == "committed", report.findings


def test_another_encoding_only_when_declared(tmp_path: Path):
    named = [dict(EXAMPLE["site"][0], name="Synthetic Hôpital")]
    source = write(tmp_path / "b", bundle(site=named), encoding="cp1252")

    assert rules(take(source)) == {("site.csv", "encoding")}
    assert take(source, encoding="cp1252").status == "committed"
    with as_system():
        assert Site.objects.get().name == "Synthetic Hôpital"


def test_unknown_files_are_refused_by_name(tmp_path: Path):
    source = write(tmp_path / "b", bundle())
    (source / "notes.txt").write_text("hello")

    assert rules(take(source)) == {("notes.txt", "file")}


def test_a_ragged_row_is_refused(tmp_path: Path):
    source = write(tmp_path / "b", bundle())
    with (source / "death.csv").open("a") as handle:
        handle.write("local-001,2016-04-02\n")

    assert rules(take(source)) == {("death.csv", "column")}


def test_a_zip_and_a_workbook_hold_the_same_bundle(tmp_path: Path):
    folder = write(tmp_path / "b", bundle())
    packed = tmp_path / "b.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, file.name)
    assert take(packed).status == "committed"

    book = Workbook()
    book.remove(book.active)
    for slug, rows in bundle().items():
        sheet = book.create_sheet(slug)
        sheet.append(list(rows[0]))
        for row in rows:
            sheet.append([int(cell) if cell.isdigit() and len(cell) < 4 else cell for cell in row.values()])
    book.save(tmp_path / "b.xlsx")
    again = take(tmp_path / "b.xlsx")
    assert (again.status, again.created, problems(again)) == ("committed", {}, [])


def test_a_packed_bomb_is_refused_before_it_is_unpacked(tmp_path: Path):
    packed = tmp_path / "b.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("site.csv", b"code\n" + b"A" * (30 * 1024 * 1024))

    assert rules(take(packed)) == {("b.zip", "limit")}


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b'"unclosed\n', b"code\n\xff\xfe"], ids=repr)
def test_broken_files_are_faults_never_exceptions(tmp_path: Path, content: bytes):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "site.csv").write_bytes(content)

    assert take(tmp_path / "b").exit_code == 2


@pytest.mark.parametrize("name", ["missing", "text.txt", "broken.xlsx", "broken.zip"])
def test_sources_that_are_none_are_refused(tmp_path: Path, name: str):
    if name != "missing":
        (tmp_path / name).write_text("hello")

    assert take(tmp_path / name).exit_code == 2


def test_the_command_writes_the_report_and_ends_with_its_code(tmp_path: Path):
    source, told = write(tmp_path / "b", bundle()), tmp_path / "report.json"
    call_command("import_registry", str(source), json=str(told), stdout=io.StringIO())

    report = json.loads(told.read_text())
    assert set(report) == {"status", "created", "updated", "unchanged", "findings", "patients", "seconds"}

    with pytest.raises(SystemExit) as ended:
        call_command("import_registry", str(tmp_path / "nowhere"), stderr=io.StringIO())
    assert ended.value.code == 2


def test_templates_hold_every_entity_and_the_example_imports(tmp_path: Path):
    files = write_templates(tmp_path)

    assert (tmp_path / "templates" / "subsequent_malignancy.csv") in files
    assert take(tmp_path / "example").status == "committed"
    assert take(tmp_path / "templates").status == "committed"


def workbook(path: Path, **parts: bytes) -> Path:
    """The example as a workbook, with parts of the packed file added or replaced."""
    book = Workbook()
    book.active.title = "site"
    for row in (list(EXAMPLE["site"][0]), list(EXAMPLE["site"][0].values())):
        book.active.append(row)
    book.save(path.with_suffix(".plain"))
    with zipfile.ZipFile(path.with_suffix(".plain")) as plain, zipfile.ZipFile(path, "w") as made:
        for name in plain.namelist():
            made.writestr(name, parts.pop(name, plain.read(name)))
        for name, body in parts.items():
            made.writestr(name, body)
    return path


@pytest.mark.parametrize(
    "part",
    [
        {"xl/vbaProject.bin": b"program"},
        {"xl/externalLinks/externalLink1.xml": b"<externalLink/>"},
        {"xl/sharedStrings.xml": b'<!DOCTYPE sst [<!ENTITY a "b">]><sst/>'},
        {"xl/workbook.xml": b"<workbook"},
    ],
    ids=lambda part: next(iter(part)),
)
def test_a_workbook_holds_values_and_nothing_else(tmp_path: Path, part: dict[str, bytes]):
    assert take(workbook(tmp_path / "plain.xlsx")).status == "committed"
    assert rules(take(workbook(tmp_path / "b.xlsx", **part))) == {("b.xlsx", "file")}


def test_a_packed_source_has_a_limit_of_rows_and_a_folder_has_none(tmp_path: Path, monkeypatch):
    from registry.importing import source

    monkeypatch.setattr(source, "MAX_ROWS", 3)
    folder = write(tmp_path / "b", bundle())
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"bundle/{file.name}")

    assert rules(take(tmp_path / "b.zip")) == {("b.zip", "limit")}
    assert take(folder).status == "committed"
