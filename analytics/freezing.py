"""Canonical bytes and their hashes: what makes two snapshots of the same data the same.

Every hash is the SHA-256 of a file's bytes; the hash of a set of files is that of its list, one line `hash
path` per file in path order - the output of `sha256sum`, so that anybody can check it without this program.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Frozen:
    """One file as it is kept: bytes and their hash."""

    body: bytes
    sha256: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "sha256", sha256(self.body))

    @classmethod
    def text(cls, text: str) -> "Frozen":
        return cls(text.encode("utf-8"))

    @classmethod
    def of_json(cls, value: Any) -> "Frozen":
        return cls.text(canonical_json(value))


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def canonical_json(value: Any) -> str:
    """One text for one value: no spaces, keys in the order they were made, shortest exact numbers, no NaN."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


def sorted_json(value: Any) -> str:
    """One text for one set of settings, whatever order they come in."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"), sort_keys=True) + "\n"


def list_sha256(hashes: Mapping[str, str]) -> str:
    """The hash of the list of files: lines `hash  path`, sorted by path."""
    return sha256("".join(f"{hashes[path]}  {path}\n" for path in sorted(hashes)).encode())


def under(hashes: Mapping[str, str], folder: str) -> dict[str, str]:
    """The files of one folder of a snapshot."""
    return {path: value for path, value in hashes.items() if path.startswith(f"{folder}/")}
