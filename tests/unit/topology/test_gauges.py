"""What is looked at once a second."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from streams.observability.health import Health
from streams.observability.metrics import Metrics
from streams.state.disk import Disk
from streams.state.rows import WindowRow, encode_row
from streams.state.store import Store
from streams.topology.diskimage import DiskImage
from streams.topology.gauges import Gauges, RebalanceClock, Timed
from streams.topology.replica import Record, Replica
from streams.topology.statekey import StateKey
from tests.unit.topology.changelog import NAMES

if TYPE_CHECKING:
    from pathlib import Path


class Looked:
    """Gauges over facts that a test sets."""

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.health = Health()
        self.store = Store()
        self.lags: dict[int, int] = {}
        self.late = 0
        self.committed_at = 0.0
        self.now = 1_000.0
        self.gauges = Gauges(
            self.metrics,
            self.health,
            self.store,
            source="events",
            lags=lambda: self.lags,
            late=lambda: self.late,
            committed_at=lambda: self.committed_at,
            now=lambda: self.now,
        )

    def value(self, name: str, **labels: str) -> float | None:
        """Look, and return a sample of the registry."""
        self.gauges.look()
        return self.metrics.registry.get_sample_value("prewarn_" + name, labels)


def test_lag_is_told_in_records_and_in_seconds() -> None:
    """The oldest waiting event counts: by its timestamp where one was taken, since the takeover where none was yet."""
    looked = Looked()
    looked.lags = {0: 3, 1: 0}
    looked.metrics.taken = {0: 990_000, 1: 1_000}
    assert looked.value("consumer_lag_seconds") == 10
    assert looked.value("consumer_lag_records", topic="events", partition="0") == 3
    looked.lags = {0: 0, 1: 0, 2: 7}
    looked.value("consumer_lag_seconds")
    looked.now += 30
    assert looked.value("consumer_lag_seconds") == 30
    assert looked.health.lag == 7


def test_a_partition_that_moved_on_leaves_nothing_behind() -> None:
    """Its lag is another worker's, and its age begins anew when it comes back."""
    looked = Looked()
    looked.lags = {0: 3}
    looked.metrics.taken = {0: 990_000}
    looked.value("consumer_lag_seconds")
    looked.lags = {}
    assert looked.value("consumer_lag_seconds") == 0
    assert looked.value("consumer_lag_records", topic="events", partition="0") is None
    assert looked.metrics.taken == {}
    looked.lags = {0: 3}
    assert looked.value("consumer_lag_seconds") == 0


def test_late_observations_only_rise() -> None:
    """A new rule pack counts from 0; the metric goes on."""
    looked = Looked()
    looked.late = 5
    assert looked.value("late_events_total", topic="events") == 5
    looked.late = 2
    assert looked.value("late_events_total", topic="events") == 7
    looked.late = 3
    assert looked.value("late_events_total", topic="events") == 8


def test_rows_are_counted_and_their_bytes_estimated() -> None:
    """Rows are counted each time; bytes are their number times the mean size of a sample from both ends."""
    looked = Looked()
    looked.store.hold({0})
    rows = looked.store.partitions[0]
    rows.settlements = {f"S{n}": bytes(100 if n < 500 else 300) for n in range(1_000)}
    rows.windows["i:1"] = WindowRow({}, 0, {})
    assert looked.value("table_rows", table="settlements") == 1_000
    assert looked.value("table_bytes", table="settlements") == 200_000
    assert looked.value("table_rows", table="windows") == 1
    assert (looked.value("table_bytes", table="windows") or 0) > 0


def test_rows_on_disk_are_counted_and_measured_as_they_are_there(tmp_path: Path) -> None:
    """No sample is needed: whoever writes them keeps count, also over another row of the same key and a deletion."""
    looked = Looked()
    disk = Disk(tmp_path, {}, 1 << 20)
    replica = Replica(0, NAMES, StateKey(b"a key"), DiskImage(disk, 0))
    rows = [(f"p:{n}", encode_row(WindowRow({}, n, {"f": "x" * n}))) for n in (1, 2, 3, 2)]
    for offset, (key, raw) in enumerate(rows):
        replica.take(Record(NAMES.windows, offset, key.encode(), raw, 1))
        replica.save()
    replica.take(Record(NAMES.windows, len(rows), b"p:3", None, 1))
    replica.take(Record(NAMES.settlements, 0, b"S1", b"a settlement", 1))
    looked.store.hold({0})
    looked.store.partitions[0] = replica.adopt()
    assert looked.value("table_rows", table="windows") == 2
    assert looked.value("table_bytes", table="windows") == len(rows[0][1]) + len(rows[3][1])
    assert looked.value("table_rows", table="settlements") == 1
    assert looked.value("table_bytes", table="settlements") == len(b"a settlement")
    disk.close()


def test_a_commit_is_progress() -> None:
    """The time of the last commit is shown, and a worker that commits lives."""
    looked = Looked()
    looked.health.progress = 0.0
    looked.committed_at = 77.0
    assert looked.value("last_commit_timestamp_seconds") == 77.0
    assert looked.health.progress > 0


def test_commits_and_rebalances_are_timed() -> None:
    """Each gets one observation; a rebalance that nothing was given up for has no beginning to measure from."""

    async def run() -> None:
        clock = RebalanceClock(metrics)
        clock.ended()
        clock.begun()
        clock.ended()
        await Timed(lambda: asyncio.sleep(0), metrics)()

    metrics = Metrics()
    asyncio.run(run())
    assert metrics.rebalances.value == 2
    assert sum(metrics.rebalance_duration.counts) == 1
    assert sum(metrics.stage_duration["commit"].counts) == 1
