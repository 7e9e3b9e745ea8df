"""The state of the data when they were frozen, read from the frozen tables alone: findings, drafts, gaps.

Counts are of findings and of the patients who carry them. Completeness is asked of the columns the results
read: how many rows of the table hold a value, how many say why there is none. Nothing is known of charts that
were never begun.
"""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

SEVERITIES = ("ERROR", "WARNING", "FLAG")


def quality(tables: Mapping[str, str], columns: Iterable[str]) -> dict[str, Any]:
    """`findings` by rule, `severities`, `drafts` by table, `columns` (slug.column that results read)."""
    findings = list(_rows(tables.get("findings", "")))
    return {
        "severities": [_counted({"severity": name}, findings, "severity", name) for name in SEVERITIES],
        "findings": list(_by_rule(findings)),
        "drafts": list(_drafts(tables)),
        "columns": list(_columns(tables, columns)),
    }


def _rows(text: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(io.StringIO(text, newline=""))


def _counted(told: dict[str, Any], findings: list[dict[str, str]], column: str, value: str) -> dict[str, Any]:
    mine = [row["patient"] for row in findings if row[column] == value]
    return {**told, "n": len(mine), "patients": len(set(mine))}


def _by_rule(findings: list[dict[str, str]]) -> Iterator[dict[str, Any]]:
    import registry.checks  # noqa: F401 - declares the checks
    from registry.checks.engine import CHECKS

    severity = {row["rule"]: row["severity"] for row in findings}
    for rule in sorted(severity, key=lambda rule: (SEVERITIES.index(severity[rule]), rule[0], int(rule[1:] or 0))):
        text = CHECKS[rule].sentence if rule in CHECKS else ""
        yield _counted({"rule": rule, "severity": severity[rule], "text": text}, findings, "rule", rule)


def _drafts(tables: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for slug, text in sorted(tables.items()):
        rows = [row for row in _rows(text) if "record_status" in row]
        drafts = [row for row in rows if row["record_status"] == "DRAFT"]
        if rows:
            yield {"table": slug, "rows": len(rows), "n": len(drafts)}


def _columns(tables: Mapping[str, str], wanted: Iterable[str]) -> Iterator[dict[str, Any]]:
    by_table: dict[str, list[str]] = defaultdict(list)
    for name in sorted(set(wanted)):
        slug, _dot, column = name.partition(".")
        by_table[slug].append(column)
    for slug, columns in by_table.items():
        rows = list(_rows(tables.get(slug, "")))
        present = [column for column in columns if rows and column in rows[0]]
        filled, excused = Counter(), Counter()
        for row in rows:
            reasons = {part.partition("=")[0] for part in (row.get("missing") or "").split(";")}
            for column in present:
                filled[column] += bool(row[column])
                excused[column] += not row[column] and column in reasons
        for column in present:
            yield {"column": f"{slug}.{column}", "rows": len(rows), "n": filled[column], "excused": excused[column]}


def safer(state: Mapping[str, Any], small: Callable[[int], bool]) -> dict[str, Any]:
    """The same without counts that say too much: a rule that few patients carry loses both its numbers."""
    hide = {"n": None, "patients": None}
    return {
        **state,
        **{
            name: [{**row, **(hide if small(row["patients"]) else {})} for row in state[name]]
            for name in ("severities", "findings")
        },
        "drafts": [{**row, "n": None if small(row["n"]) else row["n"]} for row in state["drafts"]],
        "columns": [
            {**row, **({"n": None, "excused": None} if _tells(row, small) else {})} for row in state["columns"]
        ],
    }


def _tells(row: Mapping[str, Any], small: Callable[[int], bool]) -> bool:
    return any(small(n) for n in (row["rows"], row["n"], row["excused"], row["rows"] - row["n"]))
