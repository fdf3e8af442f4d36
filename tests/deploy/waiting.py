"""How long workers waited for a processor: what a machine that others use too does to them, and not a fault.

The kernel counts it (the second number of /proc/PID/schedstat, ns). Two seconds of a settlement's life are two
seconds however short the rules' times are made, so a worker that waits for its turn is late by itself.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

EVERY_S: Final = 0.5


class Waiting:
    """Watches while it is entered.

    Args:
        processes: Tells the numbers of the processes that live at the moment.
    """

    def __init__(self, processes: Callable[[], Iterable[int]]) -> None:
        self._processes = processes
        self._waited: dict[int, float] = {}
        self._begun = time.monotonic()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def share(self) -> float:
        """The share of the time for which the process that fared worst waited."""
        return max(self._waited.values(), default=0.0) / max(EVERY_S, time.monotonic() - self._begun)

    def _watch(self) -> None:
        last: dict[int, float] = {}
        while not self._ended.wait(EVERY_S):
            now = {pid: delayed(pid) for pid in self._processes()}
            for pid, seconds in now.items():
                self._waited[pid] = self._waited.get(pid, 0.0) + max(0.0, seconds - last.get(pid, seconds))
            last = now


def delayed(pid: int) -> float:
    """Return for how many seconds the main thread of a process has waited for a processor; 0 if there is none."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0
