"""Faust's consumer as this worker needs it: Faust and aiokafka keep the membership, librdkafka reads.

A Faust message here is a *batch*: what came at once, in order, up to `BATCH` records. Faust's bookkeeping (tasks,
queues, events, acknowledgements) costs as much for one message as a third of screening it.

What Faust gives stays: the group, its rebalances, flow control, the agent, the timer of commits. What it would count
record by record is counted here: `handled` says how far a partition has come.
"""

from __future__ import annotations

import asyncio
import logging
from heapq import merge
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import faust
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread
from faust.transport.drivers.aiokafka import Consumer as FaustConsumer
from faust.types import TP
from faust.types.tuples import ConsumerMessage
from mode.utils.futures import notify

from streams.topology.ordering import Merger
from streams.topology.reader import Reader

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from streams.topology.incoming import Incoming

logger = logging.getLogger(__name__)

BATCH: Final = 100
"""Records of a batch, at most: about 0.1 s of work."""
POLL_S: Final = 0.002
"""How long to wait for more when nothing has come."""


class Batch(NamedTuple):
    """Records to be handled one after the other."""

    records: list[Incoming]
    #: `GroupConsumer.turn` when they were read.
    turn: int


class BatchSchema(faust.Schema):  # type: ignore[misc] # Faust has no types
    """Hands a batch through as it is."""

    def compile(self, app: faust.App, **_: Any) -> Callable[..., Any]:
        """Return what makes an event of a message."""
        create_event = app.create_event

        async def decode(message: ConsumerMessage, **_: Any) -> Any:
            return create_event(None, message.value, None, message)

        return decode


class _ConsumerThread(AIOKafkaConsumerThread):  # type: ignore[misc] # Faust has no types
    """The thread in which aiokafka keeps the membership; it fetches nothing."""

    logger = logging.getLogger("faust")

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        subscription = consumer._subscription  # noqa: SLF001 - before it starts; there is no other way in
        assign = subscription.assign_from_subscribed

        def assign_paused(partitions: set[Any]) -> None:
            assign(partitions)
            for partition in partitions:
                subscription.pause(partition)

        subscription.assign_from_subscribed = assign_paused
        return consumer

    def polling(self) -> AbstractContextManager[None]:
        """Tell aiokafka that records are being taken: a consumer that never does is expelled from the group."""
        polling: AbstractContextManager[None] = self._ensure_consumer()._subscription.fetch_context()  # noqa: SLF001 - as above
        return polling


