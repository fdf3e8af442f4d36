"""One and two workers on a real Kafka: settlements a second when there is plenty, and latency at 500 events a second.

Run: `python -m tests.bench worker` (Java 17 and Maven; six minutes; `RATE=1000` for latency at another rate). Two
workers ask each other for the rows of half the persons from elsewhere, trace codes and prescribers. How throughput
grows with more workers is computed from their processor time. Beside them in the same run: a Faust agent that does
nothing but parse, and a bare confluent-kafka loop that consumes, parses and produces. Throughput is taken between the
first and the last tenth of a prepared topic; latency from the moment an event is handed to the sender's client to the
moment a consumer of the output topic has the result (the empty agent writes nothing: its clock stops when it has the
event). Everything, broker, sender and reader included, shares this machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NamedTuple

import orjson
from confluent_kafka import Consumer, Producer, TopicPartition

from streams.simulate import Simulation, SimulationConfig
from tests.kafka.cluster import FULL_SPEED, KafkaCluster
from tests.stream.process import WorkerProcess, environment, prewarn
from tests.stream.scene import area_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SUBJECTS: Final = ("bare", "faust", "worker", "workers")
PARTITIONS: Final = 4
PLENTY: Final = 60_000
RATE: Final = int(os.environ.get("RATE", "500"))
PACED_S: Final = 30
WARM_UP_S: Final = 5
EARLY: Final = 0.1
LATE: Final = 0.9
OK: Final = 200
SETTLE_S: Final = 3.0
PATIENCE_S: Final = 300.0


class Figures(NamedTuple):
    """What one subject did."""

    rate: float
    p50_ms: float
    p99_ms: float
    #: Processor time of all workers for a settlement, microseconds; 0 for other subjects.
    cpu_us: float


class Arrivals(threading.Thread):
    """Notes when settlements come out of a subject: the n-th of `times`; and how old each of the paced ones was."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.times: list[float] = []
        self.ages_ms: list[float] = []
        #: When each paced settlement was sent, epoch seconds.
        self.sent: dict[bytes, float] = {}
        self.ended = threading.Event()


