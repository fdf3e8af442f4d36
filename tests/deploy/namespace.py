"""A namespace as the manifests describe it, on this machine: their settings, secrets, topics, users and volumes.

What an operator's hands and Kubernetes do there is done here as they do it: Strimzi makes topics and users, the kubelet
lays files of secrets and ConfigMaps where pods mount them and swaps a changed ConfigMap by one rename. Kafka is real.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any, Final

import yaml
from confluent_kafka.admin import AclBinding, AclOperation, AclPermissionType, ResourcePatternType, ResourceType

from tests.deploy.tools import K8S, kustomized
from tests.kafka.client import TIMEOUT
from tests.stream.process import KEY, environment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.kafka.cluster import KafkaCluster

WORKER: Final = "prewarn-worker"
OPERATOR: Final = "prewarn-operator"
USERS: Final = {WORKER: "the worker's password", OPERATOR: "the operator's password"}
SECURED: Final[dict[str, Any]] = {"tls": "server", "sasl": USERS, "acl": True}
"""How the manifests expect Kafka: arguments of `KafkaCluster`."""
MOUNTED: Final = "/etc/prewarn"


class Namespace:
    """What an overlay makes.

    Args:
        overlay: Its name.
        kafka: The Kafka that Strimzi would run.
        folder: For what are volumes there.
    """

    def __init__(self, overlay: str, kafka: KafkaCluster, folder: Path) -> None:
        self.objects: list[dict[str, Any]] = list(yaml.safe_load_all(kustomized(K8S / "overlays" / overlay)))
        self.kafka = kafka
        self.client = kafka.client
        self._folder = folder

    def of(self, kind: str) -> list[dict[str, Any]]:
        """Return the objects of a kind."""
        return [each for each in self.objects if each["kind"] == kind]

    def container(self, kind: str = "StatefulSet") -> dict[str, Any]:
        """Return the one container of the pods that a workload makes."""
        container: dict[str, Any] = self.of(kind)[0]["spec"]["template"]["spec"]["containers"][0]
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
        who, allow = f"User:{user}", AclPermissionType.ALLOW
        wanted = [
            AclBinding(kind, resource["name"], place, who, "*", names[operation.upper()], allow)
            for operation in operations
        ]
        for future in self.client.admin.create_acls(wanted).values():
            future.result(TIMEOUT)

    def worker(self, name: str) -> Pod:
        """Return a pod of the StatefulSet, its volumes mounted."""
        return Pod(self, self.container(), WORKER, self._folder / name)

    def operator(self) -> Pod:
        """Return the pod in which an operator's commands run, its volumes mounted."""
        return Pod(self, self.container("Deployment"), OPERATOR, self._folder / "operator")


class Pod:
    """What one pod sees: its volumes in a folder, its environment.

    Args:
        namespace: Where it runs.
        container: Its container.
        user: Whose secret Strimzi made for it.
        folder: For its volumes.
    """

    def __init__(self, namespace: Namespace, container: dict[str, Any], user: str, folder: Path) -> None:
        self._namespace = namespace
        self._container = container
        self.folder = folder
        texts = {
            "keys": {"person-key": KEY, "state-key": KEY[::-1]},
            "kafka-user": {"password": USERS[user]},
            "kafka-ca": {},
        }
        for mount in container["volumeMounts"]:
            (folder / mount["name"]).mkdir(parents=True, exist_ok=True)
            for file, text in texts.get(mount["name"], {}).items():
                self.secret(mount["name"], file, text)
        shutil.copy(namespace.kafka.settings["ssl.ca.location"], folder / "kafka-ca" / "ca.crt")
        for name in ("rules", "knowledge"):
            self.swap(name)

    def secret(self, volume: str, file: str, text: str) -> None:
        """Write a secret's file."""
        (self.folder / volume / file).write_text(text, "utf-8")

    def swap(self, name: str, change: Callable[[str, str], str] = lambda _file, text: text) -> None:
        """Put a ConfigMap's files in their place, as the kubelet does: one rename of the link that all go through.

        Args:
            name: The volume; its ConfigMap is `prewarn-` and that.
            change: What a file holds now, given its name and the manifests' text.
        """
        place, link = self.folder / name, self.folder / name / "..tmp"
        maps = self._namespace.of("ConfigMap")
        config = next(each for each in maps if each["metadata"]["name"] == f"prewarn-{name}")
        data = place / f"..{len(list(place.glob('..[0-9]*')))}"
        data.mkdir()
        for file, text in config["data"].items():
            (data / file).write_text(change(file, text), "utf-8")
            if not (place / file).is_symlink():
                (place / file).symlink_to(f"..data/{file}")
        link.symlink_to(data.name)
        link.rename(place / "..data")

    def here(self, text: str) -> str:
        """Return a text in which the pod's paths are ours."""
        return text.replace(MOUNTED, str(self.folder))

    def environment(self, **settings: object) -> dict[str, str]:
        """Return what its process finds: the ConfigMap of settings, then its own, then those given, as in a pod.

        Kafka's address is that of ours, and metrics stay on loopback.
        """
        reference = self._container["envFrom"][0]["configMapRef"]["name"]
        maps = self._namespace.of("ConfigMap")
        found: dict[str, str] = next(each["data"] for each in maps if each["metadata"]["name"] == reference)
        own = {each["name"]: each["value"] for each in self._container.get("env", ()) if "value" in each}
        given = {f"PREWARN_{name.upper()}": str(value) for name, value in settings.items()}
        machine = {name: value for name, value in environment("").items() if not name.startswith("PREWARN_")}
        address = {"PREWARN_BOOTSTRAP_SERVERS": self._namespace.kafka.bootstrap, "PREWARN_METRICS_HOST": "127.0.0.1"}
        return machine | {name: self.here(text) for name, text in (found | own).items()} | address | given
