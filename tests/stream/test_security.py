"""TLS and SASL reach every client of a worker: Faust's consumer, the producer, the readers, the administrator."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

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


def test_a_worker_screens_with_a_certificate_alone(start_kafka: Callable[..., KafkaCluster], tmp_path: Path) -> None:
    """With mutual TLS and an encrypted key, whose password is in a file, every settlement gets its result.

    SCRAM over TLS is in test_access, with access control.
    """
    cluster = start_kafka(tls="mutual")
    user = {NAMES[name]: value for name, value in cluster.settings_for("worker").items() if name in NAMES}
    key, password = tmp_path / "encrypted.key", tmp_path / "password"
    password.write_text("a password of tests\n", "utf-8")
    command = [
        "openssl",
        "pkcs8",
        "-topk8",
        "-in",
        user["ssl_key_location"],
        "-out",
        key,
        "-passout",
        f"file:{password}",
    ]
    subprocess.run(command, check=True, capture_output=True)
    user |= {"ssl_key_location": key, "ssl_key_password_file": password}
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
