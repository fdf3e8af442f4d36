"""Replays a stream as it would have been lived through: every settlement is scored with what was known by then.

A label becomes known a delay after its settlement. Until then nothing knows it: not the model, not the measured
precision of rules. So the figures are those of a model that was running all along.
"""

from __future__ import annotations

import heapq
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from models.figures import Judged, calibration, figures
from models.lessons import Lesson, Verdict
from models.precision import RuleLift, RulePrecision
from models.risk import logit, probability
from streams.contract.time import DAY_MS, day_of
from streams.engine.remarkable import RULE_ID
from streams.engine.scoring import Scoring
from streams.state.rows import Position

if TYPE_CHECKING:
    from models.lessons import Example
    from streams.contract.events import Event
    from streams.contract.results import ScreeningResult, Violation
    from streams.engine.context import EvaluationContext
    from streams.engine.engine import Engine
    from streams.engine.scoring import Opinion
    from streams.evaluation import Label
    from streams.state.store import Store

PARTS: Final = ("score", "normal", "verdicts")
"""What the model does for a settlement: score it, have its area learn it as normal, learn its verdict."""
WAYS: Final = ("rules", "model", "both")
RECALL_SHARE: Final = 0.01
"""Recall by scenario counts what is among this share of the settlements, by score."""
_REST_EVERY: Final = 2_000
_READINGS: Final = 10_000


class TimedScoring(Scoring):
    """Scoring that knows what it costs its thread: other programs' time is not counted, nor the clock's own.

    Attributes:
        spent_ns: For scoring, learning what is normal, and learning verdicts.
        clock_ns: What reading the clock twice adds.
    """

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.spent_ns = dict.fromkeys(PARTS, 0)
        self.clock_ns = _cost_of_clock()

    def ask(self, event: Event, context: EvaluationContext, number: int, live: list[Violation]) -> Opinion | None:
        """See `Scoring.ask`."""
        begun = time.thread_time_ns()
        opinion = super().ask(event, context, number, live)
        self._count("score", begun)
        return opinion

    def learn(self, event: Event, position: Position, number: int, example: Example) -> None:
        """See `Scoring.learn`."""
        begun = time.thread_time_ns()
        super().learn(event, position, number, example)
        self._count("normal", begun)

    def teach(self, lesson: Lesson) -> None:
        """Have the model learn a verdict."""
        begun = time.thread_time_ns()
        self.model.learn(lesson)
        self._count("verdicts", begun)

    def _count(self, part: str, begun: int) -> None:
        self.spent_ns[part] += max(0, time.thread_time_ns() - begun - self.clock_ns)


def _cost_of_clock() -> int:
    """What lies between two readings of the thread's clock with nothing between them, ns."""
    begun = time.thread_time_ns()
    for _ in range(_READINGS):
        time.thread_time_ns()
    return (time.thread_time_ns() - begun) // _READINGS


class _Waiting(NamedTuple):
    """A settlement whose label is not known yet; in the order in which labels become known."""

    known_at: int
    number: int
    setl_id: str
    example: Example | None
    rule_ids: tuple[str, ...]


class _Columns:
    """What was scored in the days that are judged."""

    def __init__(self) -> None:
        self.scores: dict[str, list[float]] = {way: [] for way in WAYS}
        self.labels: list[int] = []
        self.days: list[int] = []
        self.persons: list[int] = []
        self.scenarios: list[str | None] = []
        self._numbers: dict[str, int] = {}

    def add(self, event: Event, label: Label, scores: tuple[float, float, float]) -> None:
        for way, score in zip(WAYS, scores, strict=True):
            self.scores[way].append(score)
        self.labels.append(label.label)
        self.days.append(day_of(event.time))
        self.persons.append(self._numbers.setdefault(event.psn_ref, len(self._numbers)))
        self.scenarios.append(label.scenario)

    def judged(self, way: str) -> Judged:
        return Judged(
            np.array(self.scores[way]),
            np.array(self.labels, dtype=np.int8),
            np.array(self.days, dtype=np.int32),
            np.array(self.persons, dtype=np.int64),
            self.scenarios,
        )


