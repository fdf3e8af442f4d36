"""Knows which events are settled: every row that they change has changed, wherever it lives.

A partition's offset is committed when its events are decided and all that they told other owners is in Kafka. Those
have folded it when the row that says how far they have come (`streams.topology.checkpoint`) is past what was there by
then.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from streams.state.rows import REACHED_KEY, decode_reached

if TYPE_CHECKING:
    from tests.chaos.installation import Installation

_EVERY_S: Final = 0.05
_ANSWER_S: Final = 3.0
_BATCH: Final = 5_000
_READER: Final = {"enable.auto.commit": False, "fetch.wait.max.ms": 50, "fetch.min.bytes": 1 << 20}


class Settling(threading.Thread):
    """Asks for committed offsets, and reads how far owners are, until stopped.

    Attributes:
        settled: By partition of the events topic the offset below which all events are settled.
    """

    def __init__(self, installation: Installation) -> None:
        super().__init__(name="settling", daemon=True)
        numbers = range(installation.partitions)
        self.settled = dict.fromkeys(numbers, 0)
        self._events = [TopicPartition(installation.topic("settlement.events"), n) for n in numbers]
        observations = [TopicPartition(installation.topic("prewarn.observations"), n) for n in numbers]
        self._observations = dict.fromkeys(observations, OffsetSpec.latest())
        self._windows = [TopicPartition(installation.topic("prewarn.windows"), n, 0) for n in numbers]
        self._reached = dict.fromkeys(numbers, 0)
        #: What is to be reached, by partition, before what was committed then is settled.
        self._ends: dict[int, int] = {}
        self._committed = dict.fromkeys(numbers, 0)
        self._client = installation.client.settings | {"log_level": 0}
        self._settings = self._client | _READER
        self._group = installation.group
        self._ended = threading.Event()
        self._fault = "none"

    def waits_for(self) -> str:
        """Say what keeps events from being settled, for whoever finds that nothing moves."""
        late = {n: f"{self._reached[n]} of {end}" for n, end in self._ends.items() if self._reached[n] < end}
        alive = "" if self.is_alive() else ", and its thread has ended"
        return f"committed {self._committed}, observations folded {late or 'all'}, last fault {self._fault}{alive}"

    def stop(self) -> None:
        """End the thread."""
        self._ended.set()
        self.join()

    def run(self) -> None:
        """Look, again and again; brokers that do not answer are asked again."""
        group, admin = self._askers()
        changelog = Consumer(self._settings | {"group.id": "chaos"})
        try:
            changelog.assign(self._windows)
            while not self._ended.wait(_EVERY_S):
                self._read(changelog)
                if any(self._reached[number] < end for number, end in self._ends.items()):
                    continue
                self.settled.update(self._committed)
                try:
                    self._look(group, admin)
                except KafkaException as error:
                    self._fault = f"{error} at {time.strftime('%X')}"
                    # librdkafka asks anew only now and then where the group's coordinator is and who leads partitions.
                    group.close()
                    group, admin = self._askers()
        finally:
            group.close()
            changelog.close()

    def _askers(self) -> tuple[Consumer, AdminClient]:
        return Consumer(self._settings | {"group.id": self._group}), AdminClient(self._client)

    def _look(self, group: Consumer, admin: AdminClient) -> None:
        """Note what is committed, and then what the owners must reach."""
        committed = {}
        for place in group.committed(self._events, timeout=_ANSWER_S):
            if place.error is not None:
                raise KafkaException(place.error)
            committed[place.partition] = max(0, place.offset)
        told = admin.list_offsets(self._observations, request_timeout=_ANSWER_S)
        ends = {place.partition: future.result().offset for place, future in told.items()}
        self._committed, self._ends = committed, ends

    def _read(self, changelog: Consumer) -> None:
        """Take in the changelog up to where it is."""
        wanted = REACHED_KEY.encode()
        while messages := changelog.consume(_BATCH, 0):
            for message in messages:
                if message.error() is None and message.key() == wanted:
                    self._reached[message.partition()] = decode_reached(message.value()).observations
