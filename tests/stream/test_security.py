"""TLS and SASL reach every client of a worker: Faust's consumer, the producer, the readers, the administrator."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Literal

import pytest

from tests.stream.scene import Scene, traffic

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.kafka.cluster import KafkaCluster

pytestmark = pytest.mark.kafka

#: librdkafka's names of what a user needs, as the cluster gives them, and ours.
NAMES = {
    "security.protocol": "security_protocol",
    "ssl.ca.location": "ssl_ca_location",
    "ssl.certificate.location": "ssl_certificate_location",
    "ssl.key.location": "ssl_key_location",
    "sasl.mechanism": "sasl_mechanism",
    "sasl.username": "sasl_username",
    "sasl.password": "sasl_password",
}


@pytest.mark.parametrize(
    ("tls", "sasl"),
    [("server", {"worker": "a password of tests"}), ("mutual", None)],
    ids=["scram", "mutual-tls"],
)
def test_a_worker_screens_over_a_secured_connection(
    start_kafka: Callable[..., KafkaCluster],
    tmp_path: Path,
    tls: Literal["server", "mutual"],
    sasl: dict[str, str] | None,
) -> None:
    """With SCRAM over TLS, and with client certificates alone, topics are made and every settlement gets its result."""
    cluster = start_kafka(tls=tls, sasl=sasl)
    user = {NAMES[name]: value for name, value in cluster.settings_for("worker").items() if name in NAMES}
    scene = Scene(cluster.client, cluster.bootstrap, "secured", tmp_path, settings=dict(user))
    scene.create_topics()
    day = traffic(tmp_path, events=600)
    scene.send_references(day)
    scene.send(day.raws)
    worker = scene.started()
    try:
        scene.results(len(day.settlements))
        assert worker.stop() == 0
    finally:
        worker.end()


def test_a_wrong_password_is_told_in_one_line(start_kafka: Callable[..., KafkaCluster], tmp_path: Path) -> None:
    """A worker that is not let in says why, again and again but seldom, and neither crashes nor spams."""
    cluster = start_kafka(tls="server", sasl={"worker": "right"})
    user = {NAMES[name]: value for name, value in cluster.settings_for("worker").items() if name in NAMES}
    scene = Scene(cluster.client, cluster.bootstrap, "secured", tmp_path, settings=user | {"sasl_password": "wrong"})
    worker = scene.worker()
    worker.start()
    try:
        deadline = time.monotonic() + 20
        while "uthentication failed" not in worker.log and time.monotonic() < deadline:
            time.sleep(0.5)
        assert "uthentication failed" in worker.log
        assert "Traceback" not in worker.log
        assert "wrong" not in worker.log
        assert worker.running
    finally:
        worker.end()
