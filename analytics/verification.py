"""Recompute a snapshot from its frozen files and say every difference.

Hashes must match to the byte. Results must be the same bytes where code and libraries are the same; under
another version integers must be equal and other numbers agree to 1e-12 of their size (RELIABILITY SNP-03).
"""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from analytics import companions, snapshots
from analytics.code_version import code_version
from analytics.freezing import canonical_json, list_sha256, sha256, sorted_json, under
from analytics.models import FrozenFile, Snapshot
from analytics.report.naming import in_words
from analytics.snapshots import RESULTS, account, compute
from analytics.thawing import conventions_of, tables_of

TOLERANCE = 1e-12
MOST_TOLD = 20
TOLD = ("conventions", "files", "patients_per_site", "rows")  # what a manifest tells and this reads


@dataclass(frozen=True)
class Verification:
    """What the recomputation found: differences (it failed when there is any) and remarks."""

    differences: tuple[str, ...]
    remarks: tuple[str, ...] = ()


def verify(snapshot: Snapshot) -> Verification:
    """Check every file against its hash, then compute results and readings again from the frozen tables."""
    if gone := _absent(snapshot.manifest):
        return Verification((f"manifest: it does not tell {', '.join(gone)}",))
    damaged = tuple(_damaged_files(snapshot.hashes))
    for companion in snapshot.companions.order_by("pk"):
        damaged += tuple(_damaged_files(companion.hashes))
    if damaged:
        return Verification(damaged)
    wrong = tuple(_wrong_hashes(snapshot))
    if wrong:
        return Verification(wrong)
    kept = snapshot.read(RESULTS)
    try:
        again = _computed_again(snapshot)
    except ValueError as fault:
        return Verification((f"cannot be computed by this version of the code: {fault}",))
    remarks = [] if code_version() == snapshot.code_version else [
        f"taken by code {snapshot.code_version}, recomputed by {code_version()}"
    ]  # fmt: skip
    found = [*_wrong_account(snapshot, in_words(json.loads(kept), snapshot.by)), *_differing_companions(snapshot)]
    if canonical_json(again).encode() == kept:
        return Verification(tuple(found), tuple(remarks))
    of_results = list(differences(json.loads(kept), again))
    if not of_results:
        remarks.append(f"not the same bytes, but the same numbers to {TOLERANCE:g}")
    found = of_results + found
    more = [f"... and {len(found) - MOST_TOLD} more"] if len(found) > MOST_TOLD else []
    return Verification((*found[:MOST_TOLD], *more), tuple(remarks))


def _absent(manifest: Any) -> list[str]:
    """What a manifest has to tell and does not, or not in its form."""
    told = manifest if isinstance(manifest, dict) else {}
    absent = [name for name in TOLD if name not in told]
    files = told.get("files")
    whole = isinstance(files, dict) and all(isinstance(file, dict) and "sha256" in file for file in files.values())
    return absent if whole or "files" in absent else [*absent, "the SHA-256 of every file"]


def _wrong_account(snapshot: Snapshot, answer: dict[str, Any]) -> Iterator[str]:
    """What row and manifest repeat, against tables and results; words and figures where the code is the same."""
    told = account(tables_of(snapshot), answer)
    said = {"synthetic": snapshot.synthetic, "patients": snapshot.patients}
    said |= {name: snapshot.manifest[name] for name in ("rows", "patients_per_site")}
    if snapshot.code_version == code_version():
        said["headline"] = snapshot.headline
        for path, file in snapshots.figures(answer, synthetic=told["synthetic"]).items():
            if snapshot.hashes.get(path) != file.sha256:
                yield f"{path}: drawn again it has another SHA-256, {file.sha256}"
    for name, value in said.items():
        if sorted_json(value) != sorted_json(told[name]):
            yield f"{name}: the snapshot says {value}, its tables and results give {told[name]}"


def _differing_companions(snapshot: Snapshot) -> Iterator[str]:
    """The readings kept by this very version of the code must come out again byte for byte."""
    mine = snapshot.companions.filter(code_version=code_version()).first()
    if mine is None:
        return
    for path, file in companions.computed(snapshot).items():
        if mine.hashes.get(path) != file.sha256:
            yield f"{path}: computed again it has another SHA-256, {file.sha256}"


def _damaged_files(hashes: Mapping[str, str]) -> Iterator[str]:
    bodies = {file.pk: file for file in FrozenFile.objects.filter(pk__in=set(hashes.values()))}
    for path, expected in sorted(hashes.items()):
        if expected not in bodies:
            yield f"{path}: the file is gone"
            continue
        try:
            found = sha256(bodies[expected].body)
        except Exception:  # whatever unpacking says of damaged bytes
            found = "unreadable"
        if found != expected:
            yield f"{path}: SHA-256 is {found}, expected {expected}"


def _wrong_hashes(snapshot: Snapshot) -> Iterator[str]:
    """The snapshot's own columns against its manifest."""
    told = {
        "data_sha256": list_sha256(under(snapshot.hashes, "tables")),
        "results_sha256": snapshot.hashes.get(RESULTS),
        "conventions_sha256": sha256(sorted_json(snapshot.manifest["conventions"]).encode()),
    }
    for name, value in told.items():
        if getattr(snapshot, name) != value:
            yield f"{name}: the row says {getattr(snapshot, name)}, the files give {value}"


def _computed_again(snapshot: Snapshot) -> dict[str, Any]:
    return compute(
        snapshot.plan,
        tables_of(snapshot),
        cutoff=snapshot.cutoff,
        by=snapshot.by,
        conventions=conventions_of(snapshot),
    )


def differences(kept: Any, again: Any, path: str = "") -> Iterator[str]:
    """Where two JSON values differ: `path: kept, recomputed`."""
    if isinstance(kept, dict) and isinstance(again, dict):
        for key in dict.fromkeys([*kept, *again]):
            here = f"{path}.{key}" if path else key
            if key not in kept or key not in again:
                yield f"{here}: {'only recomputed' if key not in kept else 'not recomputed'}"
            else:
                yield from differences(kept[key], again[key], here)
    elif isinstance(kept, list) and isinstance(again, list):
        if len(kept) != len(again):
            yield f"{path}: {len(kept)} entries kept, {len(again)} recomputed"
        for index, (one, other) in enumerate(zip(kept, again, strict=False)):
            yield from differences(one, other, f"{path}[{index}]")
    elif not _same(kept, again):
        yield f"{path}: kept {kept!r}, recomputed {again!r}"


def _same(kept: Any, again: Any) -> bool:
    if isinstance(kept, float) or isinstance(again, float):
        numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (kept, again))
        return numbers and math.isclose(kept, again, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return type(kept) is type(again) and kept == again
