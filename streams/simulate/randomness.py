"""Seeded streams of randomness, one for each purpose, and permutations that make numbers look drawn."""

from __future__ import annotations

import random
from bisect import bisect
from itertools import accumulate
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")

_MULTIPLIER = 7_904_631_577  # odd and no multiple of 5, so it permutes the residues of every power of ten
_OFFSET = 3_141_592_653


def stream(seed: int, purpose: str) -> random.Random:
    """An own stream for each purpose: what one part draws does not shift what another draws."""
    return random.Random(f"{seed}/{purpose}")  # noqa: S311 - a simulation must be repeatable, not secret


def scatter(number: int, digits: int) -> int:
    """A permutation of 0 … 10^digits − 1: consecutive numbers come out far apart and never collide."""
    return (number * _MULTIPLIER + _OFFSET) % 10**digits


class Weighted(Generic[T]):
    """A fixed set of things drawn by weight.

    Args:
        pairs: (weight, thing); weights need not add up to anything.
    """

    __slots__ = ("_bounds", "_things", "_total")

    def __init__(self, pairs: Iterable[tuple[float, T]]) -> None:
        kept = [(weight, thing) for weight, thing in pairs if weight > 0]
        self._things = [thing for _, thing in kept]
        self._bounds = list(accumulate(weight for weight, _ in kept))
        self._total = self._bounds[-1] if kept else 0.0

    def __len__(self) -> int:
        return len(self._things)

    def at(self, share: float) -> T:
        """The thing at `share` (0 ≤ share < 1) of the total weight; pass a random number."""
        return self._things[bisect(self._bounds, share * self._total, 0, len(self._things) - 1)]
