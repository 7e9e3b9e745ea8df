"""Two snapshots compared: every difference has its causes, with patient, field, person and reason."""

import io
import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.utils import timezone

from analytics import snapshots
from analytics.comparison import compare, compared, proof
from analytics.comparison.compare import MOST_CAUSES
from analytics.models import Snapshot
from registry import services
from registry.access import scope_of, scoped
from registry.models import CARTInfusion, Consent, Death, Relapse, Site, SubjectIdentity
from registry.people import add_person
from tests.analytics.conftest import CUTOFF
from tests.factories import answers, as_system, make

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PLAN = "post_cart_relapse"


def take(cutoff: date = CUTOFF, plan: str = PLAN, **more: Any) -> Snapshot:
    return snapshots.take(plan, cutoff=cutoff, taken_by="test", **more)


def median_relapse() -> Relapse:
    """The first relapse whose time from infusion is the median: a shift of it shifts the median."""
    first: dict[int, tuple[int, Relapse]] = {}
    infused = dict(CARTInfusion.objects.order_by("-infusion_date").values_list("patient_id", "infusion_date"))
    for relapse in Relapse.objects.filter(relapse_date__lte=CUTOFF).order_by("-relapse_date"):
        first[relapse.patient_id] = ((relapse.relapse_date - infused[relapse.patient_id]).days, relapse)
    times = sorted(first.values(), key=lambda pair: pair[0])
    return times[len(times) // 2][1]


def correct(record: Any, reason: str = "read the pathology report", **cells: str) -> None:
    slug = record.entity.slug
    owner = None if record.entity.reference else record if slug == "patient" else record.patient
    services.save_record(slug, patient=owner, record=record, answers=answers(slug, **cells), reason=reason)


def causes_of(found: dict[str, Any], key: str) -> list[dict[str, Any]]:
    return [cause for one in found["differences"] if one["key"] == key for cause in one["causes"]]


def told(a: Snapshot, b: Snapshot, **options: Any) -> str:
    out = io.StringIO()
    call_command("compare_snapshots", str(a.pk), str(b.pk), stdout=out, **options)
    return out.getvalue()


def test_a_corrected_relapse_date_names_patient_field_person_reason_and_the_shift(cohort: None, tmp_path: Path):
    a = take()
    person = add_person("ada.lovelace", role="data_manager", sites=[])
    with as_system():
        relapse = median_relapse()
        patient, old = relapse.patient.registry_id, relapse.relapse_date
    new = old + timedelta(days=9)
    with scoped(scope_of(person.user)):
        correct(relapse, relapse_date=new.isoformat())
    b = take()

    text = told(a, b, json=str(tmp_path / "c.json"))
    found = json.loads((tmp_path / "c.json").read_text())

    assert found == compare(a, b) and found["same"] is False
    median = next(
        one for one in found["differences"] if (one["key"], one["path"]) == ("time_to_relapse", "groups[all].median")
    )
    assert median["a"] != median["b"]
    assert median["causes"] == [
        {
            "kind": "corrected",
            "patient": patient,
            "field": "relapse.relapse_date",
            "by": "ada.lovelace",
            "at": median["causes"][0]["at"],
            "reason": "read the pathology report",
        }
    ]
    assert median["causes"][0]["at"].startswith(timezone.now().strftime("%Y-%m"))
    line = f"corrected {patient} relapse.relapse_date {old} -> {new}, by ada.lovelace"
    assert line in text and "read the pathology report" in text
    assert "time_to_relapse groups[all].median" in text


@pytest.mark.slow
def test_the_same_snapshot_and_the_same_results_are_the_same(cohort: None):
    a = take()
    with as_system():
        correct(Site.objects.order_by("pk").first(), name="Synthetic hospital, renamed")
    b = take()

    assert compare(a, a) == {"same": True, "differences": []}
    assert compare(a, b) == {"same": True, "differences": []}
    assert b.data_sha256 != a.data_sha256
    assert [cause.field for cause in compared(a, b).silent] == ["site.name"]
    assert "The results are the same." in told(a, b)


@pytest.mark.slow
def test_rows_added_and_voided_are_told_apart_and_each_number_has_its_own_patient(cohort: None):
    a = take()
    with as_system():
        infusion = (
            CARTInfusion.objects.filter(patient__relapse_rows=None, patient__death_rows=None).order_by("pk").first()
        )
        day = (infusion.infusion_date + timedelta(days=200)).isoformat()
        added = make("relapse", patient=infusion.patient, infusion=infusion, relapse_date=day)
        dead = Death.objects.exclude(patient__relapse_rows=None).order_by("pk").first()
        services.void_record(dead, reason="another child's death")
    b = take()
    found = compare(a, b)

    come, gone = added.patient.registry_id, dead.patient.registry_id
    relapsed = {(c["kind"], c["patient"], c["field"], c["by"], c["reason"]) for c in causes_of(found, "relapse_rate")}
    assert relapsed == {("added", come, "relapse.relapse_date", "system:tests", "entry")}
    assert {(c["kind"], c["patient"]) for c in causes_of(found, "os_relapse")} == {("added", come), ("removed", gone)}
    voided = next(c for c in causes_of(found, "os_relapse") if c["kind"] == "removed")
    assert (voided["field"], voided["by"], voided["reason"]) == (
        "death.death_date",
        "system:tests",
        "another child's death",
    )
    assert {c["kind"] for c in causes_of(compare(b, a), "relapse_rate")} == {"removed"}


@pytest.mark.slow
def test_a_renamed_site_is_one_correction_of_the_site(cohort: None):
    a = take()
    with as_system():
        site = Site.objects.order_by("pk").first()
        correct(site, code="RENAMED", reason="merger")
    found = compare(a, take())

    assert {one["key"] for one in found["differences"]} == {"table1"}
    assert {(c["kind"], c["patient"], c["field"], c["reason"]) for c in causes_of(found, "table1")} == {
        ("corrected", None, "site.code", "merger")
    }


@pytest.mark.slow
def test_a_birth_date_is_named_but_never_shown(cohort: None):
    a = take()
    with as_system():
        patient = median_relapse().patient
        born = SubjectIdentity.objects.get(patient=patient).birth_date
        correct(patient, birth_date=(born + timedelta(days=3000)).isoformat(), reason="passport")
    b = take()
    found = compared(a, b)

    causes = {cause for one in found.differences for cause in one.causes}
    assert {(c.kind, c.patient, c.field, c.by, c.reason, c.old, c.new) for c in causes} == {
        ("corrected", patient.registry_id, "patient.birth_date", "system:tests", "passport", "", "")
    }


@pytest.mark.slow
def test_a_later_cut_off_brings_facts_into_view(cohort: None):
    a, b = take(date(2016, 12, 31)), take(date(2017, 3, 31))
    found = compare(a, b)
    causes = [cause for one in found["differences"] for cause in one["causes"]]

    assert {cause["kind"] for cause in causes} <= {"added", "definition"}
    added = [cause for cause in causes if cause["kind"] == "added" and cause["patient"]]
    assert added and all(cause["by"] == "system:tests" and cause["at"] for cause in added)
    assert all(cause["field"] == "cutoff" for cause in causes if cause["kind"] == "definition")
    assert all(one["causes"] for one in found["differences"])


@pytest.mark.slow
def test_a_snapshot_of_the_past_compares_with_today(cohort: None):
    a = take()
    moment = timezone.now()
    with as_system():
        relapse = median_relapse()
        correct(relapse, relapse_date=(relapse.relapse_date + timedelta(days=9)).isoformat())
    past, b = take(as_of=moment), take()

    assert past.data_sha256 == a.data_sha256 and past.pk != a.pk
    assert compare(a, past)["same"]
    assert compare(past, b)["differences"] == compare(a, b)["differences"] != []


@pytest.mark.slow
def test_a_withdrawal_is_a_removal(cohort: None):
    a = take()
    with as_system():
        consent = Consent.objects.filter(kind="REGISTRY").order_by("pk").first()
        cells = {"status": "WITHDRAWN", "withdrawn_on": "2020-01-01", "withdrawal_scope": "DELETE"}
        correct(consent, reason="family asked", **cells)
    found = compare(a, take())

    withdrawn = next(cause for cause in causes_of(found, "attrition") if cause["field"] == "consent.status")
    assert (withdrawn["kind"], withdrawn["patient"]) == ("removed", consent.patient.registry_id)


@pytest.mark.slow
def test_other_strata_are_another_definition(cohort: None):
    found = compare(take(), take(by=["sex"]))

    causes = [cause for one in found["differences"] for cause in one["causes"]]
    assert {(c["kind"], c["field"], c["reason"]) for c in causes} == {("definition", "by", "none -> sex")}


@pytest.mark.slow
def test_other_code_is_said_to_be_code(cohort: None, monkeypatch: pytest.MonkeyPatch):
    a = take()
    monkeypatch.setattr(snapshots, "code_version", lambda: "0.2.0+another")
    plain = snapshots.compute

    def shifted(*args: Any, **more: Any) -> dict[str, Any]:
        answer = plain(*args, **more)
        answer["results"]["time_to_relapse"]["groups"][0]["median"] += 1
        return answer

    monkeypatch.setattr(snapshots, "compute", shifted)
    found = compare(a, take())

    assert [(one["key"], one["path"]) for one in found["differences"]] == [("time_to_relapse", "groups[all].median")]
    assert {(c["kind"], c["field"]) for c in found["differences"][0]["causes"]} == {("code", "code_version")}


@pytest.mark.slow
def test_more_changes_than_can_be_computed_are_told_by_what_is_read(cohort: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(proof, "MOST_UNITS", 1)
    a = take()
    with as_system():
        for relapse in Relapse.objects.order_by("pk")[:3]:
            correct(relapse, relapse_date=(relapse.relapse_date + timedelta(days=3)).isoformat())
    found = compared(a, take())

    assert found.notes and all(one.causes for one in found.differences)
    assert all(len(one.causes) <= MOST_CAUSES + 3 for one in found.differences)


@pytest.mark.slow
def test_each_of_several_corrections_keeps_to_the_numbers_it_moves(cohort: None):
    a = take()
    with as_system():
        relapse = median_relapse()
        correct(relapse, relapse_date=(relapse.relapse_date + timedelta(days=9)).isoformat())
        patient = Relapse.objects.exclude(patient=relapse.patient).order_by("pk").first().patient
        correct(patient, sex_at_birth="M" if patient.sex_at_birth == "F" else "F", reason="typed wrongly")
    found = compare(a, take())

    assert {cause["patient"] for cause in causes_of(found, "time_to_relapse")} == {relapse.patient.registry_id}
    rows = {one["path"]: {c["field"] for c in one["causes"]} for one in found["differences"] if one["key"] == "table1"}
    assert rows["rows[all, sex, M]"] == {"patient.sex_at_birth"}


@pytest.mark.slow
def test_what_cannot_be_compared_ends_in_a_sentence(cohort: None):
    a, b = take(), take(plan="post_infusion")

    with pytest.raises(CommandError, match="compare two of one plan"):
        told(a, b)
    with pytest.raises(CommandError, match="There is no snapshot '999999'"):
        call_command("compare_snapshots", str(a.pk), "999999")
