"""How a form branches: sections say how far they are, and what is not asked is neither counted nor judged."""

import pytest

from registry.entities import dictionary
from tests.registry.screens import World, boxes, fill

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def coordinator(world):
    return world.client()


def address(world: World, end: str = "") -> str:
    return f"/patients/{world.own.registry_id}/{end}"


def progress(page) -> dict[str, str]:
    """What each heading of the form says."""
    return {section.heading: section.progress for section in page.context["form"].sections()}


# Progress


def test_each_section_says_how_many_of_its_questions_are_answered(world, coordinator):
    row = world.add("relapse", relapse_date="2015-08", level="MORPH", site_marrow="N", site_cns="N", site_testis="",
                    site_other="", cd19_status="NEG", cd22_status="UNK")  # fmt: skip

    page = coordinator.get(address(world, f"relapse/{row.pk}/edit"))

    assert progress(page) == {
        "Belongs to": "1 of 1 answered",
        "Relapse": "2 of 2 answered",
        "Sites": "2 of 5 answered",
        "Leukemia at relapse": "2 of 4 answered",
        "Afterwards": "1 of 1 answered",
        "Where it was read": "0 of 1 answered",
    }
    assert '<span class="how-far" data-progress>2 of 5 answered</span>' in page.content.decode()


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ({}, "0 of 6 answered"),
        ({"result": "UNK"}, "1 of 6 answered"),
        ({"result": "POS_QUANT"}, "1 of 7 answered"),
        ({"result": "POS_QUANT", "value_pct": "ND"}, "2 of 7 answered"),
        ({"result": "NEG", "value_pct": "0.5"}, "1 of 6 answered"),
        ({"result": "UNK", "value_pct": "0.5"}, "1 of 6 answered"),
    ],
)
def test_a_reason_for_no_value_counts_and_a_question_not_asked_does_not(world, coordinator, typed, told):
    page = coordinator.get(address(world, "mrd/new"), typed)

    assert progress(page)["MRD test"] == told


def test_every_form_counts_what_it_asks(world, coordinator):
    for slug in ("mrd", "relapse", "salvage", "follow_up", "gvhd", "consent"):
        depends = {item.name for item in dictionary()[slug].items if item.item.asked_if is not None}

        form = coordinator.get(address(world, f"{slug}/new")).context["form"]

        rows = [row for one in form.sections() for row in one.rows]
        assert {row.name for row in rows if not row.asked} == depends, slug
        assert sum(one.asked for one in form.sections()) == len(rows) - len(depends), slug


# What is not asked is not judged


def test_a_box_that_is_not_asked_stops_no_save_and_is_told(world, coordinator):
    answer = fill(coordinator, address(world, "relapse/new"), site_marrow="N", marrow_blast_pct="plenty")

    row = world.rows("relapse")[0]
    told = coordinator.get(answer.url).content.decode()
    assert answer.status_code == 302 and row.marrow_blast_pct is None
    assert "Left as it was, for it is not asked and cannot be read: Marrow blasts." in told


def test_a_box_that_cannot_be_read_keeps_what_was_stored(world, coordinator):
    row = world.add("relapse", site_marrow="Y", marrow_blast_pct="80")

    fill(coordinator, address(world, f"relapse/{row.pk}/edit"), site_marrow="N", marrow_blast_pct="8o",
         change_reason="report corrected")  # fmt: skip

    after = world.reload(row)
    assert (after.site_marrow, after.marrow_blast_pct) == ("N", 80)


def test_a_readable_answer_is_kept_though_it_is_not_asked(world, coordinator):
    fill(coordinator, address(world, "relapse/new"), site_marrow="UNK", marrow_blast_pct="80")

    row = world.rows("relapse")[0]
    page = coordinator.get(address(world, f"relapse/{row.pk}/edit")).content.decode()
    assert row.marrow_blast_pct == 80
    assert '<p class="kept">Kept, but not asked with the answers above.</p>' in page
    assert 'field field-decimal field-kept" data-name="marrow_blast_pct"' in page


def test_what_is_asked_is_judged_and_the_refused_form_judges_the_rest_alike(world, coordinator):
    asked = fill(coordinator, address(world, "relapse/new"), site_marrow="Y", marrow_blast_pct="101")
    other = fill(coordinator, address(world, "relapse/new"), relapse_date="soon", site_marrow="N", marrow_blast_pct="x")

    page = other.content.decode()
    assert [id_ for id_, _label, _words in asked.context["form"].faults()] == ["id_marrow_blast_pct"]
    assert [id_ for id_, _label, _words in other.context["form"].faults()] == ["id_relapse_date"]
    assert "what cannot be read is not saved" in page and boxes(other)["marrow_blast_pct"] == ["x"]
    assert world.rows("relapse") == []


def test_a_table_of_rows_asks_and_judges_every_box(world, coordinator):
    infusion = world.add("infusion")
    row = {"parent_infusion": f"infusion:{infusion.pk}", "result": "NEG", "value_pct": "101"}

    answer = coordinator.post(address(world, "mrd/rows"), {"rows": "1"} | {f"r0-{k}": v for k, v in row.items()})

    assert answer.status_code == 422 and world.rows("mrd") == []
