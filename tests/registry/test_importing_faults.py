"""Import: every fault of a bundle at once, each told at its root and only there."""

from pathlib import Path

import pytest

from registry.importing.template import EXAMPLE
from registry.models import Change, MRDTest, PreInfusionAssessment, SalvageTherapy, Site, ToxicityEvent
from tests.factories import as_system
from tests.registry.bundles import bundle, problems, take, write

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def row(slug: str, **changed: str) -> dict[str, str]:
    return EXAMPLE[slug][0] | changed


def without(slug: str, *names: str, **changed: str) -> dict[str, str]:
    return {name: cell for name, cell in row(slug, **changed).items() if name not in names}


def told(report) -> list[tuple]:
    return [(one.file, one.row, one.column, one.value, one.rule) for one in report.findings]


def test_faults_of_files_cells_patients_parents_and_uniqueness_are_told_together(tmp_path: Path):
    files = bundle(
        site=[row("site"), row("site", code="HOSP_B", country="ZZ"), row("site")],
        patient=[row("patient"), row("patient", patient="local-002", site="NOWHERE"), row("patient")],
        enrollment=[row("enrollment"), row("enrollment", enrolled_on="2014-12-09"), row("enrollment", protocol="NONE")],
        infusion=[row("infusion"), row("infusion", product="ASPIRIN", infusion_date="2015-02", weight_kg="-1")],
        response=[row("response"), row("response", infusion="nowhere", marrow_blast_pct="140")],
        follow_up=[row("follow_up", patient="stranger"), row("follow_up", patient="local-002", nonsense="1")],
        death=[row("death"), row("death", death_date="2016-04-03")],
        external_id=[{"patient": "local-001", "system": "CRID", "value": "7"},
                     {"patient": "local-002", "system": "CRID", "value": "7"}],
    )  # fmt: skip
    source = write(tmp_path / "b", files)
    (source / "notes.txt").write_text("hello")
    (source / "hsct.csv").write_text('patient,hsct_date\nlocal-001,"2014\n')
    (source / "relapse.csv").write_bytes((source / "relapse.csv").read_bytes() + b"local-001,rel2\n")
    (source / "salvage.csv").write_bytes(b"patient,relapse,trigger,trial\nlocal-001,rel1,RELAPSE,\xe9\n")

    report = take(source)

    assert (report.status, report.exit_code) == ("refused", 2)
    assert told(report) == [
        ("death.csv", 3, "patient", "local-001", "unique"),
        ("enrollment.csv", 3, "protocol", "TRIAL-1", "unique"),
        ("enrollment.csv", 4, "protocol", "NONE", "parent"),
        ("external_id.csv", 3, "system", "CRID", "unique"),
        ("follow_up.csv", 1, "nonsense", "", "column"),
        ("follow_up.csv", 2, "patient", "stranger", "parent"),
        ("hsct.csv", 2, "", "", "file"),
        ("infusion.csv", 3, "infusion_date", "2015-02", "precision"),
        ("infusion.csv", 3, "key", "inf1", "duplicate"),
        ("infusion.csv", 3, "product", "ASPIRIN", "parent"),
        ("infusion.csv", 3, "weight_kg", "-1", "range"),
        ("notes.txt", None, "", "", "file"),
        ("patient.csv", 3, "site", "NOWHERE", "parent"),
        ("patient.csv", 4, "patient", "local-001", "duplicate"),
        ("relapse.csv", 3, "", "", "column"),
        ("response.csv", 3, "infusion", "nowhere", "parent"),
        ("response.csv", 3, "marrow_blast_pct", "140", "range"),
        ("salvage.csv", 2, "", "", "encoding"),
        ("salvage.csv", 2, "trial", "\ufffd", "encoding"),
        ("site.csv", 3, "country", "ZZ", "code"),
        ("site.csv", 4, "code", "HOSP_A", "duplicate"),
    ]
    with as_system():
        assert Site.objects.count() == Change.objects.count() == 0


def test_what_follows_from_an_unreadable_file_is_not_told(tmp_path: Path):
    source = write(tmp_path / "b", bundle())
    for slug in ("site", "patient", "infusion"):
        (source / f"{slug}.csv").write_text("")

    assert told(take(source)) == [(f"{slug}.csv", None, "", "", "file") for slug in ("infusion", "patient", "site")]


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("marrow_blast_pct", ">100", "range"),
        ("marrow_blast_pct", "<0", "range"),
        ("marrow_blast_pct", "\u0663", "type"),
        ("relapse_date", "\uff12\uff10\uff11\uff15", "type"),
        ("relapse_date_precision", "U", "precision"),
        ("relapse_date_precision", "month", "code"),
        ("key", "r\x00", "encoding"),
        ("infusion", "x" * 40000, "limit"),
        ("site_other_text", "lost \ufffd", "encoding"),
    ],
)
def test_cells_that_look_right_and_are_not(tmp_path: Path, column: str, value: str, rule: str):
    files = bundle(relapse=[row("relapse", **{column: value})], salvage=None)

    assert [(one.column, one.rule) for one in take(write(tmp_path / "b", files)).findings] == [(column, rule)]


