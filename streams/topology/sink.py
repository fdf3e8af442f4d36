"""Everything the worker writes to Kafka, through one librdkafka producer on the event loop's thread.

Faust's own producer costs a tenfold of it for each record, and what it fails to deliver is a warning. Here
every record is accounted for: `barrier` waits until all that was written before it is acknowledged, and a record that
cannot be delivered ends the process at once, without the orderly way out that would commit past it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import os
import time
from typing import TYPE_CHECKING, Any, Final, NoReturn

from confluent_kafka import Producer

if TYPE_CHECKING:
    from collections.abc import Callable

    from confluent_kafka import KafkaError, Message

logger = logging.getLogger(__name__)

EXIT_UNDELIVERED: Final = 70
"""Exit status (EX_SOFTWARE) after a record could not be delivered."""
_BUSY_POLL_S: Final = 0.001
_IDLE_POLL_S: Final = 0.1
_BY_KEY: Final = -1
"""For librdkafka: the partition is decided by the key."""
_POLL_EVERY: Final = 16

Headers = list[tuple[str, bytes]]


def fail_stop(topic: str, reason: str) -> NoReturn:
    """End the process now: what comes after an undelivered record must not be committed."""
    give_up(f"a record for {topic} could not be delivered: {reason}")


def give_up(reason: str) -> NoReturn:
    """End the process now, without the orderly way out that would commit."""
    logger.critical("%s; stopping without committing", reason)
    logging.shutdown()
    os._exit(EXIT_UNDELIVERED)


class Countdown:
    """Does something once it has been called so many times; at once for none."""

    __slots__ = ("_left", "_then")

    def __init__(self, count: int, then: Callable[[], None]) -> None:
        self._left = count
        self._then = then
        if not count:
            then()

    def __call__(self) -> None:
        """Count one."""
        self._left -= 1
        if not self._left:
            self._then()


class Sink:
    """Writes records and knows which of them are acknowledged.

    Records are counted by *epoch*, the time between two barriers. What a delivery callback writes belongs to
    the epoch of the record that was delivered, so a barrier covers whole chains.

    Args:
        config: librdkafka configuration of the producer.
        high_water: Unacknowledged records from which on the reader should pause (`is_full`).
        on_undelivered: Called with topic and reason of a record that failed for good; does not return.
        watched: The topic whose `ends` are kept.
        stall_s: A process that stood still for so long has lost its partitions, and must not write any more.
    """

    def __init__(
        self,
        config: dict[str, Any],
        high_water: int = 20_000,
        on_undelivered: Callable[[str, str], NoReturn] = fail_stop,
        watched: str = "",
        stall_s: float = math.inf,
    ) -> None:
        self._producer = Producer(config)
        self._high_water = high_water
        self._on_undelivered = on_undelivered
        self._pending: dict[int, int] = {0: 0}
        self._epoch = 0
        #: Epoch of the record whose delivery is being reported, while it is.
        self._inherited: int | None = None
        self._since_poll = 0
        self.unacknowledged = 0
        #: Records acknowledged, by topic.
        self.delivered: dict[str, int] = {}
        self._watched = watched
        self._stall_s = stall_s
        self._beaten = math.inf
        #: Set when something is on its way again.
        self._busy = asyncio.Event()
        #: By partition of the watched topic, the offset after the last record acknowledged.
        self.ends: dict[int, int] = {}
        #: Are told of every record that is acknowledged: topic, message, key, value, headers.
        self.observers: list[Callable[[str, Message, bytes | str | None, bytes | None, Headers | None], None]] = []

    @property
    def is_full(self) -> bool:
        """Whether so much waits for the broker that reading should pause."""
        return self.unacknowledged >= self._high_water

    def send(
        self,
        topic: str,
        value: bytes | None,
        *,
        key: bytes | str | None = None,
        partition: int | None = None,
        timestamp: int = 0,
        headers: Headers | None = None,
        on_delivery: Callable[[], None] | None = None,
    ) -> None:
        """Write a record; `on_delivery` is called on the event loop's thread once the broker has acknowledged it.

        Args:
            topic: Topic name.
            value: Value; None deletes the key in a compacted topic.
            key: Key; decides the partition when none is given, as it does for every other Kafka client.
            partition: Partition, where the writer knows better than the key.
            timestamp: Record timestamp in epoch ms; 0 = now.
            headers: Record headers.
            on_delivery: See above.
        """
        self._beat()
        epoch = self._epoch if self._inherited is None else self._inherited
        self._pending[epoch] += 1
        if not self.unacknowledged:
            self._busy.set()
        self.unacknowledged += 1

        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                self._on_undelivered(topic, error.str())
            if topic == self._watched:
                self.ends[message.partition() or 0] = (message.offset() or 0) + 1
            for observe in self.observers:
                observe(topic, message, key, value, headers)
            if on_delivery is not None:
                self._inherited = epoch
                try:
                    on_delivery()
                finally:
                    self._inherited = None
            self.delivered[topic] = self.delivered.get(topic, 0) + 1
            self._pending[epoch] -= 1
            self.unacknowledged -= 1

        self._produce(topic, value, key, _BY_KEY if partition is None else partition, delivered, timestamp, headers)
        self._since_poll += 1
        if self._since_poll >= _POLL_EVERY and self._inherited is None:
            self.poll()

    def _produce(
        self,
        topic: str,
        value: bytes | None,
        key: bytes | str | None,
        partition: int,
        delivered: Callable[[KafkaError | None, Message], None],
        timestamp: int,
        headers: Headers | None,
    ) -> None:
        while True:
            try:
                # By position: this is called several times a settlement, and names cost as much again as the call.
                self._producer.produce(topic, value, key, partition, delivered, None, timestamp, headers)
            except BufferError:
                # The queue is far larger than the high water mark, so this is an outage during a burst: wait it out.
                self._producer.poll(0.01)
            else:
                return

    def poll(self) -> None:
        """Run the callbacks of what was acknowledged since the last poll."""
        self._beat()
        self._since_poll = 0
        self._producer.poll(0)

    def _beat(self) -> None:
        """End the process if it stood still (stopped, swapped out, a paused machine) while the group went on.

        Others have its partitions then, and what it would write next is older than what they wrote.
        """
        now = time.monotonic()
        if now - self._beaten > self._stall_s:
            give_up(f"the process stood still for {now - self._beaten:.0f} s and has lost its partitions")
        self._beaten = now

    async def run(self) -> None:
        """Keep polling, often while something is on its way; never returns."""
        self._beaten = time.monotonic()
        while True:
            self.poll()
            if self.unacknowledged:
                await asyncio.sleep(_BUSY_POLL_S)
                continue
            self._busy.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._busy.wait(), _IDLE_POLL_S)

    async def barrier(self) -> None:
        """Wait until everything written before this call, and what its delivery led to, is acknowledged."""
        last = self._epoch
        self._epoch += 1
        self._pending[self._epoch] = 0
        while any(count for epoch, count in self._pending.items() if epoch <= last):
            self.poll()
            await asyncio.sleep(_BUSY_POLL_S)
        for epoch in [epoch for epoch in self._pending if epoch <= last]:
            self._pending.pop(epoch, None)

    def close(self, timeout_s: float) -> int:
        """Wait for what is on its way; returns how many records were not acknowledged in time."""
        return int(self._producer.flush(timeout_s))
