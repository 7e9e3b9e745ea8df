"""Ids of an export: keyed hashes under one agreement, unrelated to those of any other.

Only the random registry id and row numbers go in, never anything about the person; without the instance's
FIELD_KEY nobody can recompute them (45 CFR 164.514(c)). The same agreement gives the same ids in every export,
so a part that turned up somewhere names the agreement it was given under (RELIABILITY EXP-11).
"""

import hashlib
import hmac
from dataclasses import dataclass

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # no I, L, O, U: read aloud without doubt
ROW_BITS = 60


@dataclass(frozen=True)
class Pseudonyms:
    """The ids of one agreement. `plain`: the registry's own ids (T3, a site's own patients)."""

    key: bytes
    plain: bool = False

    @classmethod
    def under(cls, code: str, *, field_key: str, plain: bool = False) -> "Pseudonyms":
        """The ids of the agreement of that code."""
        return cls(hmac.new(field_key.encode(), f"agreement\x1f{code}".encode(), hashlib.sha256).digest(), plain)

    def _digest(self, kind: str, text: str) -> int:
        return int.from_bytes(hmac.new(self.key, f"{kind}\x1f{text}".encode(), hashlib.sha256).digest()[:16])

    def patient(self, registry_id: str) -> str:
        return registry_id if self.plain else f"P-{_spelt(self._digest('patient', registry_id), 12)}"

    def place(self, slug: str, code: str) -> str:
        """A site or protocol."""
        return f"{slug.upper()}-{_spelt(self._digest(slug, code), 8)}"

    def row(self, slug: str, number: str) -> str:
        return number if self.plain else _spelt(self._digest(f"row {slug}", number), ROW_BITS // 5)


def _spelt(number: int, letters: int) -> str:
    return "".join(ALPHABET[(number >> (5 * place)) & 31] for place in range(letters))
