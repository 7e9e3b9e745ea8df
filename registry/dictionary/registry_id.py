"""The registry id: random, of fixed length, with a check character (data dictionary 1.5), for example C19-7K4TQ-X."""

import re
import secrets
from collections.abc import Callable

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH = 5
_SHAPE = re.compile(rf"C19-([{ALPHABET}]{{{LENGTH}}})-([{ALPHABET}])")


def check_character(body: str) -> str:
    """The Luhn check character over the alphabet: finds any single wrong character and most swaps of neighbors."""
    base, total, factor = len(ALPHABET), 0, 2
    for character in reversed(body):
        product = factor * ALPHABET.index(character)
        total += product // base + product % base
        factor = 3 - factor
    return ALPHABET[-total % base]


def make(choose: Callable[[str], str] = secrets.choice) -> str:
    """A new id; derived from nothing, so it tells nothing."""
    body = "".join(choose(ALPHABET) for _ in range(LENGTH))
    return f"C19-{body}-{check_character(body)}"


def is_valid(text: str) -> bool:
    """Whether the text has the shape of an id and its check character is right."""
    match = _SHAPE.fullmatch(text)
    return bool(match) and check_character(match.group(1)) == match.group(2)
