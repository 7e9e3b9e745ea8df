#!/usr/bin/env python3
"""Turn the UCI data set "Bone marrow transplant: children" (187 transplants, no CAR T) into an import bundle.

    python examples/convert_uci.py OUTDIR

Source and licence: examples/data/NOTICE.md. What is read, chosen and changed: examples/README.md.
Day 0 of every patient is `TRANSPLANT_DAY`: the source has durations only, so every calendar date of the
bundle is artificial and only differences between dates mean anything. Relapses have no date at all: they are
stored with an unknown date.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

from bundle import (
    DATA,
    NOT_APPLICABLE,
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

# One common day 0 invents no calendar trend; the longest follow-up (3,364 days) ends in March 2009, before
# the series was published in 2010.
TRANSPLANT_DAY = date(2000, 1, 1)
SOURCE = DATA / "uci_bmt_children.arff"
SITE = "UCIBMT"
DOCUMENT = "UCI bone marrow transplant children row {row}; day 0 artificial"
MISSING = "?"
NOT_OBSERVED = 1_000_000  # the source's sentinel in the three columns of recovery and GVHD times

# "chronic" is nowhere defined in the file and the repository's text names both CML and MDS among the
# malignant diseases, so no narrower code is honest. "ALL" comes without a lineage.
DISEASE = {
    "ALL": "ALL_NOS",
    "AML": "AML",
    "chronic": "OTHER",
    "lymphoma": "LYMPHOMA",
    "nonmalignant": "NON_MALIGNANT",
}
SEX = {"female": "F", "male": "M"}
GRAFT = {"bone_marrow": "BM", "peripheral_blood": "PBSC"}
NEEDED = [
    "recipient_age",
    "recipient_gender",
    "disease",
    "HLA_match",
    "stem_cell_source",
    "ANC_recovery",
    "PLT_recovery",
    "acute_GvHD_II_III_IV",
    "acute_GvHD_III_IV",
    "time_to_acute_GvHD_III_IV",
    "extensive_chronic_GvHD",
    "relapse",
    "survival_time",
    "survival_status",
]


def read_source(path: Path = SOURCE) -> list[dict[str, str]]:
    """Read the ARFF file (nominal and numeric attributes, comma separated, no quoting) into rows of text."""
    if not path.is_file():
        raise SourceError(f"the source file {path.name} is missing in {path.parent.name}/")
    names: list[str] = []
    rows: list[dict[str, str]] = []
    in_data = False
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        line = text.strip()
        if in_data and line:
            cells = [cell.strip() for cell in line.split(",")]
            if len(cells) != len(names):
                raise SourceError(f"{path.name} line {number}: {len(cells)} cells, not {len(names)}")
            rows.append(dict(zip(names, cells, strict=True)))
        elif line.lower().startswith("@attribute"):
            names.append(line.split()[1])
        elif line.lower() == "@data":
            in_data = True
    if absent := [name for name in NEEDED if name not in names]:
        raise SourceError(f"{path.name}: the attribute {absent[0]} is missing")
    return rows


def convert(path: Path = SOURCE) -> tuple[Bundle, list[str]]:
    """Return the bundle and the remarks on what the source contradicts."""
    bundle: Bundle = {slug: [] for slug in SLUGS}
    remarks: list[str] = []
    bundle["site"].append(
        {
            "code": SITE,
            "name": "Centre of the UCI children's transplant data",
            "country": UNKNOWN,
            "active_from": TRANSPLANT_DAY.isoformat(),
        }
    )
    for number, row in enumerate(read_source(path), start=1):
        for slug, rows in _patient_rows(f"UCI{number:03d}", number, row, remarks).items():
            bundle[slug].extend(rows)
    return bundle, remarks


def _patient_rows(patient: str, number: int, row: dict[str, str], remarks: list[str]) -> Bundle:
    who = {"patient": patient}
    last_day = whole_days(row["survival_time"], what=f"row {number}, survival_time")
    document = DOCUMENT.format(row=number)
    return {
        "patient": [
            who
            | {
                "site": SITE,
                "birth_date": UNKNOWN,
                "sex_at_birth": SEX[row["recipient_gender"]],
                "entry_route": "RETROSPECTIVE",
                "source_document": document,
            }
        ],
        "diagnosis": [
            who
            | {
                "diagnosis_date": UNKNOWN,
                "disease": DISEASE[row["disease"]],
                "n_relapses_before_cart": "NA",
            }
        ],
        "hsct": [_hsct(who, number, row, last_day, remarks) | {"source_document": document}],
        "gvhd": _gvhd(who, number, row, remarks),
        "relapse": _relapse(who, row),
        "follow_up": _contact(who, row, last_day),
        "death": _death(who, row, last_day),
    }


def _hsct(who: Row, number: int, row: dict[str, str], last_day: int, remarks: list[str]) -> Row:
    return who | {
        "key": f"{who['patient']}-T",
        "site": SITE,
        "hsct_date": TRANSPLANT_DAY.isoformat(),
        "age_at_hsct": row["recipient_age"],
        "hsct_type": "ALLO",
        "donor": "MUD" if row["HLA_match"] == "10/10" else "MMUD",
        "hla_match": row["HLA_match"],
        "graft": GRAFT[row["stem_cell_source"]],
        "conditioning": UNKNOWN,
        "status_at_hsct": UNKNOWN,
        "engraft_anc_date": _recovery(row, "ANC_recovery", number, last_day, remarks),
        "engraft_plt_date": _recovery(row, "PLT_recovery", number, last_day, remarks),
    }


def _recovery(row: dict[str, str], column: str, number: int, last_day: int, remarks: list[str]) -> str:
    day = whole_days(row[column], what=f"row {number}, {column}")
    if day == NOT_OBSERVED:
        return NOT_APPLICABLE
    if day > last_day:
        remarks.append(
            f"source row {number}: {column} on day {day} is after the last day {last_day}; stored as unknown"
        )
        return UNKNOWN
    return day_after(TRANSPLANT_DAY, day)


def _gvhd(who: Row, number: int, row: dict[str, str], remarks: list[str]) -> list[Row]:
    """Acute GVHD by the yes/no columns; the time is that of III-IV; the flag decides if they disagree."""
    parent = who | {"hsct": f"{who['patient']}-T"}
    severe = row["acute_GvHD_III_IV"] == "yes"
    day = whole_days(row["time_to_acute_GvHD_III_IV"], what=f"row {number}, time_to_acute_GvHD_III_IV")
    if severe != (day != NOT_OBSERVED):
        remarks.append(
            f"source row {number}: acute GVHD III-IV is {row['acute_GvHD_III_IV']} but its time is {day}; "
            "the flag decides"
        )
    acute = parent | {"key": f"{who['patient']}-A", "kind": "ACUTE"}
    events = []
    if severe:
        onset = UNKNOWN if day == NOT_OBSERVED else day_after(TRANSPLANT_DAY, day)
        events.append(acute | {"onset_date": onset, "max_grade": "III_IV"})
    elif row["acute_GvHD_II_III_IV"] == "yes":
        events.append(acute | {"onset_date": UNKNOWN, "max_grade": "II"})
    if row["extensive_chronic_GvHD"] == "yes":
        chronic = {"key": f"{who['patient']}-C", "kind": "CHRONIC", "onset_date": UNKNOWN}
        events.append(parent | chronic | {"chronic_severity": UNKNOWN})
    return events


def _relapse(who: Row, row: dict[str, str]) -> list[Row]:
    if row["relapse"] != "yes":
        return []
    unknown = dict.fromkeys(("relapse_date", *RELAPSE_UNKNOWN), UNKNOWN)
    return [who | {"key": f"{who['patient']}-R", "infusion": ""} | unknown]


def _contact(who: Row, row: dict[str, str], last_day: int) -> list[Row]:
    """The last contact of the living: free of relapse up to that day when the source says `relapse=no`."""
    if row["survival_status"] == "1":
        return []
    contact_date = day_after(TRANSPLANT_DAY, last_day)
    if row["disease"] == "nonmalignant":
        status, evaluated = NOT_APPLICABLE, NOT_APPLICABLE
    elif row["relapse"] == "no":
        status, evaluated = "CR", contact_date
    else:
        status, evaluated = UNKNOWN, UNKNOWN
    return [
        who
        | {
            "contact_date": contact_date,
            "contact_kind": "RECORDS",
            "vital_status": "ALIVE",
            "disease_status": status,
            "disease_evaluated_on": evaluated,
            "new_therapy_since_last": UNKNOWN,
        }
    ]


def _death(who: Row, row: dict[str, str], last_day: int) -> list[Row]:
    if row["survival_status"] == "0":
        return []
    if row["disease"] == "nonmalignant":
        status = NOT_APPLICABLE
    else:
        status = "REMISSION" if row["relapse"] == "no" else UNKNOWN
    return [
        who
        | {
            "death_date": day_after(TRANSPLANT_DAY, last_day),
            "primary_cause": UNKNOWN,
            "disease_status_at_death": status,
            "related_to": UNKNOWN,
        }
    ]


if __name__ == "__main__":
    sys.exit(run_converter(sys.argv[1:], name="convert_uci.py", convert=convert))
