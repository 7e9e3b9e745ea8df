"""What may enter an estimator: the checks every public function runs on its arrays first.

A fault is a ValueError that names the offending value and its position; nothing is repaired silently.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

MERGE_TOLERANCE = 1.4901161193847656e-08  # square root of the machine epsilon, R's aeqSurv()


def durations(values: ArrayLike, *, name: str = "days", negative: bool = False) -> NDArray[Any]:
    """Durations as a one-dimensional array of whole days (int64), or of floats when some are not whole.

    Refused: anything that is not a finite number; negative values unless `negative` (entry times may lie
    before 0).
    """
    array = np.asarray(values)
    if array.ndim != 1:
        raise ValueError(f"{name} must be one-dimensional, not of shape {array.shape}")
    if array.size == 0:
        return np.zeros(0, dtype=np.int64)
    if array.dtype.kind in "iub":
        array = array.astype(np.int64, copy=False)
    else:
        array = _whole_if_possible(_numbers(array, name))
    if not negative and array.min() < 0:
        at = int(np.argmin(array))
        raise ValueError(f"{name} must not be negative: {array[at]} at position {at}")
    return array


def _numbers(array: NDArray[Any], name: str) -> NDArray[np.float64]:
    try:
        array = array.astype(np.float64)
    except (TypeError, ValueError):
        at = next(i for i, value in enumerate(array.tolist()) if not _is_number(value))
        raise ValueError(f"{name} must be numbers: {array.tolist()[at]!r} at position {at}") from None
    bad = ~np.isfinite(array)
    if bad.any():
        at = int(np.argmax(bad))
        raise ValueError(f"{name} must be finite numbers: {array[at]} at position {at}")
    return array


def _is_number(value: Any) -> bool:
    try:
        float(value)
    except (TypeError, ValueError):
        return False
    return True


def _whole_if_possible(array: NDArray[np.float64]) -> NDArray[Any]:
    if np.abs(array).max() < 2**53 and np.array_equal(array, np.floor(array)):
        return array.astype(np.int64)
    return array


def states(values: ArrayLike, *, length: int, name: str = "state", highest: int | None = None) -> NDArray[np.int64]:
    """Event codes: 0 censored, 1, 2, ... the cause. `highest=1` for a plain event flag."""
    array = np.asarray(values)
    if array.size == 0 and array.ndim == 1:
        array = array.astype(np.int64)
    same_length(array, length, name)
    if array.dtype.kind not in "iub":
        floats = _numbers(array, name)
        broken = floats != np.floor(floats)
        if broken.any():
            at = int(np.argmax(broken))
            raise ValueError(f"{name} must be whole numbers: {floats[at]} at position {at}")
        array = floats
    array = array.astype(np.int64, copy=False)
    if length and (array.min() < 0 or (highest is not None and array.max() > highest)):
        wrong = (array < 0) if highest is None else (array < 0) | (array > highest)
        at = int(np.argmax(wrong))
        allowed = "0, 1, 2, ..." if highest is None else "0 or 1"
        raise ValueError(f"{name} must be {allowed}: {array[at]} at position {at}")
    return array


def same_length(array: NDArray[Any], length: int, name: str) -> None:
    """Refuse an array that does not have one value per patient."""
    if array.ndim != 1 or array.shape[0] != length:
        raise ValueError(f"{name} has shape {array.shape}, but there are {length} durations")


def merged(*arrays: NDArray[Any]) -> list[NDArray[Any]]:
    """The same times with those closer than 1.5e-8 (absolute, or relative to their mean) made equal.

    Whole days are returned untouched. Floats that mean the same moment (0.3 and 0.1 + 0.2) would otherwise
    split a tie. Rule of R's aeqSurv().
    """
    if all(array.dtype.kind == "i" for array in arrays):
        return list(arrays)
    floats = [array.astype(np.float64) for array in arrays]
    distinct = np.unique(np.concatenate(floats))
    if distinct.size < 2:
        return floats
    gaps = np.diff(distinct)
    tied = (gaps <= MERGE_TOLERANCE) | (gaps <= MERGE_TOLERANCE * np.abs(distinct).mean())
    if not tied.any():
        return floats
    cuts = distinct[np.concatenate(([True], ~tied))]
    return [cuts[np.searchsorted(cuts, array, side="right") - 1] for array in floats]
