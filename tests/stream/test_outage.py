"""A broker that goes away and comes back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.stream.process import WorkerProcess, settled
from tests.stream.scene import Scene, Traffic, traffic, violations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.kafka.cluster import KafkaCluster

pytestmark = pytest.mark.kafka


@dataclass
class UnderLoad:
    """A cluster of its own with a day's events in it, and a worker that is not through with them."""

    cluster: KafkaCluster
    scene: Scene
    day: Traffic

    def started(self, **settings: object) -> WorkerProcess:
        """Return a worker that has answered a fifth of the day."""
        worker = self.scene.started(**settings)
        self.scene.results(len(self.day.settlements) // 5)
        return worker

    def check(self, worker: WorkerProcess) -> None:
        """Let the worker finish; nothing may be missing, said differently, or other than a file run says it."""
        self.scene.results(len(self.day.settlements))
        worker.wait_ready()
        assert worker.stop() == 0, worker.log
        records = self.scene.client.consume(self.scene.topic("screening.results"))
        bodies = [record.value or b"" for record in records]
        assert [setl_id for setl_id, same in settled(bodies).items() if any(one != same[0] for one in same)] == []
        assert self.day.screened() == violations(bodies)


@pytest.fixture
def under_load(start_kafka: Callable[..., KafkaCluster], tmp_path: Path) -> Iterator[UnderLoad]:
    """Return an installation with plenty to do; its workers end with the test."""
    cluster = start_kafka()
    scene = Scene(cluster.client, cluster.bootstrap, "outage", tmp_path)
    scene.create_topics()
    day = traffic(tmp_path, events=6_000)
    scene.send_references(day)
    scene.send(day.raws)
    yield UnderLoad(cluster, scene, day)
    for worker in scene.workers:
        worker.end()


def test_a_broker_that_comes_back_finds_the_worker_waiting(under_load: UnderLoad) -> None:
    """Killed for twenty seconds: the worker lives on, nothing is lost, nothing is said differently."""
    worker = under_load.started()
    under_load.cluster.kill(0)
    time.sleep(20)
    assert worker.running, worker.log
    assert worker.get("/livez")[0] == 200
    assert worker.log.count("Traceback") == 0
    under_load.cluster.restart(0)
    under_load.check(worker)


def test_what_cannot_be_delivered_ends_the_process_before_it_commits(under_load: UnderLoad) -> None:
    """After the delivery timeout the worker ends with 70; started again, it loses nothing and says nothing else."""
    worker = under_load.started(delivery_timeout=2)
    under_load.cluster.kill(0)
    assert worker.wait(60) == 70, worker.log
    assert "could not be delivered" in worker.log
    under_load.cluster.restart(0)
    worker.start()
    under_load.check(worker)
