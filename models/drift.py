"""What is watched about a model while it runs: drift of score and inputs, champion against challenger."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from river.drift import ADWIN

from models.risk import probability

if TYPE_CHECKING:
    from models.inputs import Values

DELTA: Final = 1e-5
"""ADWIN's error rate for each look; there are thousands of looks a day."""
WATCH_ONE_IN: Final = 32
"""Inputs are looked at once in so many settlements: drift shows in hundreds."""
MEMORY: Final = 2_000.0
"""Lessons over which losses forget."""

SCORE: Final = "score"


class Watch:
    """Losses of champion and challenger on the same lessons, each scored before it was learned."""

    def __init__(self) -> None:
        self.losses = {"champion": 0.0, "challenger": 0.0}
        self.lessons = 0.0

    def compare(self, label: float, weight: float, champion: float, challenger: float) -> None:
        """Take in what both said of a lesson (log-odds) before they learned it; the champion's as it went out."""
        self.lessons += weight
        step = min(1.0, weight / min(self.lessons, MEMORY))
        for name, said in (("champion", champion), ("challenger", challenger)):
            chance = probability(said)
            loss = -math.log(chance if label else 1.0 - chance)
            self.losses[name] += step * (loss - self.losses[name])

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {"losses": self.losses, "lessons": self.lessons}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Watch:
        """Inverse of `to_plain`."""
        watch = cls()
        watch.losses = {name: float(loss) for name, loss in plain["losses"].items()}
        watch.lessons = float(plain["lessons"])
        return watch


class Drift:
    """ADWIN on the score and on every input: how often the mean was found to have changed."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._score = ADWIN(delta=DELTA)
        self._inputs = [ADWIN(delta=DELTA) for _ in names]
        self._seen = 0
        #: Changes found, by name.
        self.found = dict.fromkeys((SCORE, *names), 0)

    def see(self, log_odds: float, values: Values) -> None:
        """Look at a settlement that was scored."""
        self._seen += 1
        if self._seen % WATCH_ONE_IN:
            return
        self._look(self._score, SCORE, log_odds)
        for detector, name, value in zip(self._inputs, self._names, values, strict=True):
            if value is not None:
                self._look(detector, name, value)

    def _look(self, detector: ADWIN, name: str, value: float) -> None:
        detector.update(value)
        if detector.drift_detected:
            self.found[name] += 1
