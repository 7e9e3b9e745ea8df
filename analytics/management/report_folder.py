"""The directory a report is written into: new, empty, or that of an earlier report, whose files it replaces.

Two reports in one directory would be read as one. The manifest of the earlier one names its files; nothing else is
ever removed, and where anything else lies nothing is written.
"""

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from django.core.management.base import CommandError

from analytics.management.command import writable, write_folder

MANIFEST = "manifest.json"


def check(folder: Path, *, besides: Path | None = None) -> None:
    """Make the directory where it is not there; CommandError says in one sentence why no report can lie in it.

    besides: a file of the same command that may lie in it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise CommandError(f"Cannot make the directory {folder}: {fault.strerror}.") from None
    writable(folder / "report.html")
    told = _listed(folder)
    for path, place in _held(folder).items():
        if path == MANIFEST and told or besides is not None and place.resolve() == besides.resolve():
            continue
        if path not in told:
            raise CommandError(f"The directory {folder} holds other files ({path}); name a new or empty one.")
        if hashlib.sha256(place.read_bytes()).hexdigest() != told[path]:
            raise CommandError(
                f"The directory {folder} holds a report whose {path} was changed since; name a new or empty one."
            )


def write_report(folder: Path, files: Mapping[str, bytes], *, besides: Path | None = None) -> None:
    """Write a report in place of the earlier one; the manifest first, so that a writing cut short can be repeated."""
    check(folder, besides=besides)
    told = _listed(folder)
    for path, place in _held(folder).items():
        if path in told:
            _remove(place, folder)
    write_folder(folder, {MANIFEST: files[MANIFEST], **files})


def _held(folder: Path) -> dict[str, Path]:
    """Every file below a directory by its path within; hidden ones belong to no report and stay."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if not path.is_dir()}
    return {path: found[path] for path in sorted(found) if not Path(path).name.startswith(".")}


def _listed(folder: Path) -> dict[str, str]:
    """The files of the report that lies here by its manifest, with their hashes; none where no report lies here."""
    try:
        told = json.loads((folder / MANIFEST).read_bytes())
        return {path: file["sha256"] for path, file in told["files"].items()} if "results_sha256" in told else {}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _remove(place: Path, folder: Path) -> None:
    """Take a file of the earlier report away, and the directories that it leaves empty."""
    try:
        place.unlink()
    except OSError as fault:
        raise CommandError(f"Cannot remove {place}: {fault.strerror}.") from None
    with suppress(OSError):
        while (place := place.parent) != folder:
            place.rmdir()
