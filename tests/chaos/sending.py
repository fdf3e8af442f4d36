"""Sends the story: each partition in its order, and no two at once to where the order between them matters.

A line that touches a row which a line of another partition touched before goes when that one is *done*: once it has a
complete result, for which the owners of all rows that it changes have changed them. Events without a result, and
refunds, whose owners learn of them when they are decided, are done once they are settled (`tests.chaos.settling`),
which takes a second or two longer.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from confluent_kafka import Producer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from confluent_kafka import KafkaError, Message

    from tests.chaos.following import Following
    from tests.chaos.installation import Installation
    from tests.chaos.settling import Settling
    from tests.chaos.story import Line, Story

AHEAD: Final = 20_000
"""Lines that are read ahead of the slowest partition: others go on while one must wait."""
_IDLE_S: Final = 0.005
_PRODUCER: Final[dict[str, Any]] = {
    "acks": "all",
    "enable.idempotence": True,
    "partitioner": "murmur2_random",
    "compression.type": "lz4",
    "linger.ms": 10,
    "message.max.bytes": 4_000_000,
    "delivery.timeout.ms": 600_000,
    "log_level": 0,
}


class SendingError(Exception):
    """A record could not be sent."""


class _Entry:
    """A line that is not settled yet."""

    __slots__ = ("after", "has_result", "line", "offset")

    def __init__(self, line: Line, after: list[_Entry]) -> None:
        self.line = line
        #: Lines of other partitions that must be done before this one is sent.
        self.after = after
        #: Whether a result tells when it is done: that of a settlement which is sent for the first time.
        self.has_result = False
        #: Where it is, once it was delivered.
        self.offset: int | None = None


class Sending(threading.Thread):
    """Sends lines as fast as they are settled, up to a limit that whoever conducts the run moves on.

    Attributes:
        sent: Lines sent.
        finished: Whether all lines are sent and settled.
        failure: Why sending ended early, or None.
        waited: Lines that had to wait for other partitions.
    """

    def __init__(
        self, story: Story, installation: Installation, settling: Settling, following: Following, in_flight: int
    ) -> None:
        """Prepare to send; `in_flight` is how many lines of a partition may be unsettled at once."""
        super().__init__(name="sending", daemon=True)
        self._topic = installation.topic("settlement.events")
        self._producer = Producer(installation.client.settings | _PRODUCER)
        self._lines: Iterator[Line] = iter(story)
        self._settling = settling
        self._following = following
        self._in_flight = in_flight
        self._queues: list[deque[_Entry]] = [deque() for _ in range(installation.partitions)]
        self._under_way: list[deque[_Entry]] = [deque() for _ in range(installation.partitions)]
        #: The last unsettled line of each partition, by row.
        self._touching: dict[int, dict[int, _Entry]] = {}
        self._held = 0
        self._ended = threading.Event()
        self.limit = 0
        self.sent = 0
        self.waited = 0
        self.finished = False
        self.failure: str | None = None

    def stop(self) -> None:
        """End the thread."""
        self._ended.set()
        self.join()

    def run(self) -> None:
        """Send until everything is settled, or until stopped."""
        try:
            while not self._ended.is_set():
                self._settle()
                self._read_ahead()
                progress = self._send()
                self._producer.poll(0)
                if not self._held:
                    self.finished = True
                    return
                if not progress:
                    time.sleep(_IDLE_S)
        except Exception as error:
            self.failure = f"{type(error).__name__}: {error}"
            raise

    def _settle(self) -> None:
        for partition, entries in enumerate(self._under_way):
            below = self._settling.settled[partition]
            while entries and entries[0].offset is not None and entries[0].offset < below:
                entry = entries.popleft()
                self._held -= 1
                for row in entry.line.shared:
                    touching = self._touching[row]
                    if touching.get(partition) is entry:
                        del touching[partition]
                        if not touching:
                            del self._touching[row]

    def _read_ahead(self) -> None:
        while self._held < AHEAD:
            line = next(self._lines, None)
            if line is None:
                return
            after: list[_Entry] = []
            entry = _Entry(line, after)
            for row in line.shared:
                touching = self._touching.setdefault(row, {})
                after += [other for partition, other in touching.items() if partition != line.partition]
                touching[line.partition] = entry
            self._queues[line.partition].append(entry)
            self._held += 1

    def _send(self) -> bool:
        progress = False
        for partition, queue in enumerate(self._queues):
            under_way = self._under_way[partition]
            while queue and len(under_way) < self._in_flight and self._may_go(queue[0]):
                entry = queue.popleft()
                under_way.append(entry)
                self._produce(entry)
                progress = True
        return progress

    def _may_go(self, entry: _Entry) -> bool:
        if entry.line.number >= self.limit:
            return False
        if not entry.after:
            return True
        if not all(map(self._is_done, entry.after)):
            return False
        self.waited += 1
        entry.after = []
        return True

    def _is_done(self, entry: _Entry) -> bool:
        line = entry.line
        if entry.has_result and self._following.is_complete(line.setl_id or ""):
            return True
        return entry.offset is not None and entry.offset < self._settling.settled[line.partition]

    def _produce(self, entry: _Entry) -> None:
        line = entry.line

        def delivered(error: KafkaError | None, message: Message) -> None:
            if error is not None:
                raise SendingError(f"line {line.number + 1} could not be sent: {error.str()}")
            assert message.partition() == line.partition
            entry.offset = message.offset()

        if line.setl_id is not None:
            entry.has_result = self._following.expect(line.partition, line.setl_id) and line.tells
        self._producer.produce(self._topic, key=line.area, value=line.raw, on_delivery=delivered)
        self.sent += 1
        if self.sent % 100 == 0:
            self._producer.poll(0)
