"""What happens before an offset is committed.

Faust commits every `commit_interval`, before a rebalance and at the end, and calls its producer's `flush` right
before. The offsets it is about to commit are fixed by then: every event below them has been handled. In this order:

1. *Snapshot* the window rows that changed, as they are now, in one go.
2. *Answers first*: wait until everything written so far is acknowledged: settlement rows, the results that
   follow them, dead letters. A window row must never be ahead of an answer it contains, or a replay would answer on
   windows that know the event already.
3. *Windows*: write the snapshot and wait until it is acknowledged.
4. Let Faust commit.

A crash before 4 leaves some rows ahead of the committed offset; their stamps say so, and the replay skips them.
"""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from faust.transport.drivers.aiokafka import Producer as FaustProducer

if TYPE_CHECKING:
    from streams.state.store import Store
    from streams.topology.sink import Sink


class Checkpoint:
    """Makes state durable before offsets are."""

    def __init__(self, store: Store, sink: Sink, windows_topic: str) -> None:
        self._store = store
        self._sink = sink
        self._topic = windows_topic
        #: When the last checkpoint ended, epoch seconds; 0 before the first.
        self.completed_at = 0.0
        self.rows_written = 0
        # Two checkpoints at once (timer and rebalance) could write an older row after a newer one.
        self._one_at_a_time = asyncio.Lock()

    async def __call__(self) -> None:
        """Steps 1 to 3; returns when 4 is safe."""
        async with self._one_at_a_time:
            changed = list(self._store.take_dirty())
            await self._sink.barrier()
            for partition, key, row in changed:
                self._sink.send(self._topic, row, key=key, partition=partition)
            if changed:
                await self._sink.barrier()
            self.rows_written += len(changed)
            self.completed_at = time.time()


class CheckpointingProducer(FaustProducer):  # type: ignore[misc] # Faust has no types
    """Faust's producer, which writes nothing here; its `flush` is where a checkpoint belongs."""

    checkpoint: Checkpoint

    async def flush(self) -> None:
        """Make state durable; Faust commits when this returns."""
        await self.checkpoint()
        await super().flush()
