"""A worker that has lost a partition and still writes to its changelogs, on a real Kafka."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from streams.topology.partitions import area_partition
from tests.stream.scene import area_of, settlements, traffic

if TYPE_CHECKING:
    from pathlib import Path

    from tests.kafka.client import Record
    from tests.stream.scene import Scene

pytestmark = pytest.mark.kafka

VOID = b"what a zombie says"
ENOUGH = 20


def latest(scene: Scene, topic: str) -> dict[bytes, Record]:
    """Return the last record of each key: what compaction would leave."""
    return {record.key: record for record in scene.client.consume(scene.topic(topic)) if record.key}


def test_rows_that_a_zombie_has_written_over_are_written_again(scene: Scene, tmp_path: Path) -> None:
    """Or compaction would leave its void record, and nobody would find the row again."""
    day = traffic(tmp_path, events=500)
    scene.send_references(day)
    sent, rest = day.raws[:300], day.raws[300:]
    number = area_partition(4)(area_of(rest[0]))
    scene.send(sent)
    worker = scene.started()
    scene.results(len(settlements(sent)))
    changelogs = {"prewarn.windows": b"p:", "prewarn.settlements": b"S"}
    deadline = time.monotonic() + 120
    saved: dict[str, list[Record]] = {}
    while min(map(len, saved.values()), default=0) <= ENOUGH:  # rows are saved at intervals
        assert time.monotonic() < deadline, worker.log
        for topic, prefix in changelogs.items():
            found = [row for key, row in latest(scene, topic).items() if key.startswith(prefix)]
            saved[topic] = [row for row in found if row.partition == number and row.value]
    struck: dict[str, list[bytes]] = {}
    for topic, rows in saved.items():
        struck[topic] = [row.key or b"" for row in rows]
        scene.client.produce(scene.topic(topic), [(row.key, VOID, row.partition) for row in rows])
    scene.send(rest)  # whoever writes sees that offsets are missing
    while any(latest(scene, topic)[key].value == VOID for topic, keys in struck.items() for key in keys):
        assert time.monotonic() < deadline, worker.log
    assert "rows are written again: a worker that had lost them had written over them" in worker.log
    assert worker.stop() == 0
