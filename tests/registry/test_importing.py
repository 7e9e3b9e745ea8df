"""Import of bundles: everything or nothing, every fault named, nothing twice."""

from pathlib import Path

import pytest

from registry.dictionary import registry_id
from registry.history import history
from registry.importing.template import EXAMPLE
from registry.models import (
    CARTInfusion,
    Change,
    FollowUp,
    Patient,
    Relapse,
    ResponseAssessment,
    SalvageTherapy,
    Site,
)
from tests.factories import as_system
from tests.registry.bundles import bundle, problems, rules, take, write

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


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
def test_a_malformed_cell_refuses_everything_and_is_named(
    tmp_path: Path, slug: str, column: str, value: str, rule: str
):
    bad = [dict(EXAMPLE[slug][0], **{column: value})]
    report = take(write(tmp_path / "b", bundle(**{slug: bad})))

    assert (report.status, report.exit_code) == ("refused", 2)
    assert (f"{slug}.csv", rule) in rules(report)
    with as_system():
        assert Site.objects.count() == Patient.objects.count() == Change.objects.count() == 0


def test_every_fault_is_listed_with_line_column_and_value(tmp_path: Path):
    rows = [
        dict(EXAMPLE["follow_up"][0]),
        dict(EXAMPLE["follow_up"][0], vital_status="?"),
        dict(EXAMPLE["follow_up"][0]),
    ]
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


def test_a_finding_of_a_row_outside_the_file_says_which_row(tmp_path: Path):
    take(write(tmp_path / "a", bundle()))
    report = take(write(tmp_path / "b", {"death": [dict(EXAMPLE["death"][0], death_date="2015-05-01")]}))

    told = next(one for one in report.findings if one.column == "contact_date")
    assert (told.file, told.row) == ("", None) and told.message.startswith("Follow-up on file: ")
    assert str(told).startswith("contact_date: Follow-up on file")
