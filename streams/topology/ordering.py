"""Hands events over in the order of their broker timestamps, across all partitions of a worker.

A consumer that is behind (after a restart, say) gets large chunks of one partition, then of the next. Windows that
see events from several partitions (a person treated in two areas, a trace code sold in two) would then see
them in an order that never was, and flag another settlement than they would have live. So records are held back
until every partition that is behind has shown its next one, as Kafka Streams does. A partition that is read to its
end holds nobody back: live, nothing waits.
"""

from __future__ import annotations

import logging
import math
import time
from collections import deque
from heapq import merge
from typing import TYPE_CHECKING, Any, Final

from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.transport.drivers.aiokafka import Consumer as FaustConsumer
from faust.types.transports import SchedulingStrategyT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from faust.types import TP

PATIENCE_S: Final = 1.0
"""How long a partition that is behind but sends nothing may hold the others back, while they get more."""
OUTAGE_S: Final = 60.0
"""The same while nothing comes for any of them: brokers do not answer, and who is let go early gets out of order."""
HOLDING_POLL_S: Final = 0.02
"""How long to wait for more while something is held back."""
HELD_MAX: Final = 50_000
"""Records held back at most; beyond that the oldest go on."""


class Merger:
    """Releases records in timestamp order.

    Args:
        behind: Whether a partition has records that were not handed over yet; None when that is not known yet.
        clock: Seconds, monotonic.
    """

    def __init__(self, behind: Callable[[TP], bool | None], clock: Callable[[], float] = time.monotonic) -> None:
        self._behind = behind
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
        for tp, records in fetched.items():
            self._held.setdefault(tp, deque()).extend(records)
        limit = self._limit(active)
        released = {}
        for tp, held in list(self._held.items()):
            going = []
            while held and held[0].timestamp <= limit:
                going.append(held.popleft())
            if going:
                released[tp] = going
            if not held:
                del self._held[tp]
        if released or not self._held:
            self._waiting_since = None
        return released

    def _limit(self, active: set[TP]) -> float:
        """The timestamp up to which nothing older can come any more."""
        limit = math.inf
        if sum(map(len, self._held.values())) > HELD_MAX:
            return limit
        for tp in active:
            if self._behind(tp) is False:
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


class ByTimestamp(SchedulingStrategyT):  # type: ignore[misc] # Faust has no types
    """Faust's scheduler: which of the fetched records is next. The one with the oldest timestamp is."""

    def iterate(self, records: Mapping[TP, list[Any]]) -> Iterator[tuple[TP, Any]]:
        """Merge the partitions' lists; equal timestamps keep the order of partitions, so a replay gets the same."""
        lists = [[(r.timestamp, tp.topic, tp.partition, r.offset, tp, r) for r in rs] for tp, rs in records.items()]
        for *_, tp, record in merge(*lists, key=lambda entry: entry[:4]):
            yield tp, record


class _ConsumerThread(AIOKafkaConsumerThread):  # type: ignore[misc] # Faust has no types
    """Faust's consumer thread, whose fetches wait as long as is set: Faust has no setting for that."""

    logger = logging.getLogger("faust")

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = self.consumer.fetch_wait_ms  # noqa: SLF001 - read when it starts
        return consumer


class OrderedConsumer(FaustConsumer):  # type: ignore[misc] # Faust has no types
    """Faust's consumer, with a `Merger` between what is fetched and what the streams get."""

    #: Longest that a broker may hold a fetch that finds nothing, ms.
    fetch_wait_ms: int = 500
    #: Topic of the events, and by their partition the offset of the first that is not decided yet.
    source: str = ""
    first_waiting: Callable[[int], int | None]
    _merger: Merger | None = None

    def _new_consumer_thread(self) -> AIOKafkaConsumerThread:
        return _ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(
        self,
        active_partitions: set[TP] | None,
        timeout: float,  # noqa: ASYNC109 - Faust's signature
    ) -> dict[TP, list[Any]]:
        if self._merger is None:
            self._merger = Merger(self._is_behind)
        if self._merger.holds:
            timeout = min(timeout, HOLDING_POLL_S)
        fetched = await super()._getmany(active_partitions, timeout)
        return self._merger.release(fetched, active_partitions or set())

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._handled: dict[TP, int] = {}

    def _new_offset(self, tp: TP) -> int | None:
        """The offset to commit: after what was handled, but not after an event that waits for other owners.

        Faust's own takes events out of its books that this one may have to keep back, and then commits no more. A
        partition's events are handled one after the other, so the latest that was handled tells everything.
        """
        acked = self._acked[tp]
        if acked:
            self._handled[tp] = max(acked) + 1
            acked.clear()
            self._acked_index[tp].clear()
            self._gap[tp].chop(0, self._handled[tp])
        handled = self._handled.get(tp)
        waiting = self.first_waiting(tp.partition) if tp.topic == self.source else None
        return handled if handled is None or waiting is None else min(handled, waiting)

    async def perform_seek(self) -> None:
        """Go back to the committed offsets; what was held back is fetched again from there."""
        if self._merger is not None:
            self._merger.clear()
        self._handled.clear()
        await super().perform_seek()

    def _is_behind(self, tp: TP) -> bool | None:
        """Whether the broker has records of a partition that aiokafka has not handed over."""
        subscription = self._thread._ensure_consumer()._subscription.subscription  # noqa: SLF001 - no public way
        assignment = None if subscription is None else subscription.assignment
        if assignment is None or tp not in assignment.tps:
            return False
        state = assignment.state_value(tp)
        if not state.has_valid_position or state.highwater is None:
            return None
        return bool(state.position < state.highwater)
