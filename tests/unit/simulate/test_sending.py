"""Sending to Kafka, against the broker that librdkafka carries for tests."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING

import pytest
from confluent_kafka import OFFSET_BEGINNING, Consumer, Producer, TopicPartition

from streams.simulate.sending import DeliveryFailed, Pace, Sender

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confluent_kafka import Message

SILENT = logging.getLogger("tests.librdkafka")
SILENT.disabled = True
PARTITIONS = 4  # of a topic that the test broker makes by itself


@pytest.fixture
def broker() -> Iterator[str]:
    """Address of a broker inside this process."""
    owner = Producer({"test.mock.num.brokers": 1, "logger": SILENT})
    (address,) = owner.list_topics(timeout=10).brokers.values()
    yield f"{address.host}:{address.port}"
    owner.flush(1)


def received(broker: str, topic: str, count: int) -> list[Message]:
    """All records of a topic, in the order of partition and offset."""
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "test", "logger": SILENT})
    try:
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in range(PARTITIONS)])
        found: list[Message] = []
        deadline = time.monotonic() + 20
        while len(found) < count and time.monotonic() < deadline:
            found += consumer.consume(count, timeout=0.5)
        return sorted(found, key=lambda message: (message.partition(), message.offset()))
    finally:
        consumer.close()


def test_records_arrive_by_key_and_in_order(broker: str) -> None:
    """What has one key lies in one partition in the order in which it was sent, and everything is counted."""
    sender = Sender({"bootstrap.servers": broker, "partitioner": "murmur2_random", "acks": "all", "logger": SILENT})
    for number in range(120):
        sender.send("events", f"5101{number % 6:02d}", str(number).encode())
    sender.finish()
    assert sender.delivered == 120
    messages = received(broker, "events", 120)
    for number in range(6):
        key = f"5101{number:02d}".encode()
        mine = [message for message in messages if message.key() == key]
        assert [message.value() for message in mine] == [str(row).encode() for row in range(number, 120, 6)]
        assert len({message.partition() for message in mine}) == 1


def test_a_record_that_cannot_be_sent_fails_at_once(broker: str) -> None:
    """Too large a record ends the sending with its topic and the reason."""
    sender = Sender({"bootstrap.servers": broker, "message.max.bytes": 1_000, "logger": SILENT})
    with pytest.raises(DeliveryFailed, match=r"events: .*too large"):
        sender.send("events", "510104", b"x" * 2_000)


def test_a_record_that_is_not_delivered_fails_later() -> None:
    """Without a broker, the wait for delivery ends with the reason, and nothing counts as delivered."""
    sender = Sender({"bootstrap.servers": "127.0.0.1:1", "message.timeout.ms": 200, "logger": SILENT})
    sender.send("events", "510104", b"x")
    with pytest.raises(DeliveryFailed, match="events: "):
        sender.finish()
    with pytest.raises(DeliveryFailed):
        sender.send("events", "510104", b"y")
    assert sender.delivered == 0


def test_a_full_queue_is_waited_for(broker: str) -> None:
    """More records than the client can hold at once are all delivered."""
    sender = Sender({"bootstrap.servers": broker, "queue.buffering.max.messages": 20, "logger": SILENT})
    for number in range(200):
        sender.send("events", "510104", str(number).encode())
    sender.finish()
    assert sender.delivered == 200


def test_the_pace_is_even_and_catches_up() -> None:
    """At ten a second, records are due every tenth of a second from the beginning; who is late waits for none."""
    now = [100.0]
    pace = Pace(10, clock=lambda: now[0])
    assert [round(pace.next(), 6) for _ in range(4)] == [0.0, 0.1, 0.2, 0.3]
    now[0] = 100.35
    assert pace.next() == pytest.approx(0.05)
    now[0] = 101.0
    assert [pace.next() for _ in range(3)] == [0.0, 0.0, 0.0]


def test_without_a_rate_there_is_no_pause() -> None:
    """Rate 0 means as fast as possible."""
    pace = Pace(0, clock=lambda: 5.0)
    assert [pace.next() for _ in range(3)] == [0.0, 0.0, 0.0]
