"""Two workers on a real Kafka under simulated load, watched by a real Prometheus: what faults are done to.

All of it as the manifests say: TLS, SCRAM, least rights, settings, secrets and ConfigMaps of the overlay `small`.
"""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

from streams.demo.process import ChildProcess
from tests.deploy.namespace import SECURED, Namespace
from tests.deploy.prometheus import Prometheus
from tests.kafka.cluster import KafkaCluster
from tests.stream.process import WorkerProcess, prewarn

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import Self

    from tests.deploy.namespace import Pod

RATE: Final = 40
"""Events a second: little, so that what is seen is the fault and not the machine."""
FLOOD: Final = 2_000
"""Events a second of a flood: more than two workers screen on two cores."""
HELD_BACK: Final = "2026-10-29"
"""Days before those of the other simulated settlements."""
STREAM: Final = 200
"""Events a second that two workers screen, and far more than what comes otherwise."""
EVENTS_SENT: Final = 60_000
SETTINGS: Final = {"session_timeout": 20, "rules_poll_interval": 0.5, "canary_interval": 1, "standby_replicas": 1}
"""What is shorter here than in the manifests: how soon a dead worker is missed, a pack seen, a heartbeat sent. And each
worker keeps copies of the other's partitions, so that there are some to watch."""
READY_SECONDS: Final = 120.0
GRACE_SECONDS: Final = 15.0
"""How long a pod has to end before it is killed; 90 s in the manifests."""
EVENTS: Final = "settlement.events"
INSTITUTIONS: Final = "reference.institutions"
WORKERS: Final = (0, 1)
VISITORS: Final = (2, 3)
DELETE_POD: Final = re.compile(r"kubectl -n prewarn delete pod prewarn-(\d)")
UNDO: Final = "kubectl -n prewarn rollout undo statefulset prewarn"
IN_A_WORKERS_POD: Final = ("doctor", "rules", "models")


