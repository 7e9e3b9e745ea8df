"""The OpenAPI document: valid, complete, quiet to make, and true of the answers."""

import json
from typing import Any

import pytest
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema
from jsonschema import Draft202012Validator

from api.schema import document
from api.views import DOORS
from registry.dictionary.codelists import all_lists, code_list
from tests.api.world import World

pytestmark = pytest.mark.django_db


def test_the_document_is_made_without_a_warning() -> None:
    with GENERATOR_STATS.silence():
        made = SchemaGenerator().get_schema(request=None, public=True)
        assert not GENERATOR_STATS._warn_cache, list(GENERATOR_STATS._warn_cache)
        assert not GENERATOR_STATS._error_cache, list(GENERATOR_STATS._error_cache)

    validate_schema(made)


def test_the_document_is_open_to_everybody(client: Client) -> None:
    response = client.get("/api/v1/schema/")

    assert response.status_code == 200
    assert json.loads(response.content)["openapi"] == "3.1.0"
    assert client.post("/api/v1/schema/").status_code == 405


def test_every_door_is_in_the_document() -> None:
    paths = document()["paths"]

    for name, door in DOORS.items():
        key = "id" if door.lookup_field == "pk" else door.lookup_field
        assert {f"/api/v1/{name}/", f"/api/v1/{name}/{{{key}}}/"} <= set(paths)
    assert {"/api/v1/snapshots/", "/api/v1/snapshots/{id}/", "/api/v1/snapshots/{id}/results/{key}/"} <= set(paths)
    assert all(list(methods) == ["get"] for methods in paths.values()), "reading only"


def test_names_of_components_are_stable() -> None:
    """Clients are generated from these names: none is numbered or hashed, each code list has its own."""
    components = document()["components"]["schemas"]

    assert components["YesNoCode"]["enum"] == list(code_list("yes_no").keys())
    assert components["MissingReason"]["enum"] == ["UNK", "ND", "NA", "PEND"]
    known = {"".join(part.title() for part in name.split("_")) + "Code" for name in all_lists()}
    assert {name for name in components if name.endswith("Code")} <= known
    assert not [name for name in components if "Enum" in name]


def test_every_reference_leads_somewhere() -> None:
    text = json.dumps(document())
    components = document()["components"]["schemas"]

    named = {part.split('"')[0] for part in text.split('"#/components/schemas/')[1:]}
    assert named <= set(components), named - set(components)


def _schema(path: str, status: str = "200") -> dict[str, Any]:
    response = document()["paths"][path]["get"]["responses"][status]["content"]["application/json"]["schema"]
    return {**response, "components": document()["components"]}


@pytest.mark.parametrize("name", DOORS)
def test_answers_are_as_the_document_says(name: str, statistician: Client, world: World) -> None:
    page = statistician.get(f"/api/v1/{name}/").json()

    Draft202012Validator(_schema(f"/api/v1/{name}/")).validate(page)
    assert page["results"]


def test_refusals_are_as_the_document_says(statistician: Client, client: Client) -> None:
    for response in (client.get("/api/v1/patients/"), statistician.get("/api/v1/patients/?x=1")):
        validator = Draft202012Validator(_schema("/api/v1/patients/", str(response.status_code)))
        validator.validate(response.json())
        assert response.json()["code"]


def test_the_page_brings_nothing_from_elsewhere(client: Client) -> None:
    text = client.get("/api/v1/docs/").content.decode()

    assert "<script>" not in text and "<style" not in text and "://" not in text
    assert "drf_spectacular_sidecar" in text
