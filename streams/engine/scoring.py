"""Where engine and model meet: inputs are read from the event's context, normality from a row of its area.

What is normal is kept in one window row for each kind of visit and area, ``m:area/kind``, in the partition that
remembers the area's settlements. It is stamped like any row, so a replayed settlement is not learned twice.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct

from models import baseline
from models.drift import Drift
from models.inputs import NAMES, SCHEMA
from models.online import OnlineModel, kind_of
from models.reading import Inputs
from models.risk import logit
from streams.contract.time import DAY_MS
from streams.engine.remarkable import remark
from streams.state.store import NotHereError

if TYPE_CHECKING:
    from models.lessons import Example
    from models.online import Scored
    from streams.contract.events import Event
    from streams.contract.results import ModelScore, Violation
    from streams.engine.context import EvaluationContext
    from streams.features.plan import FeaturePlan
    from streams.settings import Settings
    from streams.state.rows import Position
    from streams.state.store import Store

logger = logging.getLogger(__name__)

Mode = Literal["live", "shadow"]

REMARKABLE: Final = 0.005
"""The rarest share of a kind of visit, by oddness or by risk, that rule X01 names."""
LEAST_RISK: Final = 0.02
"""A risk below this is not remarkable, however rare: a kind of visit without fraud has a riskiest settlement too."""
_LEAST_LOG_ODDS: Final = logit(LEAST_RISK)
ERRORS_ALLOWED: Final = 100
"""Errors after which the model is paused."""
NORMALITY_PREFIX: Final = "m:"
NORMALITY_LIVES: Final = 180 * DAY_MS
"""How long what was normal for a kind of visit is remembered after the last of its kind, ms."""
_STATE: Final = f"model-{SCHEMA}"
"""Name of the state in its row: what was learned of other inputs, by another release, says nothing of these."""
_QUESTIONED: Final = ("1", "2")


class Opinion(Struct, frozen=True, gc=False):
    """What the model adds to a result."""

    score: ModelScore
    #: The settlement as it was scored, to be learned when its verdict comes.
    example: Example
    #: Rule X01, where the settlement is remarkable.
    violation: Violation | None


class Scoring:
    """Asks a model about settlements, and lets areas learn what is normal.

    Args:
        store: Holds the rows of normality.
        model: What was learned from verdicts; whoever reads lessons may put another in its place.
        mode: Whether rule X01 acts or is on trial.
        share: The rarest share that it names.
    """

    def __init__(
        self,
        store: Store,
        model: OnlineModel | None = None,
        *,
        mode: Mode = "live",
        share: float = REMARKABLE,
    ) -> None:
        self.model = OnlineModel() if model is None else model
        self.mode = mode
        self.drift = Drift(NAMES)
        #: Whether the model is not asked: by hand, or after too many errors.
        self.paused = False
        self.errors = 0
        self._share = share
        self._store = store
        self._inputs: Inputs | None = None

    def adopt(self, plan: FeaturePlan) -> None:
        """Read the inputs from this pack's features from now on."""
        self._inputs = Inputs(plan)

    def ask(self, event: Event, context: EvaluationContext, number: int, live: list[Violation]) -> Opinion | None:
        """What the model says of a settlement; None while it has nothing to say. It changes nothing.

        Args:
            event: The settlement.
            context: What was read for the rules.
            number: The partition in which the settlement is remembered.
            live: What the rules found.
        """
        if self.paused or self._inputs is None:
            return None
        try:
            return self._ask(event, self._inputs, context, number, live)
        except NotHereError:
            return None
        except Exception:  # a model that fails must not cost the rules' answer
            self.errors += 1
            self.paused = self.errors >= ERRORS_ALLOWED
            if self.errors == 1 or self.paused:
                after = "; it is asked no more" if self.paused else ""
                logger.exception("the model could not score %d settlements%s", self.errors, after)
            return None

    def _ask(
        self, event: Event, inputs: Inputs, context: EvaluationContext, number: int, live: list[Violation]
    ) -> Opinion:
        row = self._store.partitions[number].window(_key(event.mdtrtarea_admvs, kind_of(event)))
        state = None if row is None else row.features.get(_STATE)
        if state is None:
            state = baseline.new_state()
        scored = self.model.score(event, inputs.read(event, context), state)
        example = scored.example
        questioned = bool(live) and any(violation.sev_deg in _QUESTIONED for violation in live)
        example.weight = baseline.weight_of(scored.odd_tail, questioned=questioned)
        return Opinion(scored.score, example, self._remark(event, scored, state))

    def _remark(self, event: Event, scored: Scored, state: baseline.State) -> Violation | None:
        """Rule X01, where the settlement is among the rarest share by oddness or by risk."""
        share, risk = self._share, scored.example.risk
        if (scored.odd_tail > share and risk < _LEAST_LOG_ODDS) or event.refd_setl_flag == "1":
            return None
        risk_tail = baseline.risk_tail(state, risk)
        if scored.odd_tail <= share or risk_tail <= share:
            return remark(event, scored, risk_tail, share)
        return None

    def learn(self, event: Event, position: Position, number: int, example: Example) -> None:
        """Let the area learn a settlement that was answered, unless its row has this position already.

        Args:
            event: The settlement.
            position: The event's.
            number: The partition in which the settlement is remembered.
            example: The settlement as it was scored.
        """
        row = self._store.change_row(number, _key(event.mdtrtarea_admvs, example.kind))
        if row.stamps.get(position.partition, -1) >= position.offset:
            return
        row.stamps[position.partition] = position.offset
        row.newest = max(row.newest, example.time)
        state = row.features.get(_STATE)
        if state is None:
            state = row.features[_STATE] = baseline.new_state()
        baseline.learn(state, example.values, example.odd, example.risk, example.weight)
        self.drift.see(example.log_odds, example.values)


def _key(area: str, kind: str) -> str:
    return f"{NORMALITY_PREFIX}{area}/{kind}"


def scoring_of(settings: Settings, store: Store, model: OnlineModel | None = None) -> Scoring | None:
    """Scoring as configured; None without a model."""
    if settings.model_mode == "off":
        return None
    return Scoring(store, model, mode="live" if settings.model_mode == "live" else "shadow", share=settings.model_share)
