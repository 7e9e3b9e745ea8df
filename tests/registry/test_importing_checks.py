"""Checks that need more than the patient's rows see it on both ways in: an import, and rows saved later."""

from pathlib import Path

import pytest

from registry import services
from registry.access import current_scope
from registry.acknowledging import acknowledge
from registry.extract import cases
from registry.importing.template import EXAMPLE
from registry.memory import acting
from registry.models import CARTInfusion, Finding, Patient, Site
from registry.status import refresh
from tests.factories import answers, as_system
from tests.registry.bundles import NOW, bundle, take, write

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def infusion(**changed: str) -> list[dict[str, str]]:
    return [EXAMPLE["infusion"][0] | changed]


def stored(rule: str) -> list[tuple[str, int | None, str]]:
    return list(Finding.objects.filter(rule=rule).values_list("entity", "record_id", "column"))


def test_an_implausible_number_is_told_and_stays(tmp_path: Path):
    report = take(write(tmp_path / "b", bundle(infusion=infusion(dose_total_e6="900"))))

    assert [(one.file, one.row, one.column) for one in report.findings if one.rule == "W00"] == [
        ("infusion.csv", 2, "dose_total_e6")
    ]
    with as_system():
        row = CARTInfusion.objects.get()
        assert stored("W00") == [("infusion", row.pk, "dose_total_e6")] and row.record_status == "DRAFT"

        refresh([Patient.objects.get().pk], today=NOW.date())

        assert stored("W00") == [("infusion", row.pk, "dose_total_e6")]


def test_sites_and_protocols_are_read_on_both_ways(tmp_path: Path):
    site = [EXAMPLE["site"][0] | {"active_to": "2014-12-31"}]
    protocol = [EXAMPLE["protocol"][0] | {"opened_on": "2015-01-01", "registry_number": "NCT12"}]
    told = take(write(tmp_path / "b", bundle(site=site, protocol=protocol)))

    rules = {"W112", "W113", "W114"}
    assert {one.rule for one in told.findings} >= rules
    with as_system():
        before = {rule: stored(rule) for rule in sorted(rules)}
        found = Finding.objects.get(rule="W112")
        assert "site.active_to" in found.columns and any(row.startswith("site:") for row in found.rows)

        refresh([Patient.objects.get().pk], today=NOW.date())

        assert {rule: stored(rule) for rule in sorted(rules)} == before


def test_the_day_of_entry_is_known_on_both_ways(tmp_path: Path):
    take(write(tmp_path / "b", bundle()))

    with as_system():
        case = next(cases([Patient.objects.get().pk]))

    assert case.entered_on == NOW.date()
    assert {slug: set(rows) for slug, rows in case.references.items()} == {"site": {"HOSP_A"}, "protocol": {"TRIAL-1"}}


def test_consent_after_the_entry_is_told(tmp_path: Path):
    late = [EXAMPLE["consent"][0] | {"effective_date": "2026-02-01"}]
    take(write(tmp_path / "a", bundle(consent=None)))
    report = take(write(tmp_path / "b", bundle(consent=late)))

    assert "W96" in {one.rule for one in report.findings}


def test_an_accepted_window_is_open_again_when_the_window_moves(tmp_path: Path):
    take(write(tmp_path / "b", bundle(site=[EXAMPLE["site"][0] | {"active_to": "2014-12-31"}])))
    with as_system():
        acknowledge(Finding.objects.get(rule="W112"), reason="the last patient of the site")
        assert Finding.objects.get(rule="W112").acknowledged

        moved = answers("site", active_to="2013-12-31")
        services.save_record("site", record=Site.objects.get(), answers=moved, reason="closed earlier")
        with acting(current_scope(), "nightly sweep"):
            refresh([Patient.objects.get().pk], today=NOW.date())

        assert not Finding.objects.get(rule="W112").acknowledged
