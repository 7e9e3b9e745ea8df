"""Which code computed a snapshot: the product's version and a hash of the files that decide the numbers.

Another commit that leaves those files alone gives the same code version, so the existing snapshot stays the
answer.
"""

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path

VERSION = "0.1.0"
ROOT = Path(__file__).resolve().parents[1]
#: What turns rows into results and figures; an addition here changes every code version once.
DECIDING = (
    "analytics/report",
    "analytics/stats",
    "analytics/study",
    "registry/checks",
    "registry/dictionary",
    "registry/extract.py",
    "registry/replay.py",
)
SUFFIXES = {".py", ".csv", ".json", ".typ", ".css", ".R"}
LIBRARIES = ("Django", "numpy", "scipy", "pandas", "lifelines", "matplotlib", "typst", "python-docx")


@cache
def code_version() -> str:
    """`0.1.0+` and 12 hexadecimal digits; read once per process: a worker names the code it runs."""
    digest = hashlib.sha256()
    for path in _deciding_files(ROOT):
        digest.update(f"{path.relative_to(ROOT).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return f"{VERSION}+{digest.hexdigest()[:12]}"


def library_versions() -> dict[str, str]:
    """The versions of the packages that compute; read from their metadata, nothing is imported."""
    return {name: version(name) for name in LIBRARIES}


def commit(root: Path = ROOT) -> str | None:
    """The commit of the checkout, read from its files; None outside one.

    Told in the manifest, not part of the version.
    """
    try:
        head = (root / ".git" / "HEAD").read_text(encoding="utf-8").strip()
        if not head.startswith("ref: "):
            return head
        return (root / ".git" / head.removeprefix("ref: ")).read_text(encoding="utf-8").strip()
    except OSError:
        return None


def _deciding_files(root: Path) -> Iterator[Path]:
    for place in DECIDING:
        path = root / place
        found = [path] if path.is_file() else path.rglob("*")
        yield from sorted(file for file in found if file.is_file() and file.suffix in SUFFIXES)
