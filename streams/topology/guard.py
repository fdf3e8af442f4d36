"""Takes a rule out of action that is broken or has run wild, before it holds up ten thousand settlements.

* A rule that raises again and again is *off*: it is asked no more, and every result names it as missing, as it did
  while it raised. One rule that raises costs all others their speed, for they are then asked one by one.
* A rule that hits far more than it ever did, or most of what there is, goes on *in shadow*: its hits are in
  `shadow_violations` and hold nobody up.

When: at once, between two events, counted over the settlements this worker decides, in blocks of `BLOCK`. Until when:
another pack comes into force, or the worker starts anew. Two workers, or a stream and a file run, see other
settlements in another order, so they need not pause at the same one. `prewarn screen` therefore never pauses, and
whoever compares a stream with it must not set limits that the traffic reaches; the defaults are far above what a sound
rule does.
"""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from streams.engine.engine import Engine, Outcome, PausedTo
    from streams.observability.metrics import Metrics
    from streams.settings import Settings

logger = logging.getLogger(__name__)

BLOCK: Final = 1_000
"""Settlements over which hits are counted before counting begins anew."""
HISTORY: Final = 10
"""Blocks after which a rule's own rate is known."""
FEWEST: Final = 100
"""Hits in a block below which no rule has run wild, however seldom it was before."""


class Limits(NamedTuple):
    """From when on a rule is taken out of action."""

    #: Errors; 0 = never.
    errors: int
    #: Share of the settlements in a block; 1 = never.
    share: float
    #: Times the rule's own rate; 0 = never.
    surge: float

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """Those that the settings name."""
        return cls(settings.rule_error_limit, settings.rule_hit_share, settings.rule_surge)


class Guard:
    """Counts what rules do, and pauses them.

    Args:
        engine: Whose rules.
        metrics: Where pauses are shown.
        limits: When to pause.
    """

    def __init__(self, engine: Engine, metrics: Metrics, limits: Limits) -> None:
        self._engine = engine
        self._metrics = metrics
        self._limits = limits
        self._begin()

    def _begin(self) -> None:
        """Another pack is in force: nothing is known of its rules."""
        self._pack = self._engine.pack
        self._errors: Counter[str] = Counter()
        self._hits: Counter[str] = Counter()
        self._before: Counter[str] = Counter()
        self._settlements: int = 0
        self._blocks: int = 0

    def took(self, outcome: Outcome) -> None:
        """Count an answer; call it once for each, before the next event."""
        if self._pack is not self._engine.pack:
            self._begin()
        for rule_id, kind in outcome.failed:
            self._errors[rule_id] += 1
            if self._errors[rule_id] == self._limits.errors:
                self._pause(rule_id, "off", f"it raised {self._limits.errors} times, at last {kind}")
        result = outcome.result
        if result is None:
            return
        for violation in result.violations:
            rule_id = violation.rule_id
            self._hits[rule_id] += 1
            allowed = self._allowed(rule_id)
            if self._hits[rule_id] > allowed and rule_id not in self._engine.paused:
                told = f"more than {allowed:.0f} hits within {self._settlements + 1} settlements"
                self._pause(rule_id, "shadow", told)
        self._settlements += 1
        if self._settlements == BLOCK:
            self._before.update(self._hits)
            self._hits.clear()
            self._settlements = 0
            self._blocks += 1

    def _allowed(self, rule_id: str) -> float:
        """Hits that a rule may have in a block."""
        allowed = self._limits.share * BLOCK
        if self._limits.surge and self._blocks >= HISTORY:
            usual = self._before[rule_id] / self._blocks
            allowed = min(allowed, max(FEWEST, self._limits.surge * usual))
        return allowed

    def _pause(self, rule_id: str, mode: PausedTo, reason: str) -> None:
        self._engine.pause(rule_id, mode)
        self._metrics.rule_paused[rule_id].value = 1
        logger.error("rule %s is paused (%s): %s", rule_id, mode, reason, extra={"rule_id": rule_id})
