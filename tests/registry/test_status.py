"""From draft to locked: a second person verifies, a data manager locks, and a locked row refuses every door."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction

from registry import completeness, services
from registry.access import scoped
from registry.completeness import Share
from registry.entities import dictionary
from registry.history import history
from registry.importing.template import EXAMPLE
from registry.memory import acting
from registry.models import Patient, Relapse, Site, Status
from registry.services import RecordLocked
from registry.stages import lock_records, of_list, of_patient, of_site, unlock_records, verify_record
from tests.factories import answers, as_system, make
from tests.registry.bundles import bundle, take, write
from tests.registry.people import at

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def manager(site, actor="second"):
    return scoped(at(site.pk, role="data_manager", actor=actor))


def test_a_second_person_verifies_a_complete_record():
    with as_system():
        relapse = make("relapse")
    with manager(relapse.patient.site):
        verified = verify_record(relapse)

        assert Relapse.objects.get().record_status == Status.VERIFIED
        assert history(verified)[0].actor == "second"


def test_whoever_entered_it_does_not_verify_it():
    with as_system() as scope:
        relapse = make("relapse")
        assert relapse.created_by == scope.actor
        with pytest.raises(PermissionDenied, match="second person"):
            verify_record(relapse)


def test_whoever_changed_it_last_does_not_verify_it():
    with as_system():
        relapse = make("relapse")
    with manager(relapse.patient.site):
        services.save_record("relapse", record=relapse, answers=answers("relapse", level="EM_ONLY"), reason="chart")
        with pytest.raises(PermissionDenied, match="second person"):
            verify_record(Relapse.objects.get())


def test_a_draft_is_not_verified_and_a_coordinator_verifies_nothing():
    with as_system():
        relapse = make("relapse", level="")
    with manager(relapse.patient.site), pytest.raises(ValidationError, match="complete"):
        verify_record(relapse)
    with scoped(at(relapse.patient.site_id, actor="else")), pytest.raises(PermissionDenied):
        verify_record(relapse)


@pytest.mark.parametrize(("level", "status"), [("EM_ONLY", Status.COMPLETE), ("", Status.DRAFT)])
def test_editing_a_verified_record_takes_the_verification_back(level: str, status: str):
    with as_system():
        relapse = make("relapse")
    with manager(relapse.patient.site):
        verify_record(relapse)
    with as_system():
        saved = services.save_record(
            "relapse", record=Relapse.objects.get(), answers=answers("relapse", level=level), reason="chart"
        )

    assert saved.record.record_status == status


def test_a_finding_elsewhere_leaves_a_verified_record_verified():
    with as_system():
        relapse = make("relapse")
    with manager(relapse.patient.site):
        verify_record(relapse)
    with as_system():
        make("death", patient=relapse.patient, death_date="2015-03-01")

        assert Relapse.objects.get().record_status == Status.VERIFIED


def test_a_whole_patient_is_locked_and_unlocked_with_a_reason():
    with as_system():
        relapse = make("relapse")
        turned = lock_records(of_patient(relapse.patient), reason="data freeze 2026")

        assert (turned.rows, turned.drafts) == (4, 0)
        assert Relapse.objects.get().record_status == Status.LOCKED
        assert history(relapse)[0].reason == "data freeze 2026"
        assert unlock_records(of_patient(relapse.patient), reason="late finding").rows == 4
        assert Relapse.objects.get().record_status == Status.COMPLETE


def test_drafts_are_not_locked_but_counted():
    with as_system():
        relapse = make("relapse", level="")
        turned = lock_records(of_patient(relapse.patient), reason="freeze")

        assert turned.drafts == 1
        assert Relapse.objects.get().record_status == Status.DRAFT


def test_a_site_or_a_list_is_locked():
    with as_system():
        ours, theirs = make("site", code="OURS"), make("site", code="THEIRS")
        mine = make("relapse", patient=make("patient", site=ours))
        other = make("relapse", patient=make("patient", site=theirs, birth_date="2006-06-06"))
        lock_records(of_site(ours), reason="freeze")
        assert [Relapse.objects.get(pk=one.pk).record_status for one in (mine, other)] == [
            Status.LOCKED,
            Status.COMPLETE,
        ]
        lock_records(of_list([other]), reason="freeze")
        other.refresh_from_db()
        assert (
            other.record_status == Status.LOCKED and Patient.objects.get(site=theirs).record_status == Status.COMPLETE
        )


def test_locking_many_patients_takes_as_many_queries_as_locking_one(django_assert_max_num_queries):
    with as_system():
        patients = [make("relapse").patient for _ in range(4)]
        site = patients[0].site
        with django_assert_max_num_queries(60):
            assert lock_records(of_site(site), reason="freeze").rows == 4 * 4 - 3  # three look like the first: drafts


def test_locking_needs_a_reason_and_the_right_at_the_patients_site():
    with as_system():
        patient, theirs = make("patient"), make("site", code="THEIRS")
        with pytest.raises(ValidationError):
            lock_records(of_patient(patient), reason=" ")
    with manager(theirs), pytest.raises(PermissionDenied):
        lock_records(of_patient(patient), reason="freeze")
    with scoped(at(patient.site_id)), pytest.raises(PermissionDenied):
        lock_records(of_patient(patient), reason="freeze")


def test_a_locked_record_refuses_every_service():
    with as_system():
        relapse = make("relapse")
        lock_records(of_patient(relapse.patient), reason="freeze")
        relapse.refresh_from_db()
        patient = Patient.objects.get()

        with pytest.raises(RecordLocked):
            services.save_record("relapse", record=relapse, answers=answers("relapse", level="EM_ONLY"), reason="chart")
        with pytest.raises(RecordLocked):
            services.void_record(relapse, reason="wrong")
        with pytest.raises(RecordLocked):
            services.save_record(
                "patient", record=patient, answers=answers("patient", birth_date="2004-01-01"), reason="chart"
            )


@pytest.mark.parametrize("table", ["relapse", "identity"])
def test_the_database_refuses_to_change_a_locked_row(table: str):
    with as_system() as scope:
        relapse = make("relapse")
        lock_records(of_patient(relapse.patient), reason="freeze")
        row = relapse if table == "relapse" else relapse.patient.identity
        rows = type(row)._base_manager.filter(pk=row.pk)

        with pytest.raises(DatabaseError, match="locked"), acting(scope, "around the doors"), transaction.atomic():
            rows.update(source_document="elsewhere")
        with pytest.raises(DatabaseError, match="locked"), acting(scope, "around the doors"), transaction.atomic():
            rows.delete()


def test_a_stale_copy_of_a_row_that_was_locked_meanwhile_is_refused():
    with as_system():
        relapse = make("relapse")
        lock_records(of_patient(relapse.patient), reason="freeze")

        with pytest.raises(services.StaleVersion):
            services.save_record("relapse", record=relapse, answers=answers("relapse", level="EM_ONLY"), reason="chart")


def test_a_record_that_was_complete_once_changes_with_a_reason_only():
    with as_system():
        relapse = make("relapse")
        saved = services.save_record("relapse", record=relapse, answers=answers("relapse", level=""), reason="unclear")
        assert saved.record.record_status == Status.DRAFT and services.needs_reason(saved.record)

        with pytest.raises(ValidationError, match="complete before"):
            services.save_record("relapse", record=saved.record, answers=answers("relapse", level="MORPH"))


def test_a_record_that_was_never_complete_needs_no_reason():
    with as_system():
        assert not services.needs_reason(make("relapse", level=""))


def test_completeness_counts_what_was_asked_and_a_reason_for_absence_as_an_answer():
    with as_system():
        relapse = make("relapse", level="UNK")
        spec = dictionary()["relapse"]
        whole = completeness.of_record(spec, relapse)
        assert whole.fraction == 1.0
        less = make("relapse", patient=relapse.patient, infusion=relapse.infusion, relapse_date="2016-08-10", level="")

        assert completeness.of_record(spec, less) == Share(whole.asked - 1, whole.asked)
        assert completeness.by_entity()["relapse"] == Share(2 * whole.asked - 1, 2 * whole.asked)
        site = relapse.patient.site_id
        assert completeness.by_field()[site, "relapse", "level"] == Share(1, 2)
        total = sum(completeness.by_entity().values(), Share())
        assert completeness.by_patient()[relapse.patient_id] == completeness.by_site()[site] == total


def test_nothing_asked_has_no_fraction():
    assert Share().fraction is None


def test_an_import_that_would_change_a_locked_row_is_refused_with_the_line(tmp_path):
    take(write(tmp_path / "a", bundle()))
    with as_system():
        lock_records(of_patient(Patient.objects.get()), reason="freeze")
    same = take(write(tmp_path / "a", bundle()))
    changed = [dict(EXAMPLE["relapse"][0], relapse_date="2015-08-21")]
    report = take(write(tmp_path / "b", bundle(relapse=changed)))

    assert (same.status, same.updated) == ("committed", {})
    assert report.status == "refused"
    assert [(one.rule, one.file, one.row, one.column) for one in report.findings] == [
        ("locked", "relapse.csv", 2, "relapse_date")
    ]


def test_an_import_that_changes_a_verified_row_takes_the_verification_back(tmp_path):
    take(write(tmp_path / "a", bundle()))
    with manager(_only_site()):
        verify_record(Relapse.objects.get())
    take(write(tmp_path / "a", bundle()))
    with as_system():
        assert Relapse.objects.get().record_status == Status.VERIFIED
    changed = [dict(EXAMPLE["relapse"][0], relapse_date="2015-08-21")]
    take(write(tmp_path / "b", bundle(relapse=changed)))

    with as_system():
        assert Relapse.objects.get().record_status == Status.COMPLETE


def _only_site() -> Site:
    with as_system():
        return Site.objects.get()
