"""Import of bundles: everything or nothing, every fault named, nothing twice."""

import io
import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.core.management import call_command
from openpyxl import Workbook

from registry.dictionary import registry_id
from registry.history import history
from registry.importing import Report, import_source
from registry.importing.template import EXAMPLE, write_templates
from registry.models import (
    CARTInfusion,
    Change,
    Enrollment,
    FollowUp,
    Patient,
    Relapse,
    ResponseAssessment,
    SalvageTherapy,
    Site,
)
from tests.factories import as_system

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

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


def test_the_example_imports_and_is_complete(tmp_path: Path):
    report = take(write(tmp_path / "b", bundle()))

    assert (report.status, report.exit_code, problems(report)) == ("committed", 0, [])
    assert report.created["relapse"] == 1
    with as_system():
        patient = Patient.objects.get()
        relapse = Relapse.objects.get()
        assert relapse.infusion == CARTInfusion.objects.get()
        assert (str(relapse.relapse_date), relapse.relapse_date_precision) == ("2015-08-15", "M")
        assert relapse.missing == {"site_testis": "NA"}
        assert SalvageTherapy.objects.get().relapse == relapse
        assert ResponseAssessment.objects.get().comparators == {"marrow_blast_pct": "<"}
        assert {row.record_status for row in (patient, relapse)} == {"COMPLETE"}
    assert report.patients == {"local-001": patient.registry_id} and registry_id.is_valid(patient.registry_id)


def test_the_source_id_is_kept_as_a_keyed_hash_only(tmp_path: Path):
    take(write(tmp_path / "b", bundle()))

    with as_system():
        assert not any("local-001" in change.changes for change in Change.objects.all())


def test_the_same_source_again_creates_nothing(tmp_path: Path):
    source = write(tmp_path / "b", bundle())
    take(source)
    with as_system():
        before = Change.objects.count()
    report = take(source)

    assert (report.created, report.updated) == ({}, {})
    assert report.unchanged["follow_up"] == 1
    with as_system():
        assert Change.objects.count() == before


def test_a_changed_cell_becomes_an_update_with_the_import_as_reason(tmp_path: Path):
    take(write(tmp_path / "a", bundle()))
    changed = [dict(EXAMPLE["relapse"][0], relapse_date="2015-08-21")]
    report = take(write(tmp_path / "b", bundle(relapse=changed)))

    assert report.updated == {"relapse": 1}
    with as_system():
        told = history(Relapse.objects.get())[0]
    assert ("Relapse date", "2015-08-15", "2015-08-21") in told.fields and told.reason.startswith("import of ")


def test_rows_absent_from_a_later_file_stay(tmp_path: Path):
    take(write(tmp_path / "a", bundle()))
    take(write(tmp_path / "b", bundle(follow_up=[], death=None)))

    with as_system():
        assert FollowUp.objects.count() == 1


def test_a_dry_run_says_what_the_commit_does_and_writes_nothing(tmp_path: Path):
    source = write(tmp_path / "b", bundle())
    dry = take(source, dry_run=True)

    with as_system():
        assert (Patient.objects.count(), Site.objects.count(), Change.objects.count()) == (0, 0, 0)
    assert (dry.status, dry.exit_code) == ("dry_run", 0)
    assert dry.created == take(source).created


@pytest.mark.parametrize(
    ("slug", "column", "value", "rule"),
    [
        ("relapse", "relapse_date", "31.12.2015", "type"),
        ("relapse", "relapse_date", "2015-02-30", "type"),
        ("relapse", "level", "BAD", "code"),
        ("relapse", "marrow_blast_pct", "140", "range"),
        ("relapse", "marrow_blast_pct", "many", "type"),
        ("relapse", "infusion", "nowhere", "parent"),
        ("infusion", "infusion_date", "2015-01", "precision"),
        ("infusion", "dose_total_e6", "-3", "range"),
        ("infusion", "product", "ASPIRIN", "parent"),
        ("infusion", "site", "NOSUCH", "parent"),
        ("patient", "birth_date", "2005", "precision"),
        ("consent", "effective_date", "2014", "precision"),
        ("salvage", "components", "CHEMO;MAGIC", "code"),
        ("follow_up", "patient", "stranger", "parent"),
        ("follow_up", "patient", "", "parent"),
        ("follow_up", "nonsense", "1", "column"),
        ("protocol", "in_founding_cohort", "yes", "type"),
        ("site", "name", "x" * 40000, "limit"),
        ("site", "name", "ab\u202ecd", "encoding"),
    ],
)
def test_a_malformed_cell_refuses_everything_and_is_named(tmp_path: Path, slug: str, column: str, value: str, rule: str):
    bad = [dict(EXAMPLE[slug][0], **{column: value})]
    report = take(write(tmp_path / "b", bundle(**{slug: bad})))

    assert (report.status, report.exit_code) == ("refused", 2)
    assert (f"{slug}.csv", rule) in rules(report)
    with as_system():
        assert Site.objects.count() == Patient.objects.count() == Change.objects.count() == 0


