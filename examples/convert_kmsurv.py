#!/usr/bin/env python3
"""Turn the KMsurv `bmt` data (137 allogeneic transplants, no CAR T) into an import bundle.

    python examples/convert_kmsurv.py OUTDIR

Source and licence: examples/data/NOTICE.md. What is read, chosen and changed: examples/README.md.
Day 0 of every patient is `TRANSPLANT_DAY`: the source has durations only, so every calendar date of the
bundle is artificial and only differences between dates mean anything.
"""

from __future__ import annotations

import csv
import sys
from datetime import date
from pathlib import Path

from bundle import (
    DATA,
    RELAPSE_UNKNOWN,
    SLUGS,
    UNKNOWN,
    Bundle,
    Row,
    SourceError,
    day_after,
    run_converter,
    whole_days,
)

# First day of the published accrual (1984-03-01 to 1989-06-30): with one common day 0 no calendar trend is
# invented, and the longest follow-up (2,640 days) ends in May 1991, before the publication in August 1991.
TRANSPLANT_DAY = date(1984, 3, 1)
SOURCE = DATA / "kmsurv_bmt.csv"
DOCUMENT = "KMsurv bmt row {row}; day 0 artificial"
COLUMNS = [
    *("group", "t1", "t2", "d1", "d2", "d3"),
    *("ta", "da", "tc", "dc", "tp", "dp"),
    *(f"z{number}" for number in range(1, 11)),
]
DISEASE = {1: "ALL_NOS", 2: "AML", 3: "AML"}  # "ALL" without a lineage in a mostly adult series: not B_ALL
SEX = {0: "F", 1: "M"}


def read_source(path: Path = SOURCE) -> list[dict[str, int]]:
    """Read the CSV into whole numbers; refuse another header."""
    if not path.is_file():
        raise SourceError(f"the source file {path.name} is missing in {path.parent.name}/")
    with path.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        if reader.fieldnames != COLUMNS:
            raise SourceError(f"{path.name}: expected the columns {' '.join(COLUMNS)}")
        return [
            {name: whole_days(cell, what=f"{path.name} line {line}, {name}") for name, cell in row.items()}
            for line, row in enumerate(reader, start=2)
        ]


def convert(path: Path = SOURCE) -> tuple[Bundle, list[str]]:
    """Return the bundle and the remarks on what the source contradicts."""
    bundle: Bundle = {slug: [] for slug in SLUGS}
    remarks = []
    source = read_source(path)
    for hospital in sorted({row["z9"] for row in source}):
        bundle["site"].append(_site(hospital))
    for number, row in enumerate(source, start=1):
        remarks.extend(f"source row {number}: {text}" for text in _contradictions(row))
        for slug, rows in _patient_rows(f"KM{number:03d}", number, row).items():
            bundle[slug].extend(rows)
    return bundle, remarks


def _contradictions(row: dict[str, int]) -> list[str]:
    """Say what the source holds against itself, and what becomes of it."""
    found = []
    if row["d1"] and not row["d2"] and row["t2"] != row["t1"]:
        found.append(
            f"disease-free time {row['t2']} ends before the death on day {row['t1']} without a relapse; "
            f"the death keeps day {row['t1']}, and day {row['t2']} becomes a contact in remission"
        )
    for flag, time, event in (
        ("da", "ta", "acute GVHD"),
        ("dc", "tc", "chronic GVHD"),
        ("dp", "tp", "platelets"),
    ):
        if row[flag] and row[time] > row["t1"]:
            found.append(f"{event} on day {row[time]} is later than the last day {row['t1']}; stored as unknown")
    return found


def _event_date(row: dict[str, int], time: str) -> str:
    """Date of an event, or unknown when the source dates it after the patient's last day."""
    return day_after(TRANSPLANT_DAY, row[time]) if row[time] <= row["t1"] else UNKNOWN


def _site(hospital: int) -> Row:
    return {
        "code": f"KMS{hospital}",
        "name": f"Hospital {hospital} of the KMsurv bmt data",
        "country": UNKNOWN,
        "active_from": TRANSPLANT_DAY.isoformat(),
    }


