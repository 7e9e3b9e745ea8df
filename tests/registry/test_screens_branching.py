"""How a form branches: sections say how far they are, and what is not asked is neither counted nor judged."""

import pytest

from registry.entities import dictionary
from tests.registry.screens import World

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
    assert '<legend>Sites <span class="how-far" data-progress>2 of 5 answered</span>' in page.content.decode()


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
