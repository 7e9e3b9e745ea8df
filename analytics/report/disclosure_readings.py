"""The readings beside the results, as anybody without person-level rights may see them.

Each result inside obeys `disclosure`. Beside the main result a varied one could tell by subtraction who was moved:
where any number of patients or events differs by 1 to 4, the varied result is withheld whole.
"""

from collections.abc import Callable, Mapping
from typing import Any

from analytics.report.disclosure import DEFAULT, Policy, safer, safer_result
from analytics.report.withholding import of_table, withheld

Reading = Mapping[str, Any]
WITHHELD = "withheld: few patients are concerned"
DISEASE, BOTH = ("RELAPSE", "PERSISTENT"), "RELAPSE_OR_PERSISTENT"
SPLIT = ("alive", "dead")
QUANTILES = ("median", "q1", "q3", "min", "max")


def safer_readings(readings: Reading, answer: Reading, policy: Policy = DEFAULT) -> dict[str, Any]:
    """The readings of a snapshot whose undisclosed answer is given, safe to show."""
    main, told = answer["results"], safer(answer, policy)["results"]
    return {
        "notes": [_note(one, policy) for one in readings["notes"]],
        "sensitivity": [_varied(one, main.get(one["key"]), policy) for one in readings["sensitivity"]],
        "date_bands": [_band(one, told.get(one["key"]), policy) for one in readings["date_bands"]],
        "exposures": [_followed(one, policy) for one in readings["exposures"]],
        "multivariable": [_regression(one, policy) for one in readings["multivariable"]],
        "restricted_means": [_means(one, policy) for one in readings["restricted_means"]],
        "accompanying": [_beside(one, policy) for one in readings.get("accompanying", ())],
    }


def _few(n: int, policy: Policy) -> int | None:
    return None if policy.small(n) else n


def _note(note: Reading, policy: Policy) -> dict[str, Any]:
    return {
        **note,
        "n": _few(note["n"], policy),
        "results": {key: _few(n, policy) for key, n in note["results"].items()},
    }


def _varied(one: Reading, main: Reading | None, policy: Policy) -> dict[str, Any]:
    if main is None or _tells_by_subtraction(one["result"], main, policy):
        return {**one, "result": None, "withheld": WITHHELD}
    return {**one, "result": safer_result(one["result"], policy)}


def _tells_by_subtraction(varied: Reading, main: Reading, policy: Policy) -> bool:
    mine, theirs = _counts(varied), _counts(main)
    return any(policy.small(abs(mine.get(name, 0) - theirs.get(name, 0))) for name in mine | theirs)


def _counts(result: Reading) -> dict[tuple[Any, ...], int]:
    """Every number of patients or events of a result by its place."""
    found: dict[tuple[Any, ...], int] = {}
    for group in result.get("groups", ()):
        found |= {(group["label"], name): group[name] for name in ("n", "x", "events") if name in group}
        found |= {(group["label"], cause["cause"]): cause["events"] for cause in group.get("causes", ())}
    found |= {("left out", item["reason"]): item["n"] for item in result.get("left_out", ())}
    for place, row in enumerate(result.get("rows", ())):
        found |= {(place, column): cell for column, cell in enumerate(row) if _whole(cell)}
    return found


def _whole(cell: Any) -> bool:
    return isinstance(cell, int) and not isinstance(cell, bool)


def _band(band: Reading, told: Reading | None, policy: Policy) -> dict[str, Any]:
    """The band of an estimate is shown where the estimate itself is."""
    shown = [one for one in band["readings"] if told is not None and _is_told(one, told)]
    return {**band, "patients": _few(band["patients"], policy), "readings": shown}


def _is_told(reading: Reading, told: Reading) -> bool:
    group = next((one for one in told["groups"] if one["label"] == reading["group"]), None)
    if group is None:
        return False
    if reading["months"] is None:
        return (group["median"]["days"] if isinstance(group.get("median"), Mapping) else group.get("n")) is not None
    places = group.get("at") or next((one["at"] for one in group["causes"] if one["cause"] == reading["statistic"]), ())
    return any(at["months"] == reading["months"] and at["estimate"] is not None for at in places)


