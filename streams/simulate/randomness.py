"""Seeded streams of randomness, one for each purpose, and permutations that make numbers look drawn."""

from __future__ import annotations

import random
from bisect import bisect
from itertools import accumulate
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

T = TypeVar("T")

_SIZES: list[int] = [10**digits for digits in range(20)]
_GOLDEN = 618_033_988_749_894_848_2
# Steps of the golden ratio, which spread consecutive numbers best; ending in 7 they permute the residues.
_STEPS: list[int] = [_GOLDEN * size // 10**19 // 10 * 10 + 7 for size in _SIZES]


def stream(seed: int, purpose: str) -> random.Random:
    """An own stream for each purpose: what one part draws does not shift what another draws."""
    return random.Random(f"{seed}/{purpose}")  # noqa: S311 - a simulation must be repeatable, not secret


def chance(rng: random.Random, share: float) -> bool:
    """True in `share` of the cases."""
    return rng.random() < share


def scatter(number: int, digits: int, salt: int = 0) -> int:
    """A permutation of 0 … 10^digits − 1 for each salt: consecutive numbers come out far apart and never collide."""
    return ((number + 1) * _STEPS[digits] + (salt + 1) * 2_718_281_828_459) % _SIZES[digits]


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
