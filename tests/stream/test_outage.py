"""A broker that goes away and comes back."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.stream.process import settled
from tests.stream.scene import Scene, traffic, violations

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.kafka.cluster import KafkaCluster

pytestmark = pytest.mark.kafka


def test_a_broker_that_comes_back_finds_the_worker_waiting(
    start_kafka: Callable[..., KafkaCluster], tmp_path: Path
) -> None:
    """Killed under load for twenty seconds: the worker lives on, nothing is lost, nothing is said differently."""
    cluster = start_kafka()
    scene = Scene(cluster.client, cluster.bootstrap, "outage", tmp_path)
    scene.create_topics()
    day = traffic(tmp_path, events=6_000)
    scene.send_references(day)
    scene.send(day.raws)
    worker = scene.started()
    try:
        scene.results(len(day.settlements) // 4)
        cluster.kill(0)
        time.sleep(20)
        assert worker.running, worker.log
        assert worker.get("/livez")[0] == 200
        assert worker.log.count("Traceback") == 0
        cluster.restart(0)
        scene.results(len(day.settlements))
        worker.wait_ready()
        assert worker.stop() == 0, worker.log
    finally:
        worker.end()
    bodies = [record.value or b"" for record in scene.client.consume(scene.topic("screening.results"))]
    assert [setl_id for setl_id, same in settled(bodies).items() if any(one != same[0] for one in same)] == []
    assert day.screened() == violations(bodies)


def test_what_cannot_be_delivered_ends_the_process_before_it_commits(
    start_kafka: Callable[..., KafkaCluster], tmp_path: Path
) -> None:
    """After the delivery timeout the worker ends with 70; started again, it loses nothing and says nothing else."""
    cluster = start_kafka()
    scene = Scene(cluster.client, cluster.bootstrap, "undelivered", tmp_path)
    scene.create_topics()
    day = traffic(tmp_path, events=3_000)
    scene.send_references(day)
    scene.send(day.raws)
    worker = scene.started(delivery_timeout=2)
    try:
        scene.results(len(day.settlements) // 5)
        cluster.kill(0)
        assert worker.wait(60) == 70, worker.log
        assert "could not be delivered" in worker.log
        cluster.restart(0)
        worker.start()
        scene.results(len(day.settlements))
        worker.wait_ready()
        assert worker.stop() == 0, worker.log
    finally:
        worker.end()
    bodies = [record.value or b"" for record in scene.client.consume(scene.topic("screening.results"))]
    assert [setl_id for setl_id, same in settled(bodies).items() if any(one != same[0] for one in same)] == []
    assert day.screened() == violations(bodies)
