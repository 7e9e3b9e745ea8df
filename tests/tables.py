"""Tiny patients as text: whitespace tables a clinician can read -> the frozen tables of a snapshot.

frozen(''' infusion: patient date A d0 response: patient date response A d28 CR relapse: patient date A
2015-08 ''')

`date` is the date the table is dated by. `d28` is 28 days after 2015-01-01 (`d-28` before). `2015-08` and
`2015` are known to the month and the year, `U` happened at an unknown date, `.` is blank. Columns left out
take the boring default below. A row may carry `key`; a child names its parent by that key, or belongs to the
patient's only (first) row of that table.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from analytics.study.schema import LAYOUTS, WITHOUT_PATIENT

DAY_0 = date(2015, 1, 1)
Row = dict[str, str]

DEFAULTS: dict[str, Row] = {
    "infusion": {
        "site": "S1",
        "protocol": "P1",
        "product": "CTL019",
        "intent": "PRIMARY",
        "age_days": "3652",
    },
    "response": {"context": "CART", "timepoint": "UNSCHED", "response": "CR", "mrd_status": "NEG"},
    "relapse": {"level": "MORPH", "site_marrow": "Y", "site_cns": "N", "site_testis": "N", "site_other": "N"},
    "salvage": {"trigger": "RELAPSE", "components": "CHEMO", "intent": "CURATIVE"},
    "hsct": {"site": "S1", "hsct_type": "ALLO", "status_at_hsct": "CR_MRDNEG"},
    "follow_up": {"contact_kind": "CLINIC", "vital_status": "ALIVE", "disease_status": "UNK"},
    "death": {"primary_cause": "UNK", "disease_status_at_death": "UNK"},
    "consent": {"kind": "REGISTRY", "status": "GIVEN", "effective_date": "2010-01-01"},
}
PARENTS = {
    "response": ("infusion", "salvage", "hsct"),
    "relapse": ("infusion",),
    "salvage": ("relapse", "infusion"),
}
MISSING = ("UNK", "ND", "NA", "PEND")


def day(number: int) -> date:
    """The calendar date of a day number of the tables."""
    return DAY_0 + timedelta(days=number)


def frozen(text: str) -> dict[str, str]:
    """The frozen tables of the tiny patients in the text."""
    rows = _parsed(text)
    patients = sorted({row["patient"] for table in rows.values() for row in table if "patient" in row})
    _fill("product", rows, [{"code": "CTL019", "target": "CD19"}])
    _fill("protocol", rows, [{"short_code": "P1", "in_founding_cohort": "Y"}])
    _fill("patient", rows, [{"patient": name, "sex_at_birth": "M"} for name in patients])
    _fill("consent", rows, [{"patient": name} | DEFAULTS["consent"] for name in patients])
    _fill("diagnosis", rows, [{"patient": name, "disease": "B_ALL"} for name in patients])
    return from_rows(rows)


def _fill(slug: str, rows: dict[str, list[Row]], usual: list[Row]) -> None:
    """Rows of people nobody wrote a row for."""
    given = rows.setdefault(slug, [])
    told = {row.get("patient") for row in given}
    if slug in ("product", "protocol"):
        given.extend([] if given else usual)
    else:
        given.extend(row for row in usual if row["patient"] not in told)


def _parsed(text: str) -> dict[str, list[Row]]:
    rows: dict[str, list[Row]] = {}
    slug, header = "", []
    for line in (line for line in text.splitlines() if line.strip()):
        head = re.match(r"\s*(\w+):\s+(.*)", line)
        if head:
            slug = head[1]
            header = (
                [LAYOUTS[slug].dated_by if name == "date" else name for name in head[2].split()]
                if (slug in LAYOUTS)
                else head[2].split()
            )
            rows.setdefault(slug, [])
            continue
        cells = line.split()
        if len(cells) != len(header):
            raise ValueError(f"{slug}: {len(header)} columns but {len(cells)} cells in {line!r}")
        rows[slug].append(
            DEFAULTS.get(slug, {})
            | {name: "" if cell == "." else cell for name, cell in zip(header, cells, strict=True)}
        )
    return rows


def from_rows(rows: Mapping[str, Sequence[Row]]) -> dict[str, str]:
    """Rows of an import bundle, or of tiny patients, as frozen tables: ids, parents, precisions, missing
    reasons."""
    numbered = {
        slug: [{"id": str(number)} | dict(row) for number, row in enumerate(table, start=1)]
        for slug, table in rows.items()
    }
    ids = {(row.get("patient"), row.get("key") or ""): (slug, row["id"]) for slug, t in numbered.items() for row in t}
    births = {row["patient"]: row.pop("birth_date", "") for row in numbered.get("patient", ())}
    out = {}
    for slug, table in numbered.items():
        for row in table:
            _adopt(slug, row, numbered, ids)
            _age(slug, row, births)
        out[slug] = _csv(slug, table)
    return out


def _adopt(slug: str, row: Row, rows: Mapping[str, list[Row]], ids: Mapping[Any, Any]) -> None:
    """Turn parent keys into ids; without any, the patient's first row of the usual parent."""
    parents = PARENTS.get(slug, ())
    named = row.pop("of", None)
    if named:
        parent, number = ids[row["patient"], named]
        row |= dict.fromkeys(parents, "") | {parent: number}
        return
    for parent in LAYOUTS[slug].parents if slug in LAYOUTS else ():
        key = row.get(parent)
        if key and (row["patient"], key) in ids:
            row[parent] = ids[row["patient"], key][1]
    if parents and not any(parent in row for parent in parents):
        usual = [other for other in rows.get(parents[0], ()) if other["patient"] == row["patient"]]
        row[parents[0]] = usual[0]["id"] if usual else ""


def _age(slug: str, row: Row, births: Mapping[str, str]) -> None:
    """The age in days beside a dated row, where the birth date is known (stand-ins as they are)."""
    born = births.get(row.get("patient", ""), "")
    stand_in = partial(row.get(LAYOUTS[slug].dated_by, ""))[0] if slug in LAYOUTS else ""
    birth = partial(born)[0]
    if birth and stand_in:
        row["age_days"] = str((date.fromisoformat(stand_in) - date.fromisoformat(birth)).days)


def _csv(slug: str, table: list[Row]) -> str:
    dates = LAYOUTS[slug].all_dates if slug in LAYOUTS else ()
    lines = [_cells(row, dates) for row in table]
    columns = list(dict.fromkeys(name for line in lines for name in line))
    if "id" not in columns:
        columns = ["id", *([] if slug in WITHOUT_PATIENT else ["patient"]), *dates]
    handle = io.StringIO()
    writer = csv.DictWriter(handle, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return handle.getvalue()


def _cells(row: Row, dates: tuple[str, ...]) -> Row:
    out, missing = {}, []
    for name, cell in row.items():
        if name in dates:
            out[name], out[f"{name}_precision"] = partial(cell)
        elif cell in MISSING:
            out[name] = ""
            missing.append(f"{name}={cell}")
        else:
            out[name] = cell
    return out | {"missing": ";".join(missing)}


def partial(cell: str) -> tuple[str, str]:
    """A date as written in a table: its stand-in and precision."""
    if re.fullmatch(r"d-?\d+", cell):
        return day(int(cell[1:])).isoformat(), "D"
    if cell in ("U", "UNK"):
        return "", "U"
    if cell in ("", *MISSING):
        return "", ""
    parts = cell.split("-")
    stand_in = [cell, f"{cell}-15", f"{cell}-07-01"][3 - len(parts)]
    return stand_in, "DMY"[3 - len(parts)]