class GroupConsumer(FaustConsumer):  # type: ignore[misc] # Faust has no types
    """Faust's consumer, whose records come by a `Reader` and a `Merger`, in batches."""

    #: What the reader is told: configuration, longest fetch that finds nothing (ms), records at once.
    reader_config: Mapping[str, Any]
    fetch_wait_ms: int
    max_poll_records: int
    #: Topic of the events, and by their partition the offset of the first that is not decided yet.
    source: str
    first_waiting: Callable[[int], int | None]
    #: Called before anything else when partitions are about to leave: from then on nothing more is decided.
    stand_still: Callable[[], None]
    #: Topics whose records nobody waits for, and which wait for nobody.
    unordered: frozenset[str]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._handled: dict[TP, int] = {}
        self._reader: Reader | None = None
        self._merger = Merger(lambda tp: self._the_reader().is_behind(tp), self.unordered)
        self._placed = False
        #: Counts how often reading began anew; what was read before is void then.
        self.turn = 0

    def _the_reader(self) -> Reader:
        if self._reader is None:
            self._reader = Reader(dict(self.reader_config), self.fetch_wait_ms, self.max_poll_records)
        return self._reader

    def _new_consumer_thread(self) -> AIOKafkaConsumerThread:
        return _ConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _getmany(
        self,
        active_partitions: set[TP] | None,
        timeout: float,  # noqa: ASYNC109 - Faust's signature
    ) -> dict[TP, list[Incoming]]:
        """What may go on; waits for it up to `timeout` seconds."""
        active = active_partitions or set()
        reader = self._the_reader()
        if not self._placed:
            reader.place({tp: self._read_offset[tp] for tp in active})
            self._placed = True
        until = self.loop.time() + timeout
        with self._thread.polling():
            while True:
                released = self._merger.release(reader.take(), active)
                if released or not self.flow_active or self.loop.time() > until:
                    return released
                await asyncio.sleep(POLL_S)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:  # noqa: ASYNC109 - as above
        """Batches of what has come, in the order of timestamps; Faust hands each to its agent."""
        released, _ = await self._wait_next_records(timeout)
        if released is None or self.should_stop:
            return
        turn, generation = self.turn, self.app.consumer_generation_id
        for records in batches(released):
            if not self.flow_active:  # partitions are about to be shared anew
                await self._seek_back()
                return
            if turn != self.turn or generation != self.app.consumer_generation_id:
                return
            message = self._message(Batch(records, turn), generation)
            yield message.tp, message

    def _message(self, batch: Batch, generation: int) -> ConsumerMessage:
        last = batch.records[-1]
        seconds, size = last.timestamp / 1000, len(batch.records)
        place = (last.topic, last.partition, last.offset)
        tp = TP(last.topic, last.partition)
        return ConsumerMessage(*place, seconds, 0, None, None, batch, None, 0, size, tp, generation_id=generation)

    async def _seek_back(self) -> None:
        try:
            await self.perform_seek()
        except Exception as error:  # noqa: BLE001 - the rebalance that stopped the flow seeks again
            logger.warning("could not return to the committed offsets: %s", error)

    def going(self, batch: Batch) -> bool:
        """Whether the rest of a batch is still to be handled: it is not when partitions are shared anew."""
        return self.flow_active and batch.turn == self.turn

    def handled(self, record: Incoming) -> None:
        """A record was handled: what is committed may come after it."""
        self._handled[TP(record.topic, record.partition)] = record.offset + 1

    def ack(self, message: ConsumerMessage) -> bool:
        """Take note that a batch is done with; how far its records came is said by `handled`."""
        if message.acked:
            return False
        message.acked = True
        self._unacked_messages.discard(message)
        notify(self._waiting_for_ack)
        return True

    async def _add_gap(self, *_: Any) -> None:
        """Offsets need not be consecutive: a partition's records are handled in their order."""

    def on_buffer_full(self, tp: TP) -> None:
        """The agent's queue is full: nothing to do, the next batch waits for room in it."""

    on_buffer_drop = on_buffer_full

    def _filter_tps_with_pending_acks(self, _topics: Any = None) -> Iterator[TP]:
        return iter(list(self._handled))

    def _new_offset(self, tp: TP) -> int | None:
        """The offset to commit: after what was handled, but not after an event that waits for other owners."""
        handled = self._handled.get(tp)
        waiting = self.first_waiting(tp.partition) if tp.topic == self.source else None
        return handled if handled is None or waiting is None else min(handled, waiting)

    def stop_flow(self) -> None:
        """Have nothing more decided: before a rebalance, or at the end, Faust calls this and then commits.

        Whoever has the partitions next reads what was acknowledged by that commit. An answer given after it would be
        given again, and perhaps differently.
        """
        self.stand_still()
        super().stop_flow()

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Forget how far partitions came that others get."""
        await super().on_partitions_revoked(revoked)
        for tp in revoked:
            self._handled.pop(tp, None)

    async def perform_seek(self) -> None:
        """Go back to the committed offsets; all that was read and not handled is read again from there."""
        self.turn += 1
        self._merger.clear()
        self._handled.clear()
        await super().perform_seek()
        self._placed = False

    async def on_stop(self) -> None:
        """Commit what is handled, and leave."""
        await super().on_stop()
        # The gauges still look at it: at none from here on, or a closed one would raise and end an orderly stop badly.
        reader, self._reader = self._reader, None
        if reader is not None:
            await asyncio.to_thread(reader.close)

    def verify_event_path(self, now: float, tp: TP) -> None:
        """Faust's check of aiokafka's fetches, of which there are none; the metrics of lag tell of a standstill."""

    def lags(self, topic: str) -> dict[int, int]:
        """Return the records from the committed offset to the end, for each partition of a topic that is held here."""
        found: dict[int, int] = {}
        reader = self._reader
        for tp in self.assignment() if self._thread._consumer is not None else ():  # noqa: SLF001 - before its start
            if tp.topic == topic and reader is not None:
                committed = self._committed_offset[tp]
                if committed is None:  # nothing was committed ever: all from where reading begins
                    committed = reader.position(tp)
                found[tp.partition] = max(0, (reader.end(tp) or 0) - committed)
        return found


def batches(released: Mapping[TP, list[Incoming]]) -> Iterator[list[Incoming]]:
    """Merge partitions by timestamp, and cut the whole into batches of one topic each.

    Each partition keeps its order, whatever its timestamps; equal timestamps keep the order of partitions, so a replay
    gets the same.
    """
    lists = [[(record.timestamp, *tp, record) for record in records] for tp, records in sorted(released.items())]
    merged = (entry[-1] for entry in merge(*lists, key=lambda entry: entry[:3]))
    for _, run in groupby(merged, key=lambda record: record.topic):
        records = list(run)
        for begin in range(0, len(records), BATCH):
            yield records[begin : begin + BATCH]
