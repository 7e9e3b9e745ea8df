"""Queries whose SQL is written once: the same rows, the same walls, the same number of questions."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry import moving
from registry.access import NoScope, Scope, scoped
from registry.models import Relapse
from registry.written import IDS, _written, ask
from tests.factories import as_system, make

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def relapses():
    return Relapse.objects.of_patients(IDS).filter(voided=False).select_related("patient__site").order_by("pk")


def reader(*sites: int) -> Scope:
    return Scope(actor="reader", grants=tuple(("read", site) for site in sites))


@pytest.fixture
def two():
    """A relapse at each of two sites."""
    with as_system():
        sites = [make("site", code=code) for code in ("AAA", "BBB")]
        return [make("relapse", patient=make("patient", site=site)) for site in sites]


def test_the_rows_of_the_patients_named_come_whole_in_one_question(two):
    with as_system():
        ask(relapses, ids=[0])  # the text is written
        with CaptureQueriesContext(connection) as asked:
            found = ask(relapses, ids=[two[1].patient_id, two[0].patient_id])
            sites = [row.patient.site.code for row in found]

    assert (found, sites, len(asked)) == (two, ["AAA", "BBB"], 1)
    assert found[0].relapse_date == two[0].relapse_date and found[0].missing == two[0].missing


def test_the_text_is_written_once_and_holds_no_id(two):
    _written.cache_clear()
    with as_system():
        ones = [ask(relapses, ids=[row.patient_id]) for row in two]

    assert ones == [[two[0]], [two[1]]]
    assert (_written.cache_info().misses, _written.cache_info().hits) == (1, 1)


def test_readers_of_two_sites_ask_the_same_and_see_their_own(two):
    ids = [row.patient_id for row in two]
    seen = []
    for row in two:
        with scoped(reader(row.patient.site_id)):
            seen.append(ask(relapses, ids=ids))

    assert seen == [[two[0]], [two[1]]]


def test_a_site_sees_the_chart_while_it_shares_the_care(two):
    patient, elsewhere = two[0].patient, two[1].patient.site
    seen = []
    for step in (moving.share_care, moving.end_care):
        with as_system():
            step(patient, elsewhere, reason="moved house")
        with scoped(reader(elsewhere.pk)):
            seen.append(ask(relapses, ids=[patient.pk]))

    assert seen == [[two[0]], []]


def test_who_may_see_no_site_sees_no_row(two):
    with scoped(reader()):
        assert ask(relapses, ids=[row.patient_id for row in two]) == []


def test_without_a_scope_nothing_is_asked(two):
    with as_system():
        ask(relapses, ids=[two[0].patient_id])

    with pytest.raises(NoScope):
        ask(relapses, ids=[two[0].patient_id])


def test_nobody_named_is_nothing_asked():
    with as_system(), CaptureQueriesContext(connection) as asked:
        assert ask(relapses, ids=[]) == []

    assert len(asked) == 0
