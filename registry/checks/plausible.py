"""Numbers outside the range that is plausible: one rule for every item that declares one."""

from collections.abc import Iterator, Mapping

from registry.checks.case import Case
from registry.checks.compare import surely_above, surely_below
from registry.checks.engine import WARNING, Hit, check, hit
from registry.dictionary.cells import plain_number
from registry.dictionary.compiled import Dictionary

#: entity -> column -> plausible range
Ranges = Mapping[str, Mapping[str, tuple[float, float]]]


def plausible_ranges(dictionary: Dictionary) -> Ranges:
    """The ranges the items declare (`Item.plausible`), in the shape a case carries them."""
    ranges = {
        spec.slug: {item.name: item.item.plausible for item in spec.items if item.item.plausible} for spec in dictionary
    }
    return {slug: columns for slug, columns in ranges.items() if columns}


@check("W00", WARNING, "A number lies in its plausible range.", source="data dictionary 4, 5 (unnumbered ranges)")
def number_is_plausible(case: Case) -> Iterator[Hit]:
    """The range stands with the item. What is physically impossible is refused before it is stored."""
    for entity, columns in case.plausible.items():
        for row in (case.patient,) if entity == "patient" else case.of(entity):
            for column, (least, most) in columns.items():
                if surely_below(row, column, least) or surely_above(row, column, most):
                    number = f"{row.comparators.get(column, '')}{plain_number(row.values[column])}"
                    words = f"{number} is outside {least:g} to {most:g}."
                    yield hit(row, column, words)