def _patient_rows(patient: str, number: int, row: dict[str, int]) -> Bundle:
    document = DOCUMENT.format(row=number)
    who = {"patient": patient}
    return {
        "patient": [
            who
            | {
                "site": f"KMS{row['z9']}",
                "birth_date": UNKNOWN,
                "sex_at_birth": SEX[row["z3"]],
                "entry_route": "RETROSPECTIVE",
                "source_document": document,
            }
        ],
        "diagnosis": [
            who
            | {
                "diagnosis_date": day_after(TRANSPLANT_DAY, -row["z7"]),
                "disease": DISEASE[row["group"]],
                "n_relapses_before_cart": "NA",
            }
        ],
        "hsct": [_hsct(who, row, document)],
        "gvhd": _gvhd(who, row),
        "relapse": _relapse(who, row),
        "follow_up": _contact(who, row),
        "death": _death(who, row),
    }


def _hsct(who: Row, row: dict[str, int], document: str) -> Row:
    return who | {
        "key": f"{who['patient']}-T",
        "site": f"KMS{row['z9']}",
        "hsct_date": TRANSPLANT_DAY.isoformat(),
        "age_at_hsct": str(row["z1"]),
        "hsct_type": "ALLO",
        "donor": UNKNOWN,
        "graft": "BM",
        "conditioning": UNKNOWN,
        "gvhd_prophylaxis": "MTX" if row["z10"] else UNKNOWN,
        "status_at_hsct": UNKNOWN,
        "engraft_plt_date": _event_date(row, "tp") if row["dp"] else UNKNOWN,
        "source_document": document,
    }


def _gvhd(who: Row, row: dict[str, int]) -> list[Row]:
    events = []
    if row["da"]:
        events.append({"kind": "ACUTE", "onset_date": _event_date(row, "ta"), "max_grade": UNKNOWN})
    if row["dc"]:
        events.append({"kind": "CHRONIC", "onset_date": _event_date(row, "tc"), "chronic_severity": UNKNOWN})
    parent = who | {"hsct": f"{who['patient']}-T"}
    return [parent | {"key": f"{who['patient']}-{event['kind'][0]}"} | event for event in events]


def _relapse(who: Row, row: dict[str, int]) -> list[Row]:
    if not row["d2"]:
        return []
    unknown = dict.fromkeys(RELAPSE_UNKNOWN, UNKNOWN)
    relapse_date = day_after(TRANSPLANT_DAY, row["t2"])
    return [who | {"key": f"{who['patient']}-R", "infusion": "", "relapse_date": relapse_date} | unknown]


def _contact(who: Row, row: dict[str, int]) -> list[Row]:
    """The last contact of the living; of the dead only what the source says of a day before the death."""
    if row["d1"] and (row["d2"] or row["t2"] == row["t1"]):
        return []
    free_of_disease = not row["d2"]
    contact_day = row["t2"] if row["d1"] else row["t1"]
    return [
        who
        | {
            "contact_date": day_after(TRANSPLANT_DAY, contact_day),
            "contact_kind": "RECORDS",
            "vital_status": "ALIVE",
            "disease_status": "CR" if free_of_disease else UNKNOWN,
            "disease_evaluated_on": day_after(TRANSPLANT_DAY, row["t2"]) if free_of_disease else UNKNOWN,
            "new_therapy_since_last": UNKNOWN,
        }
    ]


def _death(who: Row, row: dict[str, int]) -> list[Row]:
    if not row["d1"]:
        return []
    return [
        who
        | {
            "death_date": day_after(TRANSPLANT_DAY, row["t1"]),
            "primary_cause": UNKNOWN,
            "disease_status_at_death": UNKNOWN if row["d2"] else "REMISSION",
            "related_to": UNKNOWN,
        }
    ]


if __name__ == "__main__":
    sys.exit(run_converter(sys.argv[1:], name="convert_kmsurv.py", convert=convert))
