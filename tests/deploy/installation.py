"""Two workers on a real Kafka under simulated load, watched by a real Prometheus: what faults are done to."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING, Final

from streams.demo.process import ChildProcess
from streams.settings.places import shipped
from tests.deploy.prometheus import Prometheus
from tests.kafka.cluster import KafkaCluster
from tests.stream.process import WorkerProcess, environment, prewarn

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

RATE: Final = 40
"""Events a second: little, so that what is seen is the fault and not the machine."""
SESSION_SECONDS: Final = 20
"""Static members: a worker that dies is missed after so long, as in k8s/overlays/static-membership."""
GROUP: Final = {"partitions": 4, "replication_factor": 1, "session_timeout": SESSION_SECONDS}
READY_SECONDS: Final = 120.0
EVENTS: Final = "settlement.events"
INSTITUTIONS: Final = "reference.institutions"


class Installation:
    """Runs until left.

    Args:
        folder: For everything that is written.
        factor: How many times shorter the rules' times are.
    """

    def __init__(self, folder: Path, factor: float) -> None:
        self._folder = folder
        self.cluster = KafkaCluster(directory=folder / "kafka")
        self._factor = factor
        self._load: ChildProcess | None = None
        self.workers: list[WorkerProcess] = []

    def __enter__(self) -> Self:
        self.cluster.start()
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        if self._load is not None:
            self._load.kill()
        for worker in self.workers:
            worker.end()
        if hasattr(self, "prometheus"):
            self.prometheus.__exit__()
        self.cluster.stop()

    def _start(self) -> None:
        env = environment(self.cluster.bootstrap, **GROUP)
        made = prewarn(["topics", "create"], env)
        assert made.returncode == 0, made.stderr
        for name in ("a", "b"):
            shutil.copytree(shipped("rules"), self.pack(name))
            self._replace(self.pack(name) / "visits.yaml", "  V01:\n", "  V01:\n    mode: shadow\n")  # one on trial
            self.workers.append(
                WorkerProcess(
                    self.cluster.bootstrap,
                    self._folder,
                    **GROUP,
                    instance_id=f"worker-{name}",
                    rules_dir=self.pack(name),
                    rules_poll_interval=0.5,
                    canary_interval=0.5,
                )
            )
        for worker in self.workers:
            worker.start()
        for worker in self.workers:
            worker.wait_ready(READY_SECONDS)
        command = [
            sys.executable,
            "-m",
            "streams.cli",
            "simulate",
            "--to-kafka",
            "--events",
            "60000",
            "--rate",
            str(RATE),
        ]
        self._load = ChildProcess(command, log=self._folder / "simulator.log", env=env)
        self._wait_for_results()
        self.prometheus = Prometheus(
            self._folder / "prometheus", [worker.port for worker in self.workers], self._factor
        )
        self.prometheus.__enter__()

    def _wait_for_results(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not all(worker.metric("prewarn_results_total") > RATE for worker in self.workers):
            if time.monotonic() > deadline:
                raise RuntimeError("\n".join(worker.log[-2000:] for worker in self.workers))
            time.sleep(0.5)

    def pack(self, worker: str) -> Path:
        """Return the folder of a worker's rule pack."""
        return self._folder / f"rules-{worker}"

    def change_packs(self, old: str, new: str, *names: str) -> None:
        """Replace a text in the general part of the packs of these workers."""
        for name in names:
            self._replace(self.pack(name) / "pack.yaml", old, new)

    @staticmethod
    def _replace(file: Path, old: str, new: str) -> None:
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new, 1), "utf-8")

    def restore_packs(self) -> None:
        """Put the shipped pack back everywhere."""
        for name in ("a", "b"):
            shutil.copy(shipped("rules") / "pack.yaml", self.pack(name) / "pack.yaml")

    def send(self, topic: str, values: list[bytes], seconds: float = 0.0) -> None:
        """Send records over so many seconds."""
        for value in values:
            self.cluster.client.produce(topic, [(b"310101", value)])
            time.sleep(seconds / len(values))

    def settle(self) -> None:
        """Wait until all workers screen again and have worked off what was left."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if all(worker.get("/readyz")[0] == 200 and _lag(worker) < RATE * 5 for worker in self.workers):
                return
            time.sleep(0.5)
        raise RuntimeError("\n".join(worker.log[-2000:] for worker in self.workers))


def _lag(worker: WorkerProcess) -> float:
    return worker.metric("prewarn_consumer_lag_records")
