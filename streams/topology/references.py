"""Reads the registries' compacted topics, from the beginning and ever on, in a thread of its own.

A registry fact takes effect as soon as it is read, for every event handled after that. Faust's global tables
are not used: they are known to loop in recovery and to miss keys.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from streams.contract.rejected import Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from confluent_kafka import Message

    from streams.engine.references import References, Registry

logger = logging.getLogger(__name__)

_BATCH: Final = 1_000
_POLL_S: Final = 0.2
_RETRY_S: Final = 2.0


class ReferenceReader(threading.Thread):
    """Keeps `References` up to date.

    Args:
        config: librdkafka configuration of a reader.
        topics: The registry that each topic carries.
        references: What to keep up to date.
        on_bad: Called with topic and reason for a record that cannot be read; the record before it stays in force.
    """

    def __init__(
        self,
        config: dict[str, Any],
        topics: Mapping[str, Registry],
        references: References,
        on_bad: Callable[[str, str], None],
    ) -> None:
        super().__init__(name="references", daemon=True)
        self._config = config
        self._on_bad = on_bad
        self._stop_asked = threading.Event()
        self._references = references
        self._registries = topics
        #: Set once everything that was there at the start has been read.
        self.caught_up = threading.Event()

    def stop(self) -> None:
        """Ask the thread to end and wait for it, a few seconds at most."""
        self._stop_asked.set()
        self.join(5)

    def run(self) -> None:
        """Read until stopped; an unreachable broker is waited for."""
        while not self._stop_asked.is_set():
            consumer = Consumer(self._config)
            try:
                self._follow(consumer)
            except KafkaException as error:
                logger.warning("registries cannot be read: %s; trying again", error.args[0].str())
                self._stop_asked.wait(_RETRY_S)
            finally:
                consumer.close()

    def _follow(self, consumer: Consumer) -> None:
        topics = consumer.list_topics(timeout=10).topics
        partitions = [
            TopicPartition(topic, number, 0)
            for topic in self._registries
            if topic in topics
            for number in topics[topic].partitions
        ]
        unread = {(p.topic, p.partition) for p in partitions}
        consumer.assign(partitions)
        while not self._stop_asked.is_set():
            if not unread:
                self.caught_up.set()
            for message in consumer.consume(_BATCH, _POLL_S):
                error = message.error()
                if error is None:
                    self._take(message)
                elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - librdkafka's public constant
                    unread.discard((message.topic(), message.partition()))
                elif error.fatal() or not error.retriable():
                    raise KafkaException(error)

    def _take(self, message: Message) -> None:
        registry = self._registries[message.topic()]
        value, key = message.value(), message.key()
        if value is None:
            self._references.drop(registry, "" if key is None else key.decode(errors="replace"))
            return
        try:
            self._references.take(registry, value)
        except Rejected as error:
            self._on_bad(message.topic(), f"{error.reason}: {error.detail}")