class OfTopic(Arrivals):
    """From the output topic, as whoever waits for results sees them."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        super().__init__()
        settings = {"bootstrap.servers": bootstrap, "group.id": "bench", "enable.auto.commit": False}
        self._consumer = Consumer(settings)
        self._consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])

    def run(self) -> None:
        while not self.ended.is_set():
            messages = self._consumer.consume(500, 0.01)
            now = time.time()
            for message in messages:
                self.times.append(now)
                sent = self.sent.pop(message.key(), None)
                if sent is not None:
                    self.ages_ms.append((now - sent) * 1000)


class OfOutput(Arrivals):
    """From what a subject tells on its standard output."""

    def __init__(self, lines: IO[str]) -> None:
        super().__init__()
        self._lines = lines

    def run(self) -> None:
        for line in self._lines:
            now, *ages = map(float, line.split())
            self.times += [now] * len(ages)
            self.ages_ms += ages


def main() -> None:
    """Measure the three subjects in turn and print them with ratios."""
    config = SimulationConfig(events=PLENTY + RATE * (PACED_S + WARM_UP_S))
    raws = [simulated.raw for simulated in Simulation(config)]
    found: dict[str, Figures] = {}
    with (
        tempfile.TemporaryDirectory() as folder,
        KafkaCluster(directory=Path(folder) / "kafka", jvm=FULL_SPEED) as cluster,
    ):
        for subject in SUBJECTS:
            found[subject] = _measure(subject, cluster, Path(folder), raws)
    for name, figures in found.items():
        ratios = ", ".join(f"{figures.rate / found[base].rate:.2f} x {base}" for base in ("bare", "faust"))
        busy = f", {figures.cpu_us:,.0f} us of processor for each" if figures.cpu_us else ""
        sys.stdout.write(
            f"{name:8} {figures.rate:7,.0f} settlements/s ({ratios}{busy})   "
            f"at {RATE}/s: p50 {figures.p50_ms:.1f} ms, p99 {figures.p99_ms:.1f} ms\n"
        )
    for line in growth(found["worker"].cpu_us, found["workers"].cpu_us):
        sys.stdout.write(line + "\n")


def growth(one: float, two: float) -> Iterator[str]:
    """How throughput grows with workers of a core each, computed from the processor time of one and of two.

    Of n workers each holds one partition in n, so a share of 1 - 1/n of the rows of others is held elsewhere. What
    asking costs is twice what two workers, who ask for half, need more than one.
    """
    asking = 2 * max(two - one, 0)
    for workers in (1, 2, 4, 8, 16, 64):
        each = one + asking * (1 - 1 / workers)
        rate = workers * 1e6 / each
        yield f"computed: {workers:2} workers of a core each, brokers elsewhere: {rate:9,.0f} settlements/s"


def _measure(subject: str, cluster: KafkaCluster, folder: Path, raws: list[bytes]) -> Figures:
    prefix = f"{subject}-{uuid.uuid4().hex[:6]}"
    settings: dict[str, object] = {"topic_prefix": prefix + ".", "group_id": prefix, "partitions": PARTITIONS}
    made = prewarn(["topics", "create"], environment(cluster.bootstrap, **settings))
    assert made.returncode == 0, made.stderr
    events, output = f"{prefix}.settlement.events", f"{prefix}.screening.results"
    sender = Sender(cluster.bootstrap, events)
    command = [sys.executable, "-m", "tests.bench.subjects", subject, cluster.bootstrap, events, output]
    workers = [
        WorkerProcess(cluster.bootstrap, folder, **settings) for _ in range({"worker": 1, "workers": 2}.get(subject, 0))
    ]
    process: subprocess.Popen[str] | None = None
    arrivals: Arrivals = OfTopic(cluster.bootstrap, output)
    try:
        for worker in workers:
            worker.start()
        if workers:
            _wait(lambda: _shared(workers))
        else:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
            if subject == "faust" and process.stdout is not None:
                arrivals = OfOutput(process.stdout)
        arrivals.start()
        sender.all(raws[:PLENTY])
        return _figures(arrivals, sender, raws, workers)
    finally:
        arrivals.ended.set()  # a reader that goes on would take time from the next subject
        for worker in workers:
            worker.end()
        if process is not None:
            process.kill()


def _shared(workers: list[WorkerProcess]) -> bool:
    """Whether the partitions are shared among all and nobody recovers."""
    ready = all(worker.get("/readyz")[0] == OK for worker in workers)
    return ready and all(
        worker.metric("prewarn_assigned_partitions") == PARTITIONS / len(workers) for worker in workers
    )


def _cpu_s(workers: list[WorkerProcess]) -> float:
    return sum(worker.metric("process_cpu_seconds_total") or 0 for worker in workers)


def _figures(arrivals: Arrivals, sender: Sender, raws: list[bytes], workers: list[WorkerProcess]) -> Figures:
    count = sum(b'"event_type":"settlement"' in raw for raw in raws[:PLENTY])
    _wait(lambda: len(arrivals.times) >= count * EARLY)
    begun, cpu_s = len(arrivals.times), _cpu_s(workers)
    _wait(lambda: len(arrivals.times) >= count * LATE)
    cpu_us = (_cpu_s(workers) - cpu_s) / (len(arrivals.times) - begun) * 1e6
    # What is still on its way of the first part does not matter for the rate.
    first, last = int(count * EARLY), int(count * LATE)
    rate = (last - first) / (arrivals.times[last] - arrivals.times[first])
    _quiet(arrivals)
    warm_up = RATE * WARM_UP_S
    sender.paced(raws[PLENTY : PLENTY + warm_up], {})
    arrivals.ages_ms.clear()
    sender.paced(raws[PLENTY + warm_up :], arrivals.sent)
    # Whoever cannot keep up answers the last ones latest: they count too.
    _quiet(arrivals)
    ages = sorted(arrivals.ages_ms)
    return Figures(rate, ages[len(ages) // 2], ages[len(ages) * 99 // 100], cpu_us)


def _quiet(arrivals: Arrivals) -> None:
    """Return when nothing has come out for a while: all that was sent is through."""
    seen = -1
    while seen != len(arrivals.times):
        seen = len(arrivals.times)
        time.sleep(SETTLE_S)


def _wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not until():
        if time.monotonic() > deadline:
            raise TimeoutError(f"a subject was not through after {PATIENCE_S} s")
        time.sleep(0.1)


class Sender:
    """Sends events as institutions do, each under its area."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self._topic = topic
        self._producer = Producer(
            {"bootstrap.servers": bootstrap, "partitioner": "murmur2_random", "acks": "all", "linger.ms": 1}
        )

    def all(self, raws: list[bytes]) -> None:
        """As fast as the broker takes them; returns when it has all."""
        for raw in raws:
            while True:
                try:
                    self._producer.produce(self._topic, raw, key=area_of(raw))
                    break
                except BufferError:
                    self._producer.poll(0.1)
        self._producer.flush()

    def paced(self, raws: list[bytes], sent: dict[bytes, float]) -> None:
        """At the rate, noting when each settlement was sent."""
        begun = time.monotonic()
        for number, raw in enumerate(raws):
            ahead = begun + number / RATE - time.monotonic()
            if ahead > 0:
                self._producer.poll(ahead)
            event = orjson.loads(raw)
            if event["event_type"] == "settlement":
                sent[event["setl_id"].encode()] = time.time()
            self._producer.produce(self._topic, raw, key=event["mdtrtarea_admvs"])
        self._producer.flush()
