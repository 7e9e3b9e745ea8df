"""What a report says beside a single result: the results that accompany it, each under its own title.

From the readings kept beside the snapshot (`analytics.study.accompanying`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from analytics.report.bound import Place
from analytics.report.document import Block, Grid, Paragraph
from analytics.report.naming import words
from analytics.report.sentences import sentence
from analytics.report.tabulate import tabulate

if TYPE_CHECKING:
    from analytics.report.compose import Material

#: Kinds that read better with a sentence before their table.
TOLD = ("curve", "incidence")


def beside(material: Material, key: str) -> Iterator[Block]:
    """Sentence and table of every result that accompanies this one."""
    for one in accompanying(material):
        if one["key"].value != key:
            continue
        title, result = words(one["name"].value), one["result"]
        table = tabulate(result.value, result.path)
        if result["kind"].value in TOLD or not table.cells:
            yield Paragraph((f"{title}: ", *(sentence(result) or ("none.",))))
        if table.cells:
            yield Grid(title, table.columns, table.cells, table.remarks)


def accompanying(material: Material) -> Iterator[Place]:
    """What accompanies the results of this snapshot, in order."""
    if "readings" in material.extra:
        yield from material.at("readings").get("accompanying")
