"""An attacker with every disclosed answer of the same patients, grouped and not, subtracts: no small count appears."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest

from analytics.report.disclosure import DEFAULT, safer
from analytics.study.run import run
from tests.analytics.conftest import CUTOFF, Tables

#: Plan -> groupings that are asked for one after the other.
ASKED = {
    "post_cart_relapse": (("sex",), ("prior_hsct",), ("site",), ("sex", "prior_hsct")),
    "post_infusion": (("sex",), ("age_group",), ("product",), ("age_group", "sex")),
    "post_transplant": (("donor",), ("cr_number",), ("sex", "donor")),
}
#: A result by groups of its own -> the one it splits.
SPLIT = {"os_relapse_by_timing": "os_relapse"}
Cell = tuple[str, str, str]


def cells(results: dict[str, Any]) -> Iterator[tuple[Cell, int | None]]:
    """Every count by (result, what is counted, group); a rate or a curve counts those who are left as well."""
    for key, result in results.items():
        for group in result.get("groups", ()):
            for name in {"n", "x", "events"} & group.keys():
                yield (key, name, group["label"]), group[name]
            for cause in group.get("causes", ()):
                yield (key, cause["cause"], group["label"]), cause["events"]
        if key == "table1":
            for row in result["rows"]:
                named = dict(zip(result["columns"], row, strict=True))
                yield (key, f"{named['characteristic']} {named['level']}", named["group"]), named["n"]


def subtracted(told: dict[Cell, int | None], whole: dict[Cell, int | None]) -> dict[Cell, int]:
    """Counts of groups that are withheld, and follow from all patients less the other groups."""
    sets: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in told:
        sets[cell[:2]].append(cell)
    found = {}
    for (key, what), groups in sets.items():
        total = whole.get((SPLIT.get(key, key), what, "all"))
        missing = [cell for cell in groups if told[cell] is None]
        if total is not None and len(missing) == 1:
            found[missing[0]] = total - sum(told[cell] or 0 for cell in groups)
    return found


def small(found: dict[Cell, int], sizes: dict[Cell, int | None]) -> list[tuple[Cell, int]]:
    """Those that tell of few: the count itself, or those of the group who are not in it."""
    rest = {cell: (sizes.get((cell[0], "n", cell[2])) or 0) - n for cell, n in found.items() if cell[1] != "n"}
    return [(cell, n) for cell, n in found.items() if DEFAULT.small(n) or DEFAULT.small(rest.get(cell))]


@pytest.mark.parametrize("plan", ASKED)
def test_no_small_count_of_a_group_follows_from_all_patients_less_the_other_groups(plan: str, tables: Tables) -> None:
    whole = dict(cells(safer(run(plan, tables, cutoff=CUTOFF))["results"]))

    compared = 0
    for by in ((), *ASKED[plan]):
        told = dict(cells(safer(run(plan, tables, cutoff=CUTOFF, by=by))["results"]))
        assert small(subtracted(told, whole), told) == [], by
        compared += sum(value is None for value in told.values())
    assert compared > 50, "there is something to compute"


@pytest.mark.parametrize("plan", ASKED)
def test_no_small_number_of_patients_is_missing_from_a_table(plan: str, tables: Tables) -> None:
    for by in ((), *ASKED[plan]):
        table = safer(run(plan, tables, cutoff=CUTOFF, by=by))["results"]["table1"]
        rows = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
        sizes = {row["group"]: row["n"] for row in rows if row["characteristic"] == "patients"}

        for row in rows:
            if row["of"] is not None and sizes[row["group"]] is not None:
                assert not DEFAULT.small(sizes[row["group"]] - row["of"]), row
            if row["percent"] is not None:
                assert not DEFAULT.small(sizes[row["group"]] - round(100 * row["n"] / row["percent"])), row
        for group, size in sizes.items():
            for name in {row["characteristic"] for row in rows} - {"patients"}:
                levels = [row["n"] for row in rows if (row["group"], row["characteristic"]) == (group, name)]
                if size is not None and None not in levels:
                    assert not DEFAULT.small(size - sum(levels)), (by, group, name)
