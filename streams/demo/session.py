"""The demo: an embedded broker, a worker, simulated institutions, and somebody who watches."""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

from confluent_kafka import Consumer, TopicPartition
from rich.live import Live

from streams.contract.topics import RESULTS
from streams.demo import view
from streams.demo.broker import FETCH_WAIT_MS, SESSION_TIMEOUT_S, EmbeddedBroker
from streams.demo.process import ChildProcess
from streams.demo.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from rich.console import Console

    from streams.demo.tally import Alert

PARTITIONS: Final = 4
EVENTS_WITHOUT_END: Final = 1_000_000
"""Events of a demo that nobody ends: hours at the default rate."""
FRAUD_RATE: Final = 0.02
"""Share of events in scenarios: far more than in life, so that a minute shows all of them."""
_STARTING_S: Final = 60.0
_ENDING_S: Final = 20.0
_BATCH: Final = 500
_POLL_S: Final = 0.1
_REFRESH_S: Final = 0.25


class DemoError(Exception):
    """A part of the demo did not start or did not stay; the message says which, and what it said."""


class Demo:
    """One run.

    Args:
        console: Where it is shown.
        rate: Simulated events a second.
        seconds: How long alerts are shown; None = until interrupted.
        seed: Of the simulation.
    """

    def __init__(self, console: Console, rate: float, seconds: float | None, seed: int) -> None:
        self._console = console
        self._rate = rate
        self._seconds = seconds
        self._seed = seed
        self._tally = Tally()
        self._shown_for = 0.0
        self._children: dict[str, ChildProcess] = {}

    def run(self) -> str:
        """Show it; returns the summary.

        Raises:
            DemoError: A part did not start or ended by itself.
            streams.demo.broker.BrokerUnavailableError: There is no broker for this machine.
        """
        self._console.print("正在启动：嵌入式消息服务、预警程序、模拟机构……")
        with ExitStack() as stack:
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="prewarn-demo-")))
            broker = stack.enter_context(EmbeddedBroker())
            self._env = _environment(broker.bootstrap_servers)
            self._start("topics", ["topics", "create"])
            self._wait_for_end("topics")
            stack.callback(self._stop)
            self._start("worker", ["worker"])
            self._wait_for_worker()
            self._start("simulate", self._simulation(broker.bootstrap_servers))
            self._watch(broker.bootstrap_servers)
        return view.summary(self._tally, self._shown_for)

    def _simulation(self, bootstrap_servers: str) -> list[str]:
        """The command for simulated institutions; a demo of known length shows the whole of a day."""
        events = EVENTS_WITHOUT_END if self._seconds is None else max(1, round(self._rate * self._seconds))
        options = {"seed": self._seed, "events": events, "rate": self._rate, "fraud-rate": FRAUD_RATE}
        written = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        return ["simulate", "--to-kafka", "--bootstrap-servers", bootstrap_servers, *written]

    def _start(self, name: str, arguments: list[str]) -> None:
        command = [sys.executable, "-m", "streams.cli", *arguments]
        self._children[name] = ChildProcess(command, log=self._folder / f"{name}.log", env=self._env)

    def _stop(self) -> None:
        for name in ("simulate", "worker"):
            if name in self._children:
                self._children[name].stop(_ENDING_S)

    def _wait_for_end(self, name: str) -> None:
        child = self._children[name]
        deadline = time.monotonic() + _STARTING_S
        while child.exit_code is None and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        if child.exit_code != 0:
            child.kill()
            raise DemoError(f"prewarn {name} did not end well:\n{child.tail()}")

    def _wait_for_worker(self) -> None:
        """The worker says in its log when partitions are its own."""
        child = self._children["worker"]
        deadline = time.monotonic() + _STARTING_S
        while "partitions: " not in child.tail():
            if child.exit_code is not None or time.monotonic() > deadline:
                raise DemoError(f"the worker did not start:\n{child.tail()}")
            time.sleep(_POLL_S)

    def _check(self) -> None:
        """A child that ended badly ends the demo; institutions that are through do not."""
        for name, child in self._children.items():
            if child.exit_code not in (None, 0) or (name == "worker" and child.exit_code is not None):
                raise DemoError(f"prewarn {name} ended by itself:\n{child.tail()}")

    def _watch(self, bootstrap_servers: str) -> None:
        begun = time.monotonic()
        batches = _results(bootstrap_servers)
        try:
            if self._console.is_terminal:
                self._show_page(batches, begun)
            else:
                self._show_lines(batches, begun)
        except KeyboardInterrupt:
            pass
        finally:
            batches.close()
            self._shown_for = time.monotonic() - begun

    def _show_page(self, batches: Iterator[list[bytes]], begun: float) -> None:
        status = f"模拟 {self._rate:g} 笔/秒 · Ctrl-C 结束"
        with Live(console=self._console, screen=True, auto_refresh=False) as live:
            for now, _ in self._counted(batches, begun):
                live.update(view.page(self._tally, status, self._tally.rate(now), self._console), refresh=True)

    def _show_lines(self, batches: Iterator[list[bytes]], begun: float) -> None:
        for _, alerts in self._counted(batches, begun):
            for alert in alerts:
                self._console.print(view.line(alert), highlight=False, markup=False, soft_wrap=True)

    def _counted(self, batches: Iterator[list[bytes]], begun: float) -> Iterator[tuple[float, list[Alert]]]:
        """Count results in, a batch a turn, until time is up; yields the time and the alerts of each batch."""
        for bodies in batches:
            now = time.monotonic()
            yield now, self._tally.take(bodies, now)
            self._check()
            if self._seconds is not None and now - begun >= self._seconds:
                return


def _results(bootstrap_servers: str) -> Generator[list[bytes], None, None]:
    """The results topic from its beginning, batch by batch, for ever; a batch may be empty."""
    consumer = Consumer(
        {
            "bootstrap.servers": bootstrap_servers,
            "group.id": "prewarn-demo-view",
            "enable.auto.commit": False,
            "fetch.wait.max.ms": FETCH_WAIT_MS,
        }
    )
    try:
        consumer.assign([TopicPartition(RESULTS, number, 0) for number in range(PARTITIONS)])
        while True:
            messages = consumer.consume(_BATCH, _REFRESH_S)
            yield [message.value() or b"" for message in messages if message.error() is None]
    finally:
        consumer.close()


def _environment(bootstrap_servers: str) -> dict[str, str]:
    """Settings of the worker, and of nothing else: the demo ignores what is set for a real installation."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("PREWARN_")}
    return own | {
        "PREWARN_BOOTSTRAP_SERVERS": bootstrap_servers,
        "PREWARN_PARTITIONS": str(PARTITIONS),
        "PREWARN_REPLICATION_FACTOR": "1",
        "PREWARN_PERSON_KEY": secrets.token_hex(16),
        "PREWARN_METRICS_PORT": "0",
        "PREWARN_FETCH_WAIT_MS": str(FETCH_WAIT_MS),
        "PREWARN_SESSION_TIMEOUT": str(SESSION_TIMEOUT_S),
    }
