"""The workers of a run, and the topics they share."""

from __future__ import annotations

import os
import signal
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from streams.demo.process import ChildProcess
from tests.stream.process import WorkerProcess
from tests.stream.scene import Scene, Traffic

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

PARTITIONS: Final = 12
SESSION_S: Final = 10.0
_STOP_S: Final = 60.0
_READY_S: Final = 300.0
"""With the state of a million settlements a worker that starts reads for minutes on a busy machine."""
_POLL_S: Final = 0.1


class WorkerError(Exception):
    """A worker does not do what it should; the message ends with its log."""


class Worker(WorkerProcess):
    """A worker that dies with this process, and that can be held up."""

    def __init__(
        self, number: int, bootstrap: str, directory: Path, command: Sequence[str], **settings: object
    ) -> None:
        super().__init__(bootstrap, directory, **settings)
        self.number = number
        self.log_path = directory / f"worker-{number}.log"
        self.command = command
        self._child: ChildProcess | None = None
        #: Whether it ought to run.
        self.wanted = False
        self.largest_kib = 0

    def start(self) -> None:
        """Start it."""
        self.wanted = True
        self._child = ChildProcess([sys.executable, *self.command], log=self.log_path, env=self.env)

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._child is not None and self._child.exit_code is None

    @property
    def exit_code(self) -> int | None:
        """How it ended, if it did."""
        return None if self._child is None else self._child.exit_code

    def kill(self) -> None:
        """End it as a crash would."""
        self.measure()
        self.wanted = False
        if self._child is not None:
            self._child.kill()

    def ask_to_stop(self) -> None:
        """Send SIGTERM."""
        self.measure()
        self.wanted = False
        self.signal(signal.SIGTERM)

    def wait_stopped(self) -> int:
        """Wait until it has ended; returns its exit status, or that of a kill when it took too long."""
        deadline = time.monotonic() + _STOP_S
        while self.running and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        self.kill()
        return self.exit_code or 0

    def hold_up(self) -> None:
        """Stop its every thread at once, in the middle of whatever they do."""
        self.signal(signal.SIGSTOP)

    def let_go(self) -> None:
        """Let it go on as if nothing had happened."""
        self.signal(signal.SIGCONT)

    def measure(self) -> None:
        """Note the largest memory it has had."""
        if self._child is not None and self.running:
            status = f"/proc/{self._child.pid}/status"
            with open(status, encoding="ascii") as file:  # noqa: PTH123 - a file of the kernel
                peak = next((line for line in file if line.startswith("VmHWM:")), "VmHWM: 0 kB")
            self.largest_kib = max(self.largest_kib, int(peak.split()[1]))

    def signal(self, number: signal.Signals) -> None:
        if self._child is not None and self.running:
            os.kill(self._child.pid, number)


@dataclass
class Installation(Scene):
    """Topics under a prefix, and up to so many workers of one group."""

    fleet: list[Worker] = field(default_factory=list)
    partitions: int = PARTITIONS

    @property
    def group(self) -> str:
        """The consumer group."""
        return self.prefix

    def hire(self, count: int, command: Sequence[str], **settings: object) -> None:
        """Make workers; none is started. Every other one has its rows on disk, and finds them there again."""
        own = self.own | settings
        on_disk = {"store": "rocksdb", "store_cache_mib": 16}
        self.fleet = [
            Worker(
                number,
                self.bootstrap,
                self.folder,
                command,
                **own | (on_disk | {"store_dir": self.folder / f"rows-{number}"} if number % 2 else {}),
            )
            for number in range(count)
        ]

    def send_registries(self) -> None:
        """Send registry facts."""
        self.send_references(Traffic([], self.folder))

    @property
    def wanted(self) -> list[Worker]:
        """The workers that ought to run."""
        return [worker for worker in self.fleet if worker.wanted]

    def complete(self) -> bool:
        """Whether all workers that ought to run are ready, and hold all partitions between them."""
        wanted = self.wanted
        if not all(worker.get("/readyz")[0] == 200 for worker in wanted):
            return False
        return sum(worker.metric("prewarn_assigned_partitions") for worker in wanted) == self.partitions

    def wait_complete(self) -> None:
        """Wait for that."""
        deadline = time.monotonic() + _READY_S
        while not self.complete():
            if time.monotonic() > deadline:
                tails = "\n".join(f"{worker.log_path}:\n{worker.log[-2000:]}" for worker in self.wanted)
                raise WorkerError(f"the workers are not ready after {_READY_S:g} s:\n{tails}")
            for worker in self.wanted:
                if not worker.running:  # as Kubernetes would
                    worker.start()
            time.sleep(_POLL_S)

    def judged_by(self, version: str) -> bool:
        """Whether every worker that ought to run has this rule pack."""
        return all(worker.metric("prewarn_ruleset_info", version=version) == 1 for worker in self.wanted)

    def end(self) -> None:
        """Leave no process behind."""
        for worker in self.fleet:
            worker.kill()