def _followed(one: Reading, policy: Policy) -> dict[str, Any]:
    return {**one, "results": [safer_result(result, policy) for result in one["results"]]}


def _regression(one: Reading, policy: Policy) -> dict[str, Any]:
    """Rows are of all patients together; a refusal that would name a small number of events names none."""
    safe = safer_result(one, policy)
    events = (one["reason"] or "").split(" ", 1)[0]
    if events.isdecimal() and policy.small(int(events)):
        safe["reason"] = "too few events for a regression"
    return safe


def _means(one: Reading, policy: Policy) -> dict[str, Any]:
    """A group too small to be counted has no mean either; a difference would give it away."""
    columns = list(one["columns"])
    small = [policy.small(row[columns.index("n")]) for row in one["rows"]]
    if not any(small):
        return safer_result(one, policy)
    rows = [[row[0], *[None] * (len(row) - 1)] for row in one["rows"]]
    return safer_result({**one, "rows": rows}, policy)


# What accompanies a result ------------------------------------------------------------------------


def _beside(one: Reading, policy: Policy) -> dict[str, Any]:
    """A result beside another obeys its own kind, and first what is asked of it by name."""
    rule = BESIDE.get(one["name"], lambda result, policy: result)
    return {**one, "result": safer_result(rule(one["result"], policy), policy)}


def _follow_up(result: Reading, policy: Policy) -> dict[str, Any]:
    """No quartile is told of a day on which few are at risk; nothing of the survivors where few have died."""
    followed, survivors = result["groups"]
    few = {name for name, n in followed["n_risk"].items() if policy.small(n)}
    cut = {**dict.fromkeys(few), "n_risk": {name: 0 if name in few else n for name, n in followed["n_risk"].items()}}
    dead = {"n": None, **dict.fromkeys(QUANTILES)} if policy.small(followed["n"] - survivors["n"]) else {}
    return {**result, "groups": [{**followed, **cut}, {**survivors, **dead}]}


def _outcomes(result: Reading, policy: Policy) -> dict[str, Any]:
    """Classes are withheld as in the list of outcomes; the living and the dead of those with the disease again or
    still as a table whose totals are known, for all deaths after transplant are."""
    rows = {row[0]: dict(zip(result["columns"], row, strict=True)) for row in result["rows"]}
    classes, both = {name: row for name, row in rows.items() if name != BOTH}, rows[BOTH]
    hide = withheld([row["n"] for row in classes.values()], [range(len(classes))], policy.least)
    hidden = {name for name, gone in zip(classes, hide, strict=True) if gone}
    split = [[rows[name][column] for column in SPLIT] for name in DISEASE]
    forced = [2 * place + column for place, name in enumerate(DISEASE) if name in hidden for column in (0, 1)]
    gone = of_table(split, [[0, 1]], policy.least, forced=forced)
    for name, columns in zip(DISEASE, gone, strict=True):
        for row in (rows[name], both):
            row |= {column: None for column, few in zip(SPLIT, columns, strict=True) if few}
    for row in classes.values():
        attributed = row["attributed_to_hsct"]
        if attributed is not None and any(withheld([attributed, row["n"] - attributed], [range(2)], policy.least)):
            row["attributed_to_hsct"] = None
    for name in (*hidden, *([BOTH] if hidden & set(DISEASE) else [])):
        rows[name] |= dict.fromkeys(("n", *SPLIT, "attributed_to_hsct"))
    return {**result, "rows": [list(row.values()) for row in rows.values()]}


BESIDE: dict[str, Callable[[Reading, Policy], dict[str, Any]]] = {
    "follow_up_spread": _follow_up,
    "hsct_outcome_detail": _outcomes,
}