class Prequential:
    """One replay.

    Args:
        engine: With a `TimedScoring`.
        store: The engine's; settlements are forgotten once their label has been learned.
        labels: By settlement; settlements without one are screened, neither learned nor judged.
        delay_ms: How long after a settlement its label becomes known.
        first_day: First Beijing day that is judged; what is before only trains. None = all.
        last_day: Last such day.
    """

    def __init__(
        self,
        engine: Engine,
        store: Store,
        labels: dict[str, Label],
        delay_ms: int,
        first_day: int | None = None,
        last_day: int | None = None,
    ) -> None:
        if not isinstance(engine.scoring, TimedScoring):
            raise TypeError("a replay needs an engine with TimedScoring")
        self.scoring = engine.scoring
        self.precision = RulePrecision()
        self.lift = RuleLift()
        self._engine = engine
        self._store = store
        self._labels = labels
        self._delay = delay_ms
        self._first = -DAY_MS if first_day is None else first_day
        self._last = DAY_MS if last_day is None else last_day
        self._columns = _Columns()
        self._waiting: list[_Waiting] = []
        self._number = 0
        self._settlements = 0

    def take(self, event: Event) -> bool:
        """Screen an event; False when the days that are judged are over."""
        day = day_of(event.time)
        if day > self._last:
            return False
        self._teach(event.time)
        self._number += 1
        outcome = self._engine.screen(event, Position(0, self._number))
        if self._number % _REST_EVERY == 0:
            self._store.rest()
        result = outcome.result
        if result is None:
            return True
        self._settlements += 1
        label = self._labels.get(event.setl_id or "")
        if label is not None:
            rule_ids = tuple(hit.rule_id for hit in result.violations if hit.rule_id != RULE_ID)
            if day >= self._first:
                self._columns.add(event, label, self._scores(event, result, rule_ids))
            heapq.heappush(
                self._waiting,
                _Waiting(event.time + self._delay, self._number, event.setl_id or "", outcome.example, rule_ids),
            )
        return True

    def _scores(self, event: Event, result: ScreeningResult, rule_ids: tuple[str, ...]) -> tuple[float, float, float]:
        """Scores of the three ways.

        Rules alone: the policy's score of what they found. Both: the model's odds, raised for each rule by as much as
        its hits so far were confirmed more often than the model expected (`RuleLift`); never lowered.
        """
        live = [hit for hit in result.violations if hit.rule_id != RULE_ID]
        _, rules = self._engine.judge(live, event.mdtrtarea_admvs)
        model = 0.0 if result.model is None else result.model.score
        log_odds = logit(min(1.0 - 1e-9, max(1e-9, model)))
        raised = log_odds + sum(self.lift.of(rule_id) for rule_id in rule_ids)
        return rules, model, probability(raised)

    def _teach(self, now: int) -> None:
        """Learn every label that is known by now."""
        waiting = self._waiting
        settlements = self._store.partitions[0].settlements
        while waiting and waiting[0].known_at <= now:
            known = heapq.heappop(waiting)
            label = self._labels[known.setl_id].label
            if known.example is not None:
                verdict = Verdict.CONFIRMED if label else Verdict.CLEARED
                self.scoring.teach(Lesson(known.setl_id, verdict, known.example))
            expected = probability(known.example.log_odds) if known.example is not None else 0.0
            for rule_id in known.rule_ids:
                self.precision.learn(rule_id, confirmed=bool(label))
                self.lift.learn(rule_id, label, expected)
            settlements.pop(known.setl_id, None)

    def judged(self, way: str) -> Judged:
        """What was scored in one of the three `WAYS`."""
        return self._columns.judged(way)

    def report(self) -> dict[str, Any]:
        """The figures, as `prewarn models evaluate --json` writes them."""
        report: dict[str, Any] = {way: figures(self.judged(way), RECALL_SHARE) for way in WAYS}
        model = self.judged("model")
        report["calibration"] = calibration(model.scores, model.labels)
        report["rule_precision"] = {
            rule_id: {"confirmed": confirmed, "verdicts": verdicts}
            for rule_id, (confirmed, verdicts) in self.precision.measured().items()
        }
        report["losses"] = self.scoring.model.watch.losses
        report["version"] = self.scoring.model.version
        report["model_errors"] = self.scoring.errors
        parts = {part: self._each(spent) for part, spent in self.scoring.spent_ns.items()}
        report["microseconds_per_event"] = self._each(sum(self.scoring.spent_ns.values()))
        report["microseconds_by_part"] = parts
        return report

    def _each(self, nanoseconds: int) -> float | None:
        """Microseconds a settlement."""
        return round(nanoseconds / 1000 / self._settlements, 2) if self._settlements else None
