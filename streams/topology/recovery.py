"""Rebuilds the rows of newly assigned partitions from their changelogs before anything is decided on them.

Faust's own table recovery hands every record through its event loop (11,500 records/s measured) and replays what
the worker wrote itself; this reads with librdkafka in batches, in a thread, only partitions that are new here.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.state.rows import decode_traces, decode_window
from streams.topology.statekey import KEY_ROW

if TYPE_CHECKING:
    import threading

    from confluent_kafka import Message

    from streams.state.store import Partition
    from streams.topology.screening import Names
    from streams.topology.statekey import StateKey

logger = logging.getLogger(__name__)

BATCH: Final = 2_000
_POLL_S: Final = 1.0
_QUESTION_S: Final = 30.0
_REPORT_EVERY_S: Final = 10.0
_OTHER_KEY: Final = (
    "was written under another state key: with this one all windows would be empty. Set PREWARN_STATE_KEY to that key; "
    "where there was none, it is the PREWARN_PERSON_KEY of that time"
)


class RecoveryError(Exception):
    """A changelog could not be read; the message names topic, partition and reason."""


class Recovery:
    """Reads changelog partitions to their current end.

    Args:
        config: librdkafka configuration of a reader (`streams.topology.clients.consumer_config`).
        names: Topic names.
        state_key: Knows whether rows are kept under our key.
        stop: Ends a recovery early when set.
    """

    def __init__(self, config: dict[str, Any], names: Names, state_key: StateKey, stop: threading.Event) -> None:
        self._config = config
        self._names = names
        self._state_key = state_key
        self._stop = stop

    def run(self, partitions: dict[int, Partition]) -> int:
        """Fill empty partitions from their changelogs; returns the number of records read.

        Blocks, so call it in a thread; nobody may use the partitions meanwhile.

        Raises:
            RecoveryError: A record cannot be read: deciding on half a state would accuse people falsely.
        """
        if not partitions:
            return 0
        consumer = Consumer(self._config)
        try:
            ends = self._ends(consumer, partitions)
            consumer.assign([TopicPartition(topic, number, low) for (topic, number), (low, _) in ends.items()])
            return self._read(consumer, partitions, {place: high for place, (_, high) in ends.items()})
        except KafkaException as error:
            raise RecoveryError(f"changelogs cannot be read: {error.args[0].str()}") from error
        finally:
            consumer.close()

    def _ends(self, consumer: Consumer, partitions: dict[int, Partition]) -> dict[tuple[str, int], tuple[int, int]]:
        """First and next offset of every changelog partition that holds anything."""
        ends = {}
        for topic in (self._names.windows, self._names.traces, self._names.settlements):
            for number in partitions:
                low, high = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=_QUESTION_S)
                if high > low:
                    ends[topic, number] = (low, high)
        return ends

    def _read(self, consumer: Consumer, partitions: dict[int, Partition], unread: dict[tuple[str, int], int]) -> int:
        count = 0
        report_at = time.monotonic() + _REPORT_EVERY_S
        while unread and not self._stop.is_set():
            for message in consumer.consume(BATCH, _POLL_S):
                place = (message.topic(), message.partition())
                error = message.error()
                if error is not None:
                    # The end is also how a tail of removed records (compaction, retention) shows itself.
                    if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's public constant
                        unread.pop(place, None)
                        continue
                    raise KafkaException(error)
                self._apply(message, partitions[message.partition()])
                count += 1
                if place in unread and message.offset() + 1 >= unread[place]:
                    del unread[place]
            if time.monotonic() >= report_at:
                report_at = time.monotonic() + _REPORT_EVERY_S
                logger.info("restoring state: %d records read, %d changelog partitions to go", count, len(unread))
        return count

    def _apply(self, message: Message, partition: Partition) -> None:
        topic, value = message.topic(), message.value()
        if topic == self._names.settlements:
            key = message.key().decode()
            partition.settlements.pop(key, None)
            if value is not None:
                partition.settlements[key] = value
            return
        if topic == self._names.windows and message.key() == KEY_ROW:
            if not self._state_key.fits(message.partition(), value):
                raise RecoveryError(f"{topic}[{message.partition()}] {_OTHER_KEY}")
            return
        try:
            if topic == self._names.traces:
                partition.windows.update((row.key, row.row) for row in decode_traces(value))
            elif value is None:
                partition.windows.pop(message.key().decode(), None)
            else:
                decode_window(value)  # rows rest encoded; what cannot be decoded must be told now
                partition.windows[message.key().decode()] = value
        except ValueError as error:  # msgspec's decoding errors are ValueErrors
            place = f"{topic}[{message.partition()}]@{message.offset()}"
            raise RecoveryError(f"{place} holds no window rows: {error}") from error
