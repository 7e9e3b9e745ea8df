"""Write an import bundle: a folder with one CSV file per entity (standard library only)."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path

Row = dict[str, str]
Bundle = dict[str, list[Row]]

DATA = Path(__file__).resolve().parent / "data"
UNKNOWN = "UNK"  # asked, not known: never left blank where the registry requires an answer
NOT_APPLICABLE = "NA"
SLUGS = ("site", "patient", "diagnosis", "hsct", "gvhd", "relapse", "follow_up", "death")
RELAPSE_UNKNOWN = (  # required of a relapse, in neither source
    "level",
    "site_marrow",
    "site_cns",
    "site_testis",
    "site_other",
    "cd19_status",
    "lineage_switch",
    "no_salvage_reason",
)


class SourceError(Exception):
    """The source file is not what the converter was written for."""


def day_after(start: date, days: int) -> str:
    """Return the ISO date `days` whole days after `start`; a negative number goes back."""
    return (start + timedelta(days=days)).isoformat()


def whole_days(cell: str, *, what: str) -> int:
    """Read a duration in whole days; refuse a fraction instead of rounding it away."""
    try:
        value = float(cell)
    except ValueError:
        raise SourceError(f"{what} must be a number of days, not {cell!r}") from None
    if value != int(value):
        raise SourceError(f"{what} must be whole days, not {cell!r}")
    return int(value)


def write_bundle(bundle: Mapping[str, Sequence[Row]], directory: Path) -> dict[str, int]:
    """Write one CSV per entity (header = union of the rows' columns) and return the row counts."""
    directory.mkdir(parents=True, exist_ok=True)
    counts = {}
    for slug, rows in bundle.items():
        columns = list(dict.fromkeys(column for row in rows for column in row))
        with (directory / f"{slug}.csv").open("w", encoding="utf-8", newline="") as handle:
            writer = csv.DictWriter(handle, columns, restval="", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        counts[slug] = len(rows)
    return counts


def run_converter(argv: Sequence[str], *, name: str, convert: Callable[[], tuple[Bundle, list[str]]]) -> int:
    """Run `convert` for the command line `NAME OUTDIR`; print what was written and what was changed."""
    if len(argv) != 1 or argv[0] in {"-h", "--help"}:
        print(f"usage: python examples/{name} OUTDIR   (writes one CSV per entity into OUTDIR)", file=sys.stderr)
        return 0 if argv and argv[0] in {"-h", "--help"} else 2
    try:
        bundle, remarks = convert()
        counts = write_bundle(bundle, Path(argv[0]))
    except (SourceError, OSError) as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 1
    for remark in remarks:
        print(f"note: {remark}", file=sys.stderr)
    print(f"wrote {argv[0]}: " + ", ".join(f"{slug} {n}" for slug, n in counts.items()))
    return 0