def test_every_fault_is_listed_with_line_column_and_value(tmp_path: Path):
    rows = [dict(EXAMPLE["follow_up"][0]), dict(EXAMPLE["follow_up"][0], vital_status="?"), dict(EXAMPLE["follow_up"][0])]
    rows[2]["contact_date"] = "soon"
    report = take(write(tmp_path / "b", bundle(follow_up=rows)))

    assert [(fault.row, fault.column, fault.value, fault.rule) for fault in report.findings] == [
        (3, "vital_status", "?", "code"),
        (4, "contact_date", "soon", "type"),
    ]


def test_a_repeated_key_and_a_repeated_patient_are_refused(tmp_path: Path):
    twice = [dict(EXAMPLE["relapse"][0]), dict(EXAMPLE["relapse"][0], relapse_date="2016-01")]
    assert ("relapse.csv", "duplicate") in rules(take(write(tmp_path / "a", bundle(relapse=twice))))

    patients = [dict(EXAMPLE["patient"][0])] * 2
    assert ("patient.csv", "duplicate") in rules(take(write(tmp_path / "b", bundle(patient=patients))))


def test_a_second_enrollment_in_one_protocol_breaks_h14(tmp_path: Path):
    twice = [dict(EXAMPLE["enrollment"][0]), dict(EXAMPLE["enrollment"][0], enrolled_on="2014-12-09")]
    report = take(write(tmp_path / "b", bundle(enrollment=twice)))

    assert (report.exit_code, rules(report)) == (2, {("enrollment.csv", "unique")})


def test_a_second_death_is_refused(tmp_path: Path):
    report = take(write(tmp_path / "b", bundle(death=[dict(EXAMPLE["death"][0])] * 2)))

    assert rules(report) == {("death.csv", "unique")}


def test_a_parent_column_may_be_left_out_where_only_one_is_possible(tmp_path: Path):
    relapse = [{name: cell for name, cell in EXAMPLE["relapse"][0].items() if name != "infusion"}]
    take(write(tmp_path / "b", bundle(relapse=relapse)))

    with as_system():
        assert Relapse.objects.get().infusion is not None


def test_two_possible_parents_without_a_column_are_ambiguous(tmp_path: Path):
    second = dict(EXAMPLE["infusion"][0], key="inf2", infusion_date="2015-06-01", intent="REINF_PLANNED")
    relapse = [{name: cell for name, cell in EXAMPLE["relapse"][0].items() if name != "infusion"}]
    report = take(write(tmp_path / "b", bundle(infusion=[EXAMPLE["infusion"][0], second], relapse=relapse)))

    assert ("relapse.csv", "parent") in rules(report)


def test_a_blank_parent_cell_means_none(tmp_path: Path):
    relapse = [dict(EXAMPLE["relapse"][0], infusion="")]
    take(write(tmp_path / "b", bundle(relapse=relapse)))

    with as_system():
        assert Relapse.objects.get().infusion is None


def test_a_parent_of_another_patient_is_unknown(tmp_path: Path):
    other = dict(EXAMPLE["patient"][0], patient="local-002")
    relapse = [dict(EXAMPLE["relapse"][0], patient="local-002")]
    report = take(write(tmp_path / "b", bundle(patient=[EXAMPLE["patient"][0], other], relapse=relapse, salvage=None)))

    assert rules(report) == {("relapse.csv", "parent")}


