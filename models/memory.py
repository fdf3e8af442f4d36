"""What is known by verdicts about persons and institutions: how often, how recently, since when they were confirmed.

Verdicts are days late. A memory therefore fades with the event times of the verdicts themselves, not with the clock: an
institution whose every settlement of last week was confirmed is as suspect today as it was then, for as long as nothing
newer is known of anybody.

An entity enters with its first confirmed settlement and leaves `FORGET_MS` after its latest verdict. So the memory
grows with confirmed entities, never with settlements.
"""

from __future__ import annotations

from typing import Any, Final

from streams.contract.time import DAY_MS

WEEK, DAYS, MONTH = 7 * DAY_MS, 2 * DAY_MS, 30 * DAY_MS
"""Half-lives of what is counted."""
EPISODE_MS: Final = 14 * DAY_MS
"""A confirmed settlement so long after the one before begins a new episode."""
FORGET_MS: Final = 120 * DAY_MS
_HALF: Final = 0.5
_SWEEP_MS: Final = 10 * DAY_MS

Record = list[float]
"""``[at, verdicts and unexplained by days, confirmed by weeks, unexplained by weeks and months, run, first, last]``.

*Unexplained* are confirmed settlements that nothing about the person explains; verdicts by days are these and the
cleared ones, of which run (of equal verdicts), first (of the episode) and last are, too.
"""
AT, NUMBER, SHORT, LONG, PUZZLE, OLD_PUZZLE, RUN, FIRST, LAST = range(9)


class Memory:
    """The verdicts on each entity of one kind."""

    def __init__(self) -> None:
        self._of: dict[str, Record] = {}
        #: Event time of the latest verdict on anybody, ms.
        self.frontier = 0
        self._swept = 0

    def read(self, key: str, now: int) -> tuple[float, float, float, float, float, float, float] | None:
        """What is known of an entity for an event at `now`; None if nothing was ever confirmed.

        Returns:
            Verdicts and unexplained ones faded by days, confirmed ones by weeks, unexplained ones by weeks and by
            months, the run of equal verdicts at the end (cleared ones negative), days since the episode began.
        """
        record = self._of.get(key)
        if record is None:
            return None
        at, number, short, long, puzzle, old, run, first, _ = record
        gone = self.frontier - at
        if gone > 0:
            days, week = 0.5 ** (gone / DAYS), 0.5 ** (gone / WEEK)
            number, short, long, puzzle = number * days, short * days, long * week, puzzle * week
            old *= 0.5 ** (gone / MONTH)
        return number, short, long, puzzle, old, run, max(0.0, (now - first) / DAY_MS)

    def learn(self, key: str, time: int, *, confirmed: bool, puzzling: float) -> None:
        """Take in a verdict.

        Args:
            key: Whose settlement it was.
            time: When that settlement was, ms.
            confirmed: What was found.
            puzzling: How far nothing about the settlement itself explains the finding, 0 to 1: such findings speak
                about the institution rather than about a person's odd visit.
        """
        if time > self.frontier:
            self.frontier = time
            if time - self._swept > _SWEEP_MS:
                self._sweep()
        record = self._of.get(key)
        if record is None:
            if not confirmed:
                return
            record = self._of[key] = [time, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
        gone = time - record[AT]
        if gone > 0:
            days, week = 0.5 ** (gone / DAYS), 0.5 ** (gone / WEEK)
            record[NUMBER] *= days
            record[SHORT] *= days
            record[LONG] *= week
            record[PUZZLE] *= week
            record[OLD_PUZZLE] *= 0.5 ** (gone / MONTH)
            record[AT] = time
        if not confirmed:
            record[NUMBER] += 1.0
            record[RUN] = min(record[RUN], 0.0) - 1.0
            return
        record[LONG] += 1.0
        record[NUMBER] += puzzling
        record[SHORT] += puzzling
        record[PUZZLE] += puzzling
        record[OLD_PUZZLE] += puzzling
        if puzzling >= _HALF:
            record[RUN] = max(record[RUN], 0.0) + 1.0
            if time - record[LAST] > EPISODE_MS:
                record[FIRST] = time
            record[LAST] = max(record[LAST], time)

    def _sweep(self) -> None:
        """Let entities go of whom nothing was heard for long."""
        self._swept = self.frontier
        oldest = self.frontier - FORGET_MS
        self._of = {key: record for key, record in self._of.items() if record[AT] >= oldest}

    def __len__(self) -> int:
        return len(self._of)

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {"frontier": self.frontier, "swept": self._swept, "of": self._of}

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> Memory:
        """Inverse of `to_plain`."""
        memory = cls()
        memory.frontier, memory._swept = plain["frontier"], plain["swept"]
        memory._of = {str(key): [float(part) for part in record] for key, record in plain["of"].items()}
        return memory
