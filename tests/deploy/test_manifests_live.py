"""A worker as the manifests describe it: their settings, secrets, topics, rights and probes, against a real Kafka."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from confluent_kafka.admin import AclBinding as Acl
from confluent_kafka.admin import AclOperation, AclPermissionType, ResourcePatternType, ResourceType

from tests.deploy.tools import K8S, kustomized
from tests.kafka.client import TIMEOUT
from tests.stream.process import KEY, WorkerProcess, environment, prewarn
from tests.stream.scene import area_of, traffic

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.kafka.cluster import KafkaCluster

pytestmark = pytest.mark.kafka

USERS = {"prewarn-worker": "the worker's password", "prewarn-operator": "the operator's password"}


class Cluster:
    """What the overlay `small` makes of a namespace, with files for what are volumes there."""

    def __init__(self, kafka: KafkaCluster, folder: Path) -> None:
        self.objects = list(yaml.safe_load_all(kustomized(K8S / "overlays" / "small")))
        self.kafka = kafka
        self.client = kafka.client
        self.folder = folder
        self.volumes = folder / "etc-prewarn"

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the objects of a kind."""
        return [each for each in self.objects if each["kind"] == kind]

    @property
    def container(self) -> dict[str, Any]:
        """The worker's container."""
        container: dict[str, Any] = self.of("StatefulSet")[0]["spec"]["template"]["spec"]["containers"][0]
        return container

    def reconcile(self) -> None:
        """Do what Strimzi does for topics and users."""
        for topic in self.of("KafkaTopic"):
            spec = topic["spec"]
            config = {key: str(value) for key, value in spec["config"].items()}
            self.client.create_topic(topic["metadata"]["name"], spec["partitions"], config=config)
        for user in self.of("KafkaUser"):
            for acl in user["spec"]["authorization"]["acls"]:
                self._allow(user["metadata"]["name"], acl["resource"], acl["operations"])

    def _allow(self, user: str, resource: dict[str, str], operations: list[str]) -> None:
        pattern = {"literal": ResourcePatternType.LITERAL, "prefix": ResourcePatternType.PREFIXED}
        names = {operation.name.replace("_", ""): operation for operation in AclOperation}
        kind, place = ResourceType[resource["type"].upper()], pattern[resource["patternType"]]
        allow = AclPermissionType.ALLOW
        wanted = [
            Acl(kind, resource["name"], place, f"User:{user}", "*", names[operation.upper()], allow)
            for operation in operations
        ]
        for future in self.client.admin.create_acls(wanted).values():
            future.result(TIMEOUT)

    def mount(self, user: str) -> None:
        """Lay the files of secrets and ConfigMaps where the pod mounts them; the pack as the kubelet does."""
        for name in ("person-key", "kafka-user", "kafka-ca"):
            (self.volumes / name).mkdir(parents=True, exist_ok=True)
        (self.volumes / "person-key" / "person-key").write_text(KEY, "utf-8")
        (self.volumes / "kafka-user" / "password").write_text(USERS[user], "utf-8")
        shutil.copy(self.kafka.settings["ssl.ca.location"], self.volumes / "kafka-ca" / "ca.crt")
        for name in ("rules", "knowledge"):
            self.swap(name, "first")

    def swap(self, name: str, version: str) -> None:
        """Put another version of a ConfigMap in its place: one rename of the link that all files go through."""
        place, link = self.volumes / name, self.volumes / name / "..tmp"
        config = next(each for each in self.of("ConfigMap") if each["metadata"]["name"] == f"prewarn-{name}")
        data = place / f"..{version}"
        data.mkdir(parents=True)
        for file, text in config["data"].items():
            changed = text.replace('\nversion: "', f'\nversion: "{version}.')
            (data / file).write_text(changed, "utf-8")
            if not (place / file).is_symlink():
                (place / file).symlink_to(f"..data/{file}")
        link.symlink_to(data.name)
        link.rename(place / "..data")

    def settings(self) -> dict[str, str]:
        """Return the pod's settings, its paths laid where we mounted them, and Kafka's address."""
        reference = self.container["envFrom"][0]["configMapRef"]["name"]
        config = next(each["data"] for each in self.of("ConfigMap") if each["metadata"]["name"] == reference)
        changed = {name: text.replace("/etc/prewarn", str(self.volumes)) for name, text in config.items()}
        changed["PREWARN_BOOTSTRAP_SERVERS"] = self.kafka.bootstrap
        return changed | {"PREWARN_RULES_POLL_INTERVAL": "0.5", "PREWARN_METRICS_HOST": "127.0.0.1"}


