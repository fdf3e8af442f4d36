"""What tests do with a broker: make topics, write records, read them back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from confluent_kafka import Message

TIMEOUT: Final = 30.0
_POLL_SECONDS: Final = 0.1
_BATCH: Final = 1000
_FETCH_WAIT_MS: Final = 50  # the end of a partition is told by a fetch that waited in vain


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it was read; `timestamp` in epoch milliseconds."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: dict[str, bytes | None]


class KafkaClient:
    """Talks to a broker as one user.

    Args:
        settings: librdkafka settings: bootstrap servers and security.
    """

    def __init__(self, settings: Mapping[str, Any]) -> None:
        self.settings = dict(settings)
        self._admin: AdminClient | None = None

    @property
    def admin(self) -> AdminClient:
        """The administrator's client."""
        if self._admin is None:
            # It outlives its broker in many tests, and would report every attempt to find it again.
            self._admin = AdminClient({"log_level": 0} | self.settings)
        return self._admin

    def create_topic(
        self, name: str, partitions: int = 1, *, replication: int = -1, config: Mapping[str, str] | None = None
    ) -> str:
        """Create a topic, wait until every partition has a leader, and return the name.

        Args:
            name: Its name.
            partitions: How many.
            replication: Copies; the cluster's default (three, or as many as there are brokers) when -1.
            config: Topic settings such as `cleanup.policy`.
        """
        topic = NewTopic(name, partitions, replication, config=dict(config or {}))
        self.admin.create_topics([topic])[name].result(TIMEOUT)
        deadline = time.monotonic() + TIMEOUT
        while not self._complete(name, partitions):
            if time.monotonic() > deadline:
                raise TimeoutError(f"topic {name} has not all its leaders after {TIMEOUT:g} s")
            time.sleep(_POLL_SECONDS)
        return name

    def _complete(self, name: str, partitions: int) -> bool:
        found = self.admin.list_topics(timeout=TIMEOUT).topics.get(name)
        return found is not None and sum(part.leader >= 0 for part in found.partitions.values()) == partitions

    def produce(
        self, topic: str, records: Iterable[tuple[Any, ...]], settings: Mapping[str, Any] | None = None
    ) -> None:
        """Write records and return once the broker has acknowledged all of them.

        Args:
            topic: Where to.
            records: `(key, value)`, `(key, value, partition)` or `(key, value, partition, timestamp)`; partition None
                is chosen by the key as Java clients and aiokafka do, timestamp is in epoch milliseconds.
            settings: More librdkafka settings.

        Raises:
            KafkaException: A record was refused or is not acknowledged in time.
        """
        base = {"acks": "all", "partitioner": "murmur2_random", "message.timeout.ms": round(TIMEOUT * 1000)}
        producer = Producer(self.settings | base | dict(settings or {}))
        errors: list[KafkaError] = []

        def delivered(error: KafkaError | None, _: Message) -> None:
            if error is not None:
                errors.append(error)

        for key, value, *rest in records:
            partition, timestamp = [*rest, None, None][:2]
            place: dict[str, int] = {} if partition is None else {"partition": partition}
            at: dict[str, int] = {} if timestamp is None else {"timestamp": timestamp}
            producer.produce(topic, key=key, value=value, on_delivery=delivered, **place, **at)
            producer.poll(0)
        producer.flush()
        if errors:
            raise KafkaException(errors[0])

    def consume(
        self,
        topic: str,
        until: int | Callable[[list[Record]], bool] | None = None,
        timeout: float = TIMEOUT,
        settings: Mapping[str, Any] | None = None,
    ) -> list[Record]:
        """Read a topic from its beginning, without a group; ordered by partition and offset.

        Args:
            topic: What to read.
            until: None reads to the current end of every partition; a number waits for at least so many records; a
                function, which sees the records so far, waits until it is true.
            timeout: Seconds after which waiting fails.
            settings: More librdkafka settings.

        Raises:
            TimeoutError: `until` is not reached in time; the message counts what was read.
        """
        base: dict[str, Any] = {"group.id": "tests", "enable.auto.commit": False, "enable.partition.eof": True}
        base["fetch.wait.max.ms"] = _FETCH_WAIT_MS
        consumer = Consumer(self.settings | base | dict(settings or {}))
        found: list[Record] = []
        try:
            parts = self._partitions(topic)
            consumer.assign([TopicPartition(topic, part, 0) for part in parts])
            unread = set(parts)
            deadline = time.monotonic() + timeout
            while not _reached(until, found, unread):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{topic}: {len(found)} records in {timeout:g} s, and still waiting")
                for message in consumer.consume(_BATCH, _POLL_SECONDS):
                    _take(message, found, unread)
        finally:
            consumer.close()
        return sorted(found, key=lambda record: (record.partition, record.offset))

    def end_offsets(self, topic: str) -> dict[int, int]:
        """Return the offset that the next record of each partition will have."""
        consumer = Consumer(self.settings | {"group.id": "tests"})
        try:
            parts = self._partitions(topic)
            return {part: consumer.get_watermark_offsets(TopicPartition(topic, part), TIMEOUT)[1] for part in parts}
        finally:
            consumer.close()

    def committed(self, group: str, topic: str) -> dict[int, int]:
        """Return the offsets that a group has committed; partitions without one are left out."""
        consumer = Consumer(self.settings | {"group.id": group})
        try:
            asked = [TopicPartition(topic, part) for part in self._partitions(topic)]
            found = consumer.committed(asked, timeout=TIMEOUT)
            return {part.partition: part.offset for part in found if part.offset >= 0}
        finally:
            consumer.close()

    def allow(self, user: str, resource: ResourceType, name: str, *operations: AclOperation) -> None:
        """Let a user do something to a topic or group; a name that ends with `*` is a prefix."""
        pattern = ResourcePatternType.PREFIXED if name.endswith("*") else ResourcePatternType.LITERAL
        bindings = [
            AclBinding(resource, name.rstrip("*"), pattern, f"User:{user}", "*", operation, AclPermissionType.ALLOW)
            for operation in operations
        ]
        for future in self.admin.create_acls(bindings).values():
            future.result(TIMEOUT)

    def forbid(self, user: str, resource: ResourceType, name: str, operation: AclOperation) -> None:
        """Take back what `allow` gave."""
        place = (resource, name, ResourcePatternType.LITERAL, f"User:{user}", "*", operation, AclPermissionType.ALLOW)
        for future in self.admin.delete_acls([AclBindingFilter(*place)]).values():
            assert len(future.result(TIMEOUT)) == 1

    def _partitions(self, topic: str) -> list[int]:
        found = self.admin.list_topics(topic, timeout=TIMEOUT).topics[topic]
        if found.error is not None:
            raise KafkaException(found.error)
        return sorted(found.partitions)


def _reached(until: int | Callable[[list[Record]], bool] | None, found: list[Record], unread: set[int]) -> bool:
    if until is None:
        return not unread
    return until(found) if callable(until) else len(found) >= until


def _take(message: Message, found: list[Record], unread: set[int]) -> None:
    """Add a record, or note that a partition was read to its end."""
    error = message.error()
    if error is None:
        headers = dict(message.headers() or [])
        place = (message.topic(), message.partition(), message.offset(), message.timestamp()[1])
        found.append(Record(*place, message.key(), message.value(), headers))
    elif error.code() == KafkaError._PARTITION_EOF:
        unread.discard(message.partition())
    elif not error.retriable() and error.code() != KafkaError._ALL_BROKERS_DOWN:
        raise KafkaException(error)
