"""What the stream tests share."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest

from tests.stream.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.kafka.cluster import KafkaCluster


@pytest.fixture
def scene(kafka: KafkaCluster, tmp_path: Path) -> Iterator[Scene]:
    """An installation of its own on the shared broker, with its topics made; its workers end with the test."""
    scene = Scene(kafka.client, kafka.bootstrap, f"t{uuid.uuid4().hex[:8]}", tmp_path)
    scene.create_topics()
    yield scene
    for worker in scene.workers:
        worker.end()
