"""Copies of rows that are not the changelogs': other workers', and on disk; on a real Kafka."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pytest

from streams.engine.engine import Engine
from streams.observability.metrics import Metrics
from streams.rules.pack import load_pack
from streams.settings import load
from streams.settings.places import shipped
from streams.state.store import Store
from streams.topology.clients import connect, consumer_config
from streams.topology.kept import Kept, open_disk
from streams.topology.partitions import area_partition
from streams.topology.recovery import DISK, NOTHING, STANDBY, Recovery
from streams.topology.replica import Replica
from streams.topology.standby import Standby
from streams.topology.statekey import StateKey
from streams.topology.worker import _names
from tests.stream.process import KEY, environment
from tests.stream.scene import settlements, traffic, violations
from tests.unit.topology.changelog import contents

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from tests.stream.process import WorkerProcess
    from tests.stream.scene import Scene

pytestmark = pytest.mark.kafka

PARTITIONS: Final = 4


def wait(until: Callable[[], bool], what: Callable[[], object], timeout: float = 60) -> None:
    """Wait until something is true; say what is the case when it does not become so."""
    deadline = time.monotonic() + timeout
    while not until():
        assert time.monotonic() < deadline, what()
        time.sleep(0.2)


def copied(worker: WorkerProcess) -> bool:
    """Whether a worker has complete copies of two partitions."""
    shown = worker.get("/metrics")[1].count("\nprewarn_standby_lag_records{")
    rows = worker.metric("prewarn_standby_rows")
    return shown == 2 and rows > 100 and worker.metric("prewarn_standby_lag_records") == 0


class Reader:
    """Reads the changelogs of an installation in this process, as a worker would."""

    def __init__(self, scene: Scene) -> None:
        self.settings = load(environment(scene.bootstrap, **scene.own))
        self.config = consumer_config(self.settings)
        self.names = _names(self.settings)
        self.key = StateKey(KEY.encode())
        self.metrics = Metrics()
        self.standby = Standby(self.config, self.replica, self.metrics)

    def replica(self, number: int) -> Replica:
        """Return an image that has read nothing."""
        return Replica(number, self.names, self.key)

    @contextmanager
    def on_disk(self, directory: Path) -> Iterator[Callable[[int], Replica]]:
        """Give what makes images of what is on disk."""
        client, settings = connect(self.settings, 30), self.settings
        disk = open_disk(replace(settings, store="rocksdb", store_dir=directory), self.names, self.key, client)
        assert disk is not None
        try:
            yield Kept(settings, self.names, self.key, disk).replica
        finally:
            disk.close()

    def restored(
        self,
        make: Callable[[int], Replica] | None = None,
        copies: Callable[[set[int]], Mapping[int, Replica]] = lambda _partitions: {},
    ) -> tuple[dict[int, object], dict[str, int]]:
        """Return what every partition says after a recovery, and how many records it read for which reason."""
        store = Store(PARTITIONS, area_partition(PARTITIONS))
        store.hold(set(range(PARTITIONS)))
        engine = Engine(load_pack(shipped("rules"), shipped("knowledge")), store, KEY.encode())
        recovery = Recovery(self.config, self.names, store, engine, self.key, threading.Event(), copies, make)
        recovery.read_images(set(range(PARTITIONS)))
        recovery.adopt(set(range(PARTITIONS)))
        return {number: contents(rows) for number, rows in store.partitions.items()}, dict(recovery.read)


def test_a_killed_workers_partitions_are_taken_over_from_copies(scene: Scene, tmp_path: Path) -> None:
    """The survivor reads only the last records, goes on as if nothing had happened, and copies are what Kafka has."""
    scene.settings["standby_replicas"] = 1
    day = traffic(tmp_path, events=1_400)
    scene.send_references(day)
    reader = Reader(scene)
    try:
        reader.standby.follow(range(PARTITIONS))
        sent = day.raws[:1_000]
        scene.send(sent)  # before anybody reads: a worker that waits would take areas in any order
        first = scene.started()
        scene.results(len(settlements(sent)))
        second = scene.started()
        wait(lambda: copied(first) and copied(second), lambda: first.log + second.log)
        whole = second.metric("prewarn_recovery_records_total", source=NOTHING)
        first.kill()
        wait(lambda: second.metric("prewarn_assigned_partitions") == PARTITIONS, lambda: second.log)
        second.wait_ready()
        assert second.metric("prewarn_recovery_records_total", source=NOTHING) == whole > 300
        assert second.metric("prewarn_recovery_records_total", source=STANDBY) < whole / 10
        for together in day.rounds(len(sent), PARTITIONS):
            scene.send(together)
            sent += together
            records = scene.results(len(settlements(sent)))
        assert second.stop() == 0
        from_copies, rest = reader.restored(copies=reader.standby.hand_over)
        from_nothing, everything = reader.restored()
    finally:
        reader.standby.stop()
    assert day.screened() == violations([record.value or b"" for record in records])
    assert from_copies == from_nothing
    assert rest.get(NOTHING, 0) == 0
    assert rest.get(STANDBY, 0) < everything[NOTHING] / 10


def test_a_worker_with_rows_on_disk_reads_only_what_is_missing(scene: Scene, tmp_path: Path) -> None:
    """Killed and started again it goes on from its directory, says what a file run says, and refuses to share it."""
    day = traffic(tmp_path, events=1_400)
    scene.send_references(day)
    here: dict[str, object] = {"store": "rocksdb", "store_dir": tmp_path / "rows", "store_cache_mib": 16}
    sent = day.raws[:1_000]
    scene.send(sent)
    worker = scene.started(**here)
    scene.results(len(settlements(sent)))
    assert worker.metric("prewarn_recovery_records_total", source=NOTHING) == 0
    other = scene.worker(**here)
    other.start()
    assert other.wait(60) == 1
    assert "in use by another process" in other.log
    wait(lambda: worker.metric("prewarn_table_rows", table="settlements") > 700, lambda: worker.log)
    worker.kill()
    worker = scene.started(**here)
    assert worker.metric("prewarn_recovery_records_total", source=NOTHING) == 0
    for together in day.rounds(len(sent), PARTITIONS):
        scene.send(together)
        sent += together
        records = scene.results(len(settlements(sent)))
    assert worker.stop() == 0
    assert day.screened() == violations([record.value or b"" for record in records])

    reader = Reader(scene)
    with reader.on_disk(tmp_path / "rows") as make:
        from_disk, rest = reader.restored(make)
    from_nothing, everything = reader.restored()
    assert from_disk == from_nothing
    assert rest.get(DISK, 0) < everything[NOTHING] / 10

    stranger = scene.worker(**here, state_key="another key that is long enough")
    stranger.start()
    assert stranger.wait(60) == 1
    assert "holds the rows of another installation (state_key" in stranger.log
