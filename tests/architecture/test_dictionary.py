"""Completeness of the dictionary: every item categorised, every list there, every entity importable and documented."""

import re
from pathlib import Path

import pytest

from registry.dictionary.chart import Chart
from registry.dictionary.codebook import codebook
from registry.dictionary.codelists import all_lists, code_list
from registry.dictionary.compiled import ItemSpec
from registry.dictionary.items import Kind, Level, Privacy
from registry.entities import MODELS, dictionary
from registry.importing.template import EXAMPLE, columns
from registry.memory import tracked_models
from registry.models import Record

ROOT = Path(__file__).resolve().parents[2]
#: The slugs promised to users, in the words of the import contract.
PROMISED = [
    "site",
    "protocol",
    "product",
    "patient",
    "external_id",
    "consent",
    "enrollment",
    "diagnosis",
    "prior_therapy",
    "infusion",
    "pre_infusion",
    "lymphodepletion",
    "response",
    "mrd",
    "b_cell",
    "toxicity",
    "relapse",
    "salvage",
    "hsct",
    "gvhd",
    "follow_up",
    "death",
    "subsequent_malignancy",
]
ITEMS = [(spec.slug, item) for spec in dictionary() for item in spec.items]


@pytest.mark.parametrize(("slug", "item"), ITEMS, ids=[f"{slug}.{item.name}" for slug, item in ITEMS])
def test_every_item_is_categorised_and_defined(slug: str, item: ItemSpec):
    told = item.item

    assert isinstance(told.privacy, Privacy) and isinstance(told.level, Level)
    assert told.label and told.definition.endswith(".") and told.source.startswith("data dictionary ")
    if item.kind in (Kind.CODE, Kind.CODES):
        assert code_list(told.codes).codes, f"add registry/dictionary/codelists/{told.codes}.csv"
    if told.asked_if:
        assert set(told.asked_if.items()) <= set(dictionary()[slug].by_name)
    if item.name.endswith("_date"):
        assert item.kind is Kind.DATE and told.privacy in (Privacy.DATE, Privacy.DIRECT)


@pytest.mark.parametrize(("slug", "item"), ITEMS, ids=[f"{slug}.{item.name}" for slug, item in ITEMS])
def test_every_item_says_where_in_the_chart_it_is_found(slug: str, item: ItemSpec):
    assert item.chart in list(Chart), f"give {slug}.{item.name} a `chart=Chart...`, or its Entity one for all its items"


def test_every_document_of_the_chart_is_named_by_an_item():
    assert {item.chart for _slug, item in ITEMS} == set(Chart), "remove the document, or use it in an item"


def test_a_document_of_the_chart_is_a_short_phrase():
    assert all(re.fullmatch("[A-Za-z ]{3,32}", words) for words in Chart)


def test_the_promised_entities_are_all_there():
    assert sorted(dictionary().slugs) == sorted(PROMISED)


def test_every_code_list_is_used():
    used = {item.item.codes for _slug, item in ITEMS if item.item.codes}

    assert set(all_lists()) == used, "remove the list, or use it in an item"


def test_every_record_is_an_entity_and_is_remembered():
    entities = set(MODELS)
    records = {model for model in tracked_models() if issubclass(model, Record)}

    assert entities <= records, "add the model to `track(...)` in its migration"


def test_every_section_names_items_of_its_entity():
    for spec in dictionary():
        named = [name for _heading, names in spec.entity.sections for name in names]
        assert set(named) <= set(spec.by_name) and len(named) == len(set(named)), spec.slug
        assert {item.name for _heading, items in spec.sections() for item in items} == set(spec.by_name)


def test_the_import_example_uses_columns_of_the_template():
    for slug, rows in EXAMPLE.items():
        assert set().union(*rows) <= set(columns(dictionary()[slug])), slug


def test_the_codebook_is_fresh():
    told = (ROOT / "docs" / "codebook.md").read_text(encoding="utf-8").splitlines()

    assert told == list(codebook(dictionary())), "run: python manage.py codebook > docs/codebook.md"


def test_the_dictionary_travels_as_json_with_a_stable_hash():
    assert dictionary().sha256() == dictionary().sha256()
    assert len(dictionary().as_json()["entities"]) == len(PROMISED)
