"""How long each stage of an event took, told by one call at the end of each."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from streams.observability.metrics import ACKNOWLEDGE, DECODE, ENGINE, QUEUE, WRITE

if TYPE_CHECKING:
    from collections.abc import Callable

    from streams.observability.metrics import Metrics


class Laps:
    """A stopwatch for one event at a time, on the thread that handles events.

    A stage that does not come to its end (a dead letter is not screened) is not counted.
    """

    def __init__(self, metrics: Metrics, clock: Callable[[], float] = time.perf_counter) -> None:
        stages = metrics.stage_duration
        self._queue, self._acknowledge = stages[QUEUE], stages[ACKNOWLEDGE]
        self._decode, self._engine, self._write = stages[DECODE], stages[ENGINE], stages[WRITE]
        self._clock = self.now = clock
        self._begun = 0.0

    def taken(self, waited_s: float) -> None:
        """An event was taken that has waited so long since the broker's timestamp; clocks may differ a little."""
        self._queue.observe(max(0.0, waited_s))
        self._begun = self._clock()

    def decoded(self) -> None:
        """It was read."""
        begun, self._begun = self._begun, self._clock()
        self._decode.observe(self._begun - begun)

    def begin(self) -> None:
        """It has its turn to be screened: at once, or when those who were asked about it have answered."""
        self._begun = self._clock()

    def screened(self) -> None:
        """It was answered."""
        begun, self._begun = self._begun, self._clock()
        self._engine.observe(self._begun - begun)

    def written(self) -> None:
        """Its rows and its result were handed over."""
        self._write.observe(self._clock() - self._begun)

    def acknowledged(self, begun: float) -> None:
        """The broker has a result; `begun` is what `now` said when it was made, for many are under way at once."""
        self._acknowledge.observe(self._clock() - begun)
