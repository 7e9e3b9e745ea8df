"""A question answered on the registry as it stands: the same result as the plan on frozen tables, to the last digit."""

from datetime import date

import pytest
from django.core.management import CommandError, call_command

from analytics import live, snapshots
from analytics.study.run import result_of, study_of
from registry.access import scoped, system_scope
from registry.merging import merge
from registry.models import Patient
from tests.analytics.conftest import CUTOFF
from tests.factories import as_system, make

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def planned(tables: dict[str, str], cutoff: date) -> dict[str, dict]:
    study = study_of("post_cart_relapse", tables, cutoff)
    return {key: result_of(study.cohort, study.analysis(key)) for key in live.QUESTIONS}


def counted(cutoff: date, **options: int) -> dict[str, dict]:
    with scoped(system_scope("tests")):
        return {key: live.answer(key, cutoff=cutoff, **options) for key in live.QUESTIONS}


def trouble() -> None:
    """What counting leaves aside or out: a wish for deletion, a stopped collection, an open error, a merged patient."""
    with as_system():
        first, second, third, fourth, fifth, sixth = Patient.objects.order_by("pk")[:6]
        for patient, scope in ((first, "DELETE"), (second, "STOP_COLLECTION")):
            make("consent", patient=patient, status="WITHDRAWN", effective_date="2013-01-01",
                 withdrawn_on="2018-01-01", withdrawal_scope=scope)  # fmt: skip
        make("follow_up", patient=third, contact_date="2021-01-01", vital_status="DEAD")
        make("relapse", patient=fourth, relapse_date="2019-05")
        merge(fifth, sixth, reason="the same person")


@pytest.mark.slow
def test_it_gives_what_the_plan_gives(cohort, capsys, tmp_path):
    trouble()
    tables = snapshots.freeze("tests")[0]
    for cutoff in (CUTOFF, date(2017, 6, 30)):
        expected = planned(tables, cutoff)
        assert counted(cutoff) == expected
        assert counted(cutoff, block=7) == expected

    call_command("estimate", "os_relapse", cutoff=f"{CUTOFF}", json=str(tmp_path / "os.json"))
    assert "all" in capsys.readouterr().out
    assert (tmp_path / "os.json").stat().st_size > 1000


def test_an_empty_registry_says_why_there_is_nothing():
    assert counted(CUTOFF) == planned({}, CUTOFF)


def test_a_question_that_needs_a_snapshot_is_refused():
    with pytest.raises(CommandError, match="os_relapse_by_timing"):
        call_command("estimate", "cr_rate")
