"""Columns read in bulk are those of the rows, whichever database packs them: blanks, parents, codes, partial dates."""

from datetime import date

import pytest

from analytics import live
from registry import bulk, packing
from registry.access import scoped, system_scope
from registry.entities import dictionary, model_of
from registry.models import Patient
from registry.moment import one_moment
from tests.factories import as_system, make

EVERYWHERE = [pytest.mark.django_db, pytest.mark.both_databases]
WHOLE_DAY_BITS = (date.max - date.min).days + 1


def charts() -> None:
    """Three charts; the second has the rarest answers."""
    with as_system():
        for _ in range(3):
            make("patient")
        first, second, _third = Patient.objects.order_by("pk")
        for patient, day in ((first, "2015-01-10"), (second, "1901-01-01")):
            infusion = make("infusion", patient=patient, infusion_date=day)
            make("response", patient=patient, infusion=infusion, assessment_date="2015-03", response="CR")
            make("relapse", patient=patient, infusion=infusion, relapse_date="2016", level="")
        make("follow_up", patient=second, contact_date="2016-01-01", vital_status="LTFU")
        make("death", patient=second, death_date="UNK")


def by_rows(slug: str) -> list[tuple[int, ...]]:
    """What each row holds, told one by one."""
    columns = bulk.columns_of(dictionary()[slug], live._names(slug))
    rows = model_of(slug).objects.filter(voided=False).values_list(*(column.path for column in columns))
    return sorted(tuple(column.of(value) for column, value in zip(columns, row, strict=True)) for row in rows)


def in_bulk(size: int) -> dict[str, list[tuple[int, ...]]]:
    asked = {slug: bulk.rows_of(slug, live._names(slug)) for slug in live.READS}
    found: dict[str, list[tuple[int, ...]]] = {slug: [] for slug in asked}
    with one_moment():
        for _patients, sent in bulk.read(asked, bulk.patient_ranges(size)):
            for slug, question in asked.items():
                columns = (sent[slug][column.name].tolist() for column in question.columns)
                found[slug] += zip(*columns, strict=True)
    return {slug: sorted(rows) for slug, rows in found.items()}


def check(size: int) -> None:
    with scoped(system_scope("tests")):
        found = in_bulk(size)
        assert found == {slug: by_rows(slug) for slug in live.READS}
        assert len(found["relapse"]) == 2
        assert found["death"][0][2] == packing.NO_DAY


class TestInTheTransactionOfATest:
    pytestmark = EVERYWHERE

    @pytest.mark.parametrize("size", [1, 2, 1000])
    def test_columns_are_those_of_the_rows(self, size):
        charts()
        check(size)

    def test_a_block_has_room_for_its_patients(self):
        with scoped(system_scope("tests")), pytest.raises(ValueError, match=r"4,194,303 patients"):
            next(bulk.patient_ranges(2**22))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_processes_of_postgresql_see_one_moment(settings):
    charts()
    with scoped(system_scope("tests")), one_moment():
        assert len(Patient.objects.all()) == 3
        with bulk.same_moment(bulk.connection) as held:
            assert len(held) == 2
            assert [one.execute("SELECT count(*) FROM registry_relapse").fetchone()[0] for one in held] == [2, 2]
    check(1)


class TestWords:
    def test_a_word_is_never_too_long_and_an_id_stands_on_top(self):
        for slug in live.READS:
            for word in bulk.rows_of(slug, live._names(slug)).words:
                bits = [column.bits for column, _shift in word.places]
                assert sum(bits) <= packing.WORD_BITS
                assert bits == sorted(bits, reverse=True)
                assert bits.count(packing.ID_BITS) <= 1

    def test_every_day_and_code_has_room(self):
        assert WHOLE_DAY_BITS < 2**packing.DAY_BITS
        for size in (1, 3, 4, 7, 8):
            column = packing.coded("answer", tuple(f"C{number}" for number in range(size)))
            assert size < 2**column.bits
