"""`python -m tests.privacy [EVENTS]`: screen so many events (115,000) on a Kafka of its own, search all that left."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.kafka.cluster import KafkaCluster
from tests.privacy.run import leaks
from tests.stream.scene import Scene

EVENTS = 115_000
"""More than 100,000 settlements: some events are none, and some are spoilt."""
TIMEOUT_S = 1_800


def main(events: int = EVENTS) -> int:
    """Print what was searched and what was found; returns 1 when anything was."""
    with tempfile.TemporaryDirectory() as folder, KafkaCluster(directory=Path(folder) / "kafka") as cluster:
        scene = Scene(cluster.client, cluster.bootstrap, "privacy", Path(folder))
        scene.create_topics()
        try:
            report = leaks(scene, Path(folder), events, timeout=TIMEOUT_S)
        finally:
            for worker in scene.workers:
                worker.end()
    for place, size in report.searched.items():
        sys.stdout.write(f"{place:28} {size:13,} bytes {len(report.found.get(place, ())):6} identifiers\n")
    found = sum(map(len, report.found.values()))
    told = f"{events:,} events of {len(report.identifiers) // 2:,} persons, {report.answered:,} settlements answered, "
    told += f"{report.dead_letters:,} dead letters, {sum(report.searched.values()):,} bytes"
    sys.stdout.write(f"{told}: {found} identifiers found\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
