"""Sending simulated records to Kafka at a chosen pace."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import KafkaException, Producer

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from confluent_kafka import KafkaError, Message

_POLL_EVERY: Final = 50  # records; often enough that delivery reports never pile up
_FULL_WAIT_S: Final = 0.05


class DeliveryFailed(Exception):  # noqa: N818 - a state of the world, not a fault of the program
    """Kafka did not take a record; the message says why."""


class Sender:
    """Sends records and notices when one of them could not be delivered.

    Args:
        config: of a librdkafka producer; the partitioner must be the one the readers count on (murmur2).
    """

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._producer = Producer(dict(config))
        self._unpolled = 0
        self._failure: str | None = None
        self.delivered = 0

    def send(self, topic: str, key: str, value: bytes) -> None:
        """Hand one record over; it is delivered in the background.

        Raises:
            DeliveryFailed: This record cannot be sent, or an earlier one was not delivered.
        """
        self._check()
        while True:
            try:
                self._producer.produce(topic, value, key, on_delivery=self._report)
                break
            except BufferError:
                self.wait(_FULL_WAIT_S)
            except KafkaException as error:
                raise DeliveryFailed(f"{topic}: {error.args[0].str()}") from None
        self._unpolled += 1
        if self._unpolled >= _POLL_EVERY:
            self.wait(0)

    def wait(self, seconds: float) -> None:
        """Let delivery reports come in for some time.

        Raises:
            DeliveryFailed: One of them is bad.
        """
        self._unpolled = 0
        deadline = time.monotonic() + seconds
        while True:
            self._producer.poll(max(0.0, deadline - time.monotonic()))
            self._check()
            if time.monotonic() >= deadline:
                return

    def finish(self) -> None:
        """Wait until every record has been delivered or given up.

        Raises:
            DeliveryFailed: Some record was not delivered.
        """
        while self._producer.flush(_FULL_WAIT_S):
            self._check()
        self._check()

    def _report(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            self.delivered += 1
        elif self._failure is None:
            self._failure = f"{message.topic()}: {error.str()}"

    def _check(self) -> None:
        if self._failure is not None:
            raise DeliveryFailed(self._failure)


class Pace:
    """Says how long to wait so that records go out at an even rate.

    Args:
        rate: records a second; 0 = as fast as possible.
        clock: seconds that never go back.
    """

    def __init__(self, rate: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._interval = 1 / rate if rate else 0.0
        self._clock = clock
        self._begin = clock()
        self._count = 0

    def next(self) -> float:
        """Seconds until the next record is due; 0 when it is late."""
        due = self._begin + self._count * self._interval
        self._count += 1
        return max(0.0, due - self._clock()) if self._interval else 0.0
