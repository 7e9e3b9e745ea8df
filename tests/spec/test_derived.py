"""Derived values on tiny charts: `derived/values.txt` holds what each must be."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

import registry.checks  # noqa: F401 - declares the derived values
from registry.checks.derived import DERIVATIONS, derived, derived_words
from registry.dictionary.codelists import all_lists
from registry.entities import dictionary
from tests.cases import chart

FILE = Path(__file__).parent / "derived" / "values.txt"
#: Assigned once and stored with the patient; not computed from a chart.
NOT_COMPUTED = {("patient", "registry_id")}


@dataclass
class Example:
    entity: str
    name: str
    expected: str
    title: str
    lines: list[str] = field(default_factory=list)


def _examples() -> list[Example]:
    found, entity, name = [], "", ""
    for line in FILE.read_text(encoding="utf-8").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        if line[0] != " ":
            entity, name = line.strip().split(".")
        elif line[2] != " ":
            expected, title = line.strip().split(": ", 1)
            found.append(Example(entity, name, expected, title))
        else:
            found[-1].lines.append(line)
    return found


EXAMPLES = _examples()


@pytest.mark.parametrize("example", EXAMPLES, ids=[f"{one.entity}.{one.name} {one.title}" for one in EXAMPLES])
def test_derived_value(example: Example) -> None:
    case = chart("\n".join(example.lines))
    row = case.of(example.entity)[-1]

    value = DERIVATIONS[example.entity][example.name].of(case, row)

    shown = "-" if value is None else f"{value:.2f}" if isinstance(value, float) else str(value)
    assert shown == example.expected


def test_every_derived_name_of_the_entities_is_computed() -> None:
    named = {(spec.slug, name) for spec in dictionary() for name in spec.entity.derived}
    computed = {(slug, name) for slug, held in DERIVATIONS.items() for name in held}

    missing = named - computed - NOT_COMPUTED
    assert not missing, f"Derive in registry/checks/derived_*.py: {sorted(missing)}"


def test_every_derived_value_has_an_example_and_a_definition() -> None:
    computed = {(slug, name) for slug, held in DERIVATIONS.items() for name in held}

    missing = computed - {(one.entity, one.name) for one in EXAMPLES}
    assert not missing, f"Add a chart to tests/spec/derived/values.txt: {sorted(missing)}"
    assert all("Source: " in one.definition for held in DERIVATIONS.values() for one in held.values())


def test_labels_are_told_apart() -> None:
    for held in DERIVATIONS.values():
        assert len({one.label for one in held.values()}) == len(held)


def test_words_are_those_of_the_clinic() -> None:
    case = chart("relapse site_marrow=Y site_cns=Y relapse_date=d100")

    assert derived(case, case.of("relapse")[0])["Site of relapse"] == "COMBINED"
    assert derived_words(case, case.of("relapse")[0])["Site of relapse"] == "Marrow and another site"
    assert derived_words(case, case.of("relapse")[0])["Relapse number"] == ""


def test_hierarchy_is_the_order_of_the_list() -> None:
    """Data dictionary 6.6: the first match wins, so the order of the code list is the rule."""
    assert all_lists()["therapy"].keys() == (
        "CART_CD19", "CART_OTHER", "INO", "BLINA", "TARGETED", "CHEMO", "RT_LOCAL", "DLI", "CHECKPOINT_OTHER_IO",
        "STEROID_PALL", "OTHER",
    )  # fmt: skip