def test_a_birth_date_is_not_coarsened_to_the_year(tmp_path: Path):
    files = bundle(patient=[row("patient", birth_date_precision="Y")])

    assert told(take(write(tmp_path / "b", files))) == [("patient.csv", 2, "birth_date_precision", "Y", "precision")]


def test_rows_without_any_filled_cell_are_no_rows(tmp_path: Path):
    source = write(tmp_path / "b", bundle())
    (source / "death.csv").write_text((source / "death.csv").read_text() + ",,,,\n\n")

    assert take(source).created["death"] == 1


def test_an_unknown_encoding_and_an_empty_source_are_one_fault(tmp_path: Path):
    assert [one.rule for one in take(write(tmp_path / "b", bundle()), encoding="klingon").findings] == ["encoding"]
    (tmp_path / "empty").mkdir()
    assert [one.rule for one in take(tmp_path / "empty").findings] == ["file"]


def test_what_comes_before_an_infusion_hangs_on_the_next_one(tmp_path: Path):
    second = row("infusion", key="inf2", infusion_date="2015-12-01", intent="REINF_RELAPSE")
    files = bundle(
        infusion=[row("infusion"), second],
        pre_infusion=[{"patient": "local-001", "assessment_date": "2015-11-20", "status": "REL2P"}],
    )
    assert take(write(tmp_path / "b", files)).status == "committed"
    with as_system():
        assert str(PreInfusionAssessment.objects.get().infusion.infusion_date) == "2015-12-01"


def test_the_only_infusion_is_meant_even_where_the_dates_contradict(tmp_path: Path):
    early = {"patient": "local-001", "kind": "CRS", "onset_date": "2015-01-02", "max_grade": "2",
             "grading_system": "ASTCT2019"}  # fmt: skip
    report = take(write(tmp_path / "b", bundle(toxicity=[early])))

    assert "H45" in {one.rule for one in report.findings}
    with as_system():
        assert ToxicityEvent.objects.get().infusion is not None


def test_one_assessment_per_infusion_may_move_its_date(tmp_path: Path):
    first = {"patient": "local-001", "assessment_date": "2015-01-02", "status": "REL2P"}
    take(write(tmp_path / "a", bundle(pre_infusion=[first])))

    assert take(write(tmp_path / "b", {"pre_infusion": [first | {"assessment_date": "2015-01-03"}]})).updated == {
        "pre_infusion": 1
    }
    twice = take(write(tmp_path / "c", {"pre_infusion": [first, first | {"assessment_date": "2015-01-04"}]}))
    assert told(twice) == [("pre_infusion.csv", 3, "infusion", "", "unique")]


def test_a_test_of_residual_disease_may_stand_alone(tmp_path: Path):
    """Two assessments before it, and no column says which: none."""
    responses = [row("response"), row("response", assessment_date="2015-04-20", timepoint="D100")]
    sample = {"patient": "local-001", "sample_date": "2015-05-01", "specimen": "BM", "method": "FLOW", "result": "NEG"}
    assert take(write(tmp_path / "b", bundle(response=responses, mrd=[sample]))).status == "committed"
    with as_system():
        assert MRDTest.objects.get().response is None


def test_graft_versus_host_disease_hangs_on_the_transplant(tmp_path: Path):
    files = bundle(
        hsct=[{"patient": "local-001", "site": "HOSP_A", "hsct_date": "2014-01-01", "hsct_type": "ALLO"}],
        gvhd=[{"patient": "local-001", "kind": "ACUTE", "onset_date": "2015-02-01", "max_grade": "II"}],
    )
    report = take(write(tmp_path / "b", files))

    assert report.created["gvhd"] == 1


def test_a_reason_for_absence_is_accepted_where_another_row_is_named(tmp_path: Path):
    files = bundle(
        relapse=[row("relapse", infusion="NA")],
        salvage=[without("salvage", cart_infusion="PEND")],
    )
    report = take(write(tmp_path / "b", files))

    assert report.status == "committed", problems(report)
    with as_system():
        salvage = SalvageTherapy.objects.get()
        assert (salvage.cart_infusion, salvage.missing) == (None, {"cart_infusion": "PEND"})
        assert salvage.relapse.infusion is None
    assert take(write(tmp_path / "c", files)).updated == {}