def test_a_worker_of_the_manifests_screens_is_tuned_and_upgraded(
    start_kafka: Callable[..., KafkaCluster], tmp_path: Path
) -> None:
    """TLS, SCRAM and the KafkaUser's rights are enough; a ConfigMap's swap tunes it, a rolling restart is seamless."""
    cluster = Cluster(start_kafka(tls="server", sasl=USERS, acl=True), tmp_path)
    cluster.reconcile()
    cluster.mount("prewarn-worker")
    worker = WorkerProcess(cluster.kafka.bootstrap, tmp_path)
    base = {name: value for name, value in worker.env.items() if not name.startswith("PREWARN_")}
    worker.env = base | cluster.settings() | {"PREWARN_METRICS_PORT": str(worker.port)}
    day = traffic(tmp_path, events=400)
    half = len(day.raws) // 2
    try:
        worker.start()
        worker.wait_ready()
        container = cluster.container
        probes = [container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "readiness", "liveness")]
        assert [worker.get(path)[0] for path in probes] == [200, 200, 200]
        send(cluster, day.raws[:half])
        answered(cluster, len(day.until(half)))
        cluster.swap("rules", "second")
        tuned = half + until_judged_by(worker, "second.", cluster, day.raws[half:])
        assert worker.stop() == 0, worker.log
        worker.start()  # the rolling upgrade of its pod
        worker.wait_ready()
        send(cluster, day.raws[tuned:])
        answered(cluster, len(day.settlements))
        operate(cluster)
    finally:
        worker.end()
    assert worker.log.count("Traceback") == 0


def operate(cluster: Cluster) -> None:
    """Status answers to the operator's user, who may not do a worker's work."""
    (cluster.volumes / "kafka-user" / "password").write_text(USERS["prewarn-operator"], "utf-8")
    own = cluster.settings() | {"PREWARN_SASL_USERNAME": "prewarn-operator"}
    env = {name: value for name, value in environment("").items() if not name.startswith("PREWARN_")} | own
    for command in (["status"], ["topics", "check"]):
        done = prewarn(command, env)
        assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    refused = prewarn(["worker"], env | {"PREWARN_METRICS_PORT": "0"})
    assert refused.returncode != 0
    assert "is not granted to User:prewarn-operator" in refused.stderr + refused.stdout


def send(cluster: Cluster, raws: list[bytes]) -> None:
    """Send events as institutions would."""
    cluster.client.produce("settlement.events", [(area_of(raw), raw) for raw in raws])


def answered(cluster: Cluster, count: int) -> None:
    """Wait until so many settlements have their result."""
    cluster.client.consume(
        "screening.results", until=lambda found: len({record.key for record in found}) >= count, timeout=90
    )


def until_judged_by(worker: WorkerProcess, version: str, cluster: Cluster, raws: list[bytes]) -> int:
    """Send events, one after the other, until one is judged by this pack; returns how many that took."""
    for number, raw in enumerate(raws):
        lines = worker.get("/metrics")[1].splitlines()
        if any(f'version="{version}' in line for line in lines if line.startswith("prewarn_ruleset_info")):
            return number
        send(cluster, [raw])
        time.sleep(0.3)
    raise AssertionError(worker.log)
