"""Compare a snapshot of the converted data with the values that R gave for the same source.

    python examples/compare_with_r.py kmsurv snapshot.json
    python examples/compare_with_r.py uci snapshot.json by_disease.json

`snapshot.json` is what `manage.py take_snapshot post_transplant --json FILE` wrote (the second file of `uci`: with
`--by disease`). R's values (survival, cmprsk; log-log limits) lie in tests/data/reference/. Prints one line per number,
exits 1 on any difference beyond the digits given. Standard library only.
"""

import json
import math
import sys
from collections.abc import Iterator
from pathlib import Path

REFERENCE = Path(__file__).resolve().parents[1] / "tests" / "data" / "reference"
RELATIVE = 1e-9

Line = tuple[str, float | None, float | None]


def curve_lines(name: str, group: dict, reference: dict) -> Iterator[Line]:
    """Counts, median with limits, and each reading of a survival curve: (what, registry, R)."""
    yield f"{name} n", group["n"], reference["n"]
    yield f"{name} events", group["events"], reference["events"]
    median = group["median"]
    yield f"{name} median", median["days"], reference["median"]
    limits = (reference["median_ci_loglog"] + [None, None])[:2]
    yield f"{name} median lower", median["lower"], limits[0]
    yield f"{name} median upper", median["upper"], limits[1]
    readings = {round(at["days"], 3): at for at in group["at"]}
    for row in reference["at"]:
        own = readings[round(row["t"], 3)]
        yield f"{name} S({row['t']:g})", own["estimate"], row["S"]
        yield f"{name} S({row['t']:g}) lower", own["lower"], row["ci_loglog"][0]
        yield f"{name} S({row['t']:g}) upper", own["upper"], row["ci_loglog"][1]
        yield f"{name} at risk ({row['t']:g})", own["n_risk"], row["n_risk"]


def incidence_lines(group: dict, reference: dict) -> Iterator[Line]:
    """Cumulative incidence of each cause; R's cmprsk limits use another variance and are not compared."""
    for cause, key in (("relapse", "cause_1"), ("nrm", "cause_2")):
        own = next(entry for entry in group["causes"] if entry["cause"] == cause)
        readings = {round(at["days"], 3): at for at in own["at"]}
        for row in reference[key]:
            yield f"cir_hsct {cause} F({row['t']:g})", readings[round(row["t"], 3)]["estimate"], row["cif"]


def kmsurv_lines(snapshot: dict, reference: dict) -> Iterator[Line]:
    results = {key: result["groups"][0] for key, result in snapshot["results"].items() if result.get("groups")}
    yield from curve_lines("os_hsct", results["os_hsct"], reference["os_all"])
    yield from curve_lines("rfs_hsct", results["rfs_hsct"], reference["dfs_all"])
    yield from incidence_lines(results["cir_hsct"], reference["ci_all"])
    yield from curve_lines(
        "os_after_hsct_relapse", results["os_after_hsct_relapse"], reference["post_relapse_survival_all"]
    )
    median = reference["median_followup_reverse_km"]["median"]
    yield "follow_up median", results["follow_up"]["median"]["days"], median


def uci_lines(snapshot: dict, by_disease: dict, reference: dict) -> Iterator[Line]:
    results = {key: result["groups"][0] for key, result in snapshot["results"].items() if result.get("groups")}
    yield from curve_lines("os_hsct", results["os_hsct"], reference["os_all"])
    of_all = next(group for group in by_disease["results"]["os_hsct"]["groups"] if group["label"] == "ALL_NOS")
    yield from curve_lines("os_hsct ALL", of_all, reference["os_ALL"])
    median = reference["median_followup_reverse_km"]["median"]
    yield "follow_up median", results["follow_up"]["median"]["days"], median


def same(own: float | None, theirs: float | None) -> bool:
    if own is None or theirs is None:
        return own is theirs
    return math.isclose(own, theirs, rel_tol=RELATIVE, abs_tol=1e-12)


def report(lines: Iterator[Line]) -> int:
    """Print every comparison; returns how many differ."""
    count = different = 0
    for name, own, theirs in lines:
        count += 1
        agrees = same(own, theirs)
        different += not agrees
        shown = ["not reached" if value is None else f"{value:.12g}" for value in (own, theirs)]
        print(f"{'=' if agrees else '!'} {name:<36} {shown[0]:>20} {shown[1]:>20}")
    print(f"{count} numbers compared with R, {count - different} equal, {different} different")
    return different


def main(arguments: list[str]) -> int:
    usage = "usage: compare_with_r.py kmsurv SNAPSHOT.json | uci SNAPSHOT.json BY_DISEASE.json"
    wanted = {"kmsurv": 2, "uci": 3}
    if not arguments or len(arguments) != wanted.get(arguments[0]):
        print(usage, file=sys.stderr)
        return 2
    try:
        files = [json.loads(Path(name).read_text(encoding="utf-8")) for name in arguments[1:]]
    except (OSError, ValueError) as error:
        print(f"A snapshot file cannot be read: {error}", file=sys.stderr)
        return 2
    if arguments[0] == "kmsurv":
        reference = json.loads((REFERENCE / "kmsurv_bmt.json").read_text(encoding="utf-8"))
        return bool(report(kmsurv_lines(*files, reference)))
    reference = json.loads((REFERENCE / "uci_bmt_children.json").read_text(encoding="utf-8"))
    return bool(report(uci_lines(*files, reference)))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
