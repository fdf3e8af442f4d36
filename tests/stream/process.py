"""A worker as its operator runs it: a process with settings in its environment."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

KEY = "a key of tests that is long enough"


def free_port() -> int:
    """Return a port that nobody listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(bootstrap: str, **settings: object) -> dict[str, str]:
    """Return the environment of a prewarn process: nothing of ours but what is given."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PREWARN_")}
    given = {
        "bootstrap_servers": bootstrap,
        "person_key": KEY,
        "replication_factor": 1,
        "partitions": 4,
        "metrics_port": 0,
        "session_timeout": 6,  # what a killed worker's partitions wait for; brokers allow no less
        **settings,
    }
    return own | {f"PREWARN_{name.upper()}": str(value) for name, value in given.items()}


def prewarn(arguments: list[str], env: dict[str, str], timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """Run a prewarn command to its end."""
    command = [sys.executable, "-m", "streams.cli", *arguments]
    return subprocess.run(command, env=env, timeout=timeout, capture_output=True, text=True, check=False)


class WorkerProcess:
    """`prewarn worker` in a process of its own, with its log in a file."""

    #: What the Python of the tests is given to run.
    command: Sequence[str] = ("-m", "streams.cli", "worker")

    def __init__(self, bootstrap: str, directory: Path, **settings: object) -> None:
        self.port = free_port()
        self.env = environment(bootstrap, **settings | {"metrics_port": self.port})
        self.log_path = directory / f"worker-{self.port}.log"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, again if need be; the log goes on in the same file."""
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen([sys.executable, *self.command], env=self.env, stdout=log, stderr=log)

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return self.log_path.read_text("utf-8") if self.log_path.exists() else ""

    @property
    def pid(self) -> int | None:
        """Number of the process, while it is there."""
        return self._process.pid if self._process is not None and self.running else None

    @property
    def running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def get(self, path: str) -> tuple[int, str]:
        """Ask the probe server; status 0 when it does not answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except (OSError, http.client.HTTPException):  # it may end in the middle of an answer
            return 0, ""

    def wait_ready(self, timeout: float = 60) -> None:
        """Wait until it says that it is ready."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.get("/readyz")[0] == 200:
                return
            assert self.running, f"the worker ended:\n{self.log}"
            time.sleep(0.1)
        raise AssertionError(f"not ready after {timeout} s: {self.get('/readyz')[1]}\n{self.log}")

    def metric(self, name: str, **labels: str) -> float:
        """Return the sum of a metric's samples with these labels."""
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        lines = self.get("/metrics")[1].splitlines()
        return sum(
            float(line.rsplit(" ", 1)[1])
            for line in lines
            if line.startswith((name + "{", name + " ")) and all(part in line for part in wanted)
        )

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it as a crash would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(10)

    def wait(self, timeout: float) -> int:
        """Wait until it ends by itself; returns its exit status."""
        assert self._process is not None
        return self._process.wait(timeout)

    def stop(self, timeout: float = 45) -> int:
        """Ask it to end; returns its exit status."""
        assert self._process is not None
        if self.running:
            self._process.send_signal(signal.SIGTERM)
        return self._process.wait(timeout)

    def end(self) -> None:
        """Leave nothing behind, whatever happened."""
        if self._process is not None and self.running:
            self.kill()


def settled(bodies: list[bytes]) -> dict[str, list[dict[str, object]]]:
    """Results by settlement, in order, without the one field that may differ."""
    found: dict[str, list[dict[str, object]]] = {}
    for body in bodies:
        result = json.loads(body)
        del result["screened_at"]
        found.setdefault(result["setl_id"], []).append(result)
    return found
