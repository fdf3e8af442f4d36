"""Reads results while they come: how far the run is, what is done by them, and how long which partition was silent."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Final

from confluent_kafka import Consumer, TopicPartition

if TYPE_CHECKING:
    from tests.chaos.installation import Installation

_BATCH: Final = 1_000
_POLL_S: Final = 0.1
_COMPLETE: Final = b'"status":"complete"'


class Following(threading.Thread):
    """Counts the settlements that have a result, and times partitions that owe one.

    Attributes:
        decided: Settlements with at least one result.
        last: When the last result came, monotonic seconds.
    """

    def __init__(self, installation: Installation) -> None:
        super().__init__(name="following", daemon=True)
        self._installation = installation
        #: Settlements that owe a result, by partition, with the time they were sent.
        self._owed: list[dict[str, float]] = [{} for _ in range(installation.partitions)]
        self._partition: dict[str, int] = {}
        #: Since when each partition has owed results without giving one.
        self._silent_since: list[float | None] = [None] * installation.partitions
        self._longest = 0.0
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._answered: set[str] = set()
        #: Those whose results so far miss something.
        self._partial: set[str] = set()
        self.last = time.monotonic()

    @property
    def decided(self) -> int:
        """Settlements with at least one result."""
        return len(self._answered)

    @property
    def owed(self) -> int:
        """Settlements that were sent and have no result."""
        return len(self._partition)

    def is_complete(self, setl_id: str) -> bool:
        """Whether a settlement has a result that misses nothing."""
        return setl_id in self._answered and setl_id not in self._partial

    def expect(self, partition: int, setl_id: str) -> bool:
        """Note that a settlement was sent; returns whether it was for the first time, as only that counts."""
        with self._lock:
            if setl_id in self._answered or setl_id in self._partition:
                return False
            now = time.monotonic()
            self._partition[setl_id] = partition
            self._owed[partition][setl_id] = now
            if self._silent_since[partition] is None:
                self._silent_since[partition] = now
            return True

    def begin(self) -> None:
        """Measure silences from here on."""
        with self._lock:
            now = time.monotonic()
            self._longest = 0.0
            self._silent_since = [now if owed else None for owed in self._owed]

    def longest_silence(self) -> float:
        """Return the longest time since `begin`, in seconds, that a partition owed results and gave none."""
        with self._lock:
            now = time.monotonic()
            return max([self._longest, *(now - since for since in self._silent_since if since is not None)])

    def oldest(self) -> float:
        """Return when the oldest settlement was sent that owes a result; the present if none does."""
        with self._lock:
            return min((next(iter(owed.values())) for owed in self._owed if owed), default=time.monotonic())

    def stop(self) -> None:
        """End the thread."""
        self._ended.set()
        self.join()

    def run(self) -> None:
        """Read until stopped."""
        installation = self._installation
        topic = installation.topic("screening.results")
        patient = {"fetch.wait.max.ms": 50, "fetch.min.bytes": 1 << 20}
        own = {"group.id": "chaos", "enable.auto.commit": False, "log_level": 0} | patient
        consumer = Consumer(installation.client.settings | own)
        try:
            consumer.assign([TopicPartition(topic, number, 0) for number in range(installation.partitions)])
            while not self._ended.is_set():
                results = [m for m in consumer.consume(_BATCH, _POLL_S) if m.error() is None]
                if results:
                    self._take([(m.key().decode(), _COMPLETE in m.value()) for m in results])
        finally:
            consumer.close()

    def _take(self, results: list[tuple[str, bool]]) -> None:
        """Take settlements that have a result, and whether it is complete."""
        with self._lock:
            now = self.last = time.monotonic()
            for setl_id, complete in results:
                if complete:
                    self._partial.discard(setl_id)
                elif setl_id not in self._answered:
                    self._partial.add(setl_id)
                self._answered.add(setl_id)
                partition = self._partition.pop(setl_id, None)
                if partition is None:
                    continue
                owed = self._owed[partition]
                del owed[setl_id]
                since = self._silent_since[partition]
                if since is not None:
                    self._longest = max(self._longest, now - since)
                self._silent_since[partition] = now if owed else None
