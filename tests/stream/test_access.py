"""A worker over TLS and SCRAM with the rights it needs, all of them and no more."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING

import pytest
from confluent_kafka.admin import AclOperation, ResourceType

from streams.settings import load
from streams.topology.access import Right, lacking, rights
from streams.topology.clients import connect
from tests.stream.process import environment
from tests.stream.scene import Scene, traffic
from tests.stream.test_learning import outcomes
from tests.stream.test_metrics import wait_for_heartbeat
from tests.stream.test_security import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from streams.settings import Settings
    from tests.kafka.cluster import KafkaCluster

pytestmark = pytest.mark.kafka

PASSWORD = "a password of tests"  # noqa: S105 - of a broker that lives for a minute
AUDIT = re.compile(r"Principal = User:worker is (\w+) operation = (\w+) from .* on resource = (\w+):LITERAL:(\S+) for")


class Secured:
    """A cluster with access control, and a worker's settings on it."""

    def __init__(self, cluster: KafkaCluster, folder: Path) -> None:
        self.cluster = cluster
        admin = {NAMES[name]: value for name, value in cluster.settings.items() if name in NAMES}
        self.scene = Scene(cluster.client, cluster.bootstrap, "guarded", folder, settings=admin)
        self.scene.create_topics()
        secret = folder / "password"
        secret.write_text(PASSWORD + "\n", "utf-8")
        user = {key: value for key, value in admin.items() if key != "sasl_password"}
        self.scene.settings = user | {"sasl_username": "worker", "sasl_password_file": secret, "log_format": "json"}
        self.scene.settings |= {"canary_interval": 0.5, "model_snapshot_interval": 0.5}
        env = environment(cluster.bootstrap, **self.scene.own)
        self.settings: Settings = load({name: value for name, value in env.items() if name.startswith("PREWARN_")})
        for right in rights(self.settings):
            self.grant(right)

    def grant(self, right: Right) -> None:
        """Let the worker do it."""
        self.cluster.client.allow("worker", *_place(right))

    def take(self, right: Right) -> None:
        """Let the worker do it no more."""
        self.cluster.client.forbid("worker", *_place(right))

    def lacking(self, expected: int) -> list[str]:
        """What the worker finds to be missing, once the broker has taken a change of that many in."""
        client = connect(self.settings, 10)
        deadline = time.monotonic() + 10
        while len(found := lacking(self.settings, client)) != expected and time.monotonic() < deadline:
            time.sleep(0.05)
        return found

    def asked(self, verdict: str) -> set[tuple[str, str, str]]:
        """What the broker's authorizer was asked for the worker and answered so: operation, kind, name."""
        found = AUDIT.findall(self.cluster.log(0).read_text("utf-8"))
        return {(operation, kind.lower(), name) for said, operation, kind, name in found if said == verdict}


def _place(right: Right) -> tuple[ResourceType, str, AclOperation]:
    return ResourceType[right.kind.upper()], right.name, AclOperation[right.operation.upper()]


@pytest.fixture
def secured(start_kafka: Callable[..., KafkaCluster], tmp_path: Path) -> Iterator[Secured]:
    """A cluster whose worker has its rights."""
    secured = Secured(start_kafka(tls="server", sasl={"worker": PASSWORD}, acl=True), tmp_path)
    yield secured
    for worker in secured.scene.workers:
        worker.end()


def test_the_rights_are_enough_and_no_more(secured: Secured, tmp_path: Path) -> None:
    """Through a whole life the broker is asked for every right on the list, for none beside it, and refuses nothing.

    With any one of them taken away, the worker names it at the start and ends.
    """
    scene = secured.scene
    day = traffic(tmp_path, events=600)
    scene.send_references(day)
    half = len(day.raws) // 2
    for count, raws, until in ((1, [*day.raws[:half], b"{"], half), (2, day.raws[half:], len(day.raws))):
        # The second time state is restored, and two workers ask each other.
        workers = [scene.started() for _ in range(count)]
        workers[0].wait_ready()
        scene.send(raws, key=lambda raw: "1" if raw == b"{" else json.loads(raw)["mdtrtarea_admvs"])
        scene.results(len(day.until(until)))
        if count == 1:
            # Verdicts become lessons, and lessons a snapshot.
            scene.client.produce(scene.topic("screening.feedback"), outcomes(sorted(day.until(until))[:10]))
            scene.client.consume(scene.topic("prewarn.models"), until=1)
        for worker in workers:
            wait_for_heartbeat(worker, since=time.time())
            assert worker.stop() == 0
            assert PASSWORD not in worker.log
            assert all(json.loads(line)["level"] != "ERROR" for line in worker.log.splitlines())
    needed = {(right.operation.upper(), right.kind, right.name) for right in rights(secured.settings)}
    asked = secured.asked("Allowed")
    assert needed == {one for one in asked if one[0] != "DESCRIBE"}
    # To describe is part of reading and of writing, and not granted by itself.
    assert {one[1:] for one in asked if one[0] == "DESCRIBE"} <= {one[1:] for one in needed}
    assert secured.asked("Denied") == set()

    for right in rights(secured.settings):
        secured.take(right)
        (told,) = secured.lacking(1)
        assert told.startswith(f"{right} is not granted to User:worker; ")
        secured.grant(right)
    assert secured.lacking(0) == []
    results = Right("topic", scene.topic("screening.results"), "Write")
    secured.take(results)
    secured.lacking(1)
    worker = scene.worker()
    worker.start()
    assert worker.wait(30) == 1
    assert f"{results} is not granted to User:worker" in worker.log
    assert "Traceback" not in worker.log
