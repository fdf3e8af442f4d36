"""Hands events over in the order of their broker timestamps, across all partitions of a worker.

A consumer that is behind (after a restart, say) gets large chunks of one partition, then of the next. Windows that
see events from several partitions (a person treated in two areas, a trace code sold in two) would then see
them in an order that never was, and flag another settlement than they would have live. So records are held back
until every partition that is behind has shown its next one, as Kafka Streams does. A partition that is read to its
end holds nobody back: live, nothing waits.
"""

from __future__ import annotations

import math
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from faust.types import TP

PATIENCE_S: Final = 1.0
"""How long a partition that is behind but sends nothing may hold the others back, while they get more."""
OUTAGE_S: Final = 60.0
"""The same while nothing comes for any of them: brokers do not answer, and who is let go early gets out of order."""
HELD_MAX: Final = 50_000
"""Records held back at most; beyond that the oldest go on."""


class Merger:
    """Releases records in timestamp order.

    Args:
        behind: Whether a partition has records that were not handed over yet; None when that is not known yet.
        unordered: Topics whose records go on at once and hold nobody back.
        clock: Seconds, monotonic.
    """

    def __init__(
        self,
        behind: Callable[[TP], bool | None],
        unordered: frozenset[str] = frozenset(),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._behind = behind
        self._unordered = unordered
        self._clock = clock
        self._held: dict[TP, deque[Any]] = {}
        self._waiting_since: float | None = None
        self._fetched_at = clock()

    def clear(self) -> None:
        """Forget what is held: the consumer was moved to other offsets and will fetch it again."""
        self._held.clear()
        self._waiting_since = None

    @property
    def holds(self) -> bool:
        """Whether anything is held back."""
        return bool(self._held)

    def release(self, fetched: Mapping[TP, list[Any]], active: set[TP]) -> dict[TP, list[Any]]:
        """Take what was fetched and return what may go on: for each partition a list in offset order."""
        if fetched:
            now = self._clock()
            if self._waiting_since is not None and now - self._fetched_at > PATIENCE_S:
                self._waiting_since = now  # after a silence of all, patience begins anew
            self._fetched_at = now
        released = {tp: records for tp, records in fetched.items() if tp.topic in self._unordered}
        for tp, records in fetched.items():
            if tp not in released:
                self._held.setdefault(tp, deque()).extend(records)
        if not self._held:
            return released
        ordered = self._up_to(self._limit(active))
        if ordered or not self._held:
            self._waiting_since = None
        return released | ordered

    def _up_to(self, limit: float) -> dict[TP, list[Any]]:
        released = {}
        for tp, held in list(self._held.items()):
            going = []
            while held and held[0].timestamp <= limit:
                going.append(held.popleft())
            if going:
                released[tp] = going
            if not held:
                del self._held[tp]
        return released

    def _limit(self, active: set[TP]) -> float:
        """The timestamp up to which nothing older can come any more."""
        limit = math.inf
        if sum(map(len, self._held.values())) > HELD_MAX:
            return limit
        for tp in active:
            if tp.topic in self._unordered or self._behind(tp) is False:
                continue
            held = self._held.get(tp)
            if held:
                limit = min(limit, held[-1].timestamp)
            elif self._still_patient():
                return -math.inf
        return limit

    def _still_patient(self) -> bool:
        now = self._clock()
        if self._waiting_since is None:
            self._waiting_since = now
        return self._fetched_at - self._waiting_since < PATIENCE_S and now - self._waiting_since < OUTAGE_S
