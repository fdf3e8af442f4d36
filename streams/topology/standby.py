"""Keeps copies of partitions that other workers hold, so that taking one over reads only what is missing.

Who keeps a copy of what is decided where partitions are shared: Faust's assignor gives every partition, beside the
member that holds it, to `PREWARN_STANDBY_REPLICAS` others as a standby, remembers it in the group's metadata, and
promotes a standby before any other member when the holder is gone. It does so for its tables' sake; here there are
none, and the assignment serves as it is. No message is exchanged for it, and nobody has to ask who is alive.

The changelogs are read with librdkafka in a thread, record by record as recovery reads them
(`streams.topology.replica`). Rows stay encoded: a copy costs memory, and hardly any time.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import OFFSET_INVALID, Consumer, KafkaError, KafkaException, TopicPartition

from streams.topology.replica import RecoveryError, Replica

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from confluent_kafka import Message

    from streams.observability.metrics import Metrics

logger = logging.getLogger(__name__)

BATCH: Final = 500
"""Records read before another thread has its turn with the copies."""
POLL_S: Final = 0.2
_UNHURRIED: Final = {"fetch.min.bytes": 1 << 20, "fetch.wait.max.ms": 250}
"""A copy may be a quarter of a second behind; to fetch each record as it comes costs brokers more than all else."""
LOOK_EVERY_S: Final = 1.0
FORGET_EVERY_S: Final = 600.0
"""How often brokers are asked what they have deleted."""
_QUESTION_S: Final = 10.0
RETRY_S: Final = 5.0
"""How long after an error reading begins again."""


class Standby:
    """Follows the changelogs of some partitions.

    Args:
        config: librdkafka configuration of a reader (`streams.topology.clients.consumer_config`).
        make: Makes the replica of a partition that is followed from now on.
        metrics: Where to tell how far it is behind.
    """

    def __init__(self, config: dict[str, Any], make: Callable[[int], Replica], metrics: Metrics) -> None:
        self._config = config | _UNHURRIED
        self._make = make
        self._metrics = metrics
        self._replicas: dict[int, Replica] = {}
        #: Whether the reader does not read yet what it should.
        self._changed = False
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._look_at = 0.0
        #: Recovery asks too when it takes a copy over.
        self._forget_at = time.monotonic() + FORGET_EVERY_S

    def follow(self, partitions: Collection[int]) -> None:
        """Keep copies of exactly these partitions from now on."""
        with self._lock:
            for number in self._replicas.keys() - set(partitions):
                del self._replicas[number]
                self._changed = True
            for number in set(partitions) - self._replicas.keys():
                self._replicas[number] = self._make(number)
                self._changed = True
        self._metrics.standby_partitions.value = len(partitions)
        if partitions and self._thread is None:
            self._thread = threading.Thread(target=self._run, name="standby", daemon=True)
            self._thread.start()

    def hand_over(self, partitions: Collection[int]) -> Mapping[int, Replica]:
        """The copies that there are of these partitions; they are not kept up any more."""
        with self._lock:
            given = {number: self._replicas.pop(number) for number in partitions if number in self._replicas}
            self._changed = self._changed or bool(given)
        return given

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        consumer = Consumer(self._config)
        try:
            while not self._stop.is_set():
                try:
                    self._step(consumer)
                except KafkaException as error:
                    self._lost(error)
                    self._stop.wait(RETRY_S)
        finally:
            consumer.close()

    def _lost(self, error: KafkaException) -> None:
        """Read on from where the copies are; how far behind they are is unknown until that goes well."""
        logger.warning("copies of other workers' rows are not kept up: %s", error.args[0].str())
        with self._lock:
            self._changed = True
            self._metrics.standby_lag.clear()  # the last numbers would look well for ever
            self._look_at = time.monotonic() + 2 * RETRY_S

    def _step(self, consumer: Consumer) -> None:
        with self._lock:
            if self._changed:
                consumer.assign(
                    [
                        TopicPartition(topic, number, offset)
                        for number, replica in self._replicas.items()
                        for topic, offset in replica.offsets.items()
                    ]
                )
                self._changed = False
        messages = consumer.consume(BATCH, POLL_S)
        with self._lock:
            if self._changed:
                return  # what was read may belong to a copy that is gone; it is read again for the one there is
            for message in messages:
                self._take(message)
            self._look(consumer)
        self._forget(consumer)

    def _take(self, message: Message) -> None:
        number, error = message.partition() or 0, message.error()
        replica = self._replicas.get(number)
        if error is not None:
            if error.code() != KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's public constant
                raise KafkaException(error)
            if replica is not None:
                replica.complete(message.topic() or "", message.offset() or 0)
            return
        if replica is None:
            return
        try:
            replica.apply(message)
        except RecoveryError as problem:
            # Whoever takes it over reads it anew, and refuses to start if it still cannot be read.
            logger.error("no copy is kept of partition %d: %s", number, problem)  # noqa: TRY400 - the message is enough
            del self._replicas[number]

    def _look(self, consumer: Consumer) -> None:
        """Tell how far the copies are behind."""
        if time.monotonic() < self._look_at:
            return
        self._look_at = time.monotonic() + LOOK_EVERY_S
        gauge = self._metrics.standby_lag
        for number in gauge.keys() - self._replicas.keys():
            del gauge[number]
        for number, replica in self._replicas.items():
            behind = [_behind(consumer, number, *place) for place in replica.offsets.items()]
            known = [count for count in behind if count is not None]
            if len(known) == len(behind):
                gauge[number].value = sum(known)
        rows = [replica.rows for replica in self._replicas.values()]
        self._metrics.standby_rows.value = sum(len(each.windows) + len(each.settlements) for each in rows)

    def _forget(self, consumer: Consumer) -> None:
        """Let go what brokers have deleted."""
        if time.monotonic() < self._forget_at:
            return
        self._forget_at = time.monotonic() + FORGET_EVERY_S
        with self._lock:
            places = [(number, topic) for number, replica in self._replicas.items() for topic in replica.offsets]
        for number, topic in places:
            low, _ = consumer.get_watermark_offsets(TopicPartition(topic, number), timeout=_QUESTION_S)
            with self._lock:
                replica = self._replicas.get(number)
                if replica is not None:
                    replica.forget(topic, low)


def _behind(consumer: Consumer, number: int, topic: str, offset: int) -> int | None:
    """Records between an offset and the end of a changelog, as the last fetch knew it; None before the first."""
    _, high = consumer.get_watermark_offsets(TopicPartition(topic, number), cached=True)
    return None if high == OFFSET_INVALID else max(0, high - offset)
