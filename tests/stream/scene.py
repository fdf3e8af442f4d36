"""A topic prefix of one's own, simulated traffic in it, and what a file run makes of the same traffic."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from streams.cli.screen import read_references
from streams.engine.engine import Engine
from streams.rules.pack import load_pack
from streams.settings.places import shipped
from streams.simulate import Simulation, SimulationConfig
from streams.state.store import Store
from streams.topology.partitions import area_partition
from tests.spacing import rounds
from tests.stream.process import WorkerProcess, environment, prewarn

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.kafka.client import KafkaClient, Record

Violations = dict[str, list[Any]]


@dataclass
class Scene:
    """One test's installation: topics under a prefix, a consumer group, a folder."""

    client: KafkaClient
    bootstrap: str
    prefix: str
    folder: Path
    settings: dict[str, object] = field(default_factory=dict)
    workers: list[WorkerProcess] = field(default_factory=list)

    @property
    def own(self) -> dict[str, object]:
        """The settings of every process of this installation."""
        return {"topic_prefix": f"{self.prefix}.", "group_id": self.prefix, "partitions": 4, **self.settings}

    def topic(self, name: str) -> str:
        """Return a topic's name under the prefix."""
        return f"{self.prefix}.{name}"

    def create_topics(self) -> None:
        """Declare all topics, as the operator does."""
        done = prewarn(["topics", "create"], environment(self.bootstrap, **self.own))
        assert done.returncode == 0, done.stderr

    def worker(self, **settings: object) -> WorkerProcess:
        """Return a worker that is not started yet; it ends with the test."""
        worker = WorkerProcess(self.bootstrap, self.folder, **self.own | settings)
        self.workers.append(worker)
        return worker

    def started(self, **settings: object) -> WorkerProcess:
        """Return a worker that is ready."""
        worker = self.worker(**settings)
        worker.start()
        worker.wait_ready()
        return worker

    def send(self, raws: list[bytes], key: Callable[[bytes], str] | None = None) -> None:
        """Send events as institutions would: keyed by treatment area, a millisecond apart, the last one now."""
        begin = int(time.time() * 1000) - len(raws)
        records = [(key(raw) if key else area_of(raw), raw, None, begin + n) for n, raw in enumerate(raws)]
        self.client.produce(self.topic("settlement.events"), records, {"message.max.bytes": 4_000_000})

    def send_references(self, traffic: Traffic) -> None:
        """Send registry facts."""
        for name, code in (
            ("institutions", "fixmedins_code"), ("practitioners", "bilg_dr_codg"), ("persons", "psn_no"),
        ):  # fmt: skip
            lines = (traffic.folder / f"{name}.jsonl").read_bytes().splitlines()
            self.client.produce(self.topic(f"reference.{name}"), [(json.loads(line)[code], line) for line in lines])

    def results(self, count: int, timeout: float = 120) -> list[Record]:
        """Wait until so many different settlements have a result; returns all results."""

        def enough(found: list[Record]) -> bool:
            return len({record.key for record in found}) >= count

        return self.client.consume(self.topic("screening.results"), until=enough, timeout=timeout)


def area_of(raw: bytes) -> str:
    """Return the key that an event should have."""
    return str(json.loads(raw)["mdtrtarea_admvs"])


@dataclass
class Traffic:
    """Simulated events with their registry facts, in a folder."""

    raws: list[bytes]
    folder: Path

    @property
    def settlements(self) -> set[str]:
        """The settlements of the whole day."""
        return self.until(len(self.raws))

    def until(self, count: int) -> set[str]:
        """Return the settlements among the first so many events."""
        return settlements(self.raws[:count])

    def rounds(self, begin: int, partitions: int) -> list[list[bytes]]:
        """Return the events from one on in rounds that may be under way together (`tests.spacing`)."""
        references = read_references(self.folder, 1_048_576)
        engine = Engine(load_pack(shipped("rules"), shipped("knowledge")), Store(), b"a key of tests", references)
        made = rounds(self.raws[begin:], engine, area_partition(partitions), 1_000)
        return [[raw for _, raw in together] for together in made]

    def screened(self) -> Violations:
        """Return the violations of every settlement as `prewarn screen` finds them."""
        events, results = self.folder / "events.jsonl", self.folder / "results.jsonl"
        events.write_bytes(b"\n".join(self.raws) + b"\n")
        arguments = ["screen", str(events), "--reference", str(self.folder), "-o", str(results)]
        done = prewarn(arguments, environment("localhost:9"), timeout=120)
        assert done.returncode == 0, done.stderr
        return violations(results.read_bytes().splitlines())


def settlements(raws: list[bytes]) -> set[str]:
    """Return the settlements among events."""
    found = (json.loads(raw) for raw in raws)
    return {event["setl_id"] for event in found if event["event_type"] == "settlement"}


def traffic(folder: Path, events: int, seed: int = 7, **options: Any) -> Traffic:
    """Simulate a day; more fraud than in life, so that a short day has plenty."""
    config = SimulationConfig(events=events, seed=seed, fraud_rate=0.03, **options)
    simulation = Simulation(config)
    raws = [simulated.raw for simulated in simulation]
    reference = simulation.reference()
    for name in ("institutions", "practitioners", "persons"):
        lines = (json.dumps(record, ensure_ascii=False) for record in getattr(reference, name))
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")
    return Traffic(raws, folder)


def violations(bodies: list[bytes]) -> Violations:
    """Return the violations of the first result of every settlement."""
    found: Violations = {}
    for body in bodies:
        result = json.loads(body)
        found.setdefault(result["setl_id"], result["violations"])
    return found
