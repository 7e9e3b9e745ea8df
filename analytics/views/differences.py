"""Differences between two snapshots as a reader takes them in: places and values in words, causes as sentences."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from django.urls import reverse

from analytics.freezing import sorted_json
from analytics.report.naming import label, level, reason, words
from analytics.report.wording import DASH, comparison, interval, months, percent, rounded
from registry.access import current_scope
from registry.entities import dictionary

#: The parts of a result by the name a table gives them.
PARTS = {"n": "patients", "x": "patients with it", "estimate": "share", "q1": "first quartile", "q3": "third quartile",
         "min": "lowest", "max": "highest", "comparison": "test between groups"}  # fmt: skip
KINDS = {"added": "New", "corrected": "Corrected", "removed": "Removed", "definition": "Definition", "code": "Code"}
STEP = re.compile(r"(\w+)(?:\[(.*?)\])?(?:\.|$)")
DAYS_PER_MONTH = 30.4375
FEW = 3


def place(path: str, by: Sequence[str] = ()) -> str:
    """`groups[EARLY].causes[relapse].at[36]` as `Early, relapse, at 36 months`; groups are levels of these strata."""
    said = [one for one in (_step(*found.groups(), by) for found in STEP.finditer(path)) if one]
    text = ", ".join(said) or "result"
    return f"{text[:1].upper()}{text[1:]}"


def _step(name: str, inside: str | None, by: Sequence[str]) -> str:
    if inside is None:
        return PARTS.get(name, words(name).lower())
    if name == "at":
        return f"at {float(inside):g} months"
    if name == "left_out":
        return f"left out: {reason(inside)}"
    if name == "rows":
        group, *line = inside.split(", ")
        named = [level(line[0], code) for code in line[1:]]
        return ", ".join(map(words, (label(group, by), *line[:1], *named)))
    return "" if inside == "all" else words(label(inside, by) if name == "groups" else inside)


def measured(path: str) -> bool:
    """Whether the value at a place has the unit of its result."""
    return path.rpartition(".")[2] in ("median", "q1", "q3", "min", "max")


def values(one: Any, other: Any, unit: str = "") -> tuple[str, str]:
    """Both values as a table prints them; to more digits where they would read the same."""

    def with_unit(value: Any) -> str:
        if not unit or not isinstance(value, int | float):
            return _printed(value)
        return f"{months(value)} months" if unit == "days" else f"{rounded(value)} {unit}"

    for printed in (with_unit, _at_risk):
        said = printed(one), printed(other)
        if said[0] != said[1]:
            return said
    return _exact(one), _exact(other)


def _printed(value: Any) -> str:
    if isinstance(value, dict) and "lower" in value:
        limits = {"lower": value["lower"], "upper": value["upper"]}
        if "estimate" in value and value["estimate"] is None:
            return DASH
        if "estimate" in value:
            return f"{percent(value['estimate'])} ({interval(*limits.values(), scale=100)})"
        if "days" in value:
            return f"{months(value['days'])} months ({interval(*limits.values(), scale=1 / DAYS_PER_MONTH)})"
    if isinstance(value, dict) and "test" in value:
        return comparison(value)
    return _exact(value)


def _at_risk(value: Any) -> str:
    return f"{value['n_risk']} at risk" if isinstance(value, dict) and value.get("n_risk") is not None else ""


def _exact(value: Any) -> str:
    """Pairs in words, numbers to six digits."""
    if value is None:
        return "none"
    if isinstance(value, dict):
        return ", ".join(f"{name.replace('_', ' ')} {_exact(one)}" for name, one in value.items() if one != [])
    if isinstance(value, float):
        return f"{value:.6g}"
    return sorted_json(value).strip() if isinstance(value, list) else str(value)


def grouped(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Neighbours with the same causes together, so that each cause is told once."""
    found = []
    for _causes, same in groupby(rows, key=lambda row: row["causes"]):
        together = list(same)
        said = [cause(one) for one in together[0]["causes"]]
        found.append({"rows": together, "causes": said[:FEW], "more": said[FEW:]})
    return found


def cause(told: Mapping[str, Any]) -> dict[str, str]:
    """One cause: what happened, to whom, in which field, from what to what, by whom, when and why."""
    old, new = told.get("old", ""), told.get("new", "")
    change = f"{old or 'blank'} to {new or 'blank'}" if old or new else ""
    patient = told["patient"] or ""
    may_open = patient and current_scope().can("read")
    return {
        "kind": KINDS.get(told["kind"], told["kind"].capitalize()),
        "patient": patient,
        "address": reverse("patient", args=[patient]) if may_open else "",
        "field": field(told["field"] or ""),
        "change": change,
        "by": told["by"] or "",
        "at": (told["at"] or "")[:16].replace("T", " "),
        "reason": "" if told["reason"] == f"{old} -> {new}" else told["reason"] or "",
    }


def field(column: str) -> str:
    """`relapse.relapse_date` as the form names it: `Relapse: Date of relapse`."""
    slug, _, item = column.partition(".")
    if slug not in dictionary():
        return f"check {item}" if slug == "findings" else words(column)
    spec = dictionary()[slug]
    known = spec.by_name.get(item)
    return f"{spec.entity.label}: {known.item.label if known else words(item).lower()}" if item else spec.entity.label
