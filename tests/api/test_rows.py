"""What a row looks like outside, and what never leaves."""

import json
from collections.abc import Iterator

import pytest
from django.test import Client

from api.columns import columns_of, shown_items
from api.views import DOORS, plural
from registry.dictionary.items import Kind, Privacy
from registry.entities import dictionary
from tests.api.world import BIRTH, PROSE, SUBJECT_NUMBER, World

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def first(client: Client, name: str, **query: str) -> dict:
    response = client.get(f"/api/v1/{name}/", query)
    assert response.status_code == 200, response.content
    return response.json()["results"][0]


def test_every_entity_has_a_list_and_its_plural() -> None:
    assert list(DOORS) == [plural(slug) for slug in dictionary().slugs]
    assert {"patients", "infusions", "responses", "diagnoses", "follow_ups", "hscts", "salvages"} <= set(DOORS)


def test_a_row_has_exactly_its_columns(statistician: Client) -> None:
    for entity in dictionary():
        row = first(statistician, plural(entity.slug))

        assert list(row) == [column.name for column in columns_of(entity)], entity.slug


def test_an_infusion_names_patient_and_references_by_code(coordinator: Client, world: World) -> None:
    row = first(coordinator, "infusions", patient="C19-OWN-1")

    assert row["id"] == world.rows["own", "infusion"].pk
    assert (row["patient"], row["site"], row["product"], row["protocol"]) == (
        "C19-OWN-1",
        "BOS",
        "TISA_CEL",
        "ELIANA",
    )
    assert (row["infusion_date"], row["weight_kg"], row["record_status"], row["version"]) == (
        "2025-05-05", 31.25, "DRAFT", 1)  # fmt: skip
    assert row["modified_at"] == "2026-03-01T12:00:00Z"


def test_value_and_reason_of_absence_stand_in_two_columns(coordinator: Client) -> None:
    row = first(coordinator, "infusions", patient="C19-OWN-1")

    assert (row["cell_source"], row["cell_source_missing"]) == (None, "ND")
    assert (row["weight_kg"], row["weight_kg_missing"]) == (31.25, None)
    assert (row["dose_total_e6"], row["dose_total_e6_comparator"]) == (100.0, ">=")


def test_a_partial_date_carries_its_precision(coordinator: Client) -> None:
    row = first(coordinator, "relapses", patient="C19-OWN-1")

    assert (row["relapse_date"], row["relapse_date_precision"]) == ("2025-09-15", "M")


def test_a_child_names_its_parent_by_id(coordinator: Client, world: World) -> None:
    row = first(coordinator, "salvages", patient="C19-OWN-1")

    assert (row["relapse"], row["infusion"]) == (world.rows["own", "relapse"].pk, None)


def test_a_patient_is_found_by_registry_id(coordinator: Client) -> None:
    row = coordinator.get("/api/v1/patients/C19-OWN-1/").json()

    assert (row["registry_id"], row["site"], row["sex_at_birth"]) == ("C19-OWN-1", "BOS", "F")


def test_a_shared_row_is_found_by_code(coordinator: Client) -> None:
    assert coordinator.get("/api/v1/sites/BOS/").json()["code"] == "BOS"
    assert coordinator.get("/api/v1/products/TISA_CEL/").json()["target"] == ["CD19"]


def test_numbers_keep_every_digit(coordinator: Client) -> None:
    """A decimal of 14 digits survives the double it travels in."""
    for text in ("999999999.99999", "0.00001", "123456789.12345"):
        assert f"{json.loads(json.dumps(float(text))):.5f}" == text


def test_no_column_could_name_a_person() -> None:
    for entity in dictionary():
        withheld = {item.name for item in entity.items if item.item.privacy in (Privacy.DIRECT, Privacy.FREE_TEXT)}
        names = {column.name for column in columns_of(entity)}

        assert not [name for name in names for item in withheld if name == item or name.startswith(f"{item}_")], (
            f"{entity.slug} shows a direct identifier or typed prose"
        )


def _texts(client: Client, world: World) -> Iterator[str]:
    for entity in dictionary():
        yield client.get(f"/api/v1/{plural(entity.slug)}/").content.decode()
        if entity.of_patient:
            yield client.get(f"/api/v1/{plural(entity.slug)}/{world.rows['own', entity.slug].pk}/").content.decode()
    yield client.get("/api/v1/patients/C19-OWN-1/").content.decode()


def test_identifiers_and_prose_leave_by_no_door(coordinator: Client, world: World) -> None:
    """A coordinator may see the birth date on the screens; the API still does not give it."""
    for text in _texts(coordinator, world):
        assert BIRTH.isoformat() not in text
        assert SUBJECT_NUMBER not in text
        assert PROSE not in text


def test_every_shown_item_has_a_reason_column() -> None:
    for entity in dictionary():
        names = {column.name for column in columns_of(entity)}
        for item in shown_items(entity):
            if item.name != entity.entity.natural_key:
                assert f"{item.name}_missing" in names
            if item.kind in (Kind.INTEGER, Kind.DECIMAL):
                assert f"{item.name}_comparator" in names
