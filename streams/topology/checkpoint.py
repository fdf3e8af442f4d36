"""What happens before an offset is committed.

Faust commits every `commit_interval`, before a rebalance and at the end, and calls its producer's `flush` right
before. The offsets it is about to commit are fixed by then: every event below them has been handled. In this order:

1. *Take* the window rows that changed, encoded as they are by now, a slice at a time so that events go on between
   slices. A row may so be ahead of the offsets; its stamp says how far.
2. *Answers first*: wait until everything written so far is acknowledged: settlement rows, the results that
   follow them, dead letters, what owners elsewhere were asked, and what askers elsewhere were answered. A window row
   must never be ahead of an answer it contains, or a replay would answer on windows that know the event already.
3. *Windows*: write the rows and wait until they are acknowledged; then how far they have come (`ReachedRow`).
4. Where rows are kept on disk, write there what was acknowledged (`streams.topology.journal`). Let Faust commit.

A crash before 4 leaves some rows ahead of the committed offset; their stamps say so, and the replay skips them.
"""

from __future__ import annotations

import asyncio
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from faust.transport.drivers.aiokafka import Producer as FaustProducer

from streams.features.scopes import TRACE_PREFIX
from streams.memory import set_aside
from streams.state.answers import ANSWERS_PREFIX
from streams.state.rows import REACHED_KEY, TraceRow, encode_row, encode_traces

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from streams.state.expiry import Expiry
    from streams.state.store import Store
    from streams.topology.exchange import Exchange
    from streams.topology.journal import Journal
    from streams.topology.screening import Names
    from streams.topology.sink import Headers, Sink


SLICE: Final = 100
"""Rows encoded or written before events have a turn: about a millisecond."""
TRACES_A_RECORD: Final = 500
"""Trace codes' rows in one record: about 100 kB."""

EPOCH: Final = "epoch"
"""Header of changelog records: the epoch of the partition in which they were written (`ReachedRow.epoch`)."""


@lru_cache
def epoch_header(epoch: int) -> Headers:
    """The header of a changelog record."""
    return [(EPOCH, str(epoch).encode())]


Write = tuple[str, int, str | None, bytes | None]
"""Topic, partition, key, value."""


async def _nothing() -> None:
    """What there is to see where nobody looks."""


class Checkpoint:
    """Makes state durable before offsets are.

    Args:
        store: Whose changed rows are written.
        sink: Where to.
        exchange: What was asked and answered, and is to be on its way.
        expiry: Forgets rows that say nothing any more.
        names: Topic names.
    """

    def __init__(self, store: Store, sink: Sink, exchange: Exchange, expiry: Expiry, names: Names) -> None:
        self._store = store
        self._sink = sink
        self._exchange = exchange
        self._expiry = expiry
        self._reached: dict[int, bytes] = {}
        self._windows, self._traces = names.windows, names.traces
        #: Brings what is acknowledged to disk, where rows are kept there.
        self.journal: Journal | None = None
        #: Finds out what others wrote over our rows, and has it written again.
        self.look_around: Callable[[], Awaitable[None]] = _nothing
        #: When the last checkpoint ended, epoch seconds; 0 before the first.
        self.completed_at = 0.0
        # Two checkpoints at once (timer and rebalance) could write an older row after a newer one.
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self) -> None:
        """Steps 1 to 3; returns when 4 is safe."""
        async with self._one_at_a_time:
            await self.look_around()
            self._exchange.send()
            reached = self._how_far()
            writes = await self._take()
            for write in self._take_answers():
                self._write(*write)
            await self._sink.barrier()
            for number, write in enumerate(writes, 1):
                self._write(*write)
                if number % SLICE == 0:
                    await asyncio.sleep(0)
            if writes:
                await self._sink.barrier()
            for partition, row in reached.items():
                if self._reached.get(partition) != row:
                    self._write(self._windows, partition, REACHED_KEY, row)
            self._reached = reached
            for partition, key in self._expiry.some():
                # Trace codes' rows leave their topic by its retention.
                if not key.startswith(TRACE_PREFIX):
                    self._write(self._windows, partition, key, None)
            if self.journal is not None:
                await self.journal.flush()
            set_aside()
            self.completed_at = time.time()

    async def idle(self) -> None:
        """Make state durable although there is no offset to commit: what others told us changes rows too.

        Faust commits, and calls `flush`, only where events were handled. Without this a worker whose own partitions
        are quiet would save nothing of what it folds for others, and fold it all again after a crash.
        """
        if self._one_at_a_time.locked():
            return
        if any(rows.dirty for rows in self._store.partitions.values()) or self._how_far() != self._reached:
            await self()
        else:
            async with self._one_at_a_time:
                await self.look_around()

    async def ended(self) -> None:
        """Wait until no checkpoint is under way."""
        async with self._one_at_a_time:
            pass

    def again(self, topic: str, number: int, key: str) -> None:
        """Have a row of a changelog be written once more although it has not changed, or that there is none."""
        rows = self._store.partitions.get(number)
        if rows is None:
            return
        if topic != self._windows:
            self._write(topic, number, key, rows.settlements.get(key))
        elif key == REACHED_KEY:
            self._reached.pop(number, None)
        elif rows.peek(key) is not None:
            rows.dirty.add(key)
        elif not (key.startswith(ANSWERS_PREFIX) and rows.answers.again(key)):
            self._write(topic, number, key, None)

    def _write(self, topic: str, partition: int, key: str | None, value: bytes | None) -> None:
        held = self._store.partitions.get(partition)
        if held is not None:
            headers = epoch_header(held.reached.epoch)
            self._sink.send(topic, value, key=key, partition=partition, headers=headers)

    def _how_far(self) -> dict[int, bytes]:
        """How far the rows of each partition have come at least, once those that changed by now are written."""
        settled = self._exchange.settled()
        epochs = {number: partition.reached.epoch for number, partition in self._store.partitions.items()}
        for partition in self._store.partitions.values():
            if partition.open:
                partition.reached.settled |= settled
                partition.reached.epochs |= epochs
        return {number: encode_row(partition.reached) for number, partition in self._store.partitions.items()}

    def _take_answers(self) -> list[Write]:
        """The answers given since the last call: also those that the rows taken before contain."""
        return [
            (self._windows, number, key, raw)
            for number, partition in self._store.partitions.items()
            for key, raw in partition.answers.take_changed()
        ]

    async def _take(self) -> list[Write]:
        writes: list[Write] = []
        traces: dict[int, list[TraceRow]] = {}
        for number, (partition, key, raw) in enumerate(self._store.take_changed(), 1):
            if key.startswith(TRACE_PREFIX):
                batch = traces.setdefault(partition, [])
                batch.append(TraceRow(key, raw))
                if len(batch) == TRACES_A_RECORD:
                    writes.append((self._traces, partition, None, encode_traces(traces.pop(partition))))
            else:
                writes.append((self._windows, partition, key, raw))
            if number % SLICE == 0:
                await asyncio.sleep(0)
        writes += [(self._traces, partition, None, encode_traces(batch)) for partition, batch in traces.items()]
        return writes


class CheckpointingProducer(FaustProducer):  # type: ignore[misc] # Faust has no types
    """Faust's producer, which writes nothing here; its `flush` is where a checkpoint belongs."""

    checkpoint: Callable[[], Awaitable[None]]

    async def flush(self) -> None:
        """Make state durable; Faust commits when this returns."""
        await self.checkpoint()
        await super().flush()
