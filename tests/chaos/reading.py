"""Reads whole topics, from the first record to the last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confluent_kafka import Message

    from tests.chaos.installation import Installation

_BATCH: Final = 2_000
_WAIT_S: Final = 1.0
READER: Final[dict[str, Any]] = {
    "group.id": "chaos",
    "enable.auto.commit": False,
    "enable.partition.eof": True,
    "fetch.message.max.bytes": 8 << 20,
}


def records(installation: Installation, name: str) -> Iterator[Message]:
    """Yield all records of a topic, partition by partition as they come; memory stays bounded."""
    topic, count = installation.topic(name), installation.partitions
    consumer = Consumer(installation.client.settings | READER)
    try:
        unread = set(range(count))
        consumer.assign([TopicPartition(topic, number, 0) for number in unread])
        while unread:
            for message in consumer.consume(_BATCH, _WAIT_S):
                error = message.error()
                if error is None:
                    yield message
                elif error.code() == KafkaError._PARTITION_EOF:
                    unread.discard(message.partition())
                else:
                    raise KafkaException(error)
    finally:
        consumer.close()
