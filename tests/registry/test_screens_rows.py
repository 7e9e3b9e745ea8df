"""Several rows in one table: all saved or none, empty rows left out, every fault named with its row."""

import pytest

from registry.models import FormDraft
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
    assert ">Row 2, Assessment date</a>: " in page and "not a day of the calendar" in page
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


# Unsent rows


def opened(client, at: str, kept: bool = False) -> object:
    """The page of the table; with `kept`, what was offered is taken back."""
    page = client.get(at)
    return client.get(f"{at}?draft={page.context['offered'][0].token}") if kept else page


def typed_into(page) -> list[dict[str, str]]:
    """What stands in the rows of the table, the empty ones left out."""
    lines = [{cell.name.split("-", 1)[1]: cell.text for cell in line.cells} for line in page.context["lines"]]
    return [line for line in lines if line.get("assessment_date")]


def kept(world: World, client, infusion, *rows: dict, **more: str) -> dict:
    """Open the table, type and leave: what the page sends in the background."""
    typed = sent(infusion, *rows) | {"token": client.get(address(world)).context["token"]} | more
    assert client.post(address(world), typed | {"then": "keep"}).status_code == 204
    return typed


def test_rows_typed_and_not_saved_are_offered_and_taken_back(world):
    infusion, client = world.add("infusion", infusion_date="2015-01-10"), world.client()
    typed = kept(world, client, infusion, DAY28, {}, MONTH6 | {"assessment_date": "soon"})

    plain, back = opened(client, address(world)), opened(client, address(world), kept=True)

    assert b"you typed 10 answers here" in plain.content and typed_into(plain) == []
    assert [row["assessment_date"] for row in typed_into(back)] == ["2015-02-07", "soon"]
    assert typed_into(back)[0] == {"parent": f"infusion:{infusion.pk}", **DAY28} | typed_into(back)[0]
    assert back.context["token"] == typed["token"] and b"It is not saved yet." in back.content
    assert world.rows("response") == [] and b"2015-02-07" not in bytes(FormDraft.objects.get().sealed)


def test_as_many_rows_come_back_as_were_typed(world):
    infusion, client = world.add("infusion"), world.client()
    late = {f"r11-{name}": text for name, text in DAY28.items()}

    kept(world, client, infusion, **late, rows="12")

    lines = opened(client, address(world), kept=True).context["lines"]
    assert len(lines) == 12 and lines[11].cells[-1].name.startswith("r11-")


def test_saving_or_emptying_the_table_forgets_what_was_kept(world):
    infusion, client = world.add("infusion", infusion_date="2015-01-10"), world.client()
    kept(world, client, infusion, DAY28)
    emptied = FormDraft.objects.get().token
    client.post(address(world), sent(infusion) | {"token": emptied, "then": "keep"})
    after_emptying = FormDraft.objects.count()

    typed = kept(world, client, infusion, DAY28)
    saved = client.post(address(world), typed)

    assert (after_emptying, saved.status_code, FormDraft.objects.count()) == (0, 302, 0)
    assert client.post(address(world), typed | {"then": "keep"}).status_code == 409


def test_a_refused_table_goes_on_being_kept_and_can_be_forgotten(world):
    infusion, client = world.add("infusion", infusion_date="2015-01-10"), world.client()
    typed = kept(world, client, infusion, DAY28 | {"assessment_date": "soon"})

    refused = client.post(address(world), typed)
    forgotten = client.post(address(world), {"then": "forget", "token": typed["token"]})

    assert refused.status_code == 422 and b"data-unsaved" in refused.content
    assert forgotten.url == address(world) and not FormDraft.objects.exists()


def test_unsent_rows_are_their_writers_alone_and_need_the_right_to_enter(world):
    infusion = world.add("infusion")
    kept(world, world.client(), infusion, DAY28)

    assert world.client("data_manager").get(address(world)).context["offered"] == []
    assert world.client("monitor").post(address(world), {"then": "keep", "token": "x" * 20}).status_code == 403
    assert world.client("coordinator", "CHI").get(address(world)).status_code == 404
