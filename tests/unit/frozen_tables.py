"""Frozen tables made from an import bundle, in the format of docs/plan/part-a.md, without a database."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from datetime import date

DATED_BY = {
    "consent": "effective_date",
    "enrollment": "enrolled_on",
    "diagnosis": "diagnosis_date",
    "infusion": "infusion_date",
    "relapse": "relapse_date",
    "salvage": "start_date",
    "hsct": "hsct_date",
    "response": "assessment_date",
    "follow_up": "contact_date",
    "gvhd": "onset_date",
    "death": "death_date",
}
PARENTS = {name: name for name in ("infusion", "relapse", "salvage", "hsct")} | {"cart_infusion": "infusion"}
NUMBERED = {"infusion": "infusion_number", "relapse": "relapse_number", "hsct": "hsct_number"}
HIERARCHY = (
    *("CART_CD19", "CART_OTHER", "INO", "BLINA", "TARGETED", "CHEMO"),
    *("RT_LOCAL", "DLI", "CHECKPOINT_OTHER_IO", "STEROID_PALL", "OTHER"),
)
MISSING = {"UNK", "ND", "NA", "PEND"}
Rows = list[dict[str, str]]


def freeze(bundle: dict[str, Rows]) -> dict[str, str]:
    """Return one CSV text per entity, with the ids, numbers and ages that the registry would derive."""
    keys = {(slug, row.get("key", "")): number for slug, rows in bundle.items() for number, row in enumerate(rows, 1)}
    birth = {row["patient"]: _stand_in(row["birth_date"])[0] for row in bundle["patient"]}
    return {slug: _table(slug, rows, keys, birth) for slug, rows in bundle.items()}


def _table(slug: str, rows: Rows, keys: dict[tuple[str, str], int], birth: dict[str, str]) -> str:
    frozen = [_row(slug, number, row, keys) for number, row in enumerate(rows, 1)]
    dated_by = DATED_BY.get(slug)
    if dated_by:
        frozen.sort(key=lambda row: (row["patient"], row[dated_by], row["id"]))
        for row in frozen:
            row["age_days"] = _days(birth[row["patient"]], str(row[dated_by]))
    _number(slug, frozen)
    columns = list(dict.fromkeys(name for row in frozen for name in row))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(frozen)
    return text.getvalue()


def _row(slug: str, number: int, row: dict[str, str], keys: dict[tuple[str, str], int]) -> dict[str, object]:
    out: dict[str, object] = {"id": number, "record_status": "COMPLETE"}
    missing = []
    for name, cell in row.items():
        if name in {"key", "birth_date"}:
            continue
        if name in PARENTS:
            out[name] = keys[PARENTS[name], cell] if cell else ""
        elif cell in MISSING:
            out[name] = ""
            missing.append(f"{name}={cell}")
            if name.endswith(("_date", "_on")):
                out[f"{name}_precision"] = "U"
        elif name.endswith(("_date", "_on")) and cell:
            out[name], out[f"{name}_precision"] = _stand_in(cell)
        else:
            out[name] = cell
    return out | {"missing": ";".join(missing)}


def _days(born: str, on: str) -> int | str:
    return (date.fromisoformat(on) - date.fromisoformat(born)).days if born and on else ""


def _stand_in(cell: str) -> tuple[str, str]:
    if cell in MISSING:
        return "", "U"
    return (cell, "D") if len(cell) == 10 else (f"{cell}-15", "M")


def _number(slug: str, rows: list[dict[str, object]]) -> None:
    """Running numbers and the salvage category: what the registry derives."""
    seen: dict[object, int] = defaultdict(int)
    for row in rows:
        if slug in NUMBERED:
            seen[row["patient"]] += 1
            row[NUMBERED[slug]] = seen[row["patient"]]
        if slug == "salvage":
            parent = (row["relapse"], row["infusion"])
            seen[parent] += 1
            given = str(row["components"]).split(";")
            row |= {"line_number": seen[parent], "category": min(given, key=HIERARCHY.index)}