class Installation:
    """Runs until left.

    Args:
        folder: For everything that is written.
        factor: How many times shorter the rules' times are.
    """

    def __init__(self, folder: Path, factor: float) -> None:
        self._folder = folder
        self.cluster = KafkaCluster(directory=folder / "kafka", **SECURED)
        self._factor = factor
        self._load: ChildProcess | None = None
        self._flood: ChildProcess | None = None
        self.pods: list[Pod] = []
        self.workers: list[WorkerProcess] = []
        #: Pods that come and go; Prometheus does not know them.
        self.visitors: list[WorkerProcess] = []

    def __enter__(self) -> Self:
        self.cluster.start()
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.end_flood()
        if self._load is not None:
            self._load.kill()
        for worker in (*self.workers, *self.visitors):
            worker.end()
        if hasattr(self, "prometheus"):
            self.prometheus.__exit__()
        self.cluster.stop()

    def _start(self) -> None:
        namespace = Namespace("small", self.cluster, self._folder)
        namespace.reconcile()
        self.operator = namespace.operator()
        for number in (*WORKERS, *VISITORS):
            pod = namespace.worker(f"prewarn-{number}")
            worker = WorkerProcess(self.cluster.bootstrap, self._folder)
            worker.env = pod.environment(metrics_port=worker.port, **SETTINGS)
            if number in WORKERS:
                self.pods.append(pod)
            (self.workers if number in WORKERS else self.visitors).append(worker)
        self.restore_packs()
        for worker in self.workers:
            worker.start()
        for worker in self.workers:
            worker.wait_ready(READY_SECONDS)
        self._load = self._simulate("simulator", rate=RATE)
        self._wait_for_results()
        ports = [worker.port for worker in self.workers]
        self.prometheus = Prometheus(self._folder / "prometheus", ports, self._factor)
        self.prometheus.__enter__()

    def flood(self) -> None:
        """Send what the province held back for two days of last week, all at once: more than two workers can do."""
        self._flood = self._simulate("flood", events=2 * EVENTS_SENT, days=2, start=HELD_BACK, rate=FLOOD)

    def pour(self, seed: int, seconds: float, **options: int) -> None:
        """Send the settlements of another province for a while, as many as can be screened."""
        self._flood = self._simulate(f"province-{seed}", seed=seed, rate=STREAM, **options)
        time.sleep(seconds)
        self.end_flood()

    def end_flood(self) -> None:
        """Send them no more."""
        if self._flood is not None:
            self._flood.kill()
            self._flood = None

    def _simulate(self, name: str, **options: int | str) -> ChildProcess:
        command = ["-m", "streams.cli", "simulate", "--to-kafka"]
        for option, value in ({"events": EVENTS_SENT} | options).items():
            command += [f"--{option}", str(value)]
        return ChildProcess([sys.executable, *command], log=self._folder / f"{name}.log", env=self._administrator())

    def _administrator(self) -> dict[str, str]:
        """Return the environment of whoever sends events and registry facts, which are not ours to send."""
        known = self.cluster.settings
        user = {"sasl_username": known["sasl.username"], "sasl_password": known["sasl.password"]}
        return self.operator.environment(**user, sasl_password_file="")

    def _wait_for_results(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not all(worker.metric("prewarn_results_total") > RATE for worker in self.workers):
            if time.monotonic() > deadline:
                raise RuntimeError(self.said())
            time.sleep(0.5)

    def change_packs(self, change: Callable[[str], str], *numbers: int) -> None:
        """Change the general part of the packs of these workers, as a changed ConfigMap does."""
        for number in numbers:
            self.pods[number].swap("rules", lambda file, text: _on_trial(change(text) if file == "pack.yaml" else text))

    def restore_packs(self) -> None:
        """Put the shipped pack back everywhere; one of its rules is on trial, so that there is something to see."""
        self.change_packs(lambda text: text, *WORKERS)

    def send(self, topic: str, values: list[bytes], seconds: float = 0.0) -> None:
        """Send records over so many seconds."""
        for value in values:
            self.cluster.client.produce(topic, [(b"310101", value)])
            time.sleep(seconds / len(values))

    def operate(self, command: str) -> str:
        """Do what a runbook says, where it says: in the operator's pod, or in a worker's. Returns what was told.

        Instead of a pod, a deleted pod's process is ended (as the kubelet does) and started again (as its owner does).
        """
        if command == UNDO:
            ill = [number for number in WORKERS if self.workers[number].command != WorkerProcess.command]
            self.roll_out(WorkerProcess.command, *ill)
            return ""
        found = DELETE_POD.fullmatch(command)
        if found:
            self.replace(int(found[1]))
            return ""
        if command.startswith("/"):
            return "\n".join(worker.get(command)[1] for worker in self.workers)
        name, *arguments = command.split()
        assert name == "prewarn", command
        pod = self.pods[0] if arguments[0] in IN_A_WORKERS_POD else self.operator
        done = prewarn([pod.here(each) for each in arguments], pod.environment())
        told = done.stdout + done.stderr
        if done.returncode == 2 or "Traceback" in told:
            raise RuntimeError(f"{command}: {told}")
        return told

    def replace(self, number: int) -> None:
        """End a worker in order, or at once when it does not, and start it again."""
        worker = self.workers[number]
        if worker.running:
            worker.signal(signal.SIGTERM)
            try:
                worker.wait(GRACE_SECONDS)
            except subprocess.TimeoutExpired:
                worker.kill()
        worker.start()

    def roll_out(self, command: Sequence[str], *numbers: int) -> None:
        """Replace workers by another release, as the StatefulSet does with a changed image, size or setting."""
        for number in numbers:
            self.workers[number].command = command
            self.replace(number)

    def mend(self, number: int) -> None:
        """Have a worker be well from its next start on."""
        self.workers[number].command = WorkerProcess.command

    def settle(self) -> bool:
        """Wait until all workers screen again and have worked off what was left; a process that ended is started again.

        Returns:
            Whether they have.
        """
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            for worker in self.workers:
                if not worker.running:
                    worker.start()
            if all(worker.get("/readyz")[0] == 200 and _lag(worker) < RATE * 5 for worker in self.workers):
                return True
            time.sleep(0.5)
        return False

    def said(self) -> str:
        """Return the ends of the workers' logs."""
        return "\n".join(worker.log[-2000:] for worker in self.workers)


def _on_trial(text: str) -> str:
    return text.replace("  V01:\n", "  V01:\n    mode: shadow\n", 1)


def _lag(worker: WorkerProcess) -> float:
    return worker.metric("prewarn_consumer_lag_records")
