"""Forgets rows that say nothing any more, so that state grows with those who are active and not with the years.

A window row says nothing once every window that it can be in has passed, by the latest event that touched a row of its
partition; a settlement row once its horizon has. Events of other partitions touch rows, too: one that lags behind the
others finds what it needs for as long as windows wait for late observations, a day at least where they are of days. A
few rows are looked at on every occasion: a round takes as long as it takes, and costs next to nothing.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

from streams.state.rows import newest_of, time_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from streams.state.store import Partition, Store

LOOKS: Final = 1_000
"""Window rows looked at on one occasion: about a millisecond."""


class Expiry:
    """Goes round the rows of a store.

    Args:
        store: The rows.
        lives: How long after its latest event a window row says anything, ms, by its key.
        horizon_ms: The same of settlement rows.
        on_settlement: Called with setl_id and row of each settlement that is forgotten.
    """

    def __init__(
        self,
        store: Store,
        lives: Callable[[str], int],
        horizon_ms: int,
        on_settlement: Callable[[str, bytes], None] = lambda _setl_id, _row: None,
    ) -> None:
        self._on_settlement = on_settlement
        self._store = store
        self._lives = lives
        self._horizon = horizon_ms
        self._round: Iterator[tuple[int, str]] = iter(())
        #: Rows forgotten.
        self.forgotten = 0

    def some(self, looks: int = LOOKS) -> list[tuple[int, str]]:
        """Forget the expired among the next rows; returns partition and key of the window rows that are gone."""
        for partition in self._store.partitions.values():
            self._forget_settlements(partition)
        gone = []
        for _ in range(looks):
            place = next(self._round, None)
            if place is None:
                self._round = self._places()
                break
            number, key = place
            held = self._store.partitions.get(number)
            if held is not None and self._is_over(held, key):
                del held.windows[key]
                gone.append(place)
        self.forgotten += len(gone)
        return gone

    def _places(self) -> Iterator[tuple[int, str]]:
        for number, partition in list(self._store.partitions.items()):
            for key in partition.row_keys():
                yield number, key

    def _is_over(self, partition: Partition, key: str) -> bool:
        if key in partition.dirty:
            return False
        row = partition.peek(key)
        if row is None:
            return False
        newest = newest_of(row) if isinstance(row, bytes) else row.newest
        return newest + self._lives(key) < partition.latest

    def _forget_settlements(self, partition: Partition) -> None:
        rows = partition.settlements
        over = []
        for key, row in islice(rows.items(), LOOKS):
            if time_of(row) + self._horizon >= partition.latest:
                break
            over.append((key, row))
        for key, row in over:
            del rows[key]
            self._on_settlement(key, row)
        self.forgotten += len(over)
