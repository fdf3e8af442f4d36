"""How often what a rule said was confirmed."""

from __future__ import annotations

from typing import Any, Final

ASSUMED: Final = (1.0, 10.0)
"""Confirmed and all of the imaginary verdicts behind every rule: nationally, one suspicion in ten is confirmed."""


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

    def expected(self, rule_id: str) -> float:
        """What to expect of a hit: the measured precision, drawn towards what is assumed where verdicts are few."""
        confirmed, verdicts = self._of.get(rule_id, (0, 0))
        return (confirmed + ASSUMED[0]) / (verdicts + ASSUMED[1])

    def to_plain(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return dict(self._of)

    @classmethod
    def from_plain(cls, plain: dict[str, Any]) -> RulePrecision:
        """Inverse of `to_plain`."""
        precision = cls()
        precision._of = {str(rule_id): [int(c), int(n)] for rule_id, (c, n) in plain.items()}  # noqa: SLF001
        return precision
