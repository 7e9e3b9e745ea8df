"""Results as a flat list of numbers with a name each: what two snapshots are compared by.

A leaf is named by its analysis and a path a reader understands: `groups[EARLY].median`, `groups[all].at[12]`,
`comparison`, `rows[all, sex, F]`. The steps of a curve are one leaf per group, not five hundred.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from analytics.verification import differences as number_differences

Leaf = tuple[str, str]
#: Parts of a group that mean little alone.
ESTIMATE = ("estimate", "lower", "upper")


def leaves(answer: Mapping[str, Any]) -> dict[Leaf, Any]:
    """Every leaf of attrition and results: (analysis, path) -> value."""
    found: dict[Leaf, Any] = {}
    for place, step in enumerate(answer["attrition"]):
        found["attrition", f"steps[{place}]"] = step
    for item in answer.get("not_stratified", ()):
        found["not_stratified", item["key"]] = item["reason"]
    for key, result in answer["results"].items():
        for path, value in _of_result(result):
            found[key, path] = value
    return found


def _of_result(result: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in result.items():
        if name == "groups":
            for group in value:
                yield from _of_group(f"groups[{group['label']}]", group)
        elif name == "rows":
            yield from _of_rows(result["columns"], value)
        elif name == "left_out":
            yield from ((f"left_out[{item['reason']}]", item["n"]) for item in value)
        elif isinstance(value, list) and value and isinstance(value[0], dict) and "cause" in value[0]:
            yield from ((f"{name}[{item['cause']}]", item) for item in value)
        else:
            yield name, value


def _of_group(path: str, group: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    if "estimate" in group:
        yield f"{path}.estimate", {name: group[name] for name in ESTIMATE if name in group}
    for name, value in group.items():
        if name in ("label", "cause", *ESTIMATE):
            continue
        if name == "causes":
            for cause in value:
                yield from _of_group(f"{path}.causes[{cause['cause']}]", cause)
        elif name == "at":
            yield from ((f"{path}.at[{point['months']}]", point) for point in value)
        else:
            yield f"{path}.{name}", value


def _of_rows(columns: list[str], rows: list[list[Any]]) -> Iterator[tuple[str, Any]]:
    """The rows of a table by their words; a second row of the same words by its number."""
    seen: dict[str, int] = {}
    for row in rows:
        words = ", ".join(str(cell) for cell in row[:3] if cell is not None)
        seen[words] = seen.get(words, 0) + 1
        again = f" #{seen[words]}" if seen[words] > 1 else ""
        yield f"rows[{words}{again}]", dict(zip(columns, row, strict=True))


def moved(one: Mapping[Leaf, Any], other: Mapping[Leaf, Any]) -> set[Leaf]:
    """The leaves whose values differ, beyond the noise of the last digits."""
    return {leaf for leaf in {*one, *other} if not same(one.get(leaf), other.get(leaf))}


def same(one: Any, other: Any) -> bool:
    return one == other or next(number_differences(one, other), None) is None


def told(one: Mapping[Leaf, Any], other: Mapping[Leaf, Any]) -> list[Leaf]:
    """The differing leaves in the order of the results; a group or analysis that one side lacks is told once."""
    order = {leaf: place for place, leaf in enumerate({**one, **other})}
    keys = [{key for key, _path in side} for side in (one, other)]
    groups = [{(key, _group(path)) for key, path in side} for side in (one, other)]
    kept = []
    for key, path in sorted(moved(one, other), key=order.__getitem__):
        group = _group(path)
        if not all(key in side for side in keys):
            if path != "kind" and key not in ("attrition", "not_stratified"):
                continue
        elif group and not all((key, group) in side for side in groups) and path != f"{group}.n":
            continue
        kept.append((key, path))
    return kept


def _group(path: str) -> str:
    return path[: path.index("]") + 1] if path.startswith("groups[") else ""


def shown(value: Any, other: Any) -> Any:
    """What a difference tells of a value: itself, or of steps their number and the first that differs."""
    if not isinstance(value, dict) or not isinstance(value.get("days"), list):
        return value
    place = _first_difference(value, other) if isinstance(other, dict) else 0
    step = {name: column[place] for name, column in value.items() if place < len(column)}
    return {"steps": len(value["days"]), "first_different": step or None}


def _first_difference(value: Mapping[str, list], other: Mapping[str, list]) -> int:
    for place in range(len(value["days"])):
        for name, column in value.items():
            twin = other.get(name, ())
            if place >= len(twin) or not same(column[place], twin[place]):
                return place
    return len(value["days"])
