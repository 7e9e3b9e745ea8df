"""Every item is decided about at every tier; nothing undecided can leave."""

from dataclasses import replace

import pytest

from exports import profiles
from exports.formats import FORMATS
from exports.profiles import DROP, TIERS, treatment
from registry.dictionary.compiled import ItemSpec
from registry.dictionary.items import DATE, DIRECT, FREE_TEXT, QUASI, Kind, Privacy
from registry.entities import dictionary

ITEMS = [(spec, item) for spec in dictionary() for item in spec.items]


@pytest.mark.parametrize(("spec", "item"), ITEMS, ids=[f"{spec.slug}.{item.name}" for spec, item in ITEMS])
def test_an_item_is_decided_about(spec, item: ItemSpec):
    decided = [treatment(spec, item, tier) for tier in TIERS]

    if item.item.privacy in (DIRECT, FREE_TEXT):
        assert decided == [DROP] * 3
    if item.kind is Kind.DATE:
        assert decided[0] in (profiles.DAYS, DROP), "no date leaves at T1"
    if item.kind is Kind.TEXT and spec.of_patient:
        assert decided[:2] == [DROP] * 2, "typed text may hold a name"


def test_every_class_is_decided_about():
    assert set(profiles.BY_CLASS) == set(Privacy) - {QUASI}
    assert profiles.BY_CLASS[DATE][0] is profiles.DAYS


def test_no_decision_is_about_an_item_that_is_not_there():
    assert set(profiles.BY_NAME) == {(spec.slug, item.name) for spec, item in ITEMS if item.item.privacy is QUASI}


def test_a_new_quasi_identifier_stops_the_export():
    spec = dictionary()["patient"]
    new = replace(spec.by_name["sex_at_birth"], name="shoe_size")

    with pytest.raises(profiles.Undecided, match="patient.shoe_size"):
        treatment(spec, new, "T1")


def test_every_tier_and_format_is_told():
    assert all(profiles.describe(tier) for tier in TIERS)
    assert all(form.key == key for key, form in FORMATS.items())
