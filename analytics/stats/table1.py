"""Table 1: who the patients are, group by group, with the number missing always shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analytics.stats.crosstab import table_test
from analytics.stats.describe import Description
from analytics.stats.labels import grouping
from analytics.stats.results import Table
from analytics.stats.samples import Samples, compare_samples
from analytics.stats.wording import NOT_ESTIMABLE, number_text, p_text, percent_text

CONTINUOUS, CATEGORICAL = KINDS = ("continuous", "categorical")


@dataclass(frozen=True, kw_only=True, eq=False)
class Characteristic:
    """One line (continuous) or block of lines (categorical) of the table; values (N,), None or NaN =
    missing."""

    label: str
    values: Sequence[Any]
    kind: str = CONTINUOUS


def baseline_table(characteristics: Sequence[Characteristic], group: ArrayLike | None = None) -> Table:
    """The characteristics of all patients and of each group, and a test where there are groups.

    Continuous: median [Q1-Q3] (type 7); Wilcoxon rank sum for two groups, Kruskal-Wallis for more.
    Categorical: n (%), the percentage of those with a known value; chi-square, or Fisher's exact test when an
    expected count is below 5 (named).
    """
    length = len(characteristics[0].values) if characteristics else 0
    labels, position = ("all",), np.zeros(length, dtype=np.int64)
    if group is not None:
        labels, position = grouping(group, length=length)
    split = group is not None and len(labels) > 1
    heads = ("all", *labels) if split else ("all",)
    rows: list[tuple[Any, ...]] = []
    for item in characteristics:
        if len(item.values) != length:
            raise ValueError(f"{item.label} has {len(item.values)} values, expected {length}")
        if item.kind not in KINDS:
            raise ValueError(f"{item.label}: unknown kind {item.kind!r}; known: {', '.join(KINDS)}")
        block = _continuous if item.kind == CONTINUOUS else _categorical
        rows += block(item, labels, position, split=split)
    sizes = [length, *np.bincount(position, minlength=len(labels)).tolist()]
    columns = ("", *(f"{head} (n = {size})" for head, size in zip(heads, sizes, strict=False)))
    return Table(columns=columns + (("p", "test") if split else ()), rows=tuple(rows))


def _continuous(
    item: Characteristic, labels: tuple[str, ...], position: np.ndarray, *, split: bool
) -> list[tuple[Any, ...]]:
    values = np.array([np.nan if value is None else value for value in item.values], dtype=np.float64)
    found = compare_samples(values, position)
    shown = (found.overall, *(found.each if split else ()))
    first = (f"{item.label}, median [Q1-Q3]", *(_median(one) for one in shown))
    missing = (f"{item.label}, missing", *(str(one.missing) for one in shown))
    return [first + (_rank_test(found) if split else ()), missing + (("", "") if split else ())]


def _median(it: Description) -> str:
    if it.median is None:
        return NOT_ESTIMABLE
    return f"{number_text(it.median)} [{number_text(it.q1)}-{number_text(it.q3)}]"


def _rank_test(found: Samples) -> tuple[str, str]:
    if found.two is not None:
        return p_text(found.two.wilcoxon_p), "Wilcoxon rank sum"
    return p_text(found.kruskal_p), "Kruskal-Wallis"


def _categorical(
    item: Characteristic, labels: tuple[str, ...], position: np.ndarray, *, split: bool
) -> list[tuple[Any, ...]]:
    known = np.array([value is not None and value == value for value in item.values], dtype=bool)
    levels = sorted({str(value) for value, have in zip(item.values, known, strict=True) if have})
    texts = np.array([str(value) if have else "" for value, have in zip(item.values, known, strict=True)], dtype=object)
    members = [np.ones(position.size, dtype=bool), *(position == i for i in range(len(labels)) if split)]
    counts = np.array([[int((mine & known & (texts == level)).sum()) for mine in members] for level in levels])
    totals = [int((mine & known).sum()) for mine in members]
    rows: list[tuple[Any, ...]] = []
    for level, line in zip(levels, counts.tolist(), strict=True):
        cells = tuple(f"{x} ({percent_text(x, n)})" for x, n in zip(line, totals, strict=True))
        rows.append((f"{item.label}: {level}", *cells, *(("", "") if split else ())))
    missing = tuple(str(int((mine & ~known).sum())) for mine in members)
    rows.append((f"{item.label}, missing", *missing, *(("", "") if split else ())))
    if split and levels:
        test = table_test(counts[:, 1:])
        rows[0] = (*rows[0][:-2], p_text(test.p), test.test)
    return rows
