"""Rebuilds the rows of newly assigned partitions from their changelogs before anything is decided on them.

Faust's own table recovery hands every record through its event loop (11,500 records/s measured) and replays what
the worker wrote itself; this reads with librdkafka in batches, in a thread, only partitions that are new here.

Window rows are saved about once a second, settlement rows before anybody sees a result. So the window rows of a
partition are first read as they were saved, then brought up to all that was decided since, wherever: the settlement
rows of every partition say what was put into which row, and `ReachedRow` from where on they must be read.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Final, TypeVar

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.state.answers import ANSWERS_PREFIX
from streams.state.rows import decode_reached, decode_settlement, decode_traces, decode_window
from streams.state.store import EFFECTS_PREFIX
from streams.topology.checkpoint import EPOCH, REACHED_KEY
from streams.topology.statekey import KEY_ROW

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from confluent_kafka import Message

    from streams.engine.engine import Engine
    from streams.state.store import Partition, Store
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


Place = tuple[str, int]
_T = TypeVar("_T")


class RecoveryError(Exception):
    """A changelog could not be read; the message names topic, partition and reason."""


class Recovery:
    """Reads changelog partitions to their current end.

    Args:
        config: librdkafka configuration of a reader (`streams.topology.clients.consumer_config`).
        names: Topic names.
        store: Holds the partitions.
        engine: Its current pack folds.
        state_key: Knows whether rows are kept under our key.
        stop: Ends a recovery early when set.
    """

    def __init__(
        self,
        config: dict[str, Any],
        names: Names,
        store: Store,
        engine: Engine,
        state_key: StateKey,
        stop: threading.Event,
    ) -> None:
        self._config = config
        self._names = names
        self._store = store
        self._engine = engine
        self._state_key = state_key
        self._stop = stop
        self._void = 0
        #: Epoch of the latest record of each changelog partition: only within one is their order known.
        self._epochs: dict[Place, int] = {}

    def run(self, new: set[int]) -> int:
        """Fill empty partitions from the changelogs; returns the number of records read.

        Blocks, so call it in a thread; nobody may use the partitions meanwhile.

        Raises:
            RecoveryError: A record cannot be read: deciding on half a state would accuse people falsely.
        """
        if not new:
            return 0
        consumer = Consumer(self._config)
        try:
            own = [(topic, number) for topic in (self._names.windows, self._names.traces, self._names.settlements)
                   for number in new]  # fmt: skip
            self._void = 0
            self._epochs.clear()
            count = self._read(consumer, dict.fromkeys(own, 0), self._apply)
            if self._void:
                logger.warning("%d changelog records of workers that had lost their partitions are void", self._void)
            return count + self._catch_up(consumer, {number: self._store.partitions[number] for number in new})
        except KafkaException as error:
            raise RecoveryError(f"changelogs cannot be read: {error.args[0].str()}") from error
        finally:
            consumer.close()

    def _catch_up(self, consumer: Consumer, new: dict[int, Partition]) -> int:
        """Fold what was decided since the window rows were saved."""
        folding, topic = self._engine.folding, self._names.settlements
        sources = range(self._store.count)
        since = {(topic, m): min(rows.reached.settled.get(m, 0) for rows in new.values()) for m in sources}

        def apply(message: Message) -> None:
            value, source, offset = message.value(), message.partition() or 0, message.offset() or 0
            if value is None:
                return
            row = self._decoded(message, decode_settlement, value)
            for number, partition in new.items():
                if offset >= partition.reached.settled.get(source, 0):
                    folding.restore(number, row)

        ends = self._ends(consumer, since)
        count = self._read(consumer, since, apply)
        for partition in new.values():
            partition.reached.settled |= {number: high for (_, number), (_, high) in ends.items()}
        return count

    def _ends(self, consumer: Consumer, places: dict[Place, int]) -> dict[Place, tuple[int, int]]:
        """First offset wanted and end of partitions that hold anything from there on."""
        ends = {}
        for (topic, number), since in places.items():
            low, high = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=_QUESTION_S)
            if high > max(low, since):
                ends[topic, number] = (max(low, since), high)
        return ends

    def _read(self, consumer: Consumer, places: dict[Place, int], apply: Callable[[Message], None]) -> int:
        """Read partitions from an offset to their current end; returns the number of records."""
        ends = self._ends(consumer, places)
        if not ends:
            return 0
        consumer.assign([TopicPartition(topic, number, low) for (topic, number), (low, _) in ends.items()])
        unread = {place: high for place, (_, high) in ends.items()}
        count = 0
        report_at = time.monotonic() + _REPORT_EVERY_S
        while unread and not self._stop.is_set():
            for message in consumer.consume(BATCH, _POLL_S):
                place = (message.topic() or "", message.partition() or 0)
                error = message.error()
                if error is not None:
                    # The end is also how a tail of removed records (compaction, retention) shows itself.
                    if error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's public constant
                        unread.pop(place, None)
                        continue
                    raise KafkaException(error)
                apply(message)
                count += 1
                if place in unread and (message.offset() or 0) + 1 >= unread[place]:
                    del unread[place]
            if time.monotonic() >= report_at:
                report_at = time.monotonic() + _REPORT_EVERY_S
                logger.info("restoring state: %d records read, %d changelog partitions to go", count, len(unread))
        return count

    def _apply(self, message: Message) -> None:
        """Take a changelog record of a partition that is restored."""
        partition = self._store.partitions[message.partition() or 0]
        topic, value = message.topic(), message.value()
        if topic == self._names.windows and message.key() == KEY_ROW:
            # It belongs to no epoch: whoever wrote it first, it holds for all.
            if not self._state_key.fits(message.partition() or 0, value):
                raise RecoveryError(f"{topic}[{message.partition()}] {_OTHER_KEY}")
            return
        place, epoch = (topic or "", message.partition() or 0), _epoch(message)
        if epoch < self._epochs.get(place, 0):
            self._void += 1
            return
        self._epochs[place] = epoch
        partition.reached.epoch = max(epoch, partition.reached.epoch)
        if topic == self._names.traces:
            rows = self._decoded(message, decode_traces, value or b"")
            partition.windows.update((row.key, row.row) for row in rows)
            return
        key = (message.key() or b"").decode()
        if topic == self._names.settlements:
            partition.settlements.pop(key, None)
            if value is not None and not key.startswith(EFFECTS_PREFIX):
                partition.settlements[key] = value
        elif key.startswith(ANSWERS_PREFIX):
            self._decoded(message, lambda raw: partition.answers.restore(key, raw or None), value or b"")
        elif value is None:
            partition.windows.pop(key, None)
        elif key == REACHED_KEY:
            latest = partition.reached.epoch
            partition.reached = self._decoded(message, decode_reached, value)
            partition.reached.epoch = max(epoch, latest)
        else:
            # Rows rest encoded; what cannot be decoded must be told now.
            self._decoded(message, decode_window, value)
            partition.windows[key] = value

    def _decoded(self, message: Message, decode: Callable[[bytes], _T], value: bytes) -> _T:
        try:
            return decode(value)
        except ValueError as error:  # msgspec's decoding errors are ValueErrors
            place = f"{message.topic()}[{message.partition()}]@{message.offset()}"
            raise RecoveryError(f"{place} holds no rows of this version: {error}") from error


def _epoch(message: Message) -> int:
    """The epoch in which a changelog record was written."""
    return int(dict(message.headers() or ()).get(EPOCH, b"0"))
