"""Seeded dice that fall alike on every machine.

Only `random.Random.random()` is used, the one method whose sequence Python promises to keep for a given
seed, and only additions, multiplications and comparisons follow it, which every machine computes alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import TypeVar

T = TypeVar("T")

#: A quantile table: (probability, value) pairs from (0, smallest) to (1, largest), straight lines between.
Quantiles = Sequence[tuple[float, int]]


class Dice:
    """A stream of draws for one purpose; the same name and seed give the same stream."""

    def __init__(self, *name: object) -> None:
        self._random = Random("/".join(str(part) for part in name))

    def chance(self, probability: float) -> bool:
        """Say yes with the given probability."""
        return self._random.random() < probability

    def between(self, low: int, high: int) -> int:
        """Return a whole number from low to high, both possible; low when the interval is empty."""
        return low + int(self._random.random() * (high - low + 1)) if high > low else low

    def one_of(self, values: Sequence[T]) -> T:
        """Return one of equally likely values."""
        return values[int(self._random.random() * len(values))]

    def pick(self, weights: Mapping[T, float]) -> T:
        """Return a key with probability proportional to its weight."""
        point = self._random.random() * sum(weights.values())
        for value, weight in weights.items():
            point -= weight
            if point < 0:
                return value
        return next(reversed(weights))

    def quantile(self, table: Quantiles) -> int:
        """Draw from the distribution that a quantile table describes."""
        point = self._random.random()
        for (p0, v0), (p1, v1) in zip(table, table[1:], strict=False):
            if point <= p1:
                return v0 + int((v1 - v0) * (point - p0) / (p1 - p0))
        return table[-1][1]

    def shuffled(self, values: Iterable[T]) -> list[T]:
        """Return the values in random order."""
        pool = list(values)
        for last in range(len(pool) - 1, 0, -1):
            other = self.between(0, last)
            pool[last], pool[other] = pool[other], pool[last]
        return pool
