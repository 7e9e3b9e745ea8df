"""Several rows in one table: all saved or none, empty rows left out, every fault named with its row."""

import pytest

from tests.registry.screens import World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def world() -> World:
    return World()


def address(world: World, slug: str = "response") -> str:
    return f"/patients/{world.own.registry_id}/{slug}/rows"


def sent(infusion, *rows: dict, count: int = 6) -> dict:
    """The table as a browser sends it: the parent and context stand in every row."""
    cells = {"rows": str(count)}
    for number in range(count):
        given = {"parent": f"infusion:{infusion.pk}"} | (rows[number] if number < len(rows) else {})
        cells |= {f"r{number}-{name}": text for name, text in given.items()}
    return cells


DAY28 = {"context": "CART", "assessment_date": "2015-02-07", "timepoint": "D28", "response": "CR", "mrd_status": "NEG"}
MONTH6 = DAY28 | {"assessment_date": "10 Jul 2015", "timepoint": "M6"}


def test_rows_are_saved_together_and_empty_ones_left_out(world):
    infusion, client = world.add("infusion", infusion_date="2015-01-10"), world.client()

    answer = client.post(address(world), sent(infusion, DAY28, {}, MONTH6), follow=True)

    rows = world.rows("response")
    assert [str(row.assessment_date) for row in rows] == ["2015-02-07", "2015-07-10"]
    assert {row.infusion_id for row in rows} == {infusion.pk}
    assert "2 response assessments saved." in answer.content.decode()


def test_one_bad_row_keeps_all_out_and_is_named_and_nothing_typed_is_lost(world):
    infusion, client = world.add("infusion", infusion_date="2015-01-10"), world.client()

    answer = client.post(address(world), sent(infusion, DAY28, MONTH6 | {"assessment_date": "2015-02-30"}))

    page = answer.content.decode()
    assert answer.status_code == 422 and world.rows("response") == []
    assert "Row 2, <a" in page and "not a day of the calendar" in page
    assert "2015-02-30" in page and "2015-02-07" in page


def test_an_empty_table_is_told(world):
    infusion, client = world.add("infusion"), world.client()

    answer = client.post(address(world), sent(infusion))

    assert answer.status_code == 422 and "Nothing is entered yet." in answer.content.decode()


def test_every_kind_that_a_patient_has_several_of_has_a_table(world):
    client = world.client()
    world.add("infusion")
    for slug in ("mrd", "response", "b_cell", "toxicity", "relapse", "follow_up", "gvhd", "consent"):
        answer = client.get(address(world, slug))
        assert answer.status_code == 200 and len(answer.context["lines"]) == 6, slug
    assert client.get(address(world, "death")).status_code == 404


@pytest.mark.parametrize("rows", ["", "x", "-1", "0", "99999999999999999999", "100000"])
def test_any_number_of_rows_is_survived(world, rows):
    client = world.client()

    assert client.get(address(world, "follow_up"), {"rows": rows}).status_code == 200
    assert client.post(address(world, "follow_up"), {"rows": rows}).status_code == 422


def test_hostile_cells_are_refused_in_words(world):
    answer = world.client().post(
        address(world, "follow_up"),
        {"rows": "2", "r0-contact_date": "<script>alert(1)</script>", "r1-contact_date": "x" * 100_000},
    )

    assert answer.status_code == 422 and "<script>alert" not in answer.content.decode()
    assert world.rows("follow_up") == []