def test_a_contradiction_is_stored_as_draft_with_its_finding(tmp_path: Path):
    early = [dict(EXAMPLE["death"][0], death_date="2015-05-01")]
    report = take(write(tmp_path / "b", bundle(death=early)))

    assert report.exit_code == 0 and "H02" in {fault.rule for fault in report.findings}
    with as_system():
        assert FollowUp.objects.get().record_status == "DRAFT"


def test_strict_refuses_a_contradiction(tmp_path: Path):
    early = [dict(EXAMPLE["death"][0], death_date="2015-05-01")]
    report = take(write(tmp_path / "b", bundle(death=early)), strict=True)

    assert (report.status, report.exit_code) == ("refused", 3)
    with as_system():
        assert Site.objects.count() == Patient.objects.count() == 0


def test_derived_columns_are_ignored_and_named_once(tmp_path: Path):
    rows = [dict(EXAMPLE["relapse"][0], relapse_number="1", site_group="BM_ISO")]
    report = take(write(tmp_path / "b", bundle(relapse=rows)))

    assert report.exit_code == 0
    ignored = [(fault.column, fault.severity) for fault in report.findings if fault.rule == "column"]
    assert ignored == [("relapse_number", "FLAG"), ("site_group", "FLAG")]


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


def test_a_site_given_on_the_command_line_fills_blank_cells(tmp_path: Path):
    infusion = [dict(EXAMPLE["infusion"][0], site="")]
    patient = [{name: cell for name, cell in EXAMPLE["patient"][0].items() if name != "site"}]
    take(write(tmp_path / "b", bundle(infusion=infusion, patient=patient)), site="HOSP_A")

    with as_system():
        assert CARTInfusion.objects.get().site.code == "HOSP_A"


def test_a_registry_id_names_an_existing_patient(tmp_path: Path):
    made = take(write(tmp_path / "a", bundle())).patients["local-001"]
    contact = [dict(EXAMPLE["follow_up"][0], patient=made, contact_date="2016-03-01")]
    report = take(write(tmp_path / "b", {"follow_up": contact}))

    assert report.created == {"follow_up": 1} and report.patients == {made: made}


def test_the_same_source_id_at_two_sites_is_two_patients(tmp_path: Path):
    sites = [EXAMPLE["site"][0], dict(EXAMPLE["site"][0], code="HOSP_B")]
    patients = [EXAMPLE["patient"][0], dict(EXAMPLE["patient"][0], site="HOSP_B")]
    report = take(write(tmp_path / "b", {"site": sites, "patient": patients}))

    assert report.created["patient"] == 2
    clinical = take(write(tmp_path / "c", {"follow_up": EXAMPLE["follow_up"]}))
    assert rules(clinical) == {("follow_up.csv", "parent")}


def test_transplant_only_patients_need_no_infusion(tmp_path: Path):
    files = {
        "site": EXAMPLE["site"],
        "patient": EXAMPLE["patient"],
        "diagnosis": [dict(EXAMPLE["diagnosis"][0], disease="AML", n_relapses_before_cart="NA")],
        "hsct": [{"patient": "local-001", "site": "HOSP_A", "hsct_date": "2014", "hsct_type": "ALLO", "status_at_hsct": "UNK"}],
        "relapse": [{"patient": "local-001", "relapse_date": "UNK", "level": "UNK", "site_marrow": "UNK", "site_cns": "UNK",
                     "site_testis": "UNK", "site_other": "UNK", "no_salvage_reason": "UNK"}],
    }  # fmt: skip
    source = write(tmp_path / "b", files)
    take(source)

    with as_system():
        relapse = Relapse.objects.get()
        assert (relapse.relapse_date, relapse.relapse_date_precision, relapse.infusion) == (None, "U", None)
    assert take(source).created == {}


def test_rows_without_key_are_recognised_by_patient_parent_and_date(tmp_path: Path):
    twins = [EXAMPLE["follow_up"][0], dict(EXAMPLE["follow_up"][0], contact_kind="PHONE")]
    source = write(tmp_path / "b", bundle(follow_up=twins))

    assert take(source).created["follow_up"] == 2
    assert take(source).created == {}


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


def test_enrollment_without_protocol_file_uses_the_stored_one(tmp_path: Path):
    take(write(tmp_path / "a", bundle(enrollment=None)))
    take(write(tmp_path / "b", {"enrollment": EXAMPLE["enrollment"]}))

    with as_system():
        assert Enrollment.objects.get().protocol.short_code == "TRIAL-1"
