"""What a worker says of the copies that it keeps of others' partitions."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from confluent_kafka import KafkaError, KafkaException

from streams.observability.metrics import Metrics
from streams.topology import standby
from streams.topology.replica import Replica
from streams.topology.standby import Standby
from streams.topology.statekey import StateKey
from tests.unit.topology.changelog import KEY, NAMES, PARTITION

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pytest
    from confluent_kafka import Message, TopicPartition

END = 7
"""Records that each changelog has."""


class Reader:
    """A consumer whose brokers may refuse to be read."""

    refuses = False

    def __init__(self, _config: object) -> None:
        pass

    def assign(self, _places: Sequence[TopicPartition]) -> None:
        """Take whatever it is."""

    def consume(self, _most: int, _wait_s: float) -> list[Message]:
        """Nothing comes, or Kafka refuses."""
        time.sleep(0.005)
        if self.refuses:
            raise KafkaException(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))
        return []

    def get_watermark_offsets(self, _place: TopicPartition, *, cached: bool) -> tuple[int, int]:
        """What the last fetch knew, which an error does not change."""
        assert cached
        return 0, END

    def close(self) -> None:
        """Leave."""


def comes_true(what: Callable[[], bool]) -> bool:
    """Whether something is true within a long time."""
    deadline = time.monotonic() + 30
    while not what() and time.monotonic() < deadline:
        time.sleep(0.005)
    return what()


def test_copies_that_are_not_kept_up_show_no_lag(monkeypatch: pytest.MonkeyPatch) -> None:
    """While changelogs cannot be read the last numbers do not stay and say that all is well; later they are back."""
    monkeypatch.setattr(standby, "Consumer", Reader)
    monkeypatch.setattr(standby, "RETRY_S", 0.02)
    monkeypatch.setattr(standby, "LOOK_EVERY_S", 0.0)
    metrics = Metrics()
    kept = Standby({}, lambda number: Replica(number, NAMES, StateKey(KEY)), metrics)
    copies = len(Replica(PARTITION, NAMES, StateKey(KEY)).offsets)
    lag = metrics.standby_lag
    try:
        kept.follow({PARTITION})
        assert comes_true(lambda: PARTITION in lag)
        assert lag[PARTITION].value == copies * END
        monkeypatch.setattr(Reader, "refuses", True)
        assert comes_true(lambda: not lag)
        seen = []
        for _ in range(20):
            time.sleep(0.005)
            seen += list(lag)
        assert seen == []
        assert metrics.standby_partitions.value == 1
        monkeypatch.setattr(Reader, "refuses", False)
        assert comes_true(lambda: PARTITION in lag)
    finally:
        kept.stop()
