"""Events that are made but have not arrived yet, by the time slice in which they will."""

from __future__ import annotations

from collections import defaultdict
from operator import itemgetter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streams.simulate.records import Simulated

_ORDER = itemgetter(0, 1)


class Outbox:
    """Holds events until their slice comes; memory is what has not arrived yet.

    Args:
        begin: first second of the simulation.
        end: the second after its last; what would arrive later never does.
        width: seconds of a slice.
    """

    def __init__(self, begin: int, end: int, width: int) -> None:
        self._begin = begin
        self._end = end
        self._width = width
        self._waiting: defaultdict[int, list[tuple[int, int, Simulated]]] = defaultdict(list)
        self._count = 0

    def post(self, arrival: int, event: Simulated) -> None:
        """Add an event that arrives at this second."""
        if self._begin <= arrival < self._end:
            self._count += 1
            self._waiting[(arrival - self._begin) // self._width].append((arrival, self._count, event))

    def waiting(self, number: int) -> int:
        """How many events arrive in a slice, as far as is known."""
        return len(self._waiting[number])

    def collect(self, number: int) -> list[tuple[int, int, Simulated]]:
        """Take the events of a slice, in the order of their arrival."""
        found = self._waiting.pop(number, [])
        found.sort(key=_ORDER)
        return found
