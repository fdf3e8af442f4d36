"""Knows which events are settled: every row that they change has changed, wherever it lives.

An event's own partition commits its offset when it was decided and all that it told others is in Kafka; the others have
folded it when they have committed what was in the topics between workers by then. That takes two commits.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Final

from confluent_kafka import Consumer, KafkaException, TopicPartition

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.chaos.installation import Installation

logger = logging.getLogger(__name__)

_EVERY_S: Final = 0.1
_ANSWER_S: Final = 3.0


class Settling(threading.Thread):
    """Asks for committed offsets until stopped.

    Attributes:
        settled: By partition of the events topic the offset below which all events are settled.
        committed: The same for those that are decided.
    """

    def __init__(self, installation: Installation, between: Sequence[str]) -> None:
        """Settle events of an installation; `between` are the topics in which its workers talk to each other."""
        super().__init__(name="settling", daemon=True)
        count = installation.partitions
        self.settled = dict.fromkeys(range(count), 0)
        self.committed = dict.fromkeys(range(count), 0)
        self._events = [TopicPartition(installation.topic("settlement.events"), number) for number in range(count)]
        self._between = [TopicPartition(topic, number) for topic in between for number in range(count)]
        self._settings = installation.client.settings | {"group.id": installation.group, "log_level": 0}
        self._ended = threading.Event()

    def stop(self) -> None:
        """End the thread."""
        self._ended.set()
        self.join()

    def run(self) -> None:
        """Look, again and again; brokers that do not answer are asked again."""
        consumer = Consumer(self._settings | {"enable.auto.commit": False})
        try:
            while not self._ended.is_set():
                try:
                    self._look(consumer)
                except KafkaException:
                    time.sleep(_EVERY_S)
        finally:
            consumer.close()

    def _look(self, consumer: Consumer) -> None:
        decided = self._committed(consumer, self._events)
        self.committed.update((place[1], offset) for place, offset in decided.items())
        waiting = {}
        for place in self._between:
            _, end = consumer.get_watermark_offsets(place, timeout=_ANSWER_S)
            if end > 0:
                waiting[place.topic, place.partition] = end
        while waiting and not self._ended.is_set():
            done = self._committed(consumer, [TopicPartition(*place) for place in waiting])
            waiting = {place: end for place, end in waiting.items() if done.get(place, 0) < end}
            if waiting:
                time.sleep(_EVERY_S)
        if not waiting:
            self.settled.update((place[1], offset) for place, offset in decided.items())
        self._ended.wait(_EVERY_S)

    def _committed(self, consumer: Consumer, places: list[TopicPartition]) -> dict[tuple[str, int], int]:
        found = consumer.committed(places, timeout=_ANSWER_S)
        return {(each.topic, each.partition): each.offset for each in found if each.error is None and each.offset >= 0}
