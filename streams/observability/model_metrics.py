"""What is shown of the online model; read at each scrape, so that scoring and learning pay nothing for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streams.observability.instruments import Counters, Gauges, Info

if TYPE_CHECKING:
    from streams.engine.scoring import Scoring
    from streams.observability.metrics import Metrics
    from streams.topology.learning import Learning

NoLabel = tuple[()]


class ModelMetrics:
    """The series of one worker's model."""

    def __init__(self, metrics: Metrics, scoring: Scoring, learning: Learning) -> None:
        self._metrics = metrics
        self._scoring = scoring
        self._learning = learning
        add = metrics.collector.add
        self._info = add(Info("model", "The online model that scores."))
        self._lessons = add(Gauges[NoLabel]("model_lessons", "Lessons that the model has learned."))[()]
        self._paused = add(Gauges[NoLabel]("model_paused", "1 while results are made without the model, else 0."))[()]
        self._errors = add(Counters[NoLabel]("model_errors", "Settlements that the model could not score."))[()]
        self._loss = add(
            Gauges[str]("model_log_loss", "Mean log loss on recent lessons, each scored before learned.", "role")
        )
        self._drift = add(Counters[str]("model_drift", "Changes of the mean that ADWIN found.", "input"))
        self._verdicts = add(Gauges[str]("rule_verdicts", "Audit outcomes on a rule's violations.", "rule_id"))
        self._drift.start(*scoring.drift.found)

    def refresh(self) -> None:
        """Set everything to what holds now."""
        scoring, learning = self._scoring, self._learning
        model = scoring.model
        self._info.values = {"version": model.version}
        self._lessons.value = model.lessons
        self._paused.value = scoring.paused
        self._errors.value = scoring.errors
        for role, loss in model.watch.losses.items():
            self._loss[role].value = loss
        for name, found in scoring.drift.found.items():
            self._drift[name].value = found
        for pair, count in list(learning.feedback.items()):
            self._metrics.feedback[pair].value = count
        for rule_id, (confirmed, verdicts) in model.precision.measured().items():
            self._verdicts[rule_id].value = verdicts
            self._metrics.rule_precision[rule_id].value = confirmed / verdicts
