"""Acknowledging a warning: with a reason, by somebody, and only as long as what the check read stays as it was."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from registry import services
from registry.access import scoped
from registry.acknowledging import acknowledge, withdraw
from registry.history import patient_history
from registry.models import Finding, Status
from tests.factories import answers, as_system, make
from tests.registry.people import at

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def warned():
    """An infusion at 31 years: one warning, W10."""
    return make("infusion", patient=make("patient", birth_date="1984-01-01"))


def warning() -> Finding:
    return Finding.objects.get(rule="W10")


def test_a_warning_keeps_its_row_a_draft_until_it_is_acknowledged():
    with as_system():
        infusion = warned()
        assert infusion.record_status == Status.DRAFT and not warning().acknowledged

        made = acknowledge(warning(), reason="as in the trial's waiver")

        infusion.refresh_from_db()
        assert infusion.record_status == Status.COMPLETE
        finding = warning()
        assert finding.acknowledged and finding.acknowledgement == made
        assert (made.reason, made.actor) == ("as in the trial's waiver", "system:tests")


def test_it_is_void_again_when_a_value_it_depends_on_changes():
    with as_system():
        infusion = warned()
        acknowledge(warning(), reason="as in the trial's waiver")
        infusion.refresh_from_db()
        saved = services.save_record(
            "infusion", record=infusion, answers=answers("infusion", infusion_date="2015-02-10"), reason="chart"
        )

        assert saved.record.record_status == Status.DRAFT
        assert not warning().acknowledged


def test_it_stays_when_another_value_changes():
    with as_system():
        infusion = warned()
        acknowledge(warning(), reason="as in the trial's waiver")
        infusion.refresh_from_db()
        saved = services.save_record(
            "infusion", record=infusion, answers=answers("infusion", n_fractions="2"), reason="chart"
        )

        assert saved.record.record_status == Status.COMPLETE
        assert warning().acknowledged


def test_a_finding_keeps_its_day_while_it_stands():
    with as_system():
        infusion = warned()
        first = warning()
        services.save_record(
            "infusion", record=infusion, answers=answers("infusion", infusion_date="2015-02-10"), reason="chart"
        )

        assert warning().since == first.since and warning().pk != first.pk


def test_a_withdrawn_acknowledgement_counts_no_longer():
    with as_system():
        infusion = warned()
        made = acknowledge(warning(), reason="as in the trial's waiver")
        withdraw(made, reason="wrong patient")

        infusion.refresh_from_db()
        assert infusion.record_status == Status.DRAFT and not warning().acknowledged


def test_acknowledging_is_remembered():
    with as_system():
        infusion = warned()
        acknowledge(warning(), reason="as in the trial's waiver")

        assert "registry_acknowledgement" in {told.entity for told in patient_history(infusion.patient)}


def test_only_a_warning_is_acknowledged_and_with_a_reason():
    with as_system():
        warned()
        with pytest.raises(ValidationError, match="why"):
            acknowledge(warning(), reason=" ")
        finding = warning()
        finding.severity = "ERROR"
        with pytest.raises(ValidationError, match="Only warnings"):
            acknowledge(finding, reason="so what")


def test_somebody_of_another_site_acknowledges_nothing():
    with as_system():
        warned()
        other = make("site", code="THEIRS")
        finding = warning()

    with scoped(at(other.pk)), pytest.raises(PermissionDenied):
        acknowledge(finding, reason="as in the trial's waiver")
