"""Whether a worker lives, is ready, has started: a few facts it sets, and the conditions probes make of them.

The worker sets facts on its threads, the probe server reads them on its own; each fact is one attribute, so that
nothing has to be locked. Whether brokers can be reached is never a condition of living: killing workers does not
bring brokers back, and every restart would rebuild state.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

HEARTBEAT_S: Final = 30.0
"""An event loop that was not seen for so long is blocked for good."""
PROGRESS_S: Final = 180.0
"""Events wait and none was finished for so long: the worker is stuck."""


class Health:
    """The facts. All times are those of `clock`, in seconds; a new worker counts as seen just now."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.heartbeat = clock()
        self.progress = clock()
        self.lag = 0
        self.assigned = 0
        self.recovering = False
        self.recovered_once = False
        self.rules_loaded = False
        self.broker_reachable = True
        self.stopping = False

    def beat(self) -> None:
        """The event loop runs."""
        self.heartbeat = self._clock()

    def progressed(self) -> None:
        """Offsets were committed."""
        self.progress = self._clock()

    def set_lag(self, records: int) -> None:
        """So many records wait on our partitions; while there are none, standing still is no fault."""
        if not records:
            self.progressed()
        self.lag = records

    def set_assigned(self, partitions: int, *, recovering: bool) -> None:
        """The group gave us partitions; `recovering` when their state must be rebuilt first."""
        self.progressed()
        self.recovering = recovering
        self.assigned = partitions
        if not recovering:
            self.recovered_once = True

    def recovered(self) -> None:
        """The state of our partitions is there."""
        self.progressed()
        self.recovered_once = True
        self.recovering = False

    def set_broker(self, *, reachable: bool) -> None:
        """Brokers answer, or not; when they come back, the time to make progress begins anew."""
        if reachable and not self.broker_reachable:
            self.progressed()
        self.broker_reachable = reachable

    def not_alive(self) -> list[str]:
        """Return why the process should be killed; empty while it lives."""
        now = self._clock()
        failing = []
        silent = now - self.heartbeat
        if silent >= HEARTBEAT_S:
            failing.append(f"the event loop was last seen {silent:.0f} s ago")
        still = now - self.progress
        may_stand_still = self.recovering or self.stopping or not (self.lag and self.assigned and self.broker_reachable)
        if still >= PROGRESS_S and not may_stand_still:
            failing.append(f"{self.lag} records wait and none was finished for {still:.0f} s")
        return failing

    def not_ready(self) -> list[str]:
        """Return why the worker does not screen at the moment; empty while it does."""
        conditions = {
            "the rules are not loaded": not self.rules_loaded,
            "no partition is assigned": not self.assigned,
            "state is being rebuilt": self.recovering,
            "brokers do not answer": not self.broker_reachable,
            "the worker is stopping": self.stopping,
        }
        return [reason for reason, failing in conditions.items() if failing]

    def not_started(self) -> list[str]:
        """Return why the worker has not started yet; empty from the first complete state on."""
        return [] if self.recovered_once else ["state has not been complete yet"]
