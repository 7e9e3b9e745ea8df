"""Group labels: which groups there are, in what order, and who belongs to which.

A million labels are coded without sorting them: small whole numbers are counted, short texts are packed into
numbers, and few distinct values are peeled off one by one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analytics.stats.checks import same_length

MOST_PEELED = 40
WIDEST_RANGE = 4096
PIECE = 1 << 16

Coded = tuple[tuple[str, ...], NDArray[np.int64]]


def label_text(value: Any) -> str:
    """A group label as text; 1.0 reads 1."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def grouping(values: ArrayLike, *, length: int, name: str = "group") -> Coded:
    """Labels in sorted order (numbers as numbers) and the position of each patient's label in them.

    A missing label (None, NaN, empty text) is refused: leave such patients out first, and count them.
    """
    array = np.asarray(values)
    same_length(array, length, name)
    if not length:
        return (), np.zeros(0, dtype=np.int64)
    if array.dtype.kind in "iu" and int(array.max()) - int(array.min()) < WIDEST_RANGE:
        return _small_integers(array)
    first, codes = _peel(array) or _by_dictionary(array)
    found = [array[at].item() if hasattr(array[at], "item") else array[at] for at in first]
    for at, label in zip(first, found, strict=True):
        if label is None or label != label or (isinstance(label, str) and not label.strip()):
            raise ValueError(f"{name} must not be missing: {label!r} at position {at}")
    order = _sorted_positions(found)
    rank = np.empty(len(found), dtype=np.int64)
    rank[order] = np.arange(len(found))
    return tuple(label_text(found[i]) for i in order), _ranked(codes, rank)


def _small_integers(array: NDArray[Any]) -> Coded:
    least = int(array.min())
    shifted = array.astype(np.int64, copy=False) - least if least else array.astype(np.int64, copy=False)
    present = np.flatnonzero(np.bincount(shifted))
    labels = tuple(str(least + int(value)) for value in present)
    if present.size == present[-1] + 1:
        return labels, shifted
    return labels, np.searchsorted(present, shifted)


def _ranked(codes: NDArray[Any], rank: NDArray[np.int64]) -> NDArray[np.int64]:
    """The rank of every code; few codes are replaced one by one, which needs no lookup per patient."""
    if codes.dtype != np.int8:
        return rank[codes]
    ranked = np.zeros(codes.size, dtype=np.int8)
    for code, place in enumerate(rank.tolist()):
        if place:
            ranked += (codes == code).view(np.int8) * np.int8(place)
    return ranked.astype(np.int64)


def _peel(array: NDArray[Any]) -> tuple[list[int], NDArray[np.int8]] | None:
    """First position of each distinct value, and codes in that order; None when there are many values.

    Done in pieces that fit the processor's cache.
    """
    keys_of = _packing(array)
    codes = np.empty(array.size, dtype=np.int8)
    first: list[int] = []
    known: list[Any] = []
    for start in range(0, array.size, PIECE):
        keys = keys_of(array[start : start + PIECE])
        piece = np.full(keys.size, -1, dtype=np.int8)
        for code, key in enumerate(known):
            piece += np.asarray(keys == key, dtype=bool).view(np.int8) * np.int8(code + 1)
        while (at := int(np.argmin(piece))) >= 0 and piece[at] < 0:
            same = np.asarray(keys == keys[at], dtype=bool)
            if not same[at]:  # a missing value equals nothing, not even itself
                return [start + at], codes
            if len(known) == MOST_PEELED:
                return None
            known.append(keys[at])
            first.append(start + at)
            piece += same.view(np.int8) * np.int8(len(known))
        codes[start : start + PIECE] = piece
    return first, codes


def _packing(array: NDArray[Any]) -> Callable[[NDArray[Any]], NDArray[Any]]:
    """How to make short texts into whole numbers, one number per text; anything else stays as it is."""
    if array.dtype.kind != "U" or not array.flags.c_contiguous:
        return lambda piece: piece
    width = array.dtype.itemsize // 4
    bits = int(array.view(np.uint32).max()).bit_length()
    if bits * width > 63:
        return lambda piece: piece

    def packed(piece: NDArray[Any]) -> NDArray[np.int64]:
        characters = piece.view(np.uint32).reshape(piece.size, width)
        keys = characters[:, 0].astype(np.int64)
        for column in range(1, width):
            keys <<= bits
            keys |= characters[:, column]
        return keys

    return packed


def _by_dictionary(array: NDArray[Any]) -> tuple[list[int], NDArray[np.int64]]:
    found: dict[Any, int] = {}
    first: list[int] = []
    codes = np.empty(array.size, dtype=np.int64)
    for at, label in enumerate(array.tolist()):
        if label not in found:
            found[label] = len(first)
            first.append(at)
        codes[at] = found[label]
    return first, codes


def _sorted_positions(found: list[Any]) -> list[int]:
    try:
        return sorted(range(len(found)), key=lambda i: found[i])
    except TypeError:
        return sorted(range(len(found)), key=lambda i: label_text(found[i]))


def strata_codes(
    strata: ArrayLike | Sequence[ArrayLike] | None, *, length: int, kept: NDArray[np.bool_] | None
) -> NDArray[np.int64] | None:
    """One code per patient for the combination of all stratum variables (one array or a list of them)."""
    if strata is None:
        return None
    several = isinstance(strata, (list, tuple)) and len(strata) and np.ndim(strata[0]) == 1
    code = np.zeros(length, dtype=np.int64)
    for one in strata if several else [strata]:
        labels, position = grouping(one, length=length, name="strata")
        code = code * max(len(labels), 1) + position
    return code if kept is None else code[kept]
