"""Import: whose row is it, on what does it hang, is it known already."""

from pathlib import Path

import pytest

from registry.importing.template import EXAMPLE
from registry.models import CARTInfusion, Enrollment, Relapse
from tests.factories import as_system
from tests.registry.bundles import bundle, rules, take, write

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


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
    assert rules(clinical) == {("follow_up.csv", "parent")} and "several sites" in clinical.findings[0].message
    assert take(tmp_path / "c", site="HOSP_B").created == {"follow_up": 1}


def test_transplant_only_patients_need_no_infusion(tmp_path: Path):
    files = {
        "site": EXAMPLE["site"],
        "patient": EXAMPLE["patient"],
        "diagnosis": [dict(EXAMPLE["diagnosis"][0], disease="AML", n_relapses_before_cart="NA")],
        "hsct": [{"patient": "local-001", "site": "HOSP_A", "hsct_date": "2014", "hsct_type": "ALLO",
                  "status_at_hsct": "UNK"}],
        "relapse": [{"patient": "local-001", "relapse_date": "UNK", "level": "UNK", "site_marrow": "UNK",
                     "site_cns": "UNK", "site_testis": "UNK", "site_other": "UNK", "no_salvage_reason": "UNK"}],
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


def test_enrollment_without_protocol_file_uses_the_stored_one(tmp_path: Path):
    take(write(tmp_path / "a", bundle(enrollment=None)))
    take(write(tmp_path / "b", {"enrollment": EXAMPLE["enrollment"]}))

    with as_system():
        assert Enrollment.objects.get().protocol.short_code == "TRIAL-1"
