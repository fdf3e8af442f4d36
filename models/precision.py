"""How often what a rule said was confirmed."""

from __future__ import annotations

import math
from typing import Any, Final

ASSUMED: Final = (1.0, 0.1)
"""Confirmed, and expected by the model, of imaginary hits behind every rule: nationally, one suspicion in ten is
confirmed, and a rule is worth having where the model expects a tenth of that."""


class RulePrecision:
    """Verdicts on the settlements that each rule hit."""

    def __init__(self) -> None:
        self._of: dict[str, list[int]] = {}

    def learn(self, rule_id: str, *, confirmed: bool) -> None:
        """Count a verdict."""
        counts = self._of.setdefault(rule_id, [0, 0])
        counts[0] += confirmed
        counts[1] += 1

    def measured(self) -> dict[str, tuple[int, int]]:
        """Confirmed and all verdicts by rule."""
        return {rule_id: (counts[0], counts[1]) for rule_id, counts in sorted(self._of.items())}

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return dict(self._of)

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> RulePrecision:
        """Inverse of `to_plain`."""
        precision = cls()
        precision._of = {str(rule_id): [int(c), int(n)] for rule_id, (c, n) in plain.items()}
        return precision


class RuleLift:
    """How much more often the hits of each rule are confirmed than the model expected of the same settlements."""

    def __init__(self) -> None:
        self._of: dict[str, list[float]] = {}

    def learn(self, rule_id: str, label: float, expected: float) -> None:
        """Take in a verdict on a settlement that the rule hit, and the probability that the model gave it."""
        counts = self._of.setdefault(rule_id, list(ASSUMED))
        counts[0] += label
        counts[1] += expected

    def of(self, rule_id: str) -> float:
        """Logarithm of the ratio, at least 0: a rule raises, it never lowers."""
        confirmed, expected = self._of.get(rule_id, ASSUMED)
        return max(0.0, math.log(confirmed / expected))
