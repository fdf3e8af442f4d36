"""Reads the records of the partitions that the group gave this worker, with librdkafka.

Membership, assignment and commits are Faust's, and so aiokafka's (`streams.topology.consumer`); the records are not. A
record costs a tenth here, and aiokafka has one fetch under way for each broker, which leaves out what was fetched and
is not handed over yet: one for partitions where nothing happens is held by the broker while busy ones wait. librdkafka
fetches all partitions at once and ahead of what is taken.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition
from faust.types import TP

from streams.topology.incoming import Incoming

if TYPE_CHECKING:
    from collections.abc import Mapping

    from confluent_kafka import Message

AHEAD: Final = {
    "queued.min.messages": 20_000,
    "queued.max.messages.kbytes": 32_768,
    "fetch.queue.backoff.ms": 50,
}
"""How far librdkafka reads ahead of what is taken; beyond that it asks brokers again after the backoff."""


class Reader:
    """Reads from where it is placed.

    Args:
        config: librdkafka configuration (`streams.topology.clients.consumer_config`).
        wait_ms: Longest that a broker may hold a fetch that finds nothing.
        most: Records taken at once, at most.
    """

    def __init__(self, config: dict[str, Any], wait_ms: int, most: int) -> None:
        self._consumer = Consumer(config | AHEAD | {"fetch.wait.max.ms": wait_ms})
        self._most = most
        #: The next offset to take, by partition; None where the first record will tell.
        self._positions: dict[TP, int | None] = {}
        #: Ends that librdkafka told: they count what is no record (the marks of transactions) as well.
        self._ends: dict[TP, int] = {}

    def place(self, offsets: Mapping[TP, int | None]) -> None:
        """Read these partitions and no others, each from its offset, or from its beginning for None."""
        self._positions = dict(offsets)
        self._ends.clear()
        self._consumer.assign(
            [
                TopicPartition(tp.topic, tp.partition, OFFSET_BEGINNING if offset is None else offset)
                for tp, offset in offsets.items()
            ]
        )

    def take(self) -> dict[TP, list[Incoming]]:
        """Return what has come, for each partition in its order; does not wait.

        Raises:
            KafkaException: A partition cannot be read.
        """
        taken: dict[TP, list[Incoming]] = defaultdict(list)
        for message in self._consumer.consume(self._most, 0):
            record = self._record(message)
            if record is not None:
                taken[TP(record.topic, record.partition)].append(record)
        for tp, records in taken.items():
            self._positions[tp] = records[-1].offset + 1
        return taken

    def _record(self, message: Message) -> Incoming | None:
        topic, partition, offset = message.topic() or "", message.partition() or 0, message.offset() or 0
        error = message.error()
        if error is None:
            headers = message.headers()
            return Incoming(
                topic,
                partition,
                offset,
                message.timestamp()[1],
                message.key(),
                message.value(),
                list(headers) if headers else [],
            )
        if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
            raise KafkaException(error)
        self._ends[TP(topic, partition)] = offset
        return None

    def is_behind(self, tp: TP) -> bool | None:
        """Whether the broker has records of a partition that were not taken; None when that is not known yet."""
        end = self.end(tp)
        if end is None:
            return None
        # An empty partition has nothing to take, wherever its beginning is.
        position = self._positions.get(tp)
        read = position if position is not None else self._low(tp)
        return max(read, self._ends.get(tp, 0)) < end

    def position(self, tp: TP) -> int:
        """The next offset that will be taken of a partition, as far as is known."""
        position = self._positions.get(tp)
        return self._low(tp) if position is None else position

    def end(self, tp: TP) -> int | None:
        """The offset after the last record that the broker had of a partition when it was last asked, if it was."""
        _, high = self._watermarks(tp)
        return high if high >= 0 else None

    def _low(self, tp: TP) -> int:
        return max(0, self._watermarks(tp)[0])

    def _watermarks(self, tp: TP) -> tuple[int, int]:
        low, high = self._consumer.get_watermark_offsets(TopicPartition(tp.topic, tp.partition), cached=True)
        return low, high

    def close(self) -> None:
        """Leave the brokers. Blocks until they are left."""
        self._consumer.close()
