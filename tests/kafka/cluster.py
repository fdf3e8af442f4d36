"""A Kafka cluster in processes of its own, on loopback, which dies with the tests."""

from __future__ import annotations

import base64
import os
import secrets
import socket
import subprocess
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streams.demo.process import ChildProcess
from tests.kafka.client import KafkaClient
from tests.kafka.distribution import java, libraries
from tests.kafka.properties import ADMIN, HOST, Node, Security, properties

if TYPE_CHECKING:
    import signal
    from collections.abc import Mapping
    from types import TracebackType

# The first compiler alone and the simplest collector start a broker in two thirds of the time.
QUICK_START: Final = ("-Xmx512m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData")
# A broker as it is run: both compilers make it cheaper, once it is warm. On few cores this collector is the cheapest.
FULL_SPEED: Final = ("-Xms1g", "-Xmx1g", "-XX:+UseParallelGC", "-XX:-UsePerfData")
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.05
_ANSWER_SECONDS: Final = 2.0
_LOG4J: Final = Path(__file__).parent / "log4j2.properties"
# Below the range that the kernel gives to outgoing connections: a killed broker finds its ports free again.
_PORTS: Final = range(20_000, 32_000)


class ClusterError(Exception):
    """A broker does not start; the message ends with its log."""


class KafkaCluster:
    """One or more Apache Kafka nodes, each broker and controller.

    Use it as a context manager, or call `start` and `stop`. Nodes are numbered from 0.

    Args:
        brokers: How many; one takes about 4 s to start and 350 MiB.
        directory: For data, logs and certificates.
        tls: `server` encrypts, `mutual` asks clients for a certificate too (its common name is the user).
        sasl: Users and passwords for SCRAM-SHA-512; `admin` is added.
        acl: Users except `admin` may do only what an ACL allows.
        properties: More broker properties, which win over the built-in ones.
        jvm: Options of the Java machine.

    Raises:
        ValueError: `acl` without a way to tell users apart.
    """

    def __init__(
        self,
        brokers: int = 1,
        *,
        directory: Path,
        tls: Literal["server", "mutual"] | None = None,
        sasl: Mapping[str, str] | None = None,
        acl: bool = False,
        properties: Mapping[str, Any] | None = None,
        jvm: tuple[str, ...] = QUICK_START,
    ) -> None:
        ports = _free_ports(3 * brokers)
        self._nodes = [
            Node(index + 1, directory / f"node-{index}", *ports[3 * index : 3 * index + 3]) for index in range(brokers)
        ]
        self._processes: list[ChildProcess | None] = [None] * brokers
        self._security = Security.of(directory, tls, sasl, acl=acl)
        self._properties = dict(properties or {})
        self._jvm = jvm
        self._java: list[str] = []

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def bootstrap(self) -> str:
        """Addresses of all nodes, `host:port,…`."""
        return ",".join(f"{HOST}:{node.client_port}" for node in self._nodes)

    @property
    def settings(self) -> dict[str, Any]:
        """The administrator's librdkafka settings."""
        return self.settings_for(ADMIN)

    def settings_for(self, user: str) -> dict[str, Any]:
        """Return a user's librdkafka settings: one of `sasl`, or any name with `tls='mutual'`."""
        return {"bootstrap.servers": self.bootstrap, **self._security.client(user)}

    @property
    def client(self) -> KafkaClient:
        """A new client of the administrator."""
        return KafkaClient(self.settings)

    def log(self, index: int) -> Path:
        """Return the path of a node's log, which goes on over restarts."""
        return self._nodes[index].directory / "kafka.log"

    def running(self, index: int) -> bool:
        """Whether a node's process lives."""
        process = self._processes[index]
        return process is not None and process.exit_code is None

    def start(self) -> None:
        """Format the storage, start all nodes, and return once every node knows of all the others.

        Raises:
            UnavailableError: This machine has no Kafka.
            ClusterError: A node does not start.
        """
        self._java = [java(), *self._jvm, f"-Dlog4j2.configurationFile={_LOG4J}", "-cp", f"{libraries()}/*"]
        self._format()
        for index in range(len(self._nodes)):
            self._launch(index)
        for index in range(len(self._nodes)):
            self._wait(index)

    def stop(self) -> None:
        """End all nodes at once: nobody reads their data again."""
        for index in range(len(self._nodes)):
            self.kill(index)

    def kill(self, index: int) -> None:
        """End a node with SIGKILL."""
        process = self._processes[index]
        if process is not None:
            process.kill()

    def signal(self, index: int, number: signal.Signals) -> None:
        """Send a node a signal, such as SIGSTOP."""
        process = self._processes[index]
        assert process is not None
        os.kill(process.pid, number)

    def restart(self, index: int) -> None:
        """Stop a node in order if it runs, start it, and return once it answers.

        Raises:
            ClusterError: It does not start.
        """
        process = self._processes[index]
        if process is not None:
            process.stop(STOP_SECONDS)
        self._launch(index)
        self._wait(index)

    def _format(self) -> None:
        """Prepare the storage of all nodes, side by side."""
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        options = [f"--cluster-id={cluster}"]  # as one word: one in 64 begins with a dash
        for name, password in self._security.passwords.items():
            options += ["--add-scram", f"SCRAM-SHA-512=[name={name},password={password}]"]
        running = []
        for index, node in enumerate(self._nodes):
            node.directory.mkdir(parents=True)
            config = node.directory / "server.properties"
            config.write_text(properties(node, self._nodes, self._security, self._properties), "utf-8")
            command = [*self._java, "kafka.tools.StorageTool", "format", "--config", str(config), *options]
            with self.log(index).open("ab") as log:
                running.append(subprocess.Popen(command, stdout=log, stderr=log))
        try:
            codes = [process.wait(START_SECONDS) for process in running]
        finally:
            for process in running:
                process.kill()
                process.wait()
        for index, code in enumerate(codes):
            if code != 0:
                raise ClusterError(self._told(index, "storage cannot be formatted"))

    def _launch(self, index: int) -> None:
        config = self._nodes[index].directory / "server.properties"
        self._processes[index] = ChildProcess([*self._java, "kafka.Kafka", str(config)], log=self.log(index))

    def _wait(self, index: int) -> None:
        """Return once a node answers and knows of every node that runs."""
        expected = {node.number for node in self._nodes if self.running(node.number - 1)}
        deadline = time.monotonic() + START_SECONDS
        while not expected <= self._known_to(index):
            if not self.running(index):
                raise ClusterError(self._told(index, "the process ended"))
            if time.monotonic() > deadline:
                raise ClusterError(self._told(index, f"no answer in {START_SECONDS:g} s"))
            time.sleep(_POLL_SECONDS)

    def _known_to(self, index: int) -> set[int]:
        """Numbers of the nodes that a node knows of; empty while it does not answer."""
        address = (HOST, self._nodes[index].client_port)
        with socket.socket() as probe:  # librdkafka would report every refused connection
            if probe.connect_ex(address) != 0:
                return set()
        admin = AdminClient(self.settings | {"bootstrap.servers": "{}:{}".format(*address), "log_level": 0})
        try:
            return set(admin.list_topics(timeout=_ANSWER_SECONDS).brokers)
        except KafkaException:
            return set()

    def _told(self, index: int, what: str) -> str:
        log = self.log(index)
        tail = "\n".join(log.read_text("utf-8", "replace").splitlines()[-30:])
        return f"Kafka node {index}: {what}; log {log} ends with\n{tail}"


def _free_ports(count: int) -> list[int]:
    """Return ports nobody listens on; chosen at random so that two runs side by side do not meet."""
    found: list[int] = []
    while len(found) < count:
        port = secrets.choice(_PORTS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found
